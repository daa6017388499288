"""Reads stack files: file, command line and preset become one checked StackConfig, and a config becomes a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import StackFileError
from . import messages, rules
from .presets import with_preset
from .schema import DEFAULT_NAME, FILE_NAME, StackConfig
from .yaml_reader import Document, read

#: What the shell calls the region where a stack file names none.
_REGIONS = {
    "aws": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "azure": ("AZURE_LOCATION", "AZURE_DEFAULTS_LOCATION"),
    "gcp": ("GOOGLE_REGION", "CLOUDSDK_COMPUTE_REGION"),
}


def load(folder: Path, overrides: dict[str, Any]) -> StackConfig:
    """The stack of a folder: its stack file, where it has one, with what was given on the command line laid over it."""
    path = folder / FILE_NAME
    document = read(path) if os.path.lexists(path) else Document({}, {}, str(path))
    given = {key: value for key, value in overrides.items() if value is not None}
    cloud = given.get("cloud", document.values.get("cloud", "local"))
    if cloud != "local" and "name" not in document.values:
        given.setdefault("name", cloud)
    lines = {place: line for place, line in document.lines.items() if place[0] not in given}
    return validated(Document({**document.values, **given}, lines, document.path))


def with_region(folder: Path, overrides: dict[str, Any]) -> dict[str, Any]:
    """What is given on the command line; for a stack in a cloud whose region nobody names, with that of the shell."""
    path = folder / FILE_NAME
    said = read(path).values if os.path.lexists(path) else {}
    if overrides.get("region") or said.get("region"):
        return overrides
    return {**overrides, "region": region_of_shell(str(overrides.get("cloud") or said.get("cloud")))}


def region_of_shell(cloud: str) -> str | None:
    """The region of a cloud that the shell is set to; None where it is to none."""
    return next((os.environ[name] for name in _REGIONS.get(cloud, ()) if os.environ.get(name)), None)


def name_in(folder: Path) -> str:
    """The name of the stack that a folder's stack file describes, whatever else is wrong with it."""
    values = read(folder / FILE_NAME).values
    cloud = values.get("cloud", "local")
    return str(values.get("name", cloud if cloud != "local" else DEFAULT_NAME))


def validated(document: Document) -> StackConfig:
    """The stack that values describe. Raises StackFileError with a line for each thing that is wrong."""
    try:
        config = StackConfig.model_validate(_resolved(document.values))
    except ValidationError as exc:
        found = [_problem(dict(error), document) for error in exc.errors(include_url=False)]
    else:
        found = [
            _at(place, f"{messages.key(place)}: {text}.", document)
            for place, text in rules.problems(config, document.values)
        ]
        if not found:
            return config
    if len(found) == 1:
        raise StackFileError(found[0])
    raise StackFileError(f"{document.path} has {len(found)} problems:\n  " + "\n  ".join(found))


def _resolved(values: dict[str, Any]) -> dict[str, Any]:
    """What the file says, over its preset, over what follows from cloud and region."""
    if values.get("cloud", "local") == "local":
        return values
    merged = with_preset(values)
    region = merged.get("region")
    if isinstance(region, str) and merged.get("cloud") == "aws":
        merged.setdefault("partition", rules.partition_of(region))
    return merged


def _problem(error: dict[str, Any], document: Document) -> str:
    place = tuple(part for part in error["loc"] if part != "[key]")
    line = document.line_of(place)
    where = f"{document.path}, line {line}" if line else "The command line"
    return f"{where}: {messages.of(error, StackConfig)}."


def _at(place: tuple[Any, ...], text: str, document: Document) -> str:
    line = document.line_of(place)
    return f"{document.path}, line {line}: {text}" if line else f"The command line or the preset: {text}"


def dump(config: StackConfig) -> str:
    """A stack file that says what differs from what its preset says."""
    from io import StringIO

    from ruamel.yaml import YAML

    said = {"name": config.name, "cloud": config.cloud}
    if config.cloud != "local":
        said |= {key: value for key in ("region", "preset") if (value := getattr(config, key)) is not None}
    base = StackConfig.model_validate(_resolved(dict(said)))
    text, yaml = StringIO(), YAML()
    yaml.default_flow_style = False
    yaml.width = 10_000
    yaml.dump({**said, **_difference(base.model_dump(), config.model_dump())}, text)
    return text.getvalue()


def _difference(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        below = base.get(key)
        if value == below:
            continue
        is_deep = isinstance(below, dict) and isinstance(value, dict) and key != "pools"
        found[key] = _difference(below, value) if is_deep and below is not None else value
    return found
