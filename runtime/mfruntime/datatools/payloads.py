"""Values that can be saved, and their attributes."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

from .provider import Provider
from .requests import Attributes


def content(provider: Provider, value: Any) -> bytes:
    """The bytes of a value, or the rest of a binary stream. Raises the store's error for other values."""
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, bytes):
        return value
    if isinstance(value, (io.RawIOBase, io.BufferedIOBase)):
        return bytes(value.read())
    raise provider.errors.invalid_object(
        f"Only strings, bytes and binary streams can be saved, not {type(value).__name__}."
    )


def file(provider: Provider, path: Any) -> Path:
    """The file to upload. Raises the store's error if it does not exist or is a directory."""
    if path is None:
        raise TypeError("put_files needs the path of a file.")
    if not os.path.exists(path):
        raise provider.errors.not_found(f"The file {path} does not exist.")
    if os.path.isdir(path):
        raise provider.errors.failed(f"{path} is a directory; put_files needs the paths of files.")
    return Path(path)


def attributes(
    provider: Provider, content_type: str | None, metadata: Any, encryption: str | None = None
) -> Attributes:
    """The attributes of an object; metadata as ASCII, which every object store supports. Raises the store's error for
    encryption, if a request cannot select it."""
    if encryption is not None and not provider.takes_encryption:
        hint = f"Omit `encryption`; the settings of the {provider.container} apply"
        raise provider.errors.failed(
            f"{provider.tool} does not support encryption settings for single objects.", hint=hint
        )
    return Attributes(content_type, json.dumps(metadata) if metadata else None, encryption)
