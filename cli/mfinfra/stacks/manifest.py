"""What a stack leaves beside its state: the stack file that it was deployed from, defaults filled in, and its outputs.

Outputs say what a stack is, and not what it was asked to be; who connects without the stack file reads it here. A state
can hold what is secret; this does not, so that who only uses a stack need not read its state. What is said of one
machine only, the Python of the flows, is left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..errors import MfinfraError
from ..render import outputs, state_location
from ..render.outputs import StackOutputs
from ..stackfile.schema import StackConfig

if TYPE_CHECKING:
    from ..clouds.base import States
    from ..machine.record import Record

VERSION = 1


@dataclass(frozen=True)
class Description:
    """A stack as it was deployed last: what it was asked to be, what it was then, and since when it is there."""

    config: StackConfig
    outputs: StackOutputs
    created_at: str


def write(states: States, stack: Record) -> bool:
    """Leave the description of a stack that was deployed; returns whether it is another than before."""
    key, said = state_location.description_key(stack.name), text(stack)
    if states.read(key) == said:
        return False
    states.write(key, said)
    return True


def text(stack: Record) -> str:
    """The description of a stack as text."""
    config: dict[str, Any] = json.loads(stack.config or "{}")
    config["runtime"] = {**config["runtime"], "python": None}
    said = json.loads(stack.outputs or "{}")
    found = {"version": VERSION, "created_at": stack.created_at, "config": config, "outputs": said}
    return json.dumps(found, indent=2, sort_keys=True) + "\n"


def read(states: States, name: str) -> Description | None:
    """The description of a stack, None where there is none. Raises MfinfraError for one that cannot be understood."""
    found = states.read(state_location.description_key(name))
    return None if found is None else parsed(found, name)


def parsed(found: str, name: str) -> Description:
    """The description in a text. Raises MfinfraError for one that is damaged, of another stack or of the future."""
    try:
        content = json.loads(found)
        if content["version"] != VERSION or content["config"]["name"] != name:
            raise ValueError("another version, or another stack")
        config = StackConfig.model_validate(content["config"])
        return Description(config, outputs.of(dict(content["outputs"])), str(content["created_at"]))
    except (ValidationError, ValueError, LookupError, TypeError, RecursionError) as exc:
        raise MfinfraError(
            f"What the stack '{name}' says of itself ({state_location.description_key(name)}) is damaged, or of a newer"
            " mfinfra.",
            hint="Take the mfinfra that deployed it; with an older one, type the same in the folder of its stack file",
        ) from exc


def remove(states: States, name: str) -> None:
    """Take away the description of a stack that is gone."""
    states.remove(state_location.description_key(name))
