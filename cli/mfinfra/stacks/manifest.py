"""The stack manifest, an object in the state bucket: the stack file as deployed, with defaults, and the outputs.

`connect` reads it if there is no stack file. A state can contain secrets; the manifest contains none, so that users of
a stack need no access to its state. It omits the Python of the flows, which is specific to a machine.
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
class Manifest:
    """A stack at its last deployment: its configuration, its outputs, and when it was created."""

    config: StackConfig
    outputs: StackOutputs
    created_at: str


def write(states: States, stack: Record) -> bool:
    """Write the manifest of a deployed stack; returns whether it has changed."""
    key, content = state_location.manifest_key(stack.name), text(stack)
    if states.read(key) == content:
        return False
    states.write(key, content)
    return True


def text(stack: Record) -> str:
    """The manifest of a stack as text."""
    config: dict[str, Any] = json.loads(stack.config or "{}")
    config["runtime"] = {**config["runtime"], "python": None}
    recorded = json.loads(stack.outputs or "{}")
    found = {"version": VERSION, "created_at": stack.created_at, "config": config, "outputs": recorded}
    return json.dumps(found, indent=2, sort_keys=True) + "\n"


def read(states: States, name: str) -> Manifest | None:
    """The manifest of a stack, None if it does not exist. Raises MfinfraError if it is invalid."""
    found = states.read(state_location.manifest_key(name))
    return None if found is None else parsed(found, name)


def parsed(found: str, name: str) -> Manifest:
    """The manifest in a text. Raises MfinfraError if it is corrupt, of another stack, or of a newer mfinfra."""
    try:
        content = json.loads(found)
        if content["version"] != VERSION or content["config"]["name"] != name:
            raise ValueError("another version, or another stack")
        config = StackConfig.model_validate(content["config"])
        return Manifest(config, outputs.of(dict(content["outputs"])), str(content["created_at"]))
    except (ValidationError, ValueError, LookupError, TypeError, RecursionError) as exc:
        raise MfinfraError(
            f"The manifest of stack '{name}' ({state_location.manifest_key(name)}) is corrupt, or was written by a"
            " newer mfinfra.",
            hint="Use the mfinfra version that deployed it, or run the command in the directory of its stack file",
        ) from exc


def remove(states: States, name: str) -> None:
    """Delete the manifest of a deleted stack."""
    states.remove(state_location.manifest_key(name))
