"""`connect` and `disconnect`: a stack that somebody deployed, used from this machine too. The cloud is only looked at.

identity -> what the stack says of itself -> record -> tunnels -> profile -> runtime -> smoke flow.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..engines import select
from ..errors import Refused
from ..machine import profile, record
from ..stackfile import load, rules, schema
from ..stackfile.schema import StackConfig
from . import local_setup, lookup
from .local_setup import LocalTarget
from .session import sign_in

if TYPE_CHECKING:
    from ..console import Console
    from ..machine.record import Record
    from . import results
    from .lookup import Deployed

#: What a stack file may say otherwise than the stack does: it is of this machine, or found out when it is deployed.
_OPEN = {"runtime", "engine", "account"}


@dataclass(frozen=True)
class Request:
    """The stack that is meant, and whether `config` is all of it: from a stack file, or an earlier command here."""

    config: StackConfig
    is_whole: bool


def connect(config: StackConfig, smoke: bool, console: Console) -> results.Up:
    """Have flows of this machine use a stack that is there, as `up` would have left it."""
    with record.locked(config.name):
        python = local_setup.python_of(config)
        before = _known(config.name)
        cloud = sign_in(config, console)
        if before is not None:
            _check_same(before, config, cloud.account)
        profile.check_free(config.name)
        found = lookup.find(cloud, config)
        if found.from_manifest:
            console.note("The state may not be read from here; the stack is taken for what the last `mfinfra up` left.")
        config = _as_deployed(found, Request(config, _is_described_here(config.name, before)), console)
        if before is None:
            record.forget(config.name)  # a damaged one; another is written in its place
        stack = local_setup.begun(config, cloud, found.engine)
        if found.description is not None:
            stack = stack.updated(created_at=found.description.created_at)
        return local_setup.take_over(stack, LocalTarget(config, cloud, python, smoke), found.outputs, console)


def _known(name: str) -> Record | None:
    """What this machine knows of a stack of this name; of a damaged record nothing."""
    try:
        return record.find(name)
    except record.Damaged:
        return None


def _check_same(stack: Record, config: StackConfig, account: str) -> None:
    """Raise Refused where this machine knows another stack of the same name, or one that is being removed."""
    name = stack.name
    if stack.cloud == "local":
        raise Refused(
            f"'{name}' is a local stack of this machine; there can be no second one of that name.",
            hint=f"If it may go with all its runs, type: mfinfra down {name}",
        )
    if (stack.cloud, stack.region, stack.account) != (config.cloud, config.region, account):
        there = f"{rules.TITLES[stack.cloud]}, {stack.region}, {rules.ACCOUNTS[stack.cloud]} {stack.account}"
        raise Refused(
            f"This machine knows another stack '{name}': {there}.",
            hint=f"To let go of that one here, and touch nothing of it: mfinfra disconnect {name}",
        )
    if stack.state == "deleting":
        raise Refused(f"The stack '{name}' is half removed from here.", hint=f"Type: mfinfra down {name}")


def _is_described_here(name: str, before: Record | None) -> bool:
    return _has_file(name) or (before is not None and before.config is not None)


def _has_file(name: str) -> bool:
    """Whether this folder has the stack file of a stack."""
    return os.path.lexists(schema.FILE_NAME) and load.name_in(Path()) == name


def _as_deployed(found: Deployed, request: Request, console: Console) -> StackConfig:
    """All that the stack was asked to be, by what it says of itself, and how flows run here. Raises Refused where the
    stack does not say it and nobody here knows."""
    name = request.config.name
    if found.description is None:
        if not request.is_whole:
            raise Refused(
                f"The stack '{name}' does not say what it was asked to be: an older mfinfra deployed it.",
                hint="Type the same in the folder of its mfinfra.yaml, or have who deploys it type mfinfra up once",
            )
        return request.config
    config = found.description.config
    if not _has_file(name):
        return config.with_runtime(python=request.config.runtime.python)
    if config.model_dump(exclude=_OPEN) != request.config.model_dump(exclude=_OPEN):
        console.warn(
            f"{schema.FILE_NAME} is not what the stack was deployed from last; that is what counts here.",
            hint=f"To see what it would change: mfinfra plan --name {name}",
        )
    return config.model_copy(update={"runtime": request.config.runtime, "account": request.config.account})


def disconnect(name: str, console: Console) -> Record:
    """Take what a stack in a cloud has on this machine away, and leave the stack as it is."""
    with record.locked(name):
        stack = record.need(name)
        if stack.state == "deleting" or select.has_unsaved(name):
            again = f"down {name}" if stack.state == "deleting" else f"up --name {name}"
            raise Refused(
                f"This machine has not ended what it does with the stack '{name}'.", hint=f"Type: mfinfra {again}"
            )
        console.step("Letting go of the stack")
        local_setup.forget(stack)
    return stack
