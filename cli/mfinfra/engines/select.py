"""The engine of a stack, and its deployment."""

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
    """Whether the workspace of a stack contains a state that Terraform could not upload."""
    from .terraform import program

    return (workspace_of(name) / program.UNSENT).is_file()


def chosen_engine(config: StackConfig) -> str:
    """The engine of the stack file; else Terraform if it is installed; else, on AWS, CloudFormation."""
    if config.engine is not None:
        return config.engine
    if config.cloud != "aws" or config.compute.backend == "kubernetes":
        return "terraform"
    from .terraform import program

    return "terraform" if program.found() else "cloudformation"


def of(cloud: Cloud, engine: str, report: Report) -> Deployment:
    """The deployment of a stack. The state bucket exists when this returns."""
    if engine == "cloudformation":
        from ..clouds.aws.cloud import Aws

        if not isinstance(cloud, Aws):
            raise Refused(
                "CloudFormation is available on AWS only.", hint="Run the command again with --engine terraform"
            )
        return CloudFormationDeployment(cloud, report)
    return TerraformDeployment(cloud, report)
