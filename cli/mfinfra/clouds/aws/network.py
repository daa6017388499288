"""Whether a network that exists is as the stack file says, asked before anything is made in it.

The modules of Terraform ask the same by themselves; a template of CloudFormation has no way to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import CloudError
from .identity import call, client

_HINT = "Look at network in the stack file"


def check(session: Any, vpc: str, private: Sequence[str], public: Sequence[str]) -> None:
    """Raise CloudError for a subnet that is not there or in another VPC, and for private ones in one zone."""
    asked = [*private, *public]
    found = {str(s["SubnetId"]): s for s in call(client(session, "ec2").describe_subnets, SubnetIds=asked)["Subnets"]}
    for subnet in asked:
        place = found.get(subnet, {}).get("VpcId")
        if place is None:
            raise CloudError(f"There is no subnet {subnet} in this region.", hint=_HINT)
        if place != vpc:
            raise CloudError(f"The subnet {subnet} is not in {vpc}, but in {place}.", hint=_HINT)
    zones = {str(found[subnet]["AvailabilityZone"]) for subnet in private}
    if len(zones) < 2:
        raise CloudError(f"The private subnets are all in {', '.join(zones)}; two zones are needed.", hint=_HINT)
