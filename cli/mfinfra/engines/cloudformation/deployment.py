"""The CloudFormation deployment of an AWS stack."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...clouds.base import Holder, Report
from ...errors import Refused
from ...machine.names import stack_tags
from ...plans.changes import Change, Plan
from ...render.outputs import StackOutputs

if TYPE_CHECKING:
    from ...clouds.aws.cloud import Aws
    from ...stackfile.schema import StackConfig
from ..base import OnEvent, workspace_of


class CloudFormationDeployment:
    """A stack that CloudFormation manages. Its template is the one that `mfinfra render` writes."""

    engine = "cloudformation"

    def __init__(self, cloud: Aws, report: Report) -> None:
        from ...render import cloudformation, templates, workspace

        config = cloud.config
        refuse_unsupported(config)
        values = config.model_dump()
        self._config, self._session, self._bucket = config, cloud.session, cloud.bucket
        self._template = cloudformation.render(values, templates.cloudformation_folder())
        self._parameters = cloudformation.parameters(values)
        cloud.ensure_state(report)
        self.digest = workspace.write(
            {"template.yaml": self._template}, workspace_of(config.name), stack=config.name
        ).digest

    def payload(self, plan: Plan) -> bytes:
        return plan.handle.encode()

    def load_plan(self, plan: Plan, payload: bytes) -> Plan:
        return replace(plan, handle=payload.decode())

    def plan(self, destroy: bool = False) -> Plan:
        from . import change_sets

        if destroy:
            changes = (Change(address, kind, "delete") for address, kind, _ in self.resources())
            return Plan(self._config.name, self.engine, tuple(changes), "destroy")
        self._check_network()
        return change_sets.plan(
            self._session,
            self._config.name,
            self._template,
            self._parameters,
            stack_tags(self._config.name, self._config.tags),
            self._bucket,
        )

    def _check_network(self) -> None:
        from ...clouds.aws.network import check

        network, ui = self._config.network, self._config.ui
        if network.vpc is not None:
            public = network.public_subnets if ui.enabled and not ui.internal else []
            check(self._session, network.vpc, network.subnets, public)

    def apply(self, plan: Plan, on_event: OnEvent) -> None:
        from . import change_sets

        if plan.handle == "destroy":
            change_sets.destroy(self._session, self._config.name, on_event)
            return
        change_sets.apply(self._session, plan, on_event)
        change_sets.protect(self._session, self._config.name, self._config.deletion_protection)

    def outputs(self) -> StackOutputs:
        from ...render import cloudformation
        from . import change_sets

        names = cloudformation.settings(self._config.model_dump())
        return change_sets.outputs(self._session, self._config.name, names)

    def drift(self) -> tuple[Change, ...]:
        from . import change_sets

        return tuple(change_sets.drift(self._session, self._config.name))

    def resources(self) -> list[tuple[str, str, str]]:
        from . import change_sets

        return change_sets.resources(self._session, self._config.name)

    def retain(self, kinds: tuple[str, ...]) -> None:
        """Except in sandboxes, the template itself retains resources that store data."""
        if self._config.preset == "sandbox":
            raise Refused(
                "The template of a sandbox retains no resources.",
                hint="Set preset: team in the stack file and run: mfinfra up; then run the command again",
            )

    def cluster_addresses(self) -> list[str]:
        return []

    def remove_from_state(self, addresses: list[str]) -> None:
        return

    def wait_until_idle(self, on_event: OnEvent) -> None:
        from . import change_sets

        change_sets.wait_until_idle(self._session, self._config.name, on_event)

    def holder(self) -> Holder | None:
        from . import change_sets

        found = change_sets.busy(self._session, self._config.name)
        return None if found is None else Holder("", f"CloudFormation ({found[0]})", found[1])

    def unlock(self, holder: Holder) -> None:
        raise Refused(
            f"{holder.who} has no lock that can be released; its operation ends by itself.",
            hint="Wait, then run the command again",
        )


def refuse_unsupported(config: StackConfig) -> None:
    """Raise Refused for options that CloudFormation does not support."""
    from ...render import cloudformation

    reasons = cloudformation.unsupported(config.model_dump())
    if reasons:
        hint = "Run the command again with --engine terraform"
        raise Refused(f"CloudFormation does not support these options: {'; '.join(reasons)}.", hint=hint)
