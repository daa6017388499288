"""Artifacts that a join inherits from its inputs."""

from __future__ import annotations

from typing import Any


class InheritedArtifacts:
    """The artifacts that a join inherits from its inputs, and can read before it has results."""

    def __init__(self, sources: dict[str, Any]) -> None:
        self.sources = sources

    def __contains__(self, name: str) -> bool:
        return name in self.sources

    def __getitem__(self, name: str) -> Any:
        return self.sources[name][name]
