"""Check the overlays against the schemas: names of attributes, and generated values of every type.

    python -m tests.doubles.tfcloud.facts

prints one line for each difference.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import planning
from .messages import M
from .overlays.base import Refusal
from .provider import Provider
from .values import UNKNOWN, decode, encode

SCHEMAS = Path(__file__).parent / "schemas"
_PARTS = {"": "resource_schemas", "data": "data_source_schemas", "ephemeral": "ephemeral_resource_schemas"}
_TABLES = ("sensitive", "force_new", "defaults", "appearing")
#: What is really written, is written here.
_SCRATCH = tempfile.mkdtemp(prefix="tfcloud-facts-")
#: What arguments must look like, by their names; all others are a word.
_WORDS = {
    "filename": f"{_SCRATCH}/file", "output_path": f"{_SCRATCH}/archive.zip", "rfc3339": "2026-01-01T00:00:00Z", "algorithm": "ED25519", "type": "zip", "container_definitions": "[]",
}  # fmt: skip
#: Types that need what another has made; the tests have them.
_APART = {"tls_cert_request", "tls_self_signed_cert", "tls_locally_signed_cert"}


def names(name: str, provider: Provider) -> Iterator[str]:
    """Attributes that an overlay names and no schema contains."""
    for table in _TABLES:
        for kind, paths in (getattr(provider.overlay, table) or {}).items():
            part, _, plain = kind.rpartition(".")
            schema = provider.schemas[_PARTS[part]].get(plain)
            if schema is None and name != "google-beta":  # which has the overlay of google and fewer types
                yield f"{name}: {table}: no type {kind}"
            for path in paths if schema else ():
                if path != "*" and not _has(schema["block"], path):
                    yield f"{name}: {table}: {kind} has no {path}"


def _has(block: dict[str, Any], path: str) -> bool:
    first, _, rest = path.partition(".")
    attribute, nested = planning.attributes(block).get(first), planning.blocks(block).get(first)
    if attribute is not None:
        return not rest or ("nested_type" in attribute and _has(attribute["nested_type"], rest))
    return nested is not None and (not rest or _has(nested["block"], rest))


def values(name: str, provider: Provider) -> Iterator[str]:
    """Types whose generated values are missing or have a wrong type."""
    for kind, schema in provider.schemas["resource_schemas"].items():
        if kind in _APART:
            continue
        config = _least(schema["block"])
        planned = planning.planned(schema["block"], config, config, None, lambda *_: False)
        planned |= {
            name: value for name, value in provider.overlay.defaults.get(kind, {}).items() if config[name] is None
        }
        request = M["ApplyRequest"](type_name=kind)
        request.prior_state.msgpack, request.planned_state.msgpack = encode(None), encode(planned)
        request.config.msgpack = encode(config)
        try:
            response = provider.ApplyResourceChange(request)
        except (Refusal, KeyError, TypeError, ValueError, AttributeError) as exc:
            yield f"{name}: {kind}: {exc!r}"
            continue
        yield from (f"{name}: {kind}: {said.summary}" for said in response.diagnostics)
        yield from (f"{name}: {kind}: {wrong}" for wrong in _misfits(schema["block"], decode(response.new_state)))


def _least(block: dict[str, Any]) -> dict[str, Any]:
    """A configuration with required arguments only."""
    config = planning.empty(block)
    for name, attribute in planning.attributes(block).items():
        if attribute.get("required"):
            config[name] = _word(attribute, name)
    for name, nested in planning.blocks(block).items():
        if nested.get("min_items"):
            config[name] = [_least(nested["block"])]
    return config


def _word(attribute: dict[str, Any], name: str) -> Any:
    kind = attribute.get("type", "dynamic")
    if not isinstance(kind, str):
        return {} if kind[0] == "map" else ["a"] if kind[1] == "string" else []
    return {"string": _WORDS.get(name, "word"), "number": 8, "bool": True, "dynamic": None}[kind]


def _misfits(block: dict[str, Any], state: Any, path: str = "") -> Iterator[str]:
    for name, attribute in planning.attributes(block).items():
        if not _fits(attribute.get("type", "dynamic"), state[name]):
            yield f"{path}{name} cannot be {state[name]!r}"
    for name, nested in planning.blocks(block).items():
        for item in state[name] if isinstance(state[name], list) else ():
            yield from _misfits(nested["block"], item, f"{path}{name}.")


def _fits(kind: Any, value: Any) -> bool:
    if value is None or kind == "dynamic":
        return value is not UNKNOWN
    if isinstance(kind, str):
        python: Any = {"string": str, "number": (int, float), "bool": bool}[kind]
        return isinstance(value, python) and not (kind == "number" and isinstance(value, bool))
    if kind[0] == "object":
        return (
            isinstance(value, dict) and set(value) == set(kind[1]) and all(_fits(kind[1][k], value[k]) for k in value)
        )
    if kind[0] == "map":
        return isinstance(value, dict) and all(_fits(kind[1], item) for item in value.values())
    return isinstance(value, list) and all(_fits(kind[1], item) for item in value)


def main() -> None:
    for path in sorted(SCHEMAS.glob("*.json")):
        provider = Provider(path)
        for wrong in (*names(path.stem, provider), *values(path.stem, provider)):
            sys.stdout.write(f"{wrong}\n")


if __name__ == "__main__":
    main()
