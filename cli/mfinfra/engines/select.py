"""Which engine deploys a stack, and the deployment that it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..clouds.base import Report
from ..errors import Refused
from .base import Deployment, workspace_of
from .cloudformation.deployment import CloudFormationDeployment
from .terraform.deployment import TerraformDeployment

if TYPE_CHECKING:
    from ..clouds.base import Cloud
    from ..stackfile.schema import StackConfig


def has_unsaved(name: str) -> bool:
    """Whether the workspace of a stack holds what Terraform made and could not write into the state."""
    from .terraform import program

    return (workspace_of(name) / program.UNSENT).is_file()


def chosen_engine(config: StackConfig) -> str:
    """The engine as the stack file says, else Terraform where it is found, else in AWS CloudFormation."""
    if config.engine is not None:
        return config.engine
    if config.cloud != "aws" or config.compute.backend == "kubernetes":
        return "terraform"
    from .terraform import program

    return "terraform" if program.found() else "cloudformation"


def of(cloud: Cloud, engine: str, report: Report) -> Deployment:
    """The deployment of a stack; its state has a place when this returns."""
    if engine == "cloudformation":
        from ..clouds.aws.cloud import Aws

        if not isinstance(cloud, Aws):
            raise Refused("CloudFormation is in AWS only.", hint="Type the same with --engine terraform")
        return CloudFormationDeployment(cloud, report)
    return TerraformDeployment(cloud, report)
