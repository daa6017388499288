"""Artifacts that a join inherits from its inputs."""

from __future__ import annotations

from typing import Any


class InheritedArtifacts:
    """The artifacts that a join inherits from its inputs, and can read before it has results.

    `sources` maps names to the results that contain them, and to their names there.
    """

    def __init__(self) -> None:
        self.sources: dict[str, tuple[Any, str]] = {}

    def add(self, name: str, source: Any, original: str | None = None) -> None:
        """Inherit an artifact, from another name if `original` is given."""
        self.sources[name] = (source, original or name)

    def __contains__(self, name: str) -> bool:
        return name in self.sources

    def __getitem__(self, name: str) -> Any:
        source, original = self.sources[name]
        return source[original]
