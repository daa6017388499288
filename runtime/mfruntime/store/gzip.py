"""gzip, as fast as the machine allows and readable by every gzip reader.

Three means, all within the format (RFC 1952): ISA-L instead of zlib where it is installed; data that does not compress
(random floats, images) is stored instead of squeezed; large data becomes several members, made and read on all cores.
Our members carry their size in an extra header field, so that readers of ours can find the next one without inflating.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

_zlib: Any
try:
    from isal import isal_zlib

    _zlib = isal_zlib
except ImportError:  # the standard library does the same, slower
    _zlib = zlib

#: Bytes of input per member.
CHUNK = 2 << 20
_SAMPLE = 1 << 14
#: Stored rather than compressed when a sample shrinks to more than this share.
_WORTH = 0.9
_LEVEL = 1
_STORED_BLOCK = 65535  # RFC 1951, 3.2.4
_MOST = 1032  # the largest ratio that deflate can reach

_ID = b"MF"  # our subfield of the extra header field: the size of the whole member
_HEADER = struct.Struct("<2sBBIBBH2sHQ")
_MAGIC = b"\x1f\x8b"
_FEXTRA = 4
_TRAILER = struct.Struct("<II")


def compress(data: bytes | memoryview) -> bytes:
    """gzip of `data`: the same input gives the same output on one machine."""
    return b"".join(compressed_parts(data))


def compressed_parts(data: bytes | memoryview) -> list[Any]:
    """As compress, but as buffers that follow each other: what is only stored is not copied."""
    if len(data) <= CHUNK:
        return _member(data)
    view = memoryview(data)
    chunks = [view[i : i + CHUNK] for i in range(0, len(view), CHUNK)]
    return [part for member in _on_threads(_member, chunks) for part in member]


def decompress(blob: bytes) -> bytes:
    """The data in a gzip file of any number of members. Raises ValueError where it is damaged."""
    parts = list(members(blob))
    return parts[0] if len(parts) == 1 else b"".join(parts)


def members(blob: bytes) -> Iterator[bytes]:
    """The data of a gzip file in pieces, in order; pieces of ours are inflated ahead on all cores."""
    try:
        pieces = _split(blob)
        if len(pieces) > 1:
            yield from _on_threads(_inflate, pieces)
        else:
            yield _inflate(blob)
    except (_zlib.error, zlib.error, EOFError, struct.error) as exc:
        raise ValueError(str(exc) or "damaged gzip data") from exc


def inflated_size(blob: bytes) -> int | None:
    """Size of the data in a file of several members that ours wrote; None for other files."""
    pieces = _split(blob)
    if len(pieces) < 2:
        return None
    size = sum(int(_TRAILER.unpack_from(piece, len(piece) - _TRAILER.size)[1]) for piece in pieces)
    if size > len(blob) * _MOST:
        raise ValueError("its size is not what it says")  # and must not claim memory
    return size


def _member(data: bytes | memoryview) -> list[Any]:
    body = [_deflate(data)] if _compresses(data) else _stored(data)
    size = _HEADER.size + sum(map(len, body)) + _TRAILER.size
    header = _HEADER.pack(_MAGIC, 8, _FEXTRA, 0, 0, 255, 12, _ID, 8, size)
    return [header, *body, _TRAILER.pack(_zlib.crc32(data), len(data) & 0xFFFFFFFF)]


def _deflate(data: bytes | memoryview) -> bytes:
    packer = _zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    return bytes(packer.compress(data) + packer.flush())


def _compresses(data: bytes | memoryview) -> bool:
    if len(data) < 4 * _SAMPLE:
        return True
    view = memoryview(data)
    middle = len(view) // 2
    samples = b"".join((view[:_SAMPLE], view[middle : middle + _SAMPLE], view[-_SAMPLE:]))
    return len(_deflate(samples)) < _WORTH * len(samples)


def _stored(data: bytes | memoryview) -> list[Any]:
    view = memoryview(data)
    parts: list[Any] = []
    for start in range(0, len(view), _STORED_BLOCK):
        piece = view[start : start + _STORED_BLOCK]
        last = start + _STORED_BLOCK >= len(view)
        parts.append(struct.pack("<BHH", int(last), len(piece), len(piece) ^ 0xFFFF))
        parts.append(piece)
    return parts


def _split(blob: bytes) -> list[memoryview]:
    """The members of a blob that ours wrote; the whole blob where another program did."""
    view, members, at = memoryview(blob), [], 0
    while at < len(blob):
        if len(blob) - at < _HEADER.size:
            return [view]
        magic, _, flags, _, _, _, length, field, width, size = _HEADER.unpack_from(blob, at)
        if (magic, flags, length, field, width) != (_MAGIC, _FEXTRA, 12, _ID, 8) or size <= 0 or at + size > len(blob):
            return [view]
        members.append(view[at : at + size])
        at += size
    return members


def _inflate(blob: bytes | memoryview) -> bytes:
    parts = []
    rest: Any = blob
    while rest:
        unpacker = _zlib.decompressobj(31)
        parts.append(unpacker.decompress(rest))
        if not unpacker.eof:
            raise EOFError("the data ends too early")
        rest = unpacker.unused_data.lstrip(b"\0")
    if not parts:
        raise EOFError("the file is empty")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _on_threads(work: Callable[[Any], Any], pieces: list[Any]) -> Iterator[Any]:
    cores = os.cpu_count() or 1
    if cores == 1:
        yield from map(work, pieces)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(cores, len(pieces))) as pool:
        yield from pool.map(work, pieces)
