"""Facts about types of resources, one file for each provider: what holds data, what guards it, what lets in, what
permits.

What follows from them is in risk.py.
"""

from __future__ import annotations

import re

from .aws import AWS
from .azure import AZURE
from .base import Facts, Values
from .gcp import GOOGLE
from .kubernetes import CHARTS, KUBERNETES

_PROVIDERS = {"aws_": AWS, "azurerm_": AZURE, "google_": GOOGLE, "kubernetes_": KUBERNETES, "AWS::": AWS}
_NONE = Facts({})

#: What holds data, by its type in Terraform and in CloudFormation, and what that data is.
STATEFUL: dict[str, str] = {
    kind: data for facts in (AWS, AZURE, GOOGLE, KUBERNETES) for kind, data in facts.stateful.items()
}


def of(kind: str) -> Facts:
    """What is known of the provider that a type is of; nothing for others."""
    return next((facts for prefix, facts in _PROVIDERS.items() if kind.startswith(prefix)), _NONE)


def plain(kind: str) -> str:
    """A type without the version of its API: kubernetes_namespace for kubernetes_namespace_v1."""
    return re.sub(r"_v\d+$", "", kind) if kind.startswith("kubernetes_") else kind


def data_of(kind: str, values: Values) -> str | None:
    """What would be lost with a resource; None if that is nothing."""
    if kind != "helm_release":
        return STATEFUL.get(plain(kind))
    chart = str(values.get("chart", "")).rpartition("/")[2]
    return CHARTS.get(chart) or CHARTS.get(str(values.get("name")))
