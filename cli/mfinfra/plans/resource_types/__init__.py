"""Resource rules, one file for each provider: which types store data, protect it, open access or grant permissions.

risk.py applies the rules to plans.
"""

from __future__ import annotations

import re

from .aws import AWS
from .azure import AZURE
from .base import ResourceRules, Values
from .gcp import GOOGLE
from .kubernetes import CHARTS, KUBERNETES

_PROVIDERS = {"aws_": AWS, "azurerm_": AZURE, "google_": GOOGLE, "kubernetes_": KUBERNETES, "AWS::": AWS}
_NONE = ResourceRules({})

#: Types of Terraform and CloudFormation that store data, and a description of the data.
STATEFUL: dict[str, str] = {
    kind: data for rules in (AWS, AZURE, GOOGLE, KUBERNETES) for kind, data in rules.stateful.items()
}


def of(kind: str) -> ResourceRules:
    """The rules of the provider of a type; empty for unknown providers."""
    return next((rules for prefix, rules in _PROVIDERS.items() if kind.startswith(prefix)), _NONE)


def plain(kind: str) -> str:
    """A type without its API version: kubernetes_namespace for kubernetes_namespace_v1."""
    return re.sub(r"_v\d+$", "", kind) if kind.startswith("kubernetes_") else kind


def data_of(kind: str, values: Values) -> str | None:
    """The data that would be deleted with a resource, None if it stores no data."""
    if kind != "helm_release":
        return STATEFUL.get(plain(kind))
    chart = str(values.get("chart", "")).rpartition("/")[2]
    return CHARTS.get(chart) or CHARTS.get(str(values.get("name")))
