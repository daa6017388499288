"""Input paths on a command line: lists of `run/step/task`, compressed in the format of Metaflow's schedulers.

Formats: comma-separated; ``prefix:suffix,suffix`` with the longest common prefix; from 500 characters, ``!`` followed
by base64 of the text after compressing it with zlib twice.
"""

from __future__ import annotations

from collections.abc import Sequence

MAX_PLAIN_CHARACTERS = 500


def encode_paths(paths: Sequence[str]) -> str:
    """One command line argument for a list of task paths; `decode_paths` is its inverse."""
    if not paths:
        return ""
    prefix = _common(paths) if len(paths) > 1 else ""
    body = ",".join(p[len(prefix) :] for p in paths)
    text = f"{prefix}:{body}" if prefix else body
    return text if len(text) < MAX_PLAIN_CHARACTERS else "!" + _pack(text)


def decode_paths(argument: str) -> list[str]:
    """The task paths in a command line argument. Raises ValueError for a corrupt one."""
    text = _unpack(argument[1:]) if argument.startswith("!") else argument
    if not text:
        return []
    prefix, colon, body = text.partition(":")
    if not colon:
        return text.split(",")
    return [prefix + suffix for suffix in body.split(",")]


def _common(paths: Sequence[str]) -> str:
    """The longest common prefix, by characters."""
    first, last = min(paths), max(paths)
    size = next((i for i, (a, b) in enumerate(zip(first, last)) if a != b), min(len(first), len(last)))
    return first[:size]


def _pack(text: str) -> str:
    import base64
    import zlib

    return base64.b64encode(zlib.compress(zlib.compress(text.encode()))).decode()


def _unpack(packed: str) -> str:
    import base64
    import zlib

    try:
        return zlib.decompress(zlib.decompress(base64.b64decode(packed, validate=True))).decode()
    except (ValueError, zlib.error) as exc:
        raise ValueError(f"the compressed input paths are corrupt ({exc})") from exc
