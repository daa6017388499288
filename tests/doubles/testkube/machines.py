"""Nodes and controllers: pods become processes, Jobs and Deployments create pods, services create endpoint slices.

Port N of a container is a free port of this machine, which is PORT_N in its environment; `$(PORT_N)` in its
command is replaced, as Kubernetes does for every variable.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .store import Key, Object, Store, now

_TICK = 0.03


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    log: Path
    ports: dict[int, int]


class Machines:
    def __init__(self, store: Store, folder: Path) -> None:
        self._store, self._folder = store, folder
        self.running: dict[Key, Running] = {}
        self._leaving: dict[Key, float] = {}
        self._task: asyncio.Task[None] | None = None
        #: How long the cloud takes to remove a balancer or a disk; whether controllers of charts are at work.
        self.removal_seconds = 0.0

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for key in list(self.running):
            self._kill(key, signal.SIGKILL)

    async def _run(self) -> None:
        while True:
            self.reconcile()
            await asyncio.sleep(_TICK)

    def reconcile(self) -> None:
        """One reconciliation of all controllers."""
        for key, job in self._store.list("batch", "jobs"):
            self._job(key, job)
        for plural in ("deployments", "statefulsets"):
            for key, one in self._store.list("apps", plural):
                self._replicas(key, one)
        for key, pod in self._store.list("", "pods"):
            self._pod(key, pod)
        for key, service in self._store.list("", "services"):
            self._slice(key, service)
        self._orphans()
        self._removals()

    # Pods

    def _pod(self, key: Key, pod: Object) -> None:
        status = pod.setdefault("status", {})
        found = self.running.get(key)
        if status.get("phase") in ("Succeeded", "Failed"):
            return
        if found is None:
            if status.get("phase") != "Pending" or not pod["spec"].get("nodeName"):
                self._begin(key, pod)
            return
        code = found.process.poll()
        if code is not None:
            self._ended(key, pod, code)
        elif not _is_ready(pod) and self._answers(pod, found):
            self._set_ready(key, pod, True)

    def _begin(self, key: Key, pod: Object) -> None:
        container = pod["spec"]["containers"][0]
        if container.get("image") == "nowhere":
            reason = {"waiting": {"reason": "ImagePullBackOff"}}
            status = {
                "phase": "Pending",
                "containerStatuses": [{"name": container["name"], "ready": False, "state": reason}],
            }
            if pod["status"].get("containerStatuses") != status["containerStatuses"]:
                pod["status"] |= status
                self._store.put(key, pod)
            return
        ports = {int(port["containerPort"]): _free_port() for port in container.get("ports") or []}
        variables = {entry["name"]: str(entry.get("value", "")) for entry in container.get("env") or []}
        variables |= {f"PORT_{port}": str(real) for port, real in ports.items()}
        argv = [_expanded(word, variables) for word in [*container.get("command", []), *container.get("args", [])]]
        log = self._folder / f"{key.namespace}-{key.name}.log"
        with open(log, "ab") as out:
            process = subprocess.Popen(
                argv,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **variables},
                start_new_session=True,
            )
        self.running[key] = Running(process, log, ports)
        pod["spec"].setdefault("nodeName", "node-0")
        pod["status"] |= {"phase": "Running", "startTime": now(), "podIP": "127.0.0.1"}
        pod["status"]["containerStatuses"] = [
            {"name": container["name"], "ready": False, "state": {"running": {"startedAt": now()}}}
        ]
        self._set_ready(key, pod, self._answers(pod, self.running[key]))

    def _set_ready(self, key: Key, pod: Object, ready: bool) -> None:
        state = "True" if ready else "False"
        pod["status"]["conditions"] = [
            {"type": "Ready", "status": state, **({} if ready else {"reason": "ContainersNotReady"})}
        ]
        for one in pod["status"]["containerStatuses"]:
            one["ready"] = ready
        self._store.put(key, pod)

    def _ended(self, key: Key, pod: Object, code: int) -> None:
        self.running.pop(key)
        restarts = pod["spec"].get("restartPolicy", "Always") == "Always"
        if restarts and "deletionTimestamp" not in pod["metadata"]:
            pod["status"] = {"phase": "Running"}
            return self._begin(key, pod)
        shown = 128 - code if code < 0 else code
        state = {
            "terminated": {"exitCode": shown, "reason": "Completed" if code == 0 else "Error", "finishedAt": now()}
        }
        pod["status"]["phase"] = "Succeeded" if code == 0 else "Failed"
        pod["status"]["containerStatuses"][0] |= {"ready": False, "state": state}
        pod["status"]["conditions"] = [{"type": "Ready", "status": "False", "reason": "PodCompleted"}]
        self._store.put(key, pod)
        return None

    @staticmethod
    def _answers(pod: Object, found: Running) -> bool:
        probe = pod["spec"]["containers"][0].get("readinessProbe") or {}
        port = found.ports.get(int((probe.get("httpGet") or probe.get("tcpSocket") or {}).get("port", 0)))
        if port is None:
            return True
        if "httpGet" in probe:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{probe['httpGet'].get('path', '/')}", timeout=1):
                    return True
            except OSError:
                return False
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", port)) == 0

    def log(self, key: Key) -> str:
        path = self._folder / f"{key.namespace}-{key.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    async def follow(self, key: Key) -> AsyncIterator[bytes]:
        told = 0
        while True:
            running, text = key in self.running, self.log(key).encode()
            if text[told:]:
                yield text[told:]
                told = len(text)
            if not running:
                return
            await asyncio.sleep(_TICK)

    def _kill(self, key: Key, number: signal.Signals) -> None:
        found = self.running.pop(key, None)
        if found is not None:
            with contextlib.suppress(OSError):
                os.killpg(found.process.pid, number)
            try:
                found.process.wait(3)
            except subprocess.TimeoutExpired:
                os.killpg(found.process.pid, signal.SIGKILL)
                found.process.wait()

    # Controllers

    def _owned(self, key: Key, owner: Object) -> list[tuple[Key, Object]]:
        uid = owner["metadata"]["uid"]
        pods = self._store.list("", "pods", key.namespace)
        return [(k, p) for k, p in pods if any(o["uid"] == uid for o in p["metadata"].get("ownerReferences") or [])]

    def _spawn(self, key: Key, owner: Object, kind: str, more: dict[str, str] | None = None) -> None:
        template = owner["spec"]["template"]
        spec = {**template["spec"], "containers": [dict(one) for one in template["spec"]["containers"]]}
        if more:
            entries = [{"name": name, "value": value} for name, value in more.items()]
            spec["containers"][0]["env"] = [*(spec["containers"][0].get("env") or []), *entries]
        reference = {"kind": kind, "name": key.name, "uid": owner["metadata"]["uid"], "controller": True}
        labels = dict((template.get("metadata") or {}).get("labels") or {})
        labels |= {"batch.kubernetes.io/job-name": key.name, "job-name": key.name} if kind == "Job" else {}
        meta = {"generateName": f"{key.name}-", "labels": labels, "ownerReferences": [reference]}
        self._store.add("", "pods", key.namespace, {"metadata": meta, "spec": spec})

    def _job(self, key: Key, job: Object) -> None:
        status = job.setdefault("status", {})
        if status.get("conditions") or job["spec"].get("suspend"):
            return
        pods = self._owned(key, job)
        phases = [pod.get("status", {}).get("phase", "Pending") for _, pod in pods]
        active, done, failed = len(phases) - phases.count("Succeeded") - phases.count("Failed"), phases.count("Succeeded"), phases.count("Failed")  # fmt: skip
        wanted, parallel = int(job["spec"].get("completions", 1)), int(job["spec"].get("parallelism", 1))
        new = {"active": active, "succeeded": done, "failed": failed}
        if done >= wanted:
            new["conditions"] = [{"type": "Complete", "status": "True"}]
        elif failed > int(job["spec"].get("backoffLimit", 6)):
            new["conditions"] = [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]
        else:
            for number in range(min(parallel - active, wanted - done - active)):
                indexed = job["spec"].get("completionMode") == "Indexed"
                self._spawn(key, job, "Job", {"JOB_COMPLETION_INDEX": str(done + active + number)} if indexed else None)
        if new != status:
            job["status"] = new
            self._store.put(key, job)

    def _replicas(self, key: Key, owner: Object) -> None:
        pods = self._owned(key, owner)
        wanted = int(owner["spec"].get("replicas", 1))
        for _ in range(wanted - len(pods)):
            self._spawn(key, owner, self._store.kinds["apps"][key.plural][0])
        for extra, _ in pods[wanted:]:
            self.delete(extra)
        ready = sum(_is_ready(pod) for _, pod in pods)
        status = {"replicas": len(pods), "readyReplicas": ready}
        if owner.get("status") != status:
            owner["status"] = status
            self._store.put(key, owner)

    def _slice(self, key: Key, service: Object) -> None:
        selector = service["spec"].get("selector")
        if not selector:
            return
        pods = [
            (k, p)
            for k, p in self._store.list("", "pods", key.namespace)
            if selector.items() <= (p["metadata"].get("labels") or {}).items()
            and "deletionTimestamp" not in p["metadata"]
        ]
        endpoints = [
            {
                "addresses": ["127.0.0.1"],
                "conditions": {"ready": _is_ready(p)},
                "targetRef": {"kind": "Pod", "name": k.name},
            }
            for k, p in pods
        ]
        ports = [
            {"name": p.get("name", ""), "port": int(p.get("targetPort", p["port"]))} for p in service["spec"]["ports"]
        ]
        place = Key("discovery.k8s.io", "endpointslices", key.namespace, f"{key.name}-1")
        before = self._store.get(place)
        if before is not None and (before["endpoints"], before["ports"]) == (endpoints, ports):
            return
        meta = {"name": place.name, "labels": {"kubernetes.io/service-name": key.name}}
        body = {"metadata": meta, "addressType": "IPv4", "endpoints": endpoints, "ports": ports}
        if before is None:
            self._store.add(place.group, place.plural, place.namespace, body)
        else:
            self._store.put(place, {**before, **body, "metadata": before["metadata"]})

    # Removal

    def delete(self, key: Key) -> None:
        """Delete an object: immediately, or after its finalizers have been removed."""
        found = self._store.get(key)
        if found is None:
            return
        balancer = key.plural == "services" and found["spec"].get("type") == "LoadBalancer"
        if balancer or key.plural == "persistentvolumeclaims":
            found["metadata"].setdefault("deletionTimestamp", now())
            self._leaving.setdefault(key, time.monotonic() + self.removal_seconds)
            self._store.put(key, found)
            return
        if key.plural == "pods":
            self._kill(key, signal.SIGTERM)
        self._store.drop(key)

    def _removals(self) -> None:
        for key, at in list(self._leaving.items()):
            in_use = key.plural == "persistentvolumeclaims" and self._is_mounted(key)
            if time.monotonic() >= at and not in_use:
                del self._leaving[key]
                found = self._store.get(key) or {}
                self._store.drop(key)
                self._store.drop(Key("", "persistentvolumes", "", str((found.get("spec") or {}).get("volumeName"))))

    def _is_mounted(self, claim: Key) -> bool:
        return any(
            (volume.get("persistentVolumeClaim") or {}).get("claimName") == claim.name
            for _, pod in self._store.list("", "pods", claim.namespace)
            for volume in pod["spec"].get("volumes") or []
        )

    def _orphans(self) -> None:
        """Delete objects whose owner has been deleted."""
        alive = {body["metadata"].get("uid") for body in self._store.objects.values()}
        for key, body in list(self._store.objects.items()):
            owners = body["metadata"].get("ownerReferences") or []
            if owners and not any(owner["uid"] in alive for owner in owners):
                self.delete(key)


def _is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _expanded(word: str, variables: dict[str, str]) -> str:
    return re.sub(r"\$\((\w+)\)", lambda match: variables.get(match[1], match[0]), word)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


__all__: list[Any] = ["Machines", "Running"]
