"""What a join has taken over from its inputs."""

from __future__ import annotations

from typing import Any


class Adopted:
    """What a join can read of itself before it has a result: artifacts taken over from its inputs."""

    def __init__(self, sources: dict[str, Any]) -> None:
        self.sources = sources

    def __contains__(self, name: str) -> bool:
        return name in self.sources

    def __getitem__(self, name: str) -> Any:
        return self.sources[name][name]
