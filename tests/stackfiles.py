"""Stack files that set every key, for each cloud. Every free-text value contains a marker."""

from __future__ import annotations

from typing import Any

StackFile = dict[str, Any]

MARK = "zzmark"
ACCOUNTS = {"aws": "123456789012", "azure": "11111111-2222-3333-4444-555555555555", "gcp": f"{MARK}-project"}
_SECRET = f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{MARK}"
_VNET = (
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/"
    f"{MARK}/providers/Microsoft.Network/virtualNetworks/{MARK}"
)
_VAULT = f"https://{MARK}.vault.azure.net"

_ANYWHERE: StackFile = {
    "name": f"{MARK}name", "preset": "team", "engine": "terraform",
    "tags": {f"{MARK}key": f"{MARK}value"},
    "runtime": {"python": f"/{MARK}", "packages": [MARK]},
    "network": {"cidr": "10.9.0.0/16", "nat": "one"},
    "registry": {"enabled": True, "image": MARK},
}  # fmt: skip
_METADATA: StackFile = {"image": f"{MARK}/image:1", "size": "medium", "postgres_version": "17"}
_CLUSTER: StackFile = {
    "kubernetes": {"version": "1.35", "endpoint": "public", "allow": ["192.0.2.0/24"], "namespaces": {MARK: {"max_pods": 9}},
                   "default_namespace": MARK},
    "orchestrator": {"argo_workflows": True, "argo_events": True, "airflow": True, "airflow_branch": MARK, "airflow_folder": f"{MARK}/dags",
                     "airflow_repository": f"https://{MARK}.example.com/{MARK}/dags"},
}  # fmt: skip
_BALANCER: StackFile = {
    "enabled": True, "domain": f"{MARK}.example.com", "certificate": f"arn:aws:acm:eu-west-1:123456789012:certificate/{MARK}",
    "auth": "oidc", "cognito_prefix": MARK, "allow": ["192.0.2.0/24"],
    "oidc": {
        **dict.fromkeys(("issuer", "authorization_endpoint", "token_endpoint", "user_info_endpoint"), f"https://{MARK}.example.com/{MARK}"),
        "client_id": MARK, "client_secret": _SECRET,
    },
}  # fmt: skip


def _pools(**pool: Any) -> StackFile:
    return {"default": "cpu", "pools": {"cpu": {"kind": "spot", **pool}}}


_AWS: StackFile = {
    **_ANYWHERE, "cloud": "aws", "region": "eu-west-1", "partition": "aws", "account": ACCOUNTS["aws"],
    "permissions_boundary": f"arn:aws:iam::123456789012:policy/{MARK}",
    "network": {**_ANYWHERE["network"], "endpoints": ["logs"]},
    "datastore": {"bucket": f"{MARK}-bucket", "kms": f"arn:aws:kms:eu-west-1:123456789012:key/{MARK}"},
    "metadata": {
        **_METADATA, "instance_class": "db.t4g.small", "api": "public", "allow": ["192.0.2.0/24"],
        "database": {"host": f"{MARK}.example.com", "name": MARK, "security_group": "sg-0123abcd", "secret": _SECRET},
    },
    "secrets": {"allow": [f"{_SECRET}*"]},
}  # fmt: skip


def _airflow(secret: str) -> StackFile:
    return {"orchestrator": {**_CLUSTER["orchestrator"], "airflow_secret": secret}}


_AWS_GUEST: StackFile = {"network": {"vpc": "vpc-01234567", "subnets": ["subnet-01234567", "subnet-01234568"],
                                     "public_subnets": ["subnet-01234569", "subnet-0123456a"]}}  # fmt: skip
BATCH: StackFile = {
    **_AWS, "compute": {"backend": "batch", **_pools(instance_types=["m7i.large"], ami="ami-01234567")}, "ui": _BALANCER,
}  # fmt: skip
EKS: StackFile = {
    **_AWS, **_CLUSTER, **_airflow(_SECRET), "compute": {"backend": "kubernetes", **_pools(instance_types=["m7i.large"])}, "ui": _BALANCER,
    "people": [f"arn:aws:iam::123456789012:role/{MARK}"],
}  # fmt: skip
AZURE: StackFile = {
    **_ANYWHERE, **_CLUSTER, **_airflow(f"{_VAULT}/secrets/{MARK}"), "cloud": "azure", "region": "westeurope", "account": ACCOUNTS["azure"],
    "people": ["00000000-1111-2222-3333-444444444444"],
    "datastore": {"bucket": f"{MARK}/{MARK}", "kms": f"{_VAULT}/keys/{MARK}"},
    "metadata": {
        **_METADATA, "instance_class": "GP_Standard_D2ds_v5", "api": "private",
        "database": {"host": f"{MARK}.example.com", "name": MARK, "secret": f"{_VAULT}/secrets/{MARK}"},
    },
    "compute": {"backend": "kubernetes", **_pools(instance_types=["Standard_D4s_v5"])},
    "secrets": {"allow": [f"{_VAULT}/secrets/{MARK}"]},
    "ui": {"enabled": True},
}  # fmt: skip
GCP: StackFile = {
    **_ANYWHERE, **_CLUSTER, **_airflow(f"projects/{MARK}-p/secrets/{MARK}"), "cloud": "gcp", "region": "europe-west1", "account": ACCOUNTS["gcp"],
    "people": [f"group:{MARK}@example.com"],
    "datastore": {"bucket": f"{MARK}-bucket", "kms": f"projects/{MARK}-p/locations/europe-west1/keyRings/{MARK}/cryptoKeys/{MARK}"},
    "metadata": {
        **_METADATA, "instance_class": "db-custom-2-7680", "api": "private",
        "database": {"host": f"{MARK}.example.com", "name": MARK, "secret": f"projects/{MARK}-p/secrets/{MARK}"},
    },
    "compute": {"backend": "kubernetes", **_pools(instance_types=["n2-standard-4"])},
    "secrets": {"allow": [MARK]},
    "ui": {"enabled": True},
}  # fmt: skip

#: By what runs tasks: a stack with a network of its own, and one in a network that exists.
SHAPES: dict[str, tuple[StackFile, StackFile]] = {
    "batch": (BATCH, {**BATCH, **_AWS_GUEST}),
    "eks": (EKS, {**EKS, **_AWS_GUEST}),
    "azure": (AZURE, {**AZURE, "kubernetes": {**AZURE["kubernetes"], "allow": []}, "network": {"vpc": _VNET, "subnets": [f"{_VNET}/subnets/{MARK}", f"{_VNET}/subnets/{MARK}2"]}}),
    "gcp": (GCP, {**GCP, "network": {"vpc": MARK, "subnets": [f"projects/{MARK}-p/regions/europe-west1/subnetworks/{MARK}"]}}),
}  # fmt: skip
