"""A stack as it is in its cloud, looked at without the program that deployed it: no plan, no lock, nothing written.

What Terraform deployed is read from its state, what CloudFormation deployed from there. Who may not read the state is
given what the stack says of itself.
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
    from .manifest import Description


@dataclass(frozen=True)
class Deployed:
    """A whole stack: what deployed it, what it is, and what it says of itself (None: an older mfinfra deployed it).
    `from_manifest` where what it is is known from there alone."""

    engine: str
    outputs: StackOutputs
    description: Description | None
    from_manifest: bool = False


def find(cloud: Cloud, asked: StackConfig) -> Deployed:
    """The stack that is meant. Raises NotFound where there is none, Refused where it is not whole or elsewhere,
    CloudError where we may not see it."""
    try:
        found = _found(cloud, asked)
    except CloudError as exc:
        raise CloudError(f"The stack '{asked.name}' cannot be looked at: {exc.message}", hint=exc.hint) from exc
    if found is None:
        raise NotFound(
            f"There is no stack '{asked.name}' in {_where(cloud)}: {_looked_for(cloud, asked)}.",
            hint=f"Name its region with --region, sign in to its account, or make it: mfinfra up --name {asked.name}",
        )
    if not found.outputs.runtime_config:
        raise Refused(
            f"The stack '{asked.name}' is there, but not whole: it says nothing of what it is.",
            hint=f"Who deploys it types: mfinfra up --name {asked.name}",
        )
    _check_region(found, asked)
    return found


def _found(cloud: Cloud, asked: StackConfig) -> Deployed | None:
    states = cloud.states()
    described = manifest.read(states, asked.name) if states is not None else None
    config = described.config if described is not None else asked
    for engine in _engines(asked.engine or config.engine, asked.cloud):
        try:
            said = _by_terraform(cloud, states) if engine == "terraform" else _by_cloudformation(cloud, config)
        except Unreadable:
            if described is None or described.config.engine != engine:
                raise
            return Deployed(engine, described.outputs, described, from_manifest=True)
        if said is not None:
            return Deployed(engine, said, described)
    return None


def _engines(named: str | None, cloud: str) -> tuple[str, ...]:
    """What may have deployed a stack."""
    if named is not None:
        return (named,)
    return ("terraform", "cloudformation") if cloud == "aws" else ("terraform",)


def _by_terraform(cloud: Cloud, states: States | None) -> StackOutputs | None:
    """The outputs in the state; None where there is no state, or one of nothing: that is what `down` leaves."""
    from ..engines.terraform.state import read

    name = cloud.config.name
    text = states.read(state_location.state_object(cloud.config.cloud, name)) if states is not None else None
    if text is None:
        return None
    state = read(text, cloud.state_place(name))
    return outputs.of(state.outputs) if state.outputs or state.resources else None


def _by_cloudformation(cloud: Cloud, config: StackConfig) -> StackOutputs | None:
    """The outputs of the stack in CloudFormation; none where it is not whole."""
    from ..clouds.aws.cloud import Aws
    from ..engines.cloudformation import change_sets
    from ..render import cloudformation

    if not isinstance(cloud, Aws):
        raise Refused("CloudFormation is in AWS only.", hint="Type the same with --engine terraform")
    stack = change_sets.found(cloud.session, config.name)
    status = str(stack["StackStatus"]) if stack is not None else "REVIEW_IN_PROGRESS"
    if status == "REVIEW_IN_PROGRESS":  # it was planned, and never made
        return None
    if status != "CREATE_COMPLETE" and not status.startswith("UPDATE_"):
        return StackOutputs()
    return change_sets.outputs(cloud.session, config.name, cloudformation.settings(config.model_dump()))


def _where(cloud: Cloud) -> str:
    config = cloud.config
    return f"the {rules.ACCOUNTS[config.cloud]} {cloud.account}, region {config.region}"


def _looked_for(cloud: Cloud, asked: StackConfig) -> str:
    """What would be there, in words."""
    engines = _engines(asked.engine, asked.cloud)
    places = {
        "terraform": f"the state {cloud.state_place(asked.name)}",
        "cloudformation": f"the CloudFormation stack mfinfra-{asked.name}",
    }
    named = [places[engine] for engine in engines]
    return f"neither {' nor '.join(named)} is there" if len(named) > 1 else f"{named[0]} is not there, or holds nothing"


def _check_region(found: Deployed, asked: StackConfig) -> None:
    """Where states of all regions lie in one place, the region that was named may be a wrong one."""
    region = found.description.config.region if found.description is not None else asked.region
    if region != asked.region:
        raise Refused(
            f"The stack '{asked.name}' is in the region {region}, not in {asked.region}.",
            hint=f"Type the same with --region {region}",
        )
