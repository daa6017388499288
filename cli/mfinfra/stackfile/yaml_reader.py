"""Reads YAML files of users: keeps the line of each value, and rejects malicious files.

Rejected: files over 64 KiB, anything but one mapping with text keys, duplicate keys, nesting deeper than 20, more than
20 aliases, and more than 5,000 values after the expansion of aliases (a "billion laughs" file has few aliases).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import StackFileError

MAX_BYTES = 64 * 1024
MAX_ALIASES = 20
MAX_DEPTH = 20
MAX_VALUES = 5000


@dataclass(frozen=True)
class Document:
    """Plain values, the line (from 1) of each key by its path, and the text of each number as written in the file."""

    values: dict[str, Any]
    lines: dict[tuple[Any, ...], int]
    path: str
    texts: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def line_of(self, place: tuple[Any, ...]) -> int | None:
        """The line of a path, or of its nearest parent."""
        while place:
            if place in self.lines:
                return self.lines[place]
            place = place[:-1]
        return None


def read(path: Path) -> Document:
    """Read a file. Raises StackFileError with file and line."""
    text = _text(path)
    _check_shape(text, path)
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    from .yaml_numbers import loader

    try:
        loaded = loader().load(text)
    except MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise StackFileError(f"{path}{line}: invalid YAML: {exc.problem or exc.context}.") from None
    except (YAMLError, ValueError, RecursionError) as exc:
        raise StackFileError(f"{path}: invalid YAML: {str(exc).splitlines()[0] if str(exc) else exc}.") from None
    if loaded is None:
        return Document({}, {}, str(path))
    if not isinstance(loaded, dict):
        raise StackFileError(
            f"{path}: the file must contain keys and values, such as 'name: demo', not {_kind(loaded)}."
        )
    reader = _Reader(str(path), {}, {})
    return Document(reader.plain(loaded, ()), reader.lines, str(path), reader.texts)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StackFileError(f"{path} is larger than {MAX_BYTES // 1024} KiB, the limit for a stack file.")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise StackFileError(f"{path} is not UTF-8 text.") from None
    except OSError as exc:
        raise StackFileError(f"{path} cannot be read: {exc.strerror}.") from exc


def _check_shape(text: str, path: Path) -> None:
    """Check the limits on the parse events, before any object is built."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

    aliases = depth = 0
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            aliases += isinstance(event, AliasEvent)
            depth += isinstance(event, CollectionStartEvent)
            depth -= isinstance(event, CollectionEndEvent)
            if aliases > MAX_ALIASES or depth > MAX_DEPTH:
                what = f"more than {MAX_ALIASES} aliases" if aliases > MAX_ALIASES else f"more than {MAX_DEPTH} levels"
                raise StackFileError(f"{path}, line {event.start_mark.line + 1}: {what}; write the values out.")
    except (YAMLError, RecursionError):
        return  # the loader reports the error with its line


@dataclass
class _Reader:
    """Converts the objects of the YAML library to plain values, and collects the lines, and the texts of numbers."""

    path: str
    lines: dict[tuple[Any, ...], int]
    texts: dict[tuple[Any, ...], str]
    count: int = 0

    def plain(self, node: Any, place: tuple[Any, ...]) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise StackFileError(f"{self.path} contains more than {MAX_VALUES} values, the limit for a stack file.")
        if isinstance(node, dict):
            return {self._key(node, key, place): self.plain(value, (*place, key)) for key, value in node.items()}
        if isinstance(node, list):
            return [self._item(node, index, place) for index in range(len(node))]
        written = getattr(node, "written", None)
        if written is not None:
            self.texts[place] = written
        for kind in (bool, int, float, str):
            if isinstance(node, kind):
                return kind(node)
        return node

    def _key(self, node: Any, key: Any, place: tuple[Any, ...]) -> str:
        self._note(node, key, place)
        if not isinstance(key, str):
            line = self.lines.get((*place, key), "?")
            raise StackFileError(f"{self.path}, line {line}: the key {key!r:.40} is not text.")
        return str(key)

    def _item(self, node: Any, index: int, place: tuple[Any, ...]) -> Any:
        self._note(node, index, place)
        return self.plain(node[index], (*place, index))

    def _note(self, node: Any, key: Any, place: tuple[Any, ...]) -> None:
        position = getattr(node, "lc", None)
        if position is not None and position.data and key in position.data:
            self.lines[(*place, key)] = position.data[key][0] + 1


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else f"just {value!r:.40}"
