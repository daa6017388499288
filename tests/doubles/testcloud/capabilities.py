"""CloudFormation requires CAPABILITY_IAM and CAPABILITY_NAMED_IAM, as AWS does; ministack does so only with IAM."""

from __future__ import annotations

from ministack.services.cloudformation import handlers


def install() -> None:
    handlers._capabilities_enforced = lambda: True
