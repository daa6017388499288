"""Tables of the inputs and outputs of each Terraform module, from its variables.tf and outputs.tf."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
from hcl2 import SerializationOptions

from sections import row, with_section

MODULES = Path(__file__).parents[1] / "terraform" / "modules"
SECTION = "inputs and outputs"
_PLAIN = SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)


def folders() -> list[Path]:
    return sorted(path.parent for path in MODULES.glob("*/*/versions.tf"))


def readme(folder: Path) -> str:
    """The README of a module with current tables."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    return with_section(text, SECTION, "\n".join([*_inputs(folder), "", *_outputs(folder), ""]))


def _inputs(folder: Path) -> Iterator[str]:
    yield from ("## Inputs\n", row("Name", "Description", "Type", "Default"), "|---|---|---|---|")
    for name, block in _blocks(folder / "variables.tf", "variable"):
        default = _code(_value(block["default"])) if "default" in block else "(required)"
        yield row(f"`{name}`", _cell(block["description"]), _code(_expression(block["type"])), default)


def _outputs(folder: Path) -> Iterator[str]:
    yield from ("## Outputs\n", row("Name", "Description"), "|---|---|")
    for name, block in _blocks(folder / "outputs.tf", "output"):
        yield row(f"`{name}`", _cell(block["description"]))


def _blocks(path: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and content of each block, in the order of the file."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    for block in hcl2.loads(text, serialization_options=_PLAIN).get(kind, []):
        yield from ((name.strip('"'), content) for name, content in block.items())


def _value(default: Any) -> str:
    return _expression(default) if isinstance(default, str) and default.startswith("${") else json.dumps(default)


def _expression(text: str) -> str:
    """HCL without the `${ }` that the parser puts around expressions."""
    return text[2:-1] if text.startswith("${") and text.endswith("}") else text


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
