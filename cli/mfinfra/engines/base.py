"""What every engine can do with a stack in a cloud, and what goes for all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ..clouds.base import Holder
from ..errors import Locked
from ..machine.paths import stacks_home
from ..plans.changes import Change, Event, Plan
from ..render.outputs import StackOutputs

OnEvent = Callable[[Event], None]


class Deployment(Protocol):
    """What every engine can do with a stack."""

    engine: str

    @property
    def digest(self) -> str:
        """Of what is deployed: the same stack file and the same mfinfra give the same."""

    def payload(self, plan: Plan) -> bytes:
        """What must be kept of a plan so that it can be applied later, perhaps on another machine."""

    def load_plan(self, plan: Plan, payload: bytes) -> Plan:
        """A plan that was kept, ready for `apply`."""

    def plan(self, destroy: bool = False) -> Plan:
        """What `apply` would do now."""

    def apply(self, plan: Plan, on_event: OnEvent) -> None:
        """Do exactly what a plan of this deployment says."""

    def outputs(self) -> StackOutputs:
        """What the stack is: the settings that it makes true and what is to be known beside them."""

    def drift(self) -> tuple[Change, ...]:
        """What is not as it was deployed."""

    def resources(self) -> list[tuple[str, str, str]]:
        """What there is: address, kind, id."""

    def retain(self, kinds: tuple[str, ...]) -> None:
        """Let go of resources of these kinds: `apply` of a plan to destroy then leaves them."""

    def cluster_addresses(self) -> list[str]:
        """The addresses of what is inside of the stack's cluster."""

    def remove_from_state(self, addresses: list[str]) -> None:
        """Look for these no more: what they were in is gone."""

    def wait_until_idle(self, on_event: OnEvent) -> None:
        """Wait for what an earlier command began and the engine still does."""

    def holder(self) -> Holder | None:
        """Who holds the lock."""

    def unlock(self, holder: Holder) -> None:
        """Take the lock from a holder that is gone."""


def workspace_of(name: str) -> Path:
    """The folder that a stack's engine works in."""
    return stacks_home() / name / "workspace"


def refuse_held(deployment: Deployment, name: str) -> None:
    """Raise Locked where somebody else works on the stack, from here or another machine."""
    holder = deployment.holder()
    if holder is not None:
        raise Locked(
            f"The stack '{name}' is being changed by {holder.who} since {holder.since}.",
            hint=f"Wait for it to end. If it died: mfinfra unlock {name}",
        )
