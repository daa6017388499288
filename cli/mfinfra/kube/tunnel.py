"""Local ports that are forwarded to services in a cluster.

A connection waits while its service has no pod, the network is down, the token has expired or the API server restarts.
After a timeout it gets an HTTP response, because every service uses HTTP: 503 with the reason. A request whose response
has begun is never sent again: the connection is reset, and the client must retry.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import MfinfraError
from . import endpoints
from .api import Api
from .endpoints import Pod
from .forward import Forward, opened, shut
from .services import Service

#: How long a connection waits for its service; clients of the metadata service wait for 30 seconds.
PATIENCE_SECONDS = 20.0
#: How long a list of pods is cached.
_FRESH_SECONDS = 5.0
_MOST_CONNECTIONS = 512

Say = Callable[[str], None]


class Tunnel:
    """Listeners on 127.0.0.1, one for each service. `say` gets each problem, and its end, once."""

    def __init__(self, api: Api, services: Mapping[int, Service], say: Say, patience: float = PATIENCE_SECONDS) -> None:
        self._api, self._say, self._patience = api, say, patience
        self._services = dict(services)
        self._listeners: list[socket.socket] = []
        self._pods: dict[Service, tuple[float, list[Pod]]] = {}
        self._problem: str | None = None
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._live: set[Forward] = set()
        self._ended = threading.Event()

    @property
    def ports(self) -> list[int]:
        return [int(listener.getsockname()[1]) for listener in self._listeners]

    def open(self) -> None:
        """Listen. Raises MfinfraError if a port is in use."""
        for port, service in self._services.items():
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
                listener.listen(128)
            except OSError as exc:
                listener.close()
                raise MfinfraError(f"Cannot listen on port {port}: {exc.strerror}.") from exc
            self._listeners.append(listener)
            threading.Thread(target=self._accept, args=(listener, service), daemon=True).start()

    def close(self) -> None:
        """Close all connections and stop listening."""
        self._ended.set()
        for listener in self._listeners:
            _shut(listener)
        with self._lock:
            live = list(self._live)
        for forward in live:
            forward.interrupt()

    def _accept(self, listener: socket.socket, service: Service) -> None:
        while not self._ended.is_set():
            self._room.acquire()
            try:
                connection, _ = listener.accept()
            except OSError:
                self._room.release()
                if self._ended.wait(0.1):
                    return
                continue
            threading.Thread(target=self._carry, args=(connection, service), daemon=True).start()

    def _carry(self, local: socket.socket, service: Service) -> None:
        try:
            local.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._forwarded(local, self._reached(local, service), service)
        except MfinfraError as exc:
            _answer(local, exc.message)
        finally:
            local.close()
            self._room.release()

    def _reached(self, local: socket.socket, service: Service) -> Any:
        """A websocket to a pod. Raises MfinfraError if none can be opened before the timeout."""
        deadline, tries = time.monotonic() + self._patience, 0
        failed: set[Pod] = set()
        while True:
            try:
                return self._tried(service, failed)
            except MfinfraError as exc:
                self._note(exc.message)
                tries += 1
                pause = random.uniform(0.5, 1.0) * min(2.0, 0.1 * 2**tries)
                if time.monotonic() + pause > deadline or self._ended.wait(pause) or _has_left(local):
                    raise

    def _tried(self, service: Service, failed: set[Pod]) -> Any:
        pod = self._chosen(service, failed)
        try:
            remote = opened(self._api, pod)
        except MfinfraError:
            failed.add(pod)
            self._forget(service)
            raise
        self._note(None)
        return remote

    def _chosen(self, service: Service, failed: set[Pod]) -> Pod:
        """A random pod of the service, from a list that is at most 5 seconds old."""
        with self._lock:
            known = self._pods.get(service)
        if known is None or time.monotonic() - known[0] > _FRESH_SECONDS:
            known = (time.monotonic(), endpoints.ready(self._api, service))
            with self._lock:
                self._pods[service] = known
        return random.choice([pod for pod in known[1] if pod not in failed] or known[1])

    def _forget(self, service: Service) -> None:
        with self._lock:
            self._pods.pop(service, None)

    def _forwarded(self, local: socket.socket, remote: Any, service: Service) -> None:
        forward = Forward(local, remote)
        with self._lock:
            self._live.add(forward)
        try:
            if self._ended.is_set():
                return
            clean = forward.run()
            if not clean:
                self._forget(service)
            if forward.error and not forward.received:
                _answer(local, f"The pod does not respond: {forward.error}")
            forward.close(clean)
        finally:
            with self._lock:
                self._live.discard(forward)
            shut(remote)

    def _note(self, problem: str | None) -> None:
        """Report a problem when it begins or changes, and when it ends."""
        with self._lock:
            before, self._problem = self._problem, problem
        if problem != before:
            self._say(problem or "The connection works again.")


def _has_left(local: socket.socket) -> bool:
    """Whether a client has disconnected. One that has closed only its sending side still gets a response."""
    try:
        return local.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
    except OSError:
        return True


def _answer(local: socket.socket, reason: str) -> None:
    """Send the reason to the client as an HTTP response. Its request is read first: otherwise it would get a reset."""
    body = (" ".join(reason.split()) + "\n").encode("utf-8", "replace")
    head = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    deadline = time.monotonic() + 2.0
    try:
        local.settimeout(2.0)
        local.sendall(
            f"{head}Content-Length: {len(body)}\r\nRetry-After: 2\r\nConnection: close\r\n\r\n".encode() + body
        )
        local.shutdown(socket.SHUT_WR)
        while time.monotonic() < deadline and local.recv(1 << 16):
            continue
    except OSError:
        return


def _shut(listener: socket.socket) -> None:
    try:
        listener.shutdown(socket.SHUT_RDWR)  # wakes up the thread in accept
    except OSError:
        pass
    listener.close()
