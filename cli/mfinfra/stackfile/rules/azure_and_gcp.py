"""Rules for stacks on Azure and Google Cloud: options that only AWS supports are rejected by name."""

from __future__ import annotations

from collections.abc import Iterator

from .. import targets
from ..schema import StackConfig
from .base import TITLES, Given, Problem, refused

#: Why a field of AWS is refused, where there is a specific reason.
_WHY = {
    ("network", "endpoints"): "network.{key} is for AWS; {title} does not need it",
    ("network", "public_subnets"): "network.{key} is for AWS; {title} does not need it",
    ("metadata", "database", "security_group"): "{key} is for AWS; {title} has no security groups",
}
_LOAD_BALANCER_KEYS = ("certificate", "domain", "auth", "cognito_prefix", "oidc", "internal", "allow")


def of_aws(config: StackConfig, given: Given) -> Iterator[Problem]:
    title = TITLES[config.cloud]
    if config.compute.backend != "kubernetes":
        yield ("compute", "backend"), f"AWS Batch is available on AWS only; on {title}, use kubernetes"
    if config.engine == "cloudformation":
        yield ("engine",), f"CloudFormation is available on AWS only; on {title}, use terraform"
    if config.orchestrator.step_functions:
        yield (
            ("orchestrator", "step_functions"),
            f"Step Functions is available on AWS only; on {title}, use argo_workflows or airflow",
        )
    yield from refused(given, (), ("partition",), f"{{key}} is for AWS; {title} does not support it")
    for place in targets.unsupported(StackConfig, config.cloud):
        why = _WHY.get(place, "{key} is for AWS; {title} does not support it").replace("{title}", title)
        yield from refused(given, place[:-1], place[-1:], why)
    yield from refused(
        given, ("ui",), _LOAD_BALANCER_KEYS, f"{{key}} is for AWS; on {title}, open the UI with mfinfra open ui"
    )


def service(config: StackConfig, given: Given) -> Iterator[Problem]:
    """The metadata service runs in the cluster, and is accessed through a tunnel."""
    title, metadata = TITLES[config.cloud], config.metadata
    if metadata.api == "public":
        yield (
            ("metadata", "api"),
            f"a public API with a key is for AWS; on {title}, set api: private",
        )
    if metadata.allow:
        yield ("metadata", "allow"), f"is for a public API, which {title} does not support"
    if metadata.memory < metadata.cpu // 4:
        yield ("metadata", "memory"), f"is too small for cpu {metadata.cpu}"
    if config.network.vpc is None and config.network.nat == "none":
        yield ("network", "nat"), "without NAT, a cluster cannot pull the images of its charts; set nat: one"
