"""Base class of the client's objects (flows, runs, steps, tasks and artifacts), which are read when first used.

An object contains only its pathspec and the location of its metadata, so that it can be pickled and compared. An object
is in a namespace if the namespace is one of its tags; the tags are those of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from ..errors import MetaflowInvalidPathspec, MetaflowNamespaceMismatch, MetaflowNotFound
from ..ids import check_component
from . import scope
from .time import from_milliseconds

_KINDS = ("flow name", "run id", "step name", "task id", "artifact name")


class MetaflowObject:
    """Common base class. Raises MetaflowNotFound, MetaflowNamespaceMismatch or MetaflowInvalidPathspec."""

    _NAME: ClassVar[str] = ""
    _DEPTH: ClassVar[int] = 0

    def __init__(
        self,
        pathspec: str | None = None,
        attempt: int | None = None,
        _record: dict[str, Any] | None = None,
        _parent: MetaflowObject | None = None,
        _namespace_check: bool = True,
        _place: str | None = None,
    ):
        if pathspec is None:
            raise MetaflowInvalidPathspec(f"A {self._NAME} needs a pathspec, for example {self._example()}.")
        self._parts = self._split(pathspec)
        self._attempt = attempt
        self._place: str = _place or (_parent._place if _parent is not None else scope.backend().root)
        self._parent_object = _parent
        self._namespace_check: bool = _namespace_check and (_parent is None or _parent._namespace_check)
        self._kept_record = _record if _record is not None else self._read()
        if self._kept_record is None:
            raise MetaflowNotFound(f"{self!r} does not exist in {self._place}.")
        if self._namespace_check and not self.is_in_namespace():
            raise MetaflowNamespaceMismatch(scope.get_namespace())

    @classmethod
    def _example(cls) -> str:
        names = ("MyFlow", "1234", "start", "1", "x")
        return f"{cls._NAME}('{'/'.join(names[: cls._DEPTH])}')"

    @classmethod
    def _split(cls, pathspec: str) -> tuple[str, ...]:
        if not isinstance(pathspec, str):
            raise MetaflowInvalidPathspec(f"A pathspec must be a string as in {cls._example()}, not {pathspec!r}.")
        parts = tuple(pathspec.split("/"))
        if len(parts) != cls._DEPTH:
            raise MetaflowInvalidPathspec(
                f"{pathspec!r} is not the pathspec of a {cls._NAME}; use, for example, {cls._example()}."
            )
        return tuple(check_component(kind, part) for kind, part in zip(_KINDS, parts))

    @property
    def _metadata(self) -> Any:
        return scope.backend(self._place)

    def _read(self) -> dict[str, Any] | None:
        return self._metadata.get(*self._parts)  # type: ignore[no-any-return]

    @property
    def _record(self) -> dict[str, Any]:
        if self._kept_record is None:
            self._kept_record = self._read() or {}
        return self._kept_record

    # -- identity ------------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The last part of the pathspec."""
        return self._parts[-1]

    @property
    def pathspec(self) -> str:
        return "/".join(self._parts)

    @property
    def path_components(self) -> list[str]:
        return list(self._parts)

    @property
    def parent(self) -> Any:
        """The object one level up; None for a flow."""
        if self._DEPTH == 1:
            return None
        if self._parent_object is None:
            above = _CLASSES[self._DEPTH - 2]
            path = "/".join(self._parts[:-1])
            self._parent_object = above(path, _namespace_check=False, _place=self._place)
        return self._parent_object

    def __repr__(self) -> str:
        return f"{self._NAME}('{self.pathspec}')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, MetaflowObject) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        return (self._place, self._parts, self._attempt)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state.update(_parent_object=None, _kept_record=None)
        return state

    # -- attributes ----------------------------------------------------------------------------------------------------

    @property
    def tags(self) -> frozenset[str]:
        """User tags and system tags."""
        return self.user_tags | self.system_tags

    @property
    def user_tags(self) -> frozenset[str]:
        return frozenset(self._record.get("tags") or ())

    @property
    def system_tags(self) -> frozenset[str]:
        return frozenset(self._record.get("system_tags") or ())

    @property
    def created_at(self) -> datetime:
        """When the object was registered, in local time."""
        return from_milliseconds(self._record["ts_epoch"])

    @property
    def finished_at(self) -> datetime | None:
        return None

    @property
    def origin_pathspec(self) -> str | None:
        """The pathspec of the object that this one was cloned from by `resume`; None if it was not.

        That of a run is the resumed run, also while only some of its tasks are clones.
        """
        return self._origin()

    def _origin(self) -> str | None:
        return None

    def is_in_namespace(self) -> bool:
        """Whether the object is in the current namespace."""
        current = scope.get_namespace()
        return current is None or current in self.tags

    # -- children ------------------------------------------------------------------------------------------------------

    def _child(self, record: dict[str, Any], name: str) -> Any:
        below = _CLASSES[self._DEPTH]
        return below(f"{self.pathspec}/{name}", _record=record, _parent=self, _namespace_check=False)

    def _names_of(self, record: dict[str, Any]) -> str:
        key = ("flow_id", "run_number", "step_name", "task_id", "name")[self._DEPTH]
        return str(record[key])

    def _children(self) -> list[Any]:
        records = self._metadata.children(*self._parts)
        made = [self._child(r, self._names_of(r)) for r in records]
        made = [c for c in made if not self._is_hidden(c)]
        return sorted(made, key=lambda c: (c._record.get("ts_epoch", 0), _number(c.id)), reverse=True)

    @staticmethod
    def _is_hidden(child: Any) -> bool:
        return bool(child.id.startswith("_"))

    def __iter__(self) -> Iterator[Any]:
        """Children that are in the namespace, newest first."""
        children = self._children()
        return iter([c for c in children if not self._namespace_check or c.is_in_namespace()])

    def _filtered(self, *tags: str) -> Iterator[Any]:
        return (child for child in self if all(tag in child.tags for tag in tags))

    def __getitem__(self, name: str) -> Any:
        child = self._find(str(name))
        if child is None:
            raise KeyError(name)
        return child

    def _find(self, name: str) -> Any:
        try:
            check_component("name", name)
        except MetaflowInvalidPathspec:
            return None
        record = self._metadata.get(*self._parts, name)
        if record is None:
            return None
        child = self._child(record, name)
        child._namespace_check = self._namespace_check
        if self._namespace_check and not child.is_in_namespace():
            raise MetaflowNamespaceMismatch(scope.get_namespace())
        return child

    def __contains__(self, name: str) -> bool:
        return self._find(str(name)) is not None


def _number(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdigit() else (0, name)


_CLASSES: list[Any] = []


def register(cls: Any) -> Any:
    """Register a class for its level, so that classes of other levels can find it."""
    _CLASSES.append(cls)
    return cls
