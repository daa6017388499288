"""THE schema of the stack file, `mfinfra.yaml`. JSON Schema, reference page and error messages come from here."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import StackFileError, Unsupported
from .names import NAME_PATTERN
from .yamlfile import Document, read

FILE_NAME = "mfinfra.yaml"
DEFAULT_NAME = "local"
KNOWN_CLOUDS = ("local", "aws", "azure", "gcp")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Requirement = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-\[\],<>=!~ ]{0,199}$")]


class RuntimeOptions(_Strict):
    """What is installed beside the stack."""

    examples: bool = Field(True, description="Install scikit-learn, so that every example runs.")
    packages: list[Requirement] = Field(
        default_factory=list, max_length=100, description="More packages for the flows, as pip names them."
    )


class StackConfig(_Strict):
    """A stack: one name, one cloud, and what the flows need."""

    name: str = Field(DEFAULT_NAME, pattern=NAME_PATTERN, description="Name of the stack; also that of its profile.")
    cloud: Literal["local"] = Field("local", description="Where the stack lives: `local` is this machine.")
    runtime: RuntimeOptions = Field(default_factory=RuntimeOptions, description="The flow runtime.")  # type: ignore[arg-type]


def load(folder: Path, overrides: dict[str, Any]) -> StackConfig:
    """The stack of a folder: its stack file, where it has one, with what was given on the command line laid over it."""
    path = folder / FILE_NAME
    document = read(path) if path.exists() else Document({}, {}, str(path))
    values = {**document.values, **{k: v for k, v in overrides.items() if v is not None}}
    _refuse_other_clouds(values.get("cloud"))
    try:
        return StackConfig.model_validate(values)
    except ValidationError as exc:
        raise StackFileError(*_explained(exc, document)) from None


def _refuse_other_clouds(cloud: Any) -> None:
    if cloud in KNOWN_CLOUDS and cloud != "local":
        raise Unsupported(
            f"This version of mfinfra sets up local stacks only; '{cloud}' is not supported yet. Nothing was touched.",
            hint="Type: mfinfra up",
        )


def _explained(exc: ValidationError, document: Document) -> tuple[str, str | None]:
    problems = [_problem(dict(error), document) for error in exc.errors()]
    if len(problems) == 1:
        return problems[0], None
    return f"{document.path} has {len(problems)} problems:\n  " + "\n  ".join(problems), None


def _problem(error: dict[str, Any], document: Document) -> str:
    place = tuple(error["loc"])
    key = ".".join(str(part) for part in place) or "the file"
    line = document.line_of(place)
    where = f"{document.path}, line {line}" if line else "the command line"
    if error["type"] == "extra_forbidden":
        return f"{where}: there is no key '{key}'{_closest(place)}."
    if error["type"] == "string_pattern_mismatch" and place[-1] == "name":
        return (
            f"{where}: {_shown(error['input'])} cannot be the name of a stack: a lower-case letter first, then up to "
            "30 lower-case letters, digits and dashes."
        )
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
    import json

    lines = [f"name: {json.dumps(config.name)}", f"cloud: {config.cloud}"]
    if config.runtime != RuntimeOptions():  # type: ignore[call-arg]
        lines.append("runtime:")
        lines.append(f"  examples: {'true' if config.runtime.examples else 'false'}")
        if config.runtime.packages:
            lines.append("  packages:")
            lines += [f"    - {json.dumps(package)}" for package in config.runtime.packages]
    return "\n".join(lines) + "\n"
