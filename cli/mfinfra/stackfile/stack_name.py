"""The name of the stack that a stack file describes, without validation of the other keys."""

from __future__ import annotations

from pathlib import Path

from . import DEFAULT_NAME, FILE_NAME
from .yaml_reader import read


def name_in(folder: Path) -> str:
    """The name of the stack in a directory's stack file, even if other values are invalid."""
    values = read(folder / FILE_NAME).values
    cloud = values.get("cloud", "local")
    return str(values.get("name", cloud if cloud != "local" else DEFAULT_NAME))
