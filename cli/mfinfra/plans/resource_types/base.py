"""The types of resource rules, and how they find values in the output of `terraform show`.

A path names arguments through blocks: `settings.ip_configuration.ssl_mode`; if a name contains dots, it is a tuple of
names. A repeated block gives one value for each of its instances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, Any]
Path = str | tuple[str, ...]
#: Whether the values of an argument after a change protect less than those before.
Weakens = Callable[[list[Any], list[Any]], bool]


@dataclass(frozen=True)
class Weaker:
    """An argument that protects data or restricts access, the risk of weakening it, and the reason."""

    path: Path
    risk: str
    text: str
    weakens: Weakens


def _nothing(_values: Values) -> list[tuple[str, str]]:
    return []


@dataclass(frozen=True)
class Presence:
    """A resource whose existence opens access or protects another one; `where` limits the rule to some values.

    `guarded` returns type and ID of what it protects. The rule does not apply if that is deleted too.
    """

    text: str
    where: Mapping[str, Any] = field(default_factory=dict)
    guarded: Callable[[Values], list[tuple[str, str]]] = _nothing

    def holds(self, values: Values) -> bool:
        """Whether a resource with these values matches the rule."""
        return all(first(values, path) in _any_of(value) for path, value in self.where.items())


def named(kind: str, path: str) -> Callable[[Values], list[tuple[str, str]]]:
    """The protected resource has this type, and its ID is the value at this path."""
    return lambda values: [(kind, str(first(values, path)))]


@dataclass(frozen=True)
class Reach:
    """The sources that have access, as CIDR ranges and names; `paths` are the arguments that contain them.

    `adds`: the resource opens access to another one, so creating it is dangerous too.
    """

    sources: Callable[[Values], list[Any]]
    paths: tuple[str, ...]
    adds: bool = False


@dataclass(frozen=True, order=True)
class Right:
    """A permission: who can do what, where and under what condition; `*` is anything. `text` overrides its wording."""

    who: str
    what: str
    where: str = ""
    condition: str = ""
    text: str = field(default="", compare=False)

    def covers(self, other: Right) -> bool:
        """Whether this permission includes another one."""
        pairs = ((self.who, other.who), (self.what, other.what), (self.where, other.where))
        return all(matches(had, now) for had, now in pairs) and self.condition in ("", other.condition)

    def __str__(self) -> str:
        return self.text or f"{self.who or 'it'} can {self.what}" + (f" on {self.where}" if self.where else "")


def _no_rights(_kind: str, _values: Values) -> list[Right]:
    return []


def _never(_kind: str, _right: Right) -> bool:
    return False


@dataclass(frozen=True)
class ResourceRules:
    """The resource rules of one provider, by resource type.

    Creating a resource of `opens_access` grants access. Deleting one of `locks` removes protection of data, deleting
    one of `blocks_access` removes a restriction of access. `reach` are the sources with network access, `ports` their
    ports, `denied` the sources that are always denied. `given` are permissions that take effect when the resource is
    created, `defined` those of a role that is not assigned yet, `cluster_bindings` permissions and access in a cluster.
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
    """All values at a path that exist and are not null."""
    return [value for value in _leaves(values, _parts(path)) if value is not None]


def first(values: Any, path: Path) -> Any:
    """The first value at a path, None if it has none."""
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
    """Whether `after_unknown` marks a value at a path as known after apply."""
    return _is_unknown(unknown, _parts(path))


def _is_unknown(node: Any, parts: tuple[str, ...]) -> bool:
    if isinstance(node, list):
        return any(_is_unknown(one, parts) for one in node)
    if isinstance(node, Mapping):
        return bool(parts) and _is_unknown(node.get(parts[0]), parts[1:])
    return node is True


def matches(pattern: str, text: str) -> bool:
    """Match a pattern with an optional wildcard at its end."""
    return text == pattern or (pattern.endswith("*") and text.startswith(pattern[:-1]))


def _any_of(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def becomes(*values: Any) -> Weakens:
    """The value becomes one of these. 0 is not False."""
    return lambda before, after: bool(_among(after, values)) and not _among(before, values)


def leaves(*values: Any) -> Weakens:
    """The value was one of these, and no longer is."""
    return lambda before, after: bool(_among(before, values)) and not _among(after, values)


def _among(found: list[Any], values: tuple[Any, ...]) -> list[Any]:
    return [one for one in found if any(one == value and isinstance(one, type(value)) for value in values)]


def sinks(before: list[Any], after: list[Any]) -> bool:
    """The number decreases or is removed."""
    had, have = (max([float(v) for v in found if _is_number(v)], default=0.0) for found in (before, after))
    return have < had


def _is_number(value: Any) -> bool:
    text = str(value)
    return not isinstance(value, bool) and text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()


def falls(*order: str) -> Weakens:
    """The value moves down in an order, weakest first. Values that are not in the order are ignored."""

    def weakens(before: list[Any], after: list[Any]) -> bool:
        had, have = ([order.index(v) for v in found if v in order] for found in (before, after))
        return bool(had and have) and min(have) < min(had)

    return weakens


def changes(before: list[Any], after: list[Any]) -> bool:
    """The value changes."""
    return bool(before) and before != after


def grows(before: list[Any], after: list[Any]) -> bool:
    """A value is added."""
    return any(one not in before for one in after)


def gone(before: list[Any], after: list[Any]) -> bool:
    """The value is removed."""
    return any(before) and not any(after)
