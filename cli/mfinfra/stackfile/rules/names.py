"""Rules for stack names: every resource that a stack names after itself must get a name that its service accepts.

Sources: the API references of EC2 (CreateSecurityGroup), Elastic Load Balancing (CreateLoadBalancer), RDS
(CreateDBInstance), ECR (CreateRepository), IAM (CreateRole) and Amazon Cognito (CreateUserPoolDomain); "Bucket naming
rules" of Amazon S3 and of Cloud Storage; "Naming rules and restrictions for Azure resources" and "Resolve errors for
reserved resource names" of Azure; the pages on naming of Compute Engine and on service accounts.
"""

# ruff: noqa: E501 - one line for each message
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .base import Given, Problem

if TYPE_CHECKING:
    from ..schema import StackConfig

#: AWS: Terraform names a load balancer NAME-meta, cut at 32 characters, and it cannot end with a dash. CloudFormation
#: selects the names of load balancers and security groups.
_AWS_LENGTHS = {"terraform": 30, "cloudformation": 31}
#: AWS: the roles NAME-REGION-metadata-execution have at most 64 characters, the buckets NAME-ACCOUNT-REGION-logs 63.
_AWS_WITH_REGION = min(64 - len("--metadata-execution"), 63 - len("-123456789012--logs"))
#: What names of buckets cannot begin with, and what those of load balancers and security groups cannot begin with.
_BUCKET_BEGINNINGS = ("sthree-", "amzn-s3-demo-", "xn--")
_TERRAFORM_BEGINNINGS = {"internal-": "a load balancer", "sg-": "a security group"}
#: Words that the domain prefix of a sign-in page cannot contain.
_COGNITO_WORDS = ("aws", "amazon", "cognito")

#: Google Cloud: names of service accounts have at most 30 characters; those of a stack are its name and a suffix.
_GCP_LENGTH = 20
#: "google", and what Cloud Storage calls close misspellings of it, such as g00gle.
_GOOGLE = re.compile(r"^goog|g[o0]{2}g[l1]e")

#: Azure: words that no name of a resource with an endpoint can contain, not even without dashes.
_AZURE_WORDS = ("microsoft", "windows")
#: Azure: words that cannot be the complete name of a resource with an endpoint, such as a cluster. The page also lists
#: the name of the cloud, which is the default name of a stack.
_AZURE_NAMES = (
    "access", "bing", "bizspark", "biztalk", "cortana", "directx", "dotnet", "dynamics", "excel", "exchange", "forefront",
    "groove", "hololens", "hyperv", "kinect", "lync", "msdn", "o365", "office", "office365", "onedrive", "onenote",
    "outlook", "powerpoint", "sharepoint", "skype", "visio", "visualstudio", "xbox",
)  # fmt: skip


def aws(config: StackConfig, _: Given) -> Iterator[Problem]:
    name, place = config.name, ("name",)
    longest = min(_AWS_LENGTHS[config.engine or "terraform"], _AWS_WITH_REGION - len(config.region or ""))
    if len(name) > longest:
        yield (
            place,
            f"on AWS, a stack name has at most {longest} characters, because names of load balancers, roles and buckets contain it; this one has {len(name)}",
        )
    what = "a database" if config.metadata.database is None else "a registry" if config.registry.enabled else None
    if what is not None and (name.endswith("-") or "--" in name):
        yield place, f"on AWS, a name cannot end with a dash or contain two in a row: {what} cannot be named after it"
    for start in _BUCKET_BEGINNINGS:
        if f"{name}-".startswith(start):
            yield place, f"on AWS, a name cannot begin with '{start}': a bucket cannot be named after it"
    for start, resource in () if config.engine == "cloudformation" else _TERRAFORM_BEGINNINGS.items():
        if f"{name}-".startswith(start):
            yield place, f"on AWS, a name cannot begin with '{start}': {resource} cannot be named after it"
    if config.registry.enabled and len(name) < 2:
        yield place, "a registry in ECR requires a stack name of at least 2 characters"
    yield from _sign_in(config)


def _sign_in(config: StackConfig) -> Iterator[Problem]:
    """The domain prefix of the sign-in page: the one of the stack file, or the name of the stack and the account."""
    ui = config.ui
    has_page = ui.enabled and ui.auth == "cognito" and (config.compute.backend == "batch" or ui.certificate is not None)
    if not has_page:
        return
    prefix = ui.cognito_prefix or config.name
    word = next((word for word in _COGNITO_WORDS if word in prefix), None)
    if word is None:
        return
    if ui.cognito_prefix is not None:
        yield ("ui", "cognito_prefix"), f"'{prefix}' contains '{word}', which Amazon Cognito does not allow"
    else:
        yield (
            ("ui", "cognito_prefix"),
            f"is missing: by default it begins with the stack name, and Amazon Cognito does not allow '{word}' in it",
        )


def azure(config: StackConfig, _: Given) -> Iterator[Problem]:
    place, plain = ("name",), config.name.replace("-", "")
    if len(config.name.rstrip("-")) < 2:
        yield place, "on Azure, a stack name has at least 2 characters, because a virtual network is named after it"
    for word in _AZURE_WORDS:
        if word in plain:
            yield place, f"Azure does not allow '{word}' in the names of clusters and storage accounts"
    if plain.startswith("login"):
        yield place, "Azure does not allow names of clusters and storage accounts that begin with 'login'"
    if config.name.rstrip("-") in _AZURE_NAMES:
        yield place, f"'{config.name}' is a reserved word in Azure; a cluster cannot have this name"


def gcp(config: StackConfig, _: Given) -> Iterator[Problem]:
    name, place = config.name, ("name",)
    if len(name) > _GCP_LENGTH:
        yield (
            place,
            f"on Google Cloud, a stack name has at most {_GCP_LENGTH} characters, because names of service accounts contain it",
        )
    if name.endswith("-"):
        yield place, "on Google Cloud, a name cannot end with a dash"
    if _GOOGLE.search(name):
        yield (
            place,
            "Google Cloud does not allow bucket names that begin with 'goog' or contain 'google' or a misspelling of it",
        )
    if name == "default":
        yield place, "on Google Cloud, a network named 'default' usually exists in the project; choose another name"
