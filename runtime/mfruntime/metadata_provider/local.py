"""Metadata next to the local datastore, in the same `.metaflow` directory."""

from __future__ import annotations

from ..settings import Settings
from ..store.storage.local import find_root
from .files import FileMetadata
from .tree import DiskTree


class LocalMetadata(FileMetadata):
    """File metadata on the local disk."""

    type = "local"

    def __init__(self, root: str):
        super().__init__(DiskTree(root))
        self.root = root

    @classmethod
    def from_settings(cls, settings: Settings, root: str | None) -> LocalMetadata:
        return cls(find_root(settings, root))
