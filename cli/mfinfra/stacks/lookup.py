"""Reads a deployed stack without its engine: no plan, no lock, no changes.

Stacks of Terraform are read from the state, those of CloudFormation from its API. Users without read access to the
state get the outputs in the stack manifest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..clouds.base import Unreadable
from ..errors import CloudError, NotFound, Refused
from ..render import outputs, state_location
from ..render.outputs import StackOutputs
from ..stackfile import rules
from . import manifest

if TYPE_CHECKING:
    from ..clouds.base import Cloud, States
    from ..stackfile.schema import StackConfig
    from .manifest import Manifest


@dataclass(frozen=True)
class Deployed:
    """A complete stack: its engine, outputs, and manifest (None: an older mfinfra deployed it). `from_manifest`: the
    outputs are those of the manifest."""

    engine: str
    outputs: StackOutputs
    manifest: Manifest | None
    from_manifest: bool = False


def find(cloud: Cloud, asked: StackConfig) -> Deployed:
    """The deployed stack. Raises NotFound if it does not exist, Refused if it is incomplete or in another region,
    CloudError if access is denied."""
    try:
        found = _found(cloud, asked)
    except CloudError as exc:
        raise CloudError(f"Stack '{asked.name}' cannot be read: {exc.message}", hint=exc.hint) from exc
    if found is None:
        raise NotFound(
            f"Stack '{asked.name}' was not found in {_where(cloud)}: {_missing(cloud, asked)}.",
            hint=f"Set its region with --region, sign in to its account, or run: mfinfra up --name {asked.name}",
        )
    if not found.outputs.runtime_config:
        raise Refused(
            f"Stack '{asked.name}' is incomplete: it has no output `runtime_config`.",
            hint=f"Ask its owner to run: mfinfra up --name {asked.name}",
        )
    _check_region(found, asked)
    return found


def _found(cloud: Cloud, asked: StackConfig) -> Deployed | None:
    states = cloud.states()
    recorded = manifest.read(states, asked.name) if states is not None else None
    config = recorded.config if recorded is not None else asked
    for engine in _engines(asked.engine or config.engine, asked.cloud):
        try:
            found = _by_terraform(cloud, states) if engine == "terraform" else _by_cloudformation(cloud, config)
        except Unreadable:
            if recorded is None or recorded.config.engine != engine:
                raise
            return Deployed(engine, recorded.outputs, recorded, from_manifest=True)
        if found is not None:
            return Deployed(engine, found, recorded)
    return None


def _engines(named: str | None, cloud: str) -> tuple[str, ...]:
    """The engines that can have deployed a stack."""
    if named is not None:
        return (named,)
    return ("terraform", "cloudformation") if cloud == "aws" else ("terraform",)


def _by_terraform(cloud: Cloud, states: States | None) -> StackOutputs | None:
    """The outputs in the state; None if it does not exist or is empty, as after `down`."""
    from ..engines.terraform.state import read

    name = cloud.config.name
    text = states.read(state_location.state_object(cloud.config.cloud, name)) if states is not None else None
    if text is None:
        return None
    state = read(text, cloud.state_place(name))
    return outputs.of(state.outputs) if state.outputs or state.resources else None


def _by_cloudformation(cloud: Cloud, config: StackConfig) -> StackOutputs | None:
    """The outputs of the stack in CloudFormation; None if it does not exist, empty if it is incomplete."""
    from ..clouds.aws.cloud import Aws
    from ..engines.cloudformation import change_sets
    from ..render import cloudformation

    if not isinstance(cloud, Aws):
        raise Refused("CloudFormation is available on AWS only.", hint="Run the command again with --engine terraform")
    stack = change_sets.found(cloud.session, config.name)
    status = str(stack["StackStatus"]) if stack is not None else "REVIEW_IN_PROGRESS"
    if status == "REVIEW_IN_PROGRESS":  # planned, but never created
        return None
    if status != "CREATE_COMPLETE" and not status.startswith("UPDATE_"):
        return StackOutputs()
    return change_sets.outputs(cloud.session, config.name, cloudformation.settings(config.model_dump()))


def _where(cloud: Cloud) -> str:
    config = cloud.config
    return f"the {rules.ACCOUNTS[config.cloud]} {cloud.account}, region {config.region}"


def _missing(cloud: Cloud, asked: StackConfig) -> str:
    """The objects that were not found, as text."""
    engines = _engines(asked.engine, asked.cloud)
    places = {
        "terraform": f"the state {cloud.state_place(asked.name)}",
        "cloudformation": f"the CloudFormation stack mfinfra-{asked.name}",
    }
    named = [places[engine] for engine in engines]
    return f"neither {' nor '.join(named)} exists" if len(named) > 1 else f"{named[0]} does not exist or is empty"


def _check_region(found: Deployed, asked: StackConfig) -> None:
    """Raise Refused for another region: a state bucket can contain the states of all regions."""
    region = found.manifest.config.region if found.manifest is not None else asked.region
    if region != asked.region:
        raise Refused(
            f"Stack '{asked.name}' is in region {region}, not in {asked.region}.",
            hint=f"Run the command again with --region {region}",
        )
