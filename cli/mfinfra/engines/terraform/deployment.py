"""The Terraform deployment of a cloud stack."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...clouds.base import Holder, Report
from ...errors import Refused
from ...machine.paths import write_bytes
from ...plans.changes import Change, Plan
from ...render.outputs import StackOutputs, of

if TYPE_CHECKING:
    from ...clouds.base import Cloud
from ..base import OnEvent, workspace_of
from .environment import ignored


class TerraformDeployment:
    """A stack whose state is in the state bucket of its account."""

    engine = "terraform"

    def __init__(self, cloud: Cloud, report: Report) -> None:
        from ...render import workspace
        from ...render.files import render
        from .program import Terraform

        self._cloud, self._name, self._report = cloud, cloud.config.name, report
        cloud.ensure_state(report)
        self.folder = workspace_of(self._name)
        files = render(cloud.as_running(), account=cloud.account)
        self.digest = workspace.write(files, self.folder, stack=self._name).digest
        self._terraform = Terraform(self.folder, explain=cloud.explain, env=cloud.environment())
        if names := ignored(os.environ):
            report(f"Ignoring variables of the shell that can change the plan: {', '.join(names)}")
        report("Preparing Terraform")
        self._terraform.init()

    def payload(self, plan: Plan) -> bytes:
        return Path(plan.handle).read_bytes()

    def load_plan(self, plan: Plan, payload: bytes) -> Plan:
        path = self.folder / "mfinfra-saved.tfplan"
        write_bytes(path, payload, 0o600)
        return replace(plan, handle=str(path))

    def plan(self, destroy: bool = False) -> Plan:
        self._recover()
        self._terraform.renew(self._cloud.environment())
        found = self._terraform.plan(self._name, self.folder / "mfinfra.tfplan", destroy=destroy)
        self._refuse_foreign(found)
        return found

    def _refuse_foreign(self, found: Plan) -> None:
        """Raise Refused if a plan deletes resources in the state that no template of mfinfra contains."""
        from ...render import templates

        known = templates.root_resources(self._cloud.config.cloud)
        going = [change.address for change in found.changes if change.action == "delete"]
        foreign = [a for a in going if not a.startswith("module.") and a.partition("[")[0] not in known]
        if foreign:
            raise Refused(
                f"The state of stack '{self._name}' contains resources that mfinfra did not create:"
                f" {', '.join(foreign[:3])}. Nothing was changed.",
                hint=f"Check {self._cloud.state_place(self._name)}; the bucket keeps its older versions",
            )

    def _recover(self) -> None:
        """Upload a state that the last apply could not save: otherwise a plan would create its resources again."""
        if self._terraform.recover():
            self._report("Uploaded the state that the last apply could not save")

    def apply(self, plan: Plan, on_event: OnEvent) -> None:
        """Apply a plan with a new token: confirming the plan can take long."""
        self._terraform.renew(self._cloud.environment())
        self._terraform.apply(Path(plan.handle), on_event)

    def outputs(self) -> StackOutputs:
        return of(self._terraform.outputs())

    def drift(self) -> tuple[Change, ...]:
        self._recover()
        self._terraform.renew(self._cloud.environment())
        return self._terraform.plan(self._name, self.folder / "mfinfra-drift.tfplan", refresh_only=True).changes

    def resources(self) -> list[tuple[str, str, str]]:
        return self._terraform.state_resources()

    def retain(self, kinds: tuple[str, ...]) -> None:
        addresses = [address for address, kind, _ in self.resources() if kind in kinds]
        self.remove_from_state(addresses)

    def cluster_addresses(self) -> list[str]:
        kinds = ("kubernetes_", "helm_")
        return [address for address, kind, _ in self.resources() if kind.startswith(kinds)]

    def remove_from_state(self, addresses: list[str]) -> None:
        self._terraform.remove_from_state(addresses)

    def wait_until_idle(self, on_event: OnEvent) -> None:
        return

    def holder(self) -> Holder | None:
        return self._cloud.lock(self._name)

    def unlock(self, holder: Holder) -> None:
        self._cloud.unlock(self._name, holder)
