"""@resources: the resources that a task requests, for all executors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .base import StepDecorator, maker
from .values import number


@dataclass(frozen=True)
class Resources:
    """The requested resources: CPU cores, GPUs, and sizes in megabytes."""

    cpu: float = 1.0
    gpu: int | None = None
    disk: int | None = None
    memory: int = 4096
    shared_memory: int | None = None


class ResourcesDecorator(StepDecorator):
    name = "resources"
    defaults = {"cpu": "1", "gpu": None, "disk": None, "memory": "4096", "shared_memory": None}

    def options(self, step: str) -> Resources:
        def size(name: str, integer: bool = True) -> float | None:
            value = self.attributes[name]
            return None if value is None else number(step, "resources", name, value, integer=integer)

        return Resources(
            cpu=size("cpu", integer=False) or 1.0,
            gpu=_whole(size("gpu")),
            disk=_whole(size("disk")),
            memory=_whole(size("memory")) or 4096,
            shared_memory=_whole(size("shared_memory")),
        )

    def info(self) -> dict[str, Any]:
        # Metaflow lists absent resources as the string "None".
        attributes = {k: "None" if v is None else v for k, v in self.attributes.items()}
        return {**super().info(), "attributes": attributes}


def _whole(size: float | None) -> int | None:
    return None if size is None else int(size)


resources = maker(ResourcesDecorator)
