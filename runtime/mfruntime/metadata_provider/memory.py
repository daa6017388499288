"""Metadata in memory, for tests of this package and of its users."""

from __future__ import annotations

from ..settings import Settings
from .files import FileMetadata
from .tree import MemoryTree


class MemoryMetadata(FileMetadata):
    """File metadata in a dictionary."""

    type = "memory"
    root = "memory"

    def __init__(self) -> None:
        super().__init__(MemoryTree())

    @classmethod
    def from_settings(cls, settings: Settings, root: str | None) -> MemoryMetadata:
        return cls()
