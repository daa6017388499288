"""`connect` and `disconnect`: use a deployed stack from this machine. Nothing in the cloud is changed.

Steps of `connect`: identity, stack manifest, record, tunnels, profile, runtime, smoke test.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..engines import select
from ..errors import Refused
from ..machine import profile, record
from ..stackfile import rules, schema
from ..stackfile.schema import StackConfig
from ..stackfile.stack_name import name_in
from . import local_setup, lookup
from .local_setup import LocalTarget
from .session import sign_in

if TYPE_CHECKING:
    from ..console import Console
    from ..machine.record import Record
    from . import results
    from .lookup import Deployed

#: Keys that can differ between a stack file and the manifest: they depend on this machine, or are found by `up`.
_OPEN = {"runtime", "engine", "account"}


@dataclass(frozen=True)
class Request:
    """The requested stack. `is_complete`: `config` is from a stack file or a local record, not from options only."""

    config: StackConfig
    is_complete: bool


def connect(config: StackConfig, smoke: bool, console: Console) -> results.Up:
    """Set up this machine for a deployed stack, as `up` does."""
    with record.locked(config.name):
        python = local_setup.python_of(config)
        before = _known(config.name)
        cloud = sign_in(config, console)
        if before is not None:
            _check_same(before, config, cloud.account)
        profile.check_free(config.name)
        found = lookup.find(cloud, config)
        if found.from_manifest:
            console.note("Access to the state was denied. Using the outputs that the last `mfinfra up` recorded.")
        config = _as_deployed(found, Request(config, _is_described_here(config.name, before)), console)
        if before is None:
            record.forget(config.name)  # delete a corrupt record; a new one is written
        stack = local_setup.save_record(config, cloud, found.engine)
        if found.manifest is not None:
            stack = stack.updated(created_at=found.manifest.created_at)
        return local_setup.set_up(stack, LocalTarget(config, cloud, python, smoke), found.outputs, console)


def _known(name: str) -> Record | None:
    """The local record of a stack; None if it does not exist or is corrupt."""
    try:
        return record.find(name)
    except record.Corrupt:
        return None


def _check_same(stack: Record, config: StackConfig, account: str) -> None:
    """Raise Refused if this machine has a record of another stack of this name, or of one that is being deleted."""
    name = stack.name
    if stack.cloud == "local":
        raise Refused(
            f"This machine already has a local stack '{name}'; stack names are unique on a machine.",
            hint=f"To delete it with all its runs, run: mfinfra down {name}",
        )
    if (stack.cloud, stack.region, stack.account) != (config.cloud, config.region, account):
        there = f"{rules.TITLES[stack.cloud]}, {stack.region}, {rules.ACCOUNTS[stack.cloud]} {stack.account}"
        raise Refused(
            f"This machine is connected to another stack '{name}': {there}.",
            hint=f"To disconnect from it without changing it, run: mfinfra disconnect {name}",
        )
    if stack.state == "deleting":
        raise Refused(f"Stack '{name}' is being deleted from this machine.", hint=f"Run: mfinfra down {name}")


def _is_described_here(name: str, before: Record | None) -> bool:
    return _has_file(name) or (before is not None and before.config is not None)


def _has_file(name: str) -> bool:
    """Whether the working directory has the stack file of a stack."""
    return os.path.lexists(schema.FILE_NAME) and name_in(Path()) == name


def _as_deployed(found: Deployed, request: Request, console: Console) -> StackConfig:
    """The configuration in the stack manifest, with the runtime options of this machine. Raises Refused if there is
    neither a manifest nor a complete configuration."""
    name = request.config.name
    if found.manifest is None:
        if not request.is_complete:
            raise Refused(
                f"Stack '{name}' has no stack manifest: an older mfinfra deployed it.",
                hint="Run the command again in the directory of its mfinfra.yaml, or ask its owner to run mfinfra up",
            )
        return request.config
    config = found.manifest.config
    if not _has_file(name):
        return config.with_runtime(python=request.config.runtime.python)
    if config.model_dump(exclude=_OPEN) != request.config.model_dump(exclude=_OPEN):
        console.warn(
            f"{schema.FILE_NAME} differs from the stack file that was deployed last; the deployed one is used.",
            hint=f"To list the differences, run: mfinfra plan --name {name}",
        )
    return config.model_copy(update={"runtime": request.config.runtime, "account": request.config.account})


def disconnect(name: str, console: Console) -> Record:
    """Remove the local files of a cloud stack. Does not change the stack."""
    with record.locked(name):
        stack = record.need(name)
        if stack.state == "deleting" or select.has_unsaved(name):
            again = f"down {name}" if stack.state == "deleting" else f"up --name {name}"
            raise Refused(
                f"An earlier command on stack '{name}' did not finish on this machine.", hint=f"Run: mfinfra {again}"
            )
        console.step("Removing the local files of the stack")
        local_setup.forget(stack)
    return stack
