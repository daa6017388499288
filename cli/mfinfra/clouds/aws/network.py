"""Checks of an existing network against the stack file, before anything is created in it.

The Terraform modules check the same by themselves; a CloudFormation template cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import CloudError
from .identity import call, client

_HINT = "Check network in the stack file"


def check(session: Any, vpc: str, private: Sequence[str], public: Sequence[str]) -> None:
    """Raise CloudError if a subnet does not exist or is in another VPC, or if all private subnets are in one zone."""
    asked = [*private, *public]
    found = {str(s["SubnetId"]): s for s in call(client(session, "ec2").describe_subnets, SubnetIds=asked)["Subnets"]}
    for subnet in asked:
        place = found.get(subnet, {}).get("VpcId")
        if place is None:
            raise CloudError(f"Subnet '{subnet}' does not exist in this region.", hint=_HINT)
        if place != vpc:
            raise CloudError(f"Subnet '{subnet}' is in VPC '{place}', not in '{vpc}'.", hint=_HINT)
    zones = {str(found[subnet]["AvailabilityZone"]) for subnet in private}
    if len(zones) < 2:
        raise CloudError(
            f"The private subnets are all in {', '.join(zones)}; two availability zones are required.", hint=_HINT
        )
