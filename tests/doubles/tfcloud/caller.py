"""The calling terraform: its working directory and environment, which a provider process of its own would share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .overlays.base import Refusal

_MARK = b"TF_REATTACH_PROVIDERS="
#: The folder that terraform started this process in, told by mirror.py; none where one process serves many.
FOLDER = "TFCLOUD_FOLDER"


def _terraforms() -> Iterator[Path]:
    """The processes that use this provider."""
    me = f'"Pid": {os.getpid()},'.encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = [part for part in (folder / "environ").read_bytes().split(b"\0") if part.startswith(_MARK)]
            if told and me in told[0] and (folder / "exe").resolve().name == "terraform":
                yield folder
        except OSError:
            continue


def folder() -> Path:
    """The directory for relative paths."""
    if FOLDER in os.environ:
        return Path(os.environ[FOLDER])
    found = {Path(os.readlink(process / "cwd")) for process in _terraforms()}
    if len(found) != 1:
        raise Refusal(f"a relative path, and {len(found)} folders that terraform may run in: use an absolute path")
    return found.pop()


def variable(name: str) -> str | None:
    """An environment variable of the calling terraform."""
    if FOLDER in os.environ:
        return os.environ.get(name)
    for process in _terraforms():
        for part in (process / "environ").read_bytes().split(b"\0"):
            if part.startswith(f"{name}=".encode()):
                return part.partition(b"=")[2].decode()
    return None
