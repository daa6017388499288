"""Values that can be saved, and what is kept with them."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

from .provider import Kind
from .requests import Attributes


def content(kind: Kind, value: Any) -> bytes:
    """What is sent for a value: bytes, or all that is left in a binary stream. Raises the store's error for others."""
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, bytes):
        return value
    if isinstance(value, (io.RawIOBase, io.BufferedIOBase)):
        return bytes(value.read())
    raise kind.errors.invalid_object(f"Only text, bytes and binary streams can be saved, not {type(value).__name__}.")


def file(kind: Kind, path: Any) -> Path:
    """The file that is sent. Raises the store's error where it is not there, or a folder."""
    if path is None:
        raise TypeError("put_files needs the path of a file.")
    if not os.path.exists(path):
        raise kind.errors.not_found(f"There is no file {path}.")
    if os.path.isdir(path):
        raise kind.errors.failed(f"{path} is a folder; name the files in it.")
    return Path(path)


def attributes(kind: Kind, content_type: str | None, metadata: Any, encryption: str | None = None) -> Attributes:
    """What is kept with an object; metadata as ASCII text, which every store takes. Raises the store's error for
    encryption where that is not a request's to say."""
    if encryption is not None and not kind.takes_encryption:
        hint = f"Leave it out; the {kind.container} says it."
        raise kind.errors.failed(f"{kind.tool} encrypts no single object in a way of its own.", hint=hint)
    return Attributes(content_type, json.dumps(metadata) if metadata else None, encryption)
