"""Planned and applied values of a provider: unknown until apply, then computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .memory import agrees
from .overlays.base import digest
from .values import UNKNOWN, fitted, is_known

Block = dict[str, Any]
State = dict[str, Any]
#: Whether a block that is left out appears by itself: (path, schema of the block).
Appears = Callable[[str, Block], bool]


def attributes(block: Block) -> dict[str, Any]:
    return block.get("attributes") or {}


def blocks(block: Block) -> dict[str, Any]:
    return block.get("block_types") or {}


def unconfigurable(block: Block, config: Any) -> Iterator[str]:
    """A computed attribute that the configuration sets nevertheless."""
    if not isinstance(config, dict):
        return
    for name, attribute in attributes(block).items():
        if config.get(name) is not None and not attribute.get("optional") and not attribute.get("required"):
            yield f'Value for unconfigurable attribute: can\'t configure a value for "{name}"'
    for name, nested in blocks(block).items():
        for item in config.get(name) if isinstance(config.get(name), list) else ():
            yield from unconfigurable(nested["block"], item)


def planned(block: Block, proposed: State, config: Any, prior: Any, appears: Appears, path: str = "") -> State:
    """The planned state: as proposed, with computed values unknown on creation and unchanged on updates."""
    result = dict(proposed)
    config = config if isinstance(config, dict) else {}
    for name, attribute in attributes(block).items():
        if attribute.get("write_only"):
            result[name] = None
        elif attribute.get("computed") and config.get(name) is None and prior is None:
            result[name] = UNKNOWN
    for name, nested in blocks(block).items():
        given, before = result.get(name), (prior or {}).get(name)
        if nested["nesting_mode"] == "single" or given is UNKNOWN:
            continue
        if given:
            asked = config.get(name) if isinstance(config.get(name), list) else given
            result[name] = [
                planned(nested["block"], item, what, _before(nested, what, before, index), appears, f"{path}{name}.")
                if isinstance(item, dict)
                else item
                for index, (item, what) in enumerate(zip(given, asked))
            ]
        elif not nested.get("min_items") and appears(path + name, nested["block"]):
            result[name] = UNKNOWN if prior is None else before
    return result


def _before(nested: Block, asked: Any, before: Any, index: int) -> Any:
    """The prior block at the position of this one."""
    if not isinstance(before, list):
        return None
    if nested["nesting_mode"] == "set":
        return next((item for item in before if agrees(asked, item)), None)
    return before[index] if index < len(before) else None


def decides(block: Block) -> bool:
    """Whether a block contains computed attributes: the provider adds such blocks itself."""
    return any(a.get("computed") and not a.get("optional") for a in attributes(block).values())


def is_given(block: Block, name: str, config: State) -> bool:
    return config.get(name) not in (None, []) or not (attributes(block).get(name) or {}).get("computed")


def opened(block: Block, config: State) -> State:
    """The arguments of a data source, with its computed values unknown."""
    known = attributes(block)
    return {
        name: UNKNOWN if value is None and known.get(name, {}).get("computed") else value
        for name, value in config.items()
    }


def filled(block: Block, plan: State, made: State, seed: str) -> State:
    """The planned state with all unknown values computed."""
    result = dict(plan)
    for name, attribute in attributes(block).items():
        if not is_known(plan.get(name)):
            said = name in made and is_known(made[name])
            result[name] = fitted(_kind(attribute), made[name]) if said else _value(_kind(attribute), name, seed)
    for name, nested in blocks(block).items():
        value, own = plan.get(name), made.get(name)
        if value is UNKNOWN:
            value = [_unwritten(nested["block"], item) for item in ([{}] if own is None else own)]
        if isinstance(value, list):
            result[name] = [
                filled(nested["block"], item, _at(own, index), f"{seed}{name}{index}")
                for index, item in enumerate(value)
            ]
    return result


def _at(made: Any, index: int) -> State:
    return made[index] if isinstance(made, list) and index < len(made) else {}


def _unwritten(block: Block, said: State) -> State:
    """A block that is not in the configuration: the provider's values, and all others computed."""
    result: State = {
        name: said.get(name, UNKNOWN if attribute.get("computed") else None)
        for name, attribute in attributes(block).items()
    }
    for name, nested in blocks(block).items():
        result[name] = None if nested["nesting_mode"] == "single" else UNKNOWN if name in said else []
    return result


def empty(block: Block) -> State:
    """A resource with only unknown values."""
    single = {name for name, nested in blocks(block).items() if nested["nesting_mode"] == "single"}
    return {**dict.fromkeys(attributes(block)), **{name: None if name in single else [] for name in blocks(block)}}


def _kind(attribute: Block) -> Any:
    if "type" in attribute:
        return attribute["type"]
    nested = attribute["nested_type"]
    inner = ["object", {name: _kind(member) for name, member in nested["attributes"].items()}]
    return inner if nested["nesting_mode"] == "single" else [nested["nesting_mode"], inner]


def _value(kind: Any, name: str, seed: str) -> Any:
    if name.endswith("_prefix"):
        return None
    simple = {"string": f"{name}-{digest(seed, name, length=8)}", "number": 1, "bool": False, "dynamic": None}
    if isinstance(kind, str):
        return simple[kind]
    if kind[0] == "object":
        return {key: _value(inner, key, seed + name) for key, inner in kind[1].items()}
    return {} if kind[0] == "map" else []
