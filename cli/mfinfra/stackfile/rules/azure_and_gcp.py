"""What stacks on Azure and on Google Cloud have in common: everything of AWS's own is refused by name."""

from __future__ import annotations

from collections.abc import Iterator

from .. import targets
from ..schema import StackConfig
from .base import TITLES, Given, Problem, refused

#: Why a field of AWS's own is refused, where there is more to say than that.
_WHY = {
    ("network", "endpoints"): "network.{key} is for AWS; {title} reaches its services without",
    ("network", "public_subnets"): "network.{key} is for AWS; {title} reaches its services without",
    ("metadata", "database", "security_group"): "{title} has no security groups",
}
_BALANCER_KEYS = ("certificate", "domain", "auth", "cognito_prefix", "oidc", "internal", "allow")


def of_aws(config: StackConfig, given: Given) -> Iterator[Problem]:
    title = TITLES[config.cloud]
    if config.compute.backend != "kubernetes":
        yield ("compute", "backend"), f"AWS Batch is in AWS only; on {title} take kubernetes"
    if config.engine == "cloudformation":
        yield ("engine",), f"CloudFormation is in AWS only; on {title} take terraform"
    if config.orchestrator.step_functions:
        yield (
            ("orchestrator", "step_functions"),
            f"Step Functions is in AWS only; on {title} take argo_workflows or airflow",
        )
    yield from refused(given, (), ("partition",), f"AWS has a {{key}}, {title} has none")
    for place in targets.elsewhere(StackConfig, config.cloud):
        why = _WHY.get(place, "AWS has a {key}, {title} has none").replace("{title}", title)
        yield from refused(given, place[:-1], place[-1:], why)
    yield from refused(
        given, ("ui",), _BALANCER_KEYS, f"{{key}} is for AWS; on {title} the UI is reached with mfinfra open ui"
    )


def service(config: StackConfig, given: Given) -> Iterator[Problem]:
    """The metadata service is in the cluster, and reached through it."""
    title, metadata = TITLES[config.cloud], config.metadata
    if metadata.api == "public":
        yield (
            ("metadata", "api"),
            f"a public API with a key is for AWS; on {title} mfinfra keeps a tunnel open, take private",
        )
    if metadata.allow:
        yield ("metadata", "allow"), f"is for the public API, which {title} has not"
    if metadata.memory < metadata.cpu // 4:
        yield ("metadata", "memory"), f"is too little for cpu {metadata.cpu}"
    if config.network.vpc is None and config.network.nat == "none":
        yield ("network", "nat"), "without NAT a cluster cannot pull the images of its charts; take nat: one"
