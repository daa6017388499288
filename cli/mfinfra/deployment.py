"""A stack in a cloud as one of the engines deploys it. What the commands do with it is in cloud_pipeline.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .clouds.base import Holder, Report
from .errors import Locked, Refused
from .machine.paths import stacks_home, write_bytes
from .names import stack_tags
from .plans.changes import Change, Event, Plan

if TYPE_CHECKING:
    from .clouds.aws.cloud import Aws
    from .clouds.base import Cloud
    from .stackfile.schema import StackConfig

OnEvent = Callable[[Event], None]


class Deployment(Protocol):
    """What every engine can do with a stack."""

    engine: str

    @property
    def digest(self) -> str:
        """Of what is deployed: the same stack file and the same mfinfra give the same."""

    def payload(self, plan: Plan) -> bytes:
        """What must be kept of a plan so that it can be applied later, perhaps on another machine."""

    def adopt(self, plan: Plan, payload: bytes) -> Plan:
        """A plan that was kept, ready for `apply`."""

    def plan(self, destroy: bool = False) -> Plan:
        """What `apply` would do now."""

    def apply(self, plan: Plan, on_event: OnEvent) -> None:
        """Do exactly what a plan of this deployment says."""

    def outputs(self) -> dict[str, Any]:
        """What the stack is: `runtime_config` and the facts beside it."""

    def drift(self) -> tuple[Change, ...]:
        """What is not as it was deployed."""

    def resources(self) -> list[tuple[str, str, str]]:
        """What there is: address, kind, id."""

    def keep(self, kinds: tuple[str, ...]) -> None:
        """Let go of resources of these kinds: `apply` of a plan to destroy then leaves them."""

    def within_cluster(self) -> list[str]:
        """The addresses of what is inside of the stack's cluster."""

    def forget(self, addresses: list[str]) -> None:
        """Look for these no more: what they were in is gone."""

    def settle(self, on_event: OnEvent) -> None:
        """Wait for what an earlier command began and the engine still does."""

    def holder(self) -> Holder | None:
        """Who holds the lock."""

    def unlock(self, holder: Holder) -> None:
        """Take the lock from a holder that is gone."""


def workspace_of(name: str) -> Path:
    """The folder that a stack's engine works in."""
    return stacks_home() / name / "workspace"


def has_unsaved(name: str) -> bool:
    """Whether the workspace of a stack holds what Terraform made and could not write into the state."""
    from .engines import terraform

    return (workspace_of(name) / terraform.UNSENT).is_file()


def chosen_engine(config: StackConfig) -> str:
    """The engine as the stack file says, else Terraform where it is found, else in AWS CloudFormation."""
    if config.engine is not None:
        return config.engine
    if config.cloud != "aws" or config.compute.backend == "kubernetes":
        return "terraform"
    from .engines import terraform

    return "terraform" if terraform.found() else "cloudformation"


def of(cloud: Cloud, engine: str, report: Report) -> Deployment:
    """The deployment of a stack; its state has a place when this returns."""
    if engine == "cloudformation":
        from .clouds.aws.cloud import Aws

        if not isinstance(cloud, Aws):
            raise Refused("CloudFormation is in AWS only.", hint="Type the same with --engine terraform")
        return CloudFormationDeployment(cloud, report)
    return TerraformDeployment(cloud, report)


class TerraformDeployment:
    """A stack whose state lies in the bucket that its account has for states."""

    engine = "terraform"

    def __init__(self, cloud: Cloud, report: Report) -> None:
        from .engines.terraform import Terraform
        from .render import files as render
        from .render import workspace

        self._cloud, self._name, self._report = cloud, cloud.config.name, report
        cloud.ensure_state(report)
        self.folder = workspace_of(self._name)
        files = render.render(cloud.config, account=cloud.account)
        self.digest = workspace.write(files, self.folder, stack=self._name).digest
        self._terraform = Terraform(self.folder, explain=cloud.explain, env=cloud.environment())
        report("Preparing Terraform")
        self._terraform.init()

    def payload(self, plan: Plan) -> bytes:
        return Path(plan.handle).read_bytes()

    def adopt(self, plan: Plan, payload: bytes) -> Plan:
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
        """What would go and is in no module and no root of ours, somebody else made, and put into our state."""
        from .render import templates

        ours = templates.root_resources(self._cloud.config.cloud)
        going = [change.address for change in found.changes if change.action == "delete"]
        foreign = [a for a in going if not a.startswith("module.") and a.partition("[")[0] not in ours]
        if foreign:
            raise Refused(
                f"The state of the stack '{self._name}' holds what mfinfra did not make: {', '.join(foreign[:3])}."
                " Nothing was touched.",
                hint=f"See {self._cloud.state_place(self._name)}; older versions of it are kept there",
            )

    def _recover(self) -> None:
        """Without what the last apply made, a plan would make it again."""
        if self._terraform.recover():
            self._report("Saved the state that the last apply could not save")

    def apply(self, plan: Plan, on_event: OnEvent) -> None:
        """With a token of its own: somebody may have thought about the plan for long."""
        self._terraform.renew(self._cloud.environment())
        self._terraform.apply(Path(plan.handle), on_event)

    def outputs(self) -> dict[str, Any]:
        return self._terraform.outputs()

    def drift(self) -> tuple[Change, ...]:
        self._recover()
        self._terraform.renew(self._cloud.environment())
        return self._terraform.plan(self._name, self.folder / "mfinfra-drift.tfplan", refresh_only=True).changes

    def resources(self) -> list[tuple[str, str, str]]:
        return self._terraform.state_resources()

    def keep(self, kinds: tuple[str, ...]) -> None:
        addresses = [address for address, kind, _ in self.resources() if kind in kinds]
        self.forget(addresses)

    def within_cluster(self) -> list[str]:
        kinds = ("kubernetes_", "helm_")
        return [address for address, kind, _ in self.resources() if kind.startswith(kinds)]

    def forget(self, addresses: list[str]) -> None:
        self._terraform.forget(addresses)

    def settle(self, on_event: OnEvent) -> None:
        return

    def holder(self) -> Holder | None:
        return self._cloud.lock(self._name)

    def unlock(self, holder: Holder) -> None:
        self._cloud.unlock(self._name, holder)


