"""URLs of objects: built from a root and a key, and validated."""

from __future__ import annotations

from typing import Any

from .provider import Provider


def checked_root(provider: Provider, root: Any) -> str:
    """A root without trailing slash. Raises the store's error if it is not a URL of this object store."""
    text = str(root) if not isinstance(root, bytes) else root.decode()
    whole = provider.scheme + text if provider.has_bare_roots and "://" not in text else text
    if not whole.startswith(provider.scheme) or not whole[len(provider.scheme) :].partition("/")[0]:
        form = provider.example.replace("NAME", "PREFIX")
        raise provider.errors.invalid_address(f"{provider.root_argument} must be a URL like {form}, not {text!r}.")
    return whole.rstrip("/")


def address(provider: Provider, root: str | None, key: Any) -> str:
    """The URL of a key below a root; without a root the key must be a URL."""
    if key is not None and not isinstance(key, str):
        raise TypeError(f"A key must be a string, not {type(key).__name__}.")
    if root is None:
        return _whole(provider, key)
    if key and key.startswith(provider.scheme):
        raise provider.errors.invalid_address(f"With the root {root}, a key must be a name, not a URL like {key!r}.")
    return f"{root}/{key.lstrip('/')}" if key and key.lstrip("/") else root


def _whole(provider: Provider, key: str | None) -> str:
    if not key or not key.startswith(provider.scheme):
        places = f"{provider.root_argument}, {provider.container} or run"
        raise provider.errors.invalid_address(
            f"Without {places}, a key must be a URL like {provider.example}, not {key!r}."
        )
    name, slash, _ = key[len(provider.scheme) :].partition("/")
    if not name or not slash:
        raise provider.errors.invalid_address(f"{key!r} has no object name; use a URL like {provider.example}.")
    return key


def parts(provider: Provider, url: str) -> tuple[str, str]:
    """(bucket or container, key) of a URL. Raises the store's error for a key that clients cannot request."""
    name, _, key = url[len(provider.scheme) :].partition("/")
    inner = key.rstrip("/").split("/") if key.rstrip("/") else []
    if any(part in ("", ".", "..") for part in inner) or not key.isprintable():
        raise provider.errors.invalid_address(
            f"{url!r} contains an empty part, dots between slashes or a control character; use another object name."
        )
    return name, key
