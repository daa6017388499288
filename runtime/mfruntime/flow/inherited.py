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
        """Inherit an artifact if the source has it, from another name if `original` is given."""
        if (original or name) in source:
            self.sources[name] = (source, original or name)

    def sha(self, name: str) -> str:
        source, original = self.sources[name]
        return str(source.sha(original))

    def __contains__(self, name: object) -> bool:
        return name in self.sources

    def __getitem__(self, name: str) -> Any:
        source, original = self.sources[name]
        return source[original]