class CloudFormationDeployment:
    """A stack that CloudFormation keeps; its template is what `mfinfra render` writes."""

    engine = "cloudformation"

    def __init__(self, cloud: Aws, report: Report) -> None:
        from .render import cloudformation as cfn_template
        from .render import templates, workspace

        config = cloud.config
        refuse_unsupported(config)
        values = config.model_dump()
        self._config, self._session, self._bucket = config, cloud.session, cloud.bucket
        self._template = cfn_template.render(values, templates.cloudformation_folder())
        self._parameters = cfn_template.parameters(values)
        cloud.ensure_state(report)
        self.digest = workspace.write(
            {"template.yaml": self._template}, workspace_of(config.name), stack=config.name
        ).digest

    def payload(self, plan: Plan) -> bytes:
        return plan.handle.encode()

    def adopt(self, plan: Plan, payload: bytes) -> Plan:
        return replace(plan, handle=payload.decode())

    def plan(self, destroy: bool = False) -> Plan:
        from .engines import cloudformation

        if destroy:
            changes = (Change(address, kind, "delete") for address, kind, _ in self.resources())
            return Plan(self._config.name, self.engine, tuple(changes), "destroy")
        self._check_network()
        return cloudformation.plan(
            self._session,
            self._config.name,
            self._template,
            self._parameters,
            stack_tags(self._config.name, self._config.tags),
            self._bucket,
        )

    def _check_network(self) -> None:
        from .clouds.aws import network as aws_network

        network, ui = self._config.network, self._config.ui
        if network.vpc is not None:
            public = network.public_subnets if ui.enabled and not ui.internal else []
            aws_network.check(self._session, network.vpc, network.subnets, public)

    def apply(self, plan: Plan, on_event: OnEvent) -> None:
        from .engines import cloudformation

        if plan.handle == "destroy":
            cloudformation.destroy(self._session, self._config.name, on_event)
            return
        cloudformation.apply(self._session, plan, on_event)
        cloudformation.protect(self._session, self._config.name, self._config.deletion_protection)

    def outputs(self) -> dict[str, Any]:
        from .engines import cloudformation
        from .render import cloudformation as cfn_template

        names = cfn_template.settings(self._config.model_dump())
        return cloudformation.outputs(self._session, self._config.name, names)

    def drift(self) -> tuple[Change, ...]:
        from .engines import cloudformation

        return tuple(cloudformation.drift(self._session, self._config.name))

    def resources(self) -> list[tuple[str, str, str]]:
        from .engines import cloudformation

        return cloudformation.resources(self._session, self._config.name)

    def keep(self, kinds: tuple[str, ...]) -> None:
        """Outside of sandboxes the template retains what holds data; nothing is to be done then."""
        if self._config.preset == "sandbox":
            raise Refused(
                "The template of a sandbox keeps nothing.",
                hint="Set preset: team in the stack file, type mfinfra up, then the same again.",
            )

    def within_cluster(self) -> list[str]:
        return []

    def forget(self, addresses: list[str]) -> None:
        return

    def settle(self, on_event: OnEvent) -> None:
        from .engines import cloudformation

        cloudformation.settle(self._session, self._config.name, on_event)

    def holder(self) -> Holder | None:
        from .engines import cloudformation

        found = cloudformation.busy(self._session, self._config.name)
        return None if found is None else Holder("", f"CloudFormation ({found[0]})", found[1])

    def unlock(self, holder: Holder) -> None:
        raise Refused(
            f"{holder.who} has no lock to take; it ends what it began.", hint="Wait, then type the same again."
        )


def refuse_unsupported(config: StackConfig) -> None:
    """Raise Refused for what CloudFormation cannot express."""
    from .render import cloudformation as cfn_template

    reasons = cfn_template.unsupported(config.model_dump())
    if reasons:
        hint = "Type the same with --engine terraform"
        raise Refused(f"CloudFormation cannot do what the stack file asks: {'; '.join(reasons)}.", hint=hint)


def refuse_held(deployment: Deployment, name: str) -> None:
    """Raise Locked where somebody else works on the stack, from here or another machine."""
    holder = deployment.holder()
    if holder is not None:
        raise Locked(
            f"The stack '{name}' is being changed by {holder.who} since {holder.since}.",
            hint=f"Wait for it to end. If it died: mfinfra unlock {name}",
        )


def settings(outputs: Mapping[str, Any]) -> dict[str, str]:
    """The runtime_config among a stack's outputs."""
    found = outputs.get("runtime_config", {})
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
