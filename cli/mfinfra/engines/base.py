"""The interface of engines for cloud stacks, and functions that all of them share."""

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
    """The operations of an engine on one stack."""

    engine: str

    @property
    def digest(self) -> str:
        """A hash of the rendered files: the same for the same stack file and version of mfinfra."""

    def payload(self, plan: Plan) -> bytes:
        """The bytes to store of a plan, so that it can be applied later, also on another machine."""

    def load_plan(self, plan: Plan, payload: bytes) -> Plan:
        """A saved plan, ready for `apply`."""

    def plan(self, destroy: bool = False) -> Plan:
        """The changes that `apply` would make now."""

    def apply(self, plan: Plan, on_event: OnEvent) -> None:
        """Make exactly the changes of a plan of this deployment."""

    def outputs(self) -> StackOutputs:
        """The outputs of the stack: its runtime settings and other values."""

    def drift(self) -> tuple[Change, ...]:
        """The drift: differences between the resources and their state."""

    def resources(self) -> list[tuple[str, str, str]]:
        """The resources of the stack: address, type, ID."""

    def retain(self, kinds: tuple[str, ...]) -> None:
        """Remove resources of these types from the state, so that destroying the stack keeps them."""

    def cluster_addresses(self) -> list[str]:
        """The addresses of the resources in the cluster of the stack."""

    def remove_from_state(self, addresses: list[str]) -> None:
        """Remove resources from the state; they were deleted with their cluster."""

    def wait_until_idle(self, on_event: OnEvent) -> None:
        """Wait for an operation that an earlier command started."""

    def holder(self) -> Holder | None:
        """The holder of the state lock, None if it is free."""

    def unlock(self, holder: Holder) -> None:
        """Release the lock of a holder that no longer exists."""


def workspace_of(name: str) -> Path:
    """The working directory of a stack's engine."""
    return stacks_home() / name / "workspace"


def refuse_held(deployment: Deployment, name: str) -> None:
    """Raise Locked if another command changes the stack, on this or another machine."""
    holder = deployment.holder()
    if holder is not None:
        raise Locked(
            f"Stack '{name}' is being changed by {holder.who} since {holder.since}.",
            hint=f"Wait until it ends. If that process no longer exists, run: mfinfra unlock {name}",
        )
