"""Port-forward over websocket, as in a kubelet: v4.channel.k8s.io, two channels for each port, data and errors."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import struct
from typing import TYPE_CHECKING, Any

from .store import Key

if TYPE_CHECKING:
    from .machines import Machines

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_PROTOCOL = "v4.channel.k8s.io"


async def forward(
    request: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, machines: Machines, faults: Any
) -> None:
    """Forward one port of a pod until one side closes the connection."""
    words = request.path.split("/")
    key = Key("", "pods", words[4], words[6])
    found = machines.running.get(key)
    offered = [word.strip() for word in request.headers.get("sec-websocket-protocol", "").split(",")]
    if found is None or _PROTOCOL not in offered or words[7:] != ["portforward"]:
        writer.write(f"HTTP/1.1 {404 if found is None else 400} X\r\nContent-Length: 0\r\n\r\n".encode())
        return await writer.drain()
    accept = base64.b64encode(hashlib.sha1(request.headers["sec-websocket-key"].encode() + _GUID).digest()).decode()
    writer.write(
        f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
        f"Sec-WebSocket-Protocol: {_PROTOCOL}\r\n\r\n".encode()
    )
    port = int(request.query["ports"])
    for channel in (0, 1):
        writer.write(_frame(bytes([channel]) + struct.pack("<H", port)))
    try:
        near, far = await asyncio.open_connection("127.0.0.1", found.ports[port])
    except (OSError, KeyError) as exc:
        writer.write(
            _frame(b"\x01" + f"error forwarding port {port} to pod {key.name}: {exc}".encode()) + _frame(b"", 8)
        )
        return await writer.drain()
    tasks = [asyncio.create_task(_up(reader, far, writer)), asyncio.create_task(_down(near, writer, faults))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        far.close()
    return None


async def _up(reader: asyncio.StreamReader, far: asyncio.StreamWriter, writer: asyncio.StreamWriter) -> None:
    """Forward frames from the client to the pod until the client closes."""
    while True:
        opcode, content = await _read(reader)
        if opcode == 8:
            return
        if opcode == 9:
            writer.write(_frame(content, 10))
        elif opcode in (0, 1, 2) and content[:1] == b"\x00":
            far.write(content[1:])
            await far.drain()


async def _down(near: asyncio.StreamReader, writer: asyncio.StreamWriter, faults: Any) -> None:
    """Send the output of the pod as frames until its end, or as many bytes as a fault allows."""
    sent = 0
    while content := await near.read(32 << 10):
        if faults.cut_after is not None and sent + len(content) > faults.cut_after:
            faults.cut_after = None
            writer.transport.abort()
            return
        sent += len(content)
        writer.write(_frame(b"\x00" + content))
        await writer.drain()
    writer.write(_frame(struct.pack(">H", 1000), 8))
    await writer.drain()


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, second = await reader.readexactly(2)
    size = second & 127
    if size == 126:
        size = struct.unpack(">H", await reader.readexactly(2))[0]
    elif size == 127:
        size = struct.unpack(">Q", await reader.readexactly(8))[0]
    mask = await reader.readexactly(4)
    content = await reader.readexactly(size)
    whole = int.from_bytes(mask * (size // 4 + 1), "big") >> (8 * (4 - size % 4)) if size else 0
    return first & 15, (int.from_bytes(content, "big") ^ whole).to_bytes(size, "big") if size else b""


def _frame(content: bytes, opcode: int = 2) -> bytes:
    size = len(content)
    head = bytes([128 | opcode])
    if size < 126:
        return head + bytes([size]) + content
    return head + (struct.pack(">BH", 126, size) if size < 1 << 16 else struct.pack(">BQ", 127, size)) + content
