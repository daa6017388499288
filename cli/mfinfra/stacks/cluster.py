"""What each command does with the cluster of a stack in a cloud: reach what runs in it, tell how it is, end it.

A cluster that does not answer is one line. Whether it is gone or only out of reach, the cloud is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import clouds
from ..errors import CloudError, MfinfraError, NotFound, Refused
from ..kube import access, cluster, health, kubeconfig, services, teardown, tunnels
from ..kube.api import Unreachable
from ..machine import profile, record
from ..render.outputs import StackOutputs, parsed
from ..stackfile import machine_types
from ..stackfile.schema import StackConfig
from . import results, service_health

if TYPE_CHECKING:
    from ..clouds.base import Cloud
    from ..console import Console
    from ..engines.base import Deployment
    from ..kube.api import Api
    from ..machine.record import Record

_PATIENCE_SECONDS = 25.0
#: Who opens what is in the cluster, and what with.
_AIRFLOW_SECRET = "/api/v1/namespaces/airflow/secrets/airflow-admin"
_ARGO_TOKEN = "/api/v1/namespaces/argo/serviceaccounts/argo-user/token"


# A cluster that does not answer


def check_reachable(cloud: Cloud, deployed: Deployment) -> None:
    """Raise CloudError where Terraform could not look into the cluster; it would say so at length."""
    outputs = _outputs(cloud, deployed)
    found = cluster.of(outputs)
    if found is None:
        return
    try:
        access.api(found, clouds.clusters(cloud.config), repeats=1).version()
    except Unreachable as exc:
        if cloud.has_cluster(outputs):
            raise
        name = cloud.config.name
        hint = f"To make it again: mfinfra up --name {name}"
        raise CloudError(f"The cluster {found.name} of the stack '{name}' is gone.", hint=hint) from exc


def prepare_up(cloud: Cloud, deployed: Deployment, console: Console) -> None:
    """Make ready for `up`: what was in a cluster that is gone is not looked for any more. Raises CloudError for one
    that is there and does not answer."""
    outputs = _outputs(cloud, deployed)
    found = cluster.of(outputs)
    try:
        if found is not None:
            access.api(found, clouds.clusters(cloud.config), repeats=1).version()
            return
    except Unreachable:
        if cloud.has_cluster(outputs):
            raise
    if not outputs.is_empty:
        _forget(
            deployed,
            deployed.cluster_addresses(),
            "The cluster is gone" if found else "There is no whole cluster",
            console,
        )


def prepare_down(cloud: Cloud, deployed: Deployment, agreed: Callable[[str], bool], console: Console) -> Api | None:
    """Make ready for `down`: the API of the cluster, None where there is none that answers. What is in that goes with
    it, and is not looked for any more. Raises CloudError where the cluster answers, and does not let us in."""
    found = cluster.of(_outputs(cloud, deployed))
    why = "There is no whole cluster"
    if found is not None:
        api = access.api(found, clouds.clusters(cloud.config), repeats=1)
        try:
            api.version()
        except Unreachable as exc:
            why = exc.message.rstrip(".")
        else:
            return access.api(found, clouds.clusters(cloud.config))
    inside = deployed.cluster_addresses() if cloud.config.compute.backend == "kubernetes" else []
    if found is not None and inside and not agreed(_lost(cloud, found.name, why)):
        raise Refused(f"The stack '{cloud.config.name}' is left as it is.")
    _forget(deployed, inside, why, console)
    return None


def _lost(cloud: Cloud, name: str, why: str) -> str:
    return f"{why}. Remove it with all that is in it? Load balancers and disks that it made may stay."


def _forget(deployed: Deployment, addresses: list[str], why: str, console: Console) -> None:
    if addresses:
        deployed.remove_from_state(addresses)
        console.warn(
            f"{why}: {len(addresses)} resources that were in it are taken out of the state; they went with it."
        )


def _outputs(cloud: Cloud, deployed: Deployment) -> StackOutputs:
    return deployed.outputs() if cloud.config.compute.backend == "kubernetes" else StackOutputs()


def drain(api: Api, config: StackConfig, console: Console) -> None:
    """End what runs in the namespaces of flows, and remove what the cluster made in the cloud."""
    teardown.empty(api, config.kubernetes.namespaces, console.step)


# Tunnels


def has_tunnel(config: StackConfig) -> bool:
    """Whether clients reach the metadata service of a stack by a tunnel."""
    return "metadata" in services.of(config)


def tunnel(stack: Record, console: Console) -> dict[str, str]:
    """Have the tunnels of a stack lead somewhere; the settings that this makes true. Those that run already and do not
    lead anywhere get the credentials that we have now."""
    console.step("Starting the tunnels to the cluster")
    ran = bool(tunnels.states(stack))
    tunnels.start(stack)
    settings = tunnels.settings(stack)
    if ran and "METAFLOW_SERVICE_URL" in settings and not service_health.service(settings, _PATIENCE_SECONDS).ok:
        tunnels.restart(stack)
    for word, server, _ in tunnels.states(stack):
        console.done(f"Tunnel to {word} on {server.address}, in the background")
    return settings


def start(name: str, console: Console) -> list[dict[str, Any]]:
    """Start the tunnels of a stack again, after a stop or a restart of the machine."""
    with record.locked(name):
        stack = _with_tunnels(name)
        settings = tunnel(stack, console)
        known = profile.read(profile.path_of(name)) if profile.owner(profile.path_of(name)) == name else None
        if settings and known is not None:
            profile.write(name, {**known, **settings})  # a port may have been taken by somebody else meanwhile
    return servers(stack)


def stop(name: str, console: Console) -> list[dict[str, Any]]:
    """Stop the tunnels of a stack."""
    with record.locked(name):
        stack = _with_tunnels(name)
        console.step("Stopping the tunnels to the cluster")
        tunnels.stop(stack)
    return servers(stack)


def _with_tunnels(name: str) -> Record:
    stack = record.need(name)
    if not tunnels.words(stack):
        raise NotFound(f"The stack '{name}' has nothing on this machine to start.", hint=f"Type: mfinfra status {name}")
    access.cluster_of(stack)
    return stack


def servers(stack: Record) -> list[dict[str, Any]]:
    """The tunnels of a stack and how they are doing, for documents."""
    return [results.server_document(server, one) for _, server, one in tunnels.states(stack)]


def settings(stack: Record) -> dict[str, str]:
    """The settings that tunnels of a stack make true; {} where none was started."""
    return tunnels.settings(stack) if stack.config is not None else {}


def forget_locally(stack: Record) -> None:
    """End the tunnels of a stack that is gone, and remove what they left on this machine."""
    tunnels.remove(stack)
    kubeconfig.remove(kubeconfig.default_path(), stack.name)


# What people open


def address(name: str, word: str, show_secret: bool, console: Console) -> dict[str, Any]:
    """Where what a stack has is opened, and who may: a load balancer where there is one, else a tunnel. Raises Refused
    for what the stack has not."""
    stack = record.need(name)
    if stack.config is None:
        raise Refused(f"The stack '{name}' is on this machine; only stacks in a cloud have something to open.",
                      hint=f"Type: mfinfra status {name}")  # fmt: skip
    config = StackConfig.model_validate_json(stack.config)
    url = _balanced(stack, config, word)
    if url is None and word not in services.of(config):
        has = ", ".join(_openable(stack, config)) or "nothing to open"
        raise Refused(f"The stack '{name}' has no {word} that can be opened from here.", hint=f"It has: {has}")
    if url is None:
        url = _tunnelled(stack, word, console)
    found = {"name": name, "service": word, "url": url}
    return {**found, **_sign_on(stack, config, word, show_secret)} if word in services.of(config) else found


def _openable(stack: Record, config: StackConfig) -> list[str]:
    return [word for word in services.ALL if word in services.of(config) or _balanced(stack, config, word)]


def _balanced(stack: Record, config: StackConfig, word: str) -> str | None:
    """The address of what stands behind a load balancer or a gateway."""
    outputs = parsed(stack.outputs)
    if word == "ui":
        return outputs.ui_url
    if word == "metadata" and config.metadata.api == "public":
        return outputs.runtime_config.get("METAFLOW_SERVICE_URL")
    return None


def _tunnelled(stack: Record, word: str, console: Console) -> str:
    with record.locked(stack.name):
        access.cluster_of(stack)
        console.step(f"Starting the tunnel to {word}")
        port = tunnels.start(stack)[word]
        problem = _problem(port, services.ALL[word].page)
        if problem is not None:
            port = tunnels.restart(stack)[word]  # with the credentials that we have now
            problem = _problem(port, services.ALL[word].page)
    if problem is not None:
        raise CloudError(f"{word} cannot be opened: {problem}", hint=f"Type: mfinfra status {stack.name}")
    return f"http://127.0.0.1:{port}{services.ALL[word].page}"


def _problem(port: int, page: str) -> str | None:
    return service_health.problem(f"http://127.0.0.1:{port}{page}", _PATIENCE_SECONDS)


def _sign_on(stack: Record, config: StackConfig, word: str, show: bool) -> dict[str, Any]:
    """Who opens a service, and what with; the secret itself where it is asked for."""
    if word not in ("airflow", "argo"):
        return {}
    api = access.api_of(stack, clouds.clusters(config)) if show else None
    return _airflow(api, stack.name) if word == "airflow" else _argo(api, stack.name)


def _airflow(api: Api | None, name: str) -> dict[str, Any]:
    import base64

    if api is None:
        return {"account": "admin", "how": f"its password: mfinfra open airflow {name} --show-secret"}
    secret = api.get(_AIRFLOW_SECRET)
    return {"account": "admin", "secret": base64.b64decode(secret["data"]["password"]).decode()}


def _argo(api: Api | None, name: str) -> dict[str, Any]:
    if api is None:
        return {"account": "argo-user", "how": f"a token of an hour: mfinfra open argo {name} --show-secret"}
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    return {"account": "argo-user", "secret": f"Bearer {api.post(_ARGO_TOKEN, request)['status']['token']}"}


# For kubectl


def write_kubeconfig(name: str, out: Path | None, native: bool) -> dict[str, Any]:
    """Write a stack's context into a file of kubectl's."""
    stack = record.need(name)
    found, config = access.cluster_of(stack), StackConfig.model_validate_json(stack.config or "{}")
    user = kubeconfig.native(config, found) if native else kubeconfig.own(name)
    path = out or kubeconfig.default_path()
    is_current = kubeconfig.write(path, name, found, user, config.kubernetes.default_namespace)
    return {"file": str(path), "context": kubeconfig.context_of(name), "is_current": is_current}


def credential(name: str) -> dict[str, Any]:
    """A token for the cluster of a stack, as kubectl takes it."""
    stack = record.need(name)
    found = access.cluster_of(stack)
    config = StackConfig.model_validate_json(stack.config or "{}")
    return kubeconfig.credential(clouds.clusters(config).cluster_token(found.name))


# Status


def status(cloud: Cloud, outputs: StackOutputs) -> dict[str, Any]:
    """The cluster as part of the status of a stack: what it says, or why it says nothing."""
    found, config = cluster.of(outputs), cloud.config
    if found is None:
        return {"name": None, "problem": "there is none yet"}
    bounds = {name: machine_types.nodes(config.cloud, pool) for name, pool in config.compute.pools.items()}
    api = access.api(found, clouds.clusters(cloud.config), repeats=1)
    try:
        return {
            "name": found.name,
            "problem": None,
            "version": api.version(),
            "pools": health.nodes(api, bounds),
            "workloads": health.workloads(api),
            "quotas": health.quotas(api, config.kubernetes.namespaces),
            "pods": health.pods(api, config.kubernetes.namespaces),
        }
    except MfinfraError as exc:
        return {"name": found.name, "problem": exc.message}
