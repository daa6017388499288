"""Fast gzip compression that every gzip reader supports.

It uses three methods, all within the format (RFC 1952): ISA-L instead of zlib, if installed; data that does not
compress (random floats, images) is stored uncompressed; large data is split into members, compressed and read on all
cores. The members have their size in an extra header field, so that this module finds the next one without
decompressing.
"""

from __future__ import annotations

import bisect
import itertools
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

_zlib: Any
try:
    from isal import isal_zlib

    _zlib = isal_zlib
except ImportError:  # the standard library is slower, with the same result
    _zlib = zlib

#: Bytes of input per member.
CHUNK = 2 << 20
_SAMPLE = 1 << 14
#: Data is stored uncompressed if a sample compresses to more than this fraction.
_WORTH = 0.9
_LEVEL = 1
_STORED_BLOCK = 65535  # RFC 1951, 3.2.4
_MOST = 1032  # the largest ratio that deflate can reach

_ID = b"MF"  # our subfield of the extra header field: the size of the member
_HEADER = struct.Struct("<2sBBIBBH2sHQ")
_MAGIC = b"\x1f\x8b"
_FEXTRA = 4
_TRAILER = struct.Struct("<II")


class TooLarge(ValueError):
    """The data has more bytes than the limit."""


def compress(data: bytes | memoryview) -> bytes:
    """gzip of `data`: the same input gives the same output on one machine."""
    return b"".join(compressed_parts(data))


def compressed_parts(data: bytes | memoryview) -> list[Any]:
    """As compress, but as consecutive buffers: data that is stored uncompressed is not copied."""
    if len(data) <= CHUNK:
        return _member(data)
    view = memoryview(data)
    chunks = [view[i : i + CHUNK] for i in range(0, len(view), CHUNK)]
    return [part for member in _on_threads(_member, chunks) for part in member]


def decompress(blob: bytes | list[Any], limit: int | None = None) -> bytes:
    """The data in a gzip file of any number of members, in one buffer or several. Raises ValueError if it is corrupt,
    or as soon as the data has more than `limit` bytes."""
    parts = list(members(blob, limit))
    return parts[0] if len(parts) == 1 else b"".join(parts)


def members(blob: bytes | list[Any], limit: int | None = None) -> Iterator[bytes]:
    """The data of a gzip file in pieces, in order; members from this module are decompressed ahead on all cores."""
    try:
        pieces = _split(_Buffers(blob))
        if len(pieces) > 1:
            _check_size(sum(map(_member_content, pieces)), limit)
            yield from _on_threads(_inflate_member, pieces)
        else:
            yield _inflate(pieces[0] if pieces else b"", limit)
    except (_zlib.error, zlib.error, EOFError, struct.error) as exc:
        raise ValueError(str(exc) or "corrupt gzip data") from exc


def inflated_size(blob: bytes | list[Any], limit: int | None = None) -> int | None:
    """Size of the data in a file of several members from this module; None for other files. Raises ValueError if it is
    larger than `limit`."""
    buffers = _Buffers(blob)
    pieces = _split(buffers)
    if len(pieces) < 2:
        return None
    size = sum(map(_member_content, pieces))
    _check_size(size, limit)
    if size > buffers.size * _MOST:
        raise ValueError("its size differs from the size in its header")  # and must not allocate that memory
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


class _Buffers:
    """Consecutive buffers, read as one; only pieces that span two buffers are copied."""

    def __init__(self, blob: Any):
        self._parts = [memoryview(part) for part in (blob if isinstance(blob, list) else [blob])]
        self._ends = list(itertools.accumulate(map(len, self._parts)))
        self.size = self._ends[-1] if self._ends else 0

    def piece(self, start: int, end: int) -> memoryview:
        number = bisect.bisect_right(self._ends, start)
        found = []
        while start < end:
            first = self._ends[number] - len(self._parts[number])
            found.append(self._parts[number][start - first : end - first])
            start += len(found[-1])
            number += 1
        return found[0] if len(found) == 1 else memoryview(b"".join(found))


def _split(buffers: _Buffers) -> list[memoryview]:
    """The members of a blob from this module; the complete blob if another program wrote it."""
    members, at = [], 0
    while at < buffers.size:
        header = buffers.piece(at, min(at + _HEADER.size, buffers.size))
        size = _member_size(header)
        if not 0 < size <= buffers.size - at:
            return [buffers.piece(0, buffers.size)]
        members.append(buffers.piece(at, at + size))
        at += size
    return members


def _member_size(header: memoryview) -> int:
    """The size in the header of a member; 0 if another program wrote it."""
    if len(header) < _HEADER.size:
        return 0
    magic, _, flags, _, _, _, length, field, width, size = _HEADER.unpack(header)
    return int(size) if (magic, flags, length, field, width) == (_MAGIC, _FEXTRA, 12, _ID, 8) else 0


def _check_size(size: int, limit: int | None) -> None:
    if limit is not None and size > limit:
        raise TooLarge("its content is larger than its recorded size")


def _member_content(piece: memoryview) -> int:
    """The size of a member's data, according to its trailer."""
    if len(piece) < _TRAILER.size:
        raise ValueError("corrupt gzip data")
    return int(_TRAILER.unpack_from(piece, len(piece) - _TRAILER.size)[1])


def _inflate_member(piece: memoryview) -> bytes:
    return _inflate(piece, _member_content(piece))


def _inflate(blob: bytes | memoryview, limit: int | None) -> bytes:
    parts = []
    rest: Any = blob
    left = limit
    while rest:
        unpacker = _zlib.decompressobj(31)
        parts.append(unpacker.decompress(rest) if left is None else unpacker.decompress(rest, left + 1))
        if left is not None:
            left -= len(parts[-1])
            if left < 0:
                raise TooLarge("its content is larger than its recorded size")
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
