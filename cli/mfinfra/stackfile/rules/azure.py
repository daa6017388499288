"""Rules for stacks on Azure: names, resource IDs, sizes. Checked offline.

Sources: "Naming rules and restrictions for Azure resources" and "Azure Database for PostgreSQL: compute options".
"""

# ruff: noqa: E501 - one line for each message
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import names
from .azure_and_gcp import of_aws, service
from .base import COMMON, Given, Place, Problem, Rule, said

if TYPE_CHECKING:
    from ..schema import StackConfig

_REGION = re.compile(r"[a-z]{5,24}\d?")
_SUBSCRIPTION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NETWORK_ID = r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[A-Za-z0-9._-]{1,90}/providers/Microsoft\.Network/virtualNetworks/[A-Za-z0-9._-]{1,80}"
_VNET, _SUBNET = re.compile(_NETWORK_ID), re.compile(_NETWORK_ID + r"/subnets/[A-Za-z0-9._-]{1,80}")
_CONTAINER = re.compile(r"[a-z0-9]{3,24}/[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]")
_VAULT = r"https://[a-zA-Z0-9-]{3,24}\.vault\.(azure\.net|azure\.cn|usgovcloudapi\.net)"
_KEY, _SECRET = (
    re.compile(_VAULT + r"/keys/[A-Za-z0-9-]{1,127}(/[0-9a-f]{32})?"),
    re.compile(_VAULT + r"/secrets/[A-Za-z0-9-]{1,127}"),
)
#: Resource IDs, the only form for a vault in another subscription.
_VAULT_ID = r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[A-Za-z0-9._-]{1,90}/providers/Microsoft\.KeyVault/vaults/[a-zA-Z0-9-]{3,24}"
_SECRET_ID, _ENTIRE_VAULT = re.compile(_VAULT_ID + r"/secrets/[A-Za-z0-9-]{1,127}"), re.compile(_VAULT_ID)
_SECRET_FORMS = "https://VAULT.vault.azure.net/secrets/NAME, or /subscriptions/.../vaults/VAULT/secrets/NAME"
_DATABASE_CLASS = re.compile(r"(B|GP|MO)_Standard_[A-Z]\d+[a-z]*(_v\d)?")
_VERSIONS = ("14", "15", "16", "17", "18")
_POOL_LENGTH = 12
#: The most federated credentials of one identity.
_NAMESPACES = 20


def _place(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.region is None:
        yield ("region",), "a stack on Azure requires a region, such as 'region: westeurope'"
    elif not _REGION.fullmatch(config.region):
        yield ("region",), f"'{config.region}' is not an Azure region; examples: eastus2, westeurope"
    if config.account is not None and not _SUBSCRIPTION.fullmatch(config.account):
        yield ("account",), f"'{config.account}' is not a subscription ID, a UUID in lower case"
    for index, person in enumerate(config.people):
        if not _SUBSCRIPTION.fullmatch(person):
            yield ("people", index), f"'{person}' is not an object ID, a UUID in lower case"
    if not 30 <= config.log_retention_days <= 730:
        yield ("log_retention_days",), "Log Analytics supports 30 to 730 days"
    if config.network.zones > 3:
        yield ("network", "zones"), "Azure regions have at most 3 zones"


_LOCKED_OUT = (
    "is not supported in an existing network: it would lock out the nodes, which reach the API server from public addresses"
    " that mfinfra cannot read; remove it, or set kubernetes.endpoint: private"
)


def _network(config: StackConfig, _: Given) -> Iterator[Problem]:
    network = config.network
    if network.vpc is None:
        return
    if not _VNET.fullmatch(network.vpc):
        yield (
            ("network", "vpc"),
            f"'{network.vpc}' is not the resource ID of a virtual network: /subscriptions/.../virtualNetworks/NAME",
        )
    if len(network.subnets) != 2:
        yield (
            ("network", "subnets"),
            "an existing network requires two subnets: that of the cluster and that of the database",
        )
    if config.kubernetes.allow and "0.0.0.0/0" not in config.kubernetes.allow:
        yield ("kubernetes", "allow"), _LOCKED_OUT
    for index, name in enumerate(network.subnets):
        if not _SUBNET.fullmatch(name):
            yield (
                ("network", "subnets", index),
                f"'{name}' is not the resource ID of a subnet: .../virtualNetworks/NAME/subnets/NAME",
            )


def _datastore(config: StackConfig, _: Given) -> Iterator[Problem]:
    bucket, kms = config.datastore.bucket, config.datastore.kms
    if bucket is not None and not _CONTAINER.fullmatch(bucket):
        yield ("datastore", "bucket"), f"'{bucket}' is not a container, such as account/container"
    if kms not in ("create", "managed") and not _KEY.fullmatch(kms):
        yield (
            ("datastore", "kms"),
            f"'{kms}' is not one of: create, managed, https://VAULT.vault.azure.net/keys/NAME",
        )
    for index, name in enumerate(config.secrets.allow):
        if not any(form.fullmatch(name) for form in (_SECRET, _SECRET_ID, _ENTIRE_VAULT)):
            yield (
                ("secrets", "allow", index),
                f"'{name}' is not a secret: {_SECRET_FORMS}; without /secrets/NAME, all secrets of that vault",
            )


def _database(config: StackConfig, given: Given) -> Iterator[Problem]:
    metadata = config.metadata
    if not _DATABASE_CLASS.fullmatch(str(metadata.instance_class)):
        yield (
            ("metadata", "instance_class"),
            f"'{metadata.instance_class}' is not a flexible server size, such as B_Standard_B1ms",
        )
    if metadata.high_availability and str(metadata.instance_class).startswith("B_"):
        yield (
            ("metadata", "high_availability"),
            f"{metadata.instance_class} is burstable and does not support a standby; set size: large",
        )
    if metadata.postgres_version not in _VERSIONS:
        yield (
            ("metadata", "postgres_version"),
            f"must be one of {', '.join(_VERSIONS)}; Azure selects the minor version",
        )
    if said(given, "metadata").get("backup_days") in range(7):
        yield ("metadata", "backup_days"), "Azure supports 7 to 35 days"
    secrets: list[tuple[Place, str | None]] = [(("orchestrator", "airflow_secret"), config.orchestrator.airflow_secret)]
    secrets += [(("metadata", "database", "secret"), metadata.database.secret)] if metadata.database is not None else []
    for place, secret in secrets:
        if secret is not None and not (_SECRET.fullmatch(secret) or _SECRET_ID.fullmatch(secret)):
            yield place, f"must be a secret: {_SECRET_FORMS}"


def _namespaces(config: StackConfig, _: Given) -> Iterator[Problem]:
    if len(config.kubernetes.namespaces) > _NAMESPACES:
        yield ("kubernetes", "namespaces"), f"Azure supports at most {_NAMESPACES} namespaces with one identity"


RULES: tuple[Rule, ...] = (*COMMON, names.azure, of_aws, service, _place, _network, _datastore, _database, _namespaces)
