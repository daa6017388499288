"""Reads and writes stack files: file, command line and preset are merged and validated as one StackConfig."""

from __future__ import annotations

import os
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import StackFileError
from . import messages, rules
from .presets import with_preset
from .schema import FILE_NAME, StackConfig
from .yaml_reader import Document, read

#: The environment variables for the region, if a stack file sets none.
_REGIONS = {
    "aws": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "azure": ("AZURE_LOCATION", "AZURE_DEFAULTS_LOCATION"),
    "gcp": ("GOOGLE_REGION", "CLOUDSDK_COMPUTE_REGION"),
}


def load(folder: Path, overrides: dict[str, Any]) -> StackConfig:
    """The stack of a directory: its stack file, if there is one, with the options of the command line as overrides."""
    path = folder / FILE_NAME
    document = read(path) if os.path.lexists(path) else Document({}, {}, str(path))
    given = {key: value for key, value in overrides.items() if value is not None}
    cloud = given.get("cloud", document.values.get("cloud", "local"))
    if cloud != "local" and "name" not in document.values:
        given.setdefault("name", cloud)
    lines = {place: line for place, line in document.lines.items() if place[0] not in given}
    texts = {place: text for place, text in document.texts.items() if place[0] not in given}
    return validated(Document({**document.values, **given}, lines, document.path, texts))


def with_region(folder: Path, overrides: dict[str, Any]) -> dict[str, Any]:
    """The options of the command line; if neither they nor the stack file set a region, with that of the shell."""
    path = folder / FILE_NAME
    said = read(path).values if os.path.lexists(path) else {}
    if overrides.get("region") or said.get("region"):
        return overrides
    return {**overrides, "region": region_of_shell(str(overrides.get("cloud") or said.get("cloud")))}


def region_of_shell(cloud: str) -> str | None:
    """The region of a cloud in the environment variables, None if they set none."""
    return next((os.environ[name] for name in _REGIONS.get(cloud, ()) if os.environ.get(name)), None)


def validated(document: Document) -> StackConfig:
    """Validate the values of a stack file. Raises StackFileError with one line for each problem."""
    try:
        config = StackConfig.model_validate(_resolved(document.values))
    except ValidationError as exc:
        written = _as_written(document, exc)
        if written is not None:
            return validated(written)
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


def _as_written(document: Document, exc: ValidationError) -> Document | None:
    """The document with the text of numbers where the schema expects text, None if it has no such number."""
    places = [
        tuple(part for part in error["loc"] if part != "[key]")
        for error in exc.errors()
        if error["type"] == "string_type"
    ]
    found = {place: document.texts[place] for place in places if place in document.texts}
    if not found:
        return None
    values = deepcopy(document.values)
    for place, text in found.items():
        _set(values, place, text)
    texts = {place: text for place, text in document.texts.items() if place not in found}
    return replace(document, values=values, texts=texts)


def _set(values: Any, place: tuple[Any, ...], text: str) -> None:
    for part in place[:-1]:
        values = values[part]
    values[place[-1]] = text


def _resolved(values: dict[str, Any]) -> dict[str, Any]:
    """The values of the file, merged with those of its preset and with the defaults of cloud and region."""
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
    """A stack file with the values that differ from the preset."""
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
