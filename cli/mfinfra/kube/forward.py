"""One connection to a port of a pod, forwarded by the API server over a websocket (v4.channel.k8s.io).

websocket-client, a dependency of the official client, does the handshake and the frames. The port-forward of the
official client is not used: it has no timeouts, its thread ends without closing the local socket when the network
fails, and it loses buffered data when the pod closes (kubernetes 35, stream/ws_client.py, PortForward).
"""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
import time
from typing import Any

from ..errors import CloudError
from .api import KNOWN, REACH, Api, NotAllowed, Unreachable
from .endpoints import Pod

_PROTOCOL = "v4.channel.k8s.io"
_CONNECT_SECONDS = 10.0
_DATA, _ERROR = 0, 1
_CHUNK = 64 << 10
#: The most bytes to buffer for a side that reads more slowly than the other one sends.
_MOST_WAITING = 1 << 20
_PING_SECONDS = 30.0
#: A connection is closed if no frame, not even a pong, arrives for this long.
_SILENT_SECONDS = 90.0
#: How long to wait for the other side after one side has finished sending.
_LINGER_SECONDS = 60.0
_NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class PodGone(CloudError):
    """The pod no longer exists, or its node does not respond."""


def opened(api: Api, pod: Pod) -> Any:
    """Open a websocket to a port of a pod. Raises PodGone, NotAllowed or Unreachable."""
    from websocket import WebSocket, WebSocketBadStatusException, WebSocketException

    token = api.tokens.current()
    found: Any = WebSocket(sslopt={"context": api.tls}, enable_multithread=False)
    address = api.cluster.host.replace("https://", "wss://", 1)
    url = f"{address}/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/portforward?ports={pod.port}"
    header = [f"Authorization: Bearer {token}"]
    try:
        found.connect(url, header=header, subprotocols=[_PROTOCOL], timeout=_CONNECT_SECONDS, suppress_origin=True)
    except WebSocketBadStatusException as exc:
        raise _refusal(api, pod, int(exc.status_code), token) from exc
    except (WebSocketException, OSError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
        raise Unreachable(f"Cluster '{api.cluster.name}' does not respond: {reason}.", hint=REACH) from exc
    return found


def _refusal(api: Api, pod: Pod, status: int, token: str) -> CloudError:
    if status == 401:
        api.tokens.refused(token)
        return NotAllowed(f"Cluster '{api.cluster.name}' rejected the credentials.", hint=KNOWN)
    if status == 403:
        message = f"Cluster '{api.cluster.name}' denied access to the pods of namespace '{pod.namespace}'."
        return NotAllowed(message, hint=KNOWN)
    if status in (404, 500):
        return PodGone(f"Pod '{pod.namespace}/{pod.name}' no longer exists.")
    return Unreachable(f"Cluster '{api.cluster.name}' is unhealthy: it returned {status}.", hint=REACH)


class Forward:
    """Copies bytes between a local connection and a websocket to a pod, in both directions, until one side closes.

    One thread serves both sides with non-blocking calls: two threads must not use one SSL connection.
    """

    def __init__(self, local: socket.socket, remote: Any) -> None:
        self._local, self._remote = local, remote
        self._to_local, self._to_remote = bytearray(), bytearray()
        self._begun = {_DATA: False, _ERROR: False}
        self._local_open = self._remote_open = True
        self._heard = self._pinged = time.monotonic()
        self._broken = False
        self._asked = False  # the client has sent data since the last response
        self._waits = False  # and has closed its sending side since
        self.received = 0
        self.error = ""

    def run(self) -> bool:
        """Copy until both sides have finished. False if the connection to the cluster broke, so data can be missing."""
        self._local.setblocking(False)
        self._remote.sock.setblocking(False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._local, selectors.EVENT_READ)
            selector.register(self._remote.sock, selectors.EVENT_READ)
            try:
                while self._is_active():
                    self._step(selector)
            except OSError:
                return False  # the local connection broke
        return not (self._broken or self.error)

    def _is_active(self) -> bool:
        if not self._remote_open:
            return bool(self._to_local)
        if self._local_open or self._to_remote:
            return True
        # A client that has closed its sending side can still wait for the response; after it, the client is done.
        return self._waits and time.monotonic() - self._heard < _LINGER_SECONDS

    def _step(self, selector: selectors.BaseSelector) -> None:
        self._watch(selector, self._local, self._local_events())
        self._watch(selector, self._remote.sock, self._remote_events())
        pending = self._remote_open and len(self._to_local) < _MOST_WAITING and _pending(self._remote.sock)
        ready = {key.fileobj for key, _ in selector.select(0 if pending else 1.0)}
        if self._remote_open and (pending or self._remote.sock in ready):
            self._receive()
        if self._local in ready and self._local_open and len(self._to_remote) < _MOST_WAITING:
            self._read()
        self._flush()
        self._check_alive()

    def _local_events(self) -> int:
        wants = selectors.EVENT_READ if self._local_open and len(self._to_remote) < _MOST_WAITING else 0
        return wants | (selectors.EVENT_WRITE if self._to_local else 0)

    def _remote_events(self) -> int:
        if not self._remote_open:
            return 0
        wants = selectors.EVENT_READ if len(self._to_local) < _MOST_WAITING else 0
        return wants | (selectors.EVENT_WRITE if self._to_remote else 0)

    @staticmethod
    def _watch(selector: selectors.BaseSelector, file: Any, events: int) -> None:
        known = selector.get_map().get(file)
        if known is not None and known.events == events:
            return
        if known is not None:
            selector.unregister(file)
        if events:
            selector.register(file, events)

    def _read(self) -> None:
        """Read from the client and queue the data as frames."""
        try:
            data = self._local.recv(_CHUNK)
        except _NOTHING_YET:
            return
        if not data:
            self._local_open, self._waits = False, self._asked
            return
        self._asked = True
        self._frame(bytes([_DATA]) + data)

    def _frame(self, content: bytes, opcode: int = 2) -> None:
        from websocket import ABNF

        self._to_remote += ABNF.create_frame(content, opcode).format()

    def _receive(self) -> None:
        """Read one frame from the pod. websocket-client buffers incomplete frames."""
        from websocket import ABNF, WebSocketException

        try:
            frame = self._remote.recv_frame()
        except _NOTHING_YET:
            return
        except (WebSocketException, OSError):
            self._break()
            return
        self._heard = time.monotonic()
        if frame.opcode == ABNF.OPCODE_CLOSE:
            self._remote_open = False
        elif frame.opcode == ABNF.OPCODE_PING:
            self._frame(frame.data, ABNF.OPCODE_PONG)
        elif frame.opcode in (ABNF.OPCODE_BINARY, ABNF.OPCODE_TEXT, ABNF.OPCODE_CONT) and frame.data:
            self._take(frame.data[0], frame.data[1:])

    def _take(self, channel: int, data: bytes) -> None:
        """Handle the data of a channel. The first frame of a channel contains its port, the others contain data."""
        if channel not in self._begun:
            self._break()
        elif not self._begun[channel]:
            self._begun[channel] = True
        elif channel == _ERROR:
            self.error += data.decode("utf-8", "replace")
            self._remote_open = False
        else:
            self.received += len(data)
            self._asked = False
            self._to_local += data

    def _break(self) -> None:
        """Mark the connection to the cluster as broken; data that has been received is still passed to the client."""
        self._broken, self._remote_open = True, False

    def _flush(self) -> None:
        """Write as much as both sides accept. Raises OSError if the client has disconnected."""
        if self._remote_open and self._to_remote:
            try:
                _send(self._remote.sock, self._to_remote)
            except OSError:
                self._break()
        if self._to_local:
            _send(self._local, self._to_local)

    def _check_alive(self) -> None:
        now = time.monotonic()
        if self._remote_open and now - self._pinged > _PING_SECONDS:
            self._pinged = now
            self._frame(b"", 9)
        if self._remote_open and now - self._heard > _SILENT_SECONDS:
            self._break()

    def interrupt(self) -> None:
        """Stop `run` from another thread."""
        for end in (self._local, self._remote.sock):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except (OSError, AttributeError):
                continue

    def close(self, clean: bool) -> None:
        """Close both sides. A broken connection is reset, so that the client does not mistake partial data for all."""
        if not clean and self.received:
            self._local.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._local.close()
        shut(self._remote)


def _send(end: Any, waiting: bytearray) -> None:
    """Send as much of the buffer as one call accepts."""
    try:
        del waiting[: end.send(bytes(waiting[:_CHUNK]))]
    except _NOTHING_YET:
        return


def _pending(sock: Any) -> bool:
    """Whether decrypted bytes are buffered, which `select` does not report."""
    return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0


def shut(remote: Any) -> None:
    """Close a websocket without waiting for the close frame of the peer."""
    if remote.sock is not None:
        try:
            remote.sock.close()
        except OSError:
            pass
        remote.sock = None
    remote.connected = False
