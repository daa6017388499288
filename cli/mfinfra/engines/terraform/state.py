"""Reads a state of Terraform (or OpenTofu) as a JSON file, for read-only commands.

Terraform itself would first download all providers, several 100 MB, to print the outputs that the file contains.
All versions of Terraform since 0.12 write version 4 of the format.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ...errors import EngineError

_VERSION = 4


@dataclass(frozen=True)
class State:
    """The outputs of a state, and the number of its resources."""

    outputs: dict[str, Any]
    resources: int


def read(text: str, place: str) -> State:
    """Parse a state; an empty text is an empty state. Raises EngineError if it is corrupt, encrypted or of another
    version."""
    if not text.strip():
        return State({}, 0)
    try:
        content = json.loads(text)
        if content["version"] != _VERSION:
            raise ValueError(f"version {content['version']}")
        outputs = {str(name): output["value"] for name, output in content.get("outputs", {}).items()}
        return State(outputs, len(content.get("resources", [])))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as exc:
        raise EngineError(
            f"The state {place} is corrupt, encrypted, or of a version that this mfinfra does not support.",
            hint="Check it with terraform; the bucket keeps its older versions",
        ) from exc
