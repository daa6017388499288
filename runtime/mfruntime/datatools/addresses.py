"""Addresses of objects: how a root and a key make one, and which of them are none."""

from __future__ import annotations

from typing import Any

from .provider import Kind


def checked_root(kind: Kind, root: Any) -> str:
    """A root without the slash at its end. Raises the store's error for one that is no address of it."""
    text = str(root) if not isinstance(root, bytes) else root.decode()
    whole = kind.scheme + text if kind.has_bare_roots and "://" not in text else text
    if not whole.startswith(kind.scheme) or not whole[len(kind.scheme) :].partition("/")[0]:
        form = kind.example.replace("NAME", "PREFIX")
        raise kind.errors.invalid_address(f"{kind.root_argument} must be an address as {form}, not {text!r}.")
    return whole.rstrip("/")


def address(kind: Kind, root: str | None, key: Any) -> str:
    """The address of a key below a root; without a root the key must be one itself."""
    if key is not None and not isinstance(key, str):
        raise TypeError(f"A key must be text, not {type(key).__name__}.")
    if root is None:
        return _whole(kind, key)
    if key and key.startswith(kind.scheme):
        raise kind.errors.invalid_address(f"Below the root {root} a key is a name, not a whole address as {key!r}.")
    return f"{root}/{key.lstrip('/')}" if key and key.lstrip("/") else root


def _whole(kind: Kind, key: str | None) -> str:
    if not key or not key.startswith(kind.scheme):
        places = f"{kind.root_argument}, {kind.container} or run"
        raise kind.errors.invalid_address(
            f"Without {places} a key must be a whole address as {kind.example}, not {key!r}."
        )
    name, slash, _ = key[len(kind.scheme) :].partition("/")
    if not name or not slash:
        raise kind.errors.invalid_address(f"{key!r} names no object: an address is {kind.example}.")
    return key


def parts(kind: Kind, url: str) -> tuple[str, str]:
    """(bucket or container, key) of an address. Raises the store's error for a key that no client can ask for."""
    name, _, key = url[len(kind.scheme) :].partition("/")
    inner = key.rstrip("/").split("/") if key.rstrip("/") else []
    if any(part in ("", ".", "..") for part in inner) or not key.isprintable():
        raise kind.errors.invalid_address(
            f"{url!r} holds an empty part, dots between slashes or a control character; name the object otherwise."
        )
    return name, key
