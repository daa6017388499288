"""THE schema of the stack file, `mfinfra.yaml`. JSON Schema, reference page and error messages come from here."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import StackFileError, Unsupported
from .names import NAME_PATTERN, NAME_RULE
from .yamlfile import Document, read

FILE_NAME = "mfinfra.yaml"
DEFAULT_NAME = "local"
LATER_CLOUDS = ("aws", "azure", "gcp")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Requirement = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-\[\],<>=!~ ]{0,199}$")]


class RuntimeOptions(_Strict):
    """What is installed beside the stack."""

    python: str | None = Field(
        None,
        pattern=r"^[^\x00-\x1f\x7f]{1,1000}$",
        description="The Python that flows run with, a path or a name; default is the one that runs mfinfra.",
    )
    examples: bool = Field(True, description="Install scikit-learn, so that every example runs.")
    packages: list[Requirement] = Field(
        default_factory=list, max_length=100, description="More packages for the flows, as pip names them."
    )


class StackConfig(_Strict):
    """A stack: one name, one cloud, and what the flows need."""

    name: str = Field(DEFAULT_NAME, pattern=NAME_PATTERN, description="Name of the stack; also that of its profile.")
    cloud: Literal["local"] = Field("local", description="Where the stack lives: `local` is this machine.")
    runtime: RuntimeOptions = Field(default_factory=RuntimeOptions, description="The flow runtime.")  # type: ignore[arg-type]

    def with_runtime(self, **changes: Any) -> StackConfig:
        """The same stack with options of its runtime replaced, where they are given."""
        given = {key: value for key, value in changes.items() if value is not None}
        return self.model_copy(update={"runtime": self.runtime.model_copy(update=given)})


def load(folder: Path, overrides: dict[str, Any]) -> StackConfig:
    """The stack of a folder: its stack file, where it has one, with what was given on the command line laid over it."""
    path = folder / FILE_NAME
    document = read(path) if os.path.lexists(path) else Document({}, {}, str(path))
    given = {key: value for key, value in overrides.items() if value is not None}
    lines = {place: line for place, line in document.lines.items() if place[0] not in given}
    return validated(Document({**document.values, **given}, lines, document.path))


def validated(document: Document) -> StackConfig:
    """The stack that values describe. Raises StackFileError with a line for each thing that is wrong."""
    cloud = document.values.get("cloud")
    if cloud in LATER_CLOUDS:
        raise Unsupported(
            f"This version of mfinfra sets up local stacks only; '{cloud}' is not supported yet. Nothing was touched.",
            hint="Type: mfinfra up --cloud local",
        )
    try:
        return StackConfig.model_validate(document.values)
    except ValidationError as exc:
        problems = [_problem(dict(error), document) for error in exc.errors()]
    if len(problems) == 1:
        raise StackFileError(problems[0])
    raise StackFileError(f"{document.path} has {len(problems)} problems:\n  " + "\n  ".join(problems))


_RULES: dict[tuple[Any, ...], str] = {
    ("name",): f"the name of a stack: {NAME_RULE}",
    ("runtime", "python"): "a Python: the path or the name of a program",
    ("runtime", "packages"): "a package: a name as pip has it, with versions if you like, as in 'pandas>=2'",
}


def _problem(error: dict[str, Any], document: Document) -> str:
    place = tuple(error["loc"])
    key = ".".join(str(part) for part in place)
    line = document.line_of(place)
    where = f"{document.path}, line {line}" if line else "The command line"
    if error["type"] == "extra_forbidden":
        return f"{where}: there is no key {_shown(key)}{_closest(place)}."
    if error["type"] == "string_pattern_mismatch":
        return f"{where}: {_shown(error['input'])} cannot be {_RULES[place[:2]]}."
    return f"{where}: {key} is {_shown(error['input'])}: {error['msg'][:1].lower()}{error['msg'][1:]}."


def _closest(place: tuple[Any, ...]) -> str:
    model: Any = StackConfig
    for part in place[:-1]:
        field = model.model_fields.get(part)
        model = field.annotation if field is not None else model
    known = list(model.model_fields)
    close = get_close_matches(str(place[-1]), known, n=1)
    return f"; did you mean '{close[0]}'?" if close else f" (known: {', '.join(known)})"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the stack file, for editors."""
    schema = StackConfig.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "mfinfra stack file"
    return schema


def dump(config: StackConfig) -> str:
    """A stack file that says what differs from the defaults."""
    from io import StringIO

    from ruamel.yaml import YAML

    text, yaml = StringIO(), YAML()
    yaml.default_flow_style = False
    yaml.width = 10_000
    yaml.dump({**config.model_dump(include={"name", "cloud"}), **config.model_dump(exclude_defaults=True)}, text)
    return text.getvalue()
