"""A state of Terraform (or OpenTofu) read as the file it is: for who looks at a stack and changes nothing.

Terraform itself would fetch every provider first, some hundred MB, to print the outputs that lie in the file as JSON.
Version 4 of the form is that of every Terraform since 0.12.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ...errors import EngineError

_VERSION = 4


@dataclass(frozen=True)
class State:
    """What a state says of a stack; `resources` is how many there are."""

    outputs: dict[str, Any]
    resources: int


def read(text: str, place: str) -> State:
    """The state in a text; an empty one for an empty text. Raises EngineError for one that is damaged, of another
    version or encrypted."""
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
            f"The state {place} is damaged, encrypted, or of a version that this mfinfra does not read.",
            hint="Look at it with terraform; older versions of it are kept there",
        ) from exc
