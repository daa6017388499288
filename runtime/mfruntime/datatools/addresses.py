"""Addresses of objects: how a root and a key make one, and which of them are none."""

from __future__ import annotations

from typing import Any

from .errors import MetaflowS3URLException

SCHEME = "s3://"


def checked_root(root: str) -> str:
    """A root without the slash at its end. Raises MetaflowS3URLException for one that is no s3:// address."""
    text = str(root) if not isinstance(root, bytes) else root.decode()
    if not text.startswith(SCHEME) or not text[len(SCHEME) :].partition("/")[0]:
        raise MetaflowS3URLException(f"s3root must be an address as s3://BUCKET/PREFIX, not {text!r}.")
    return text.rstrip("/")


def address(root: str | None, key: Any) -> str:
    """The address of a key below a root; without a root the key must be one itself. Raises MetaflowS3URLException."""
    if key is not None and not isinstance(key, str):
        raise TypeError(f"A key must be text, not {type(key).__name__}.")
    if root is None:
        return _whole(key)
    if key and key.startswith(SCHEME):
        raise MetaflowS3URLException(f"Below the root {root} a key is a name, not a whole address as {key!r}.")
    return f"{root}/{key.lstrip('/')}" if key and key.lstrip("/") else root


def _whole(key: str | None) -> str:
    if not key or not key.startswith(SCHEME):
        raise MetaflowS3URLException(
            f"Without s3root, bucket or run a key must be a whole address as s3://BUCKET/NAME, not {key!r}."
        )
    bucket, slash, _ = key[len(SCHEME) :].partition("/")
    if not bucket or not slash:
        raise MetaflowS3URLException(f"{key!r} names no object: an address is s3://BUCKET/NAME.")
    return key


def parts(url: str) -> tuple[str, str]:
    """(bucket, key) of an address. Raises MetaflowS3URLException for a key that the client cannot ask for."""
    bucket, _, key = url[len(SCHEME) :].partition("/")
    inner = key.rstrip("/").split("/") if key.rstrip("/") else []
    if any(part in ("", ".", "..") for part in inner) or not key.isprintable():
        raise MetaflowS3URLException(
            f"{url!r} holds an empty part, dots between slashes or a control character; name the object otherwise."
        )
    return bucket, key
