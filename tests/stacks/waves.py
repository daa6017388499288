"""A stack in which every type of resource fails once. A wave is one `apply`: what of the types that have not failed yet is
begun in it fails, and what waits for that comes in a later one."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mfinfra.engines.terraform.program import Terraform
from mfinfra.errors import MfinfraError
from mfinfra.plans.changes import Event, Plan
from mfinfra.stackfile.schema import StackConfig
from tests.doubles.fixtures import TfCloud

REFUSED = "QuotaExceeded: the maximum number of things is reached"


@dataclass
class Waves:
    """Stacks on the way to being whole."""

    stack: Callable[[StackConfig], Terraform]
    tfcloud: TfCloud
    failed: set[str] = field(default_factory=set)

    def live(self, config: StackConfig) -> set[str]:
        """Make a stack, each wave failing somewhere else, and remove it; the types that have not failed in it.

        Each failure is told in one line, leaves less to do, and leaves what can be removed.
        """
        terraform = self.stack(config)
        wanted = planned(terraform)
        pending = {change.kind for change in wanted.changes if change.action == "create"} - self.failed
        left = len(wanted.changes)
        while pending and (failed := self._wave(terraform, wanted, pending)):
            pending -= failed
            self.failed |= failed
            wanted = planned(terraform)
            assert 0 < len(wanted.changes) <= left
            left = len(wanted.changes)
            self._removed_elsewhere(terraform)
        if not pending:
            terraform.apply(Path(wanted.handle), _ignore)
        assert planned(terraform).is_empty
        removed(terraform)
        return pending

    def _wave(self, terraform: Terraform, wanted: Plan, pending: set[str]) -> set[str]:
        """The types that failed in one apply; none in one that went through."""
        self.tfcloud.say(fail={f"{kind}:create": f"{REFUSED} ({kind})" for kind in pending})
        events: list[Event] = []
        try:
            terraform.apply(Path(wanted.handle), events.append)
        except MfinfraError as exc:
            assert "\n" not in exc.message
            assert any(f"{REFUSED} ({kind})" in exc.message for kind in pending), exc.message
        self.tfcloud.say()
        return {event.kind for event in events if event.state == "failed"}

    def _removed_elsewhere(self, terraform: Terraform) -> None:
        """The same half of a stack, in a cloud of its own, is removed."""
        copy = terraform.folder.with_name(f"half-{uuid.uuid4().hex}")
        shutil.copytree(terraform.folder, copy, symlinks=True)
        here, self.tfcloud.cloud = self.tfcloud.cloud, f"{self.tfcloud.cloud}/{copy.name}"
        self.tfcloud.say()
        removed(Terraform(copy, env=self.tfcloud.stack_environment))
        self.tfcloud.cloud = here
        self.tfcloud.say()
        shutil.rmtree(copy)


def told_gone_on_from_and_removed(terraform: Terraform, tfcloud: TfCloud, kind: str) -> None:
    """One failure in the life of a stack."""
    tfcloud.say(fail={f"{kind}:create": REFUSED})
    wanted = planned(terraform)
    with pytest.raises(MfinfraError, match=REFUSED) as caught:
        terraform.apply(Path(wanted.handle), _ignore)
    assert "\n" not in caught.value.message
    tfcloud.say()
    rest = planned(terraform)
    assert 0 < len(rest.changes) <= len(wanted.changes)
    terraform.apply(Path(rest.handle), _ignore)
    assert planned(terraform).is_empty
    removed(terraform)


def planned(terraform: Terraform, destroy: bool = False) -> Plan:
    return terraform.plan("demo", terraform.folder / "p", destroy=destroy)


def removed(terraform: Terraform) -> None:
    terraform.apply(Path(planned(terraform, destroy=True).handle), _ignore)
    assert terraform.state_resources() == []


def _ignore(_: Event) -> None:
    return
