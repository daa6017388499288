"""The shapes that facts about types of resources have, and how values are found in what terraform shows.

A path names arguments through blocks: `settings.ip_configuration.ssl_mode`; where a name has dots in it, it is a tuple
of names. A block that may be there several times gives one value for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, Any]
Path = str | tuple[str, ...]
#: Whether the values of an argument after are weaker than those before.
Weakens = Callable[[list[Any], list[Any]], bool]


@dataclass(frozen=True)
class Weaker:
    """An argument that guards or shuts, what its change risks, and what that means in words."""

    path: Path
    risk: str
    text: str
    weakens: Weakens


def _nothing(_values: Values) -> list[tuple[str, str]]:
    return []


@dataclass(frozen=True)
class Presence:
    """What is a way in, or guards something, by being there; `where` says of which values that is so.

    `guarded` names what it is there for, by type and id: when that goes too, nothing is left to guard.
    """

    text: str
    where: Mapping[str, Any] = field(default_factory=dict)
    guarded: Callable[[Values], list[tuple[str, str]]] = _nothing

    def holds(self, values: Values) -> bool:
        """Whether these values are those of what lets in, or guards."""
        return all(first(values, path) in _any_of(value) for path, value in self.where.items())


def named(kind: str, path: str) -> Callable[[Values], list[tuple[str, str]]]:
    """What is guarded is of this type, and its id is the value at this path."""
    return lambda values: [(kind, str(first(values, path)))]


@dataclass(frozen=True)
class Reach:
    """Who may come in, as blocks of addresses and names; `paths` is what that is read from.

    `adds` says that it lets into something else, so that a new one is wider than none.
    """

    sources: Callable[[Values], list[Any]]
    paths: tuple[str, ...]
    adds: bool = False


@dataclass(frozen=True, order=True)
class Right:
    """Who may do what, where and under what condition; `*` is anything. `text` says it in words."""

    who: str
    what: str
    where: str = ""
    condition: str = ""
    text: str = field(default="", compare=False)

    def covers(self, other: Right) -> bool:
        """Whether whoever has this right has the other one too."""
        pairs = ((self.who, other.who), (self.what, other.what), (self.where, other.where))
        return all(matches(had, now) for had, now in pairs) and self.condition in ("", other.condition)

    def __str__(self) -> str:
        return self.text or f"{self.who} may {self.what}" + (f" on {self.where}" if self.where else "")


def _no_rights(_kind: str, _values: Values) -> list[Right]:
    return []


def _never(_kind: str, _right: Right) -> bool:
    return False


@dataclass(frozen=True)
class Facts:
    """What is known of the resources of one provider, by type.

    `opens_access` lets in by being there; `locks` guard data and `blocks_access` keeps out, by being there too. `ports`
    says through which ports `reach` gets in, `denied` who is kept out whatever else is said. `given` are rights that
    somebody has as soon as the resource is there, `defined` those of a role before anybody has the role,
    `cluster_bindings` who reaches what inside of a cluster.
    """

    stateful: Mapping[str, str]
    weaker: Mapping[str, tuple[Weaker, ...]] = field(default_factory=dict)
    locks: Mapping[str, Presence] = field(default_factory=dict)
    opens_access: Mapping[str, Presence] = field(default_factory=dict)
    blocks_access: Mapping[str, Presence] = field(default_factory=dict)
    reach: Mapping[str, Reach] = field(default_factory=dict)
    ports: Mapping[str, Callable[[Values], list[Any]]] = field(default_factory=dict)
    denied: Mapping[str, Callable[[Values], list[Any]]] = field(default_factory=dict)
    given: Callable[[str, Values], list[Right]] = _no_rights
    defined: Callable[[str, Values], list[Right]] = _no_rights
    cluster_bindings: Callable[[str, Values], list[Right]] = _no_rights
    is_too_much: Callable[[str, Right], bool] = _never


def every(values: Any, path: Path) -> list[Any]:
    """All values at a path; what is not there, or null, is none."""
    return [value for value in _leaves(values, _parts(path)) if value is not None]


def first(values: Any, path: Path) -> Any:
    """The value of an argument that there is one of."""
    return next(iter(every(values, path)), None)


def _parts(path: Path) -> tuple[str, ...]:
    return tuple(path.split(".")) if isinstance(path, str) else path


def _leaves(node: Any, parts: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(node, list):
        for one in node:
            yield from _leaves(one, parts)
    elif not parts:
        yield node
    elif isinstance(node, Mapping):
        yield from _leaves(node.get(parts[0]), parts[1:])


def is_unknown(unknown: Any, path: Path) -> bool:
    """Whether `after_unknown` says that a value at a path is known only when it is made."""
    return _is_unknown(unknown, _parts(path))


def _is_unknown(node: Any, parts: tuple[str, ...]) -> bool:
    if isinstance(node, list):
        return any(_is_unknown(one, parts) for one in node)
    if isinstance(node, Mapping):
        return bool(parts) and _is_unknown(node.get(parts[0]), parts[1:])
    return node is True


def matches(pattern: str, text: str) -> bool:
    """A star at the end stands for any rest."""
    return text == pattern or (pattern.endswith("*") and text.startswith(pattern[:-1]))


def _any_of(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def becomes(*values: Any) -> Weakens:
    """It has one of these values, and had not. 0 is not False."""
    return lambda before, after: bool(_among(after, values)) and not _among(before, values)


def leaves(*values: Any) -> Weakens:
    """It had one of these values, and has it no longer."""
    return lambda before, after: bool(_among(before, values)) and not _among(after, values)


def _among(found: list[Any], values: tuple[Any, ...]) -> list[Any]:
    return [one for one in found if any(one == value and isinstance(one, type(value)) for value in values)]


def sinks(before: list[Any], after: list[Any]) -> bool:
    """A number that becomes smaller, or is there no longer."""
    had, have = (max([float(v) for v in found if _is_number(v)], default=0.0) for found in (before, after))
    return have < had


def _is_number(value: Any) -> bool:
    text = str(value)
    return not isinstance(value, bool) and text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()


def falls(*order: str) -> Weakens:
    """It moves down in an order, the weakest first. What is not in the order is not known to be weaker."""

    def weakens(before: list[Any], after: list[Any]) -> bool:
        had, have = ([order.index(v) for v in found if v in order] for found in (before, after))
        return bool(had and have) and min(have) < min(had)

    return weakens


def changes(before: list[Any], after: list[Any]) -> bool:
    """It has another value than it had."""
    return bool(before) and before != after


def grows(before: list[Any], after: list[Any]) -> bool:
    """There is something among its values that was not."""
    return any(one not in before for one in after)


def gone(before: list[Any], after: list[Any]) -> bool:
    """It had a value, and has none."""
    return any(before) and not any(after)
