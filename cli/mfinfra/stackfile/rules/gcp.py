"""Rules for stacks on Google Cloud: names, projects, sizes. Checked offline.

Sources: the pages on naming resources, on Cloud SQL machine types, on labels and on service accounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import names
from .azure_and_gcp import of_aws, service
from .base import COMMON, Given, Place, Problem, Rule

if TYPE_CHECKING:
    from ..schema import StackConfig

_REGION = re.compile(r"[a-z]+-[a-z]+\d{1,2}")
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_NETWORK = re.compile(rf"(projects/{_PROJECT.pattern}/global/networks/)?[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?")
_SUBNET = re.compile(
    rf"(projects/{_PROJECT.pattern}/regions/[a-z0-9-]+/subnetworks/)?[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?"
)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_KEY = re.compile(
    rf"projects/{_PROJECT.pattern}/locations/[a-z0-9-]+/keyRings/[A-Za-z0-9_-]{{1,63}}/cryptoKeys/[A-Za-z0-9_-]{{1,63}}"
)
_SECRET = re.compile(rf"(projects/({_PROJECT.pattern}|\d+)/secrets/)?[A-Za-z0-9_-]{{1,255}}")
_DATABASE_CLASS = re.compile(r"db-(f1-micro|g1-small|custom-\d+-\d+|perf-optimized-N-\d+)")
_PERSON = re.compile(r"(user|group|serviceAccount):[^@:]+@[^@:]+")
_SHARED = ("db-f1-micro", "db-g1-small")


def _place(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.region is None:
        yield ("region",), "a stack on Google Cloud requires a region, such as 'region: europe-west1'"
    elif not _REGION.fullmatch(config.region):
        yield (
            ("region",),
            f"'{config.region}' is not a Google Cloud region; examples: us-central1, europe-west1",
        )
    if config.account is not None and not _PROJECT.fullmatch(config.account):
        yield (
            ("account",),
            f"'{config.account}' is not a project ID: 6 to 30 lower-case letters, digits and dashes",
        )
    for index, person in enumerate(config.people):
        if not _PERSON.fullmatch(person):
            yield ("people", index), f"'{person}' is not a member, such as user:ada@example.com, group:team@example.com"
    if config.network.zones > 4:
        yield ("network", "zones"), "Google Cloud regions have at most 4 zones"
    for key, value in config.tags.items():
        if len(key) > 63 or len(value) > 63:
            yield ("tags", key), "Google Cloud labels have at most 63 characters"


def _network(config: StackConfig, _: Given) -> Iterator[Problem]:
    network = config.network
    if network.vpc is None:
        return
    if not _NETWORK.fullmatch(network.vpc):
        yield (
            ("network", "vpc"),
            f"'{network.vpc}' is not a VPC network: its name, or projects/PROJECT/global/networks/NAME",
        )
    if len(network.subnets) != 1 or not _SUBNET.fullmatch(network.subnets[0]):
        yield (
            ("network", "subnets"),
            "an existing network requires the name of one subnetwork, with ranges for pods and services",
        )


def _datastore(config: StackConfig, _: Given) -> Iterator[Problem]:
    bucket, kms = config.datastore.bucket, config.datastore.kms
    if bucket is not None and not _BUCKET.fullmatch(bucket):
        yield ("datastore", "bucket"), f"'{bucket}' is not a bucket name"
    if kms not in ("create", "managed") and not _KEY.fullmatch(kms):
        yield (
            ("datastore", "kms"),
            f"'{kms}' is not one of: create, managed, projects/P/locations/L/keyRings/R/cryptoKeys/K",
        )
    for index, name in enumerate(config.secrets.allow):
        if not _SECRET.fullmatch(name):
            yield ("secrets", "allow", index), f"'{name}' is not a secret: its name, or projects/PROJECT/secrets/NAME"


def _database(config: StackConfig, _: Given) -> Iterator[Problem]:
    metadata = config.metadata
    size = str(metadata.instance_class)
    if not _DATABASE_CLASS.fullmatch(size):
        yield (
            ("metadata", "instance_class"),
            f"'{size}' is not a Cloud SQL tier, such as db-g1-small, db-custom-2-7680",
        )
    if metadata.high_availability and size in _SHARED:
        yield (
            ("metadata", "high_availability"),
            f"{size} has a shared core and no SLA for a standby; set size: large",
        )
    if "." in metadata.postgres_version:
        yield ("metadata", "postgres_version"), "must be 14 to 18; Google Cloud selects the minor version"
    secrets: list[tuple[Place, str | None]] = [(("orchestrator", "airflow_secret"), config.orchestrator.airflow_secret)]
    secrets += [(("metadata", "database", "secret"), metadata.database.secret)] if metadata.database is not None else []
    for place, secret in secrets:
        if secret is not None and not _SECRET.fullmatch(secret):
            yield place, "must be a secret: projects/PROJECT/secrets/NAME"


RULES: tuple[Rule, ...] = (*COMMON, names.gcp, of_aws, service, _place, _network, _datastore, _database)
