"""The inputs of a join.

Inputs are created when they are used and artifacts are loaded when they are read, so that a join of 10,000 tasks only
loads what it uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import UnknownName
from .task_state import TaskState

if TYPE_CHECKING:
    from .spec import FlowSpec


class Inputs:
    """The inputs of a join: iterable, by index, and by step name (`inputs.branch_a`). Each is created when first
    used."""

    def __init__(self, flow: type[FlowSpec], readers: Sequence[Any]):
        self._flow = flow
        self._readers = readers
        self._made: dict[int, FlowSpec] = {}

    def _make(self, position: int) -> FlowSpec:
        if position not in self._made:
            reader = self._readers[position]
            flow = self._flow(use_cli=False)
            step = reader.pathspec.split("/")[-2]
            stack = reader["_foreach_stack"]
            flow._become(TaskState(step, reader, foreach_stack=stack, foreach_source=reader))
            self._made[position] = flow
        return self._made[position]

    def __len__(self) -> int:
        return len(self._readers)

    def __iter__(self) -> Iterator[FlowSpec]:
        return (self._make(i) for i in range(len(self._readers)))

    def __getitem__(self, position: int) -> FlowSpec:
        return self._make(range(len(self._readers))[position])

    def __getattr__(self, step: str) -> FlowSpec:
        if step.startswith("_"):
            raise AttributeError(step)
        names = [reader.pathspec.split("/")[-2] for reader in self._readers]
        if step not in names:
            raise AttributeError(str(UnknownName.of("input", step, sorted(set(names)))))
        return self._make(names.index(step))
