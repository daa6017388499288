"""The parameters of the CloudFormation template: what each is, the group the console shows it in, its value."""

# ruff: noqa: E501 - a parameter is one line
from __future__ import annotations

import ipaddress
import json
from typing import Any

from ..machine.names import stack_tags

Values = dict[str, Any]
_FAMILIES = "c6i,m6i"


def pascal(text: str) -> str:
    """A name as logical ids have it."""
    return "".join(part.capitalize() for part in text.replace("-", ".").replace("_", ".").split("."))


Described = dict[str, tuple[dict[str, Any], str, str]]


def _text(description: str, pattern: str | None = None, kind: str = "String") -> dict[str, Any]:
    found: dict[str, Any] = {"Type": kind, "Description": description}
    return {**found, "AllowedPattern": pattern} if pattern else found


def _number(description: str, least: int, most: int) -> dict[str, Any]:
    return {"Type": "Number", "Description": description, "MinValue": least, "MaxValue": most}


def _choice(description: str, *allowed: str) -> dict[str, Any]:
    return {"Type": "String", "Description": description, "AllowedValues": list(allowed)}


_LIST = "CommaDelimitedList"


def described(values: Values, has: dict[str, bool], pools: list[dict[str, Any]]) -> Described:
    """Parameter -> what it is, the group it is shown in, its value."""
    found: Described = {
        "Name": (
            _text("Name of the stack; every name begins with it.", "^[a-z][a-z0-9-]{0,30}$"),
            "Stack",
            values["name"],
        ),
        "LogRetentionDays": (_number("Days that logs are kept.", 1, 3653), "Stack", str(values["log_retention_days"])),
        "DeletionProtection": (
            _choice("Refuse removal of what holds data.", "true", "false"),
            "Stack",
            _flag(has["protected"]),
        ),
        "BatchDefaultTags": (
            _text("Tags of jobs, as JSON."),
            "Compute",
            json.dumps(stack_tags(values["name"], values["tags"]), sort_keys=True, separators=(",", ":")),
        ),
    }
    if has["boundary"]:
        found["PermissionsBoundary"] = (
            _text("Policy that bounds every role."),
            "Stack",
            values["permissions_boundary"],
        )
    found |= _of_network(values, has) | _of_data(values, has) | _of_metadata(values, has)
    for pool, spec in zip(pools, values["compute"]["pools"].values()):
        found |= _of_pool(pool, spec)
    return found | (_of_ui(values, has) if has["ui"] else {})


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _of_network(values: Values, has: dict[str, bool]) -> Described:
    network = values["network"]
    if not has["network"]:
        return {
            "VpcId": (_text("The VPC.", kind="AWS::EC2::VPC::Id"), "Network", network["vpc"]),
            "PrivateSubnetIds": (_text("Its private subnets.", kind="List<AWS::EC2::Subnet::Id>"), "Network", ",".join(network["subnets"])),
            **({"PublicSubnetIds": (_text("Its public subnets.", kind="List<AWS::EC2::Subnet::Id>"), "Network", ",".join(network["public_subnets"]))}
               if has["ui"] and not has["ui_internal"] else {}),
        }  # fmt: skip
    private, public = subnets(network["cidr"], network["zones"])
    return {
        "VpcCidr": (_text("Addresses of the network.", r"^[0-9./]{9,18}$"), "Network", network["cidr"]),
        "PrivateSubnetCidrs": (_text("Addresses of the private subnets.", kind=_LIST), "Network", ",".join(private)),
        "PublicSubnetCidrs": (_text("Addresses of the public subnets.", kind=_LIST), "Network", ",".join(public)),
    }


def subnets(cidr: str, zones: int) -> tuple[list[str], list[str]]:
    """The private subnets in the lower half of a block, the public ones from three quarters on; as Terraform has it."""
    block = ipaddress.IPv4Network(cidr)
    bits = (zones - 1).bit_length() + 1
    private = list(block.subnets(prefixlen_diff=bits))[:zones]
    public = list(list(block.subnets(prefixlen_diff=2))[3].subnets(prefixlen_diff=4))[:zones]
    return [str(subnet) for subnet in private], [str(subnet) for subnet in public]


def _of_data(values: Values, has: dict[str, bool]) -> Described:
    found: Described = {}
    if has["bucket"]:
        found["NoncurrentDays"] = (
            _number("Days that old versions are kept.", 1, 3650),
            "Datastore",
            str(values["datastore"]["noncurrent_days"]),
        )
    else:
        found["BucketName"] = (_text("The bucket."), "Datastore", values["datastore"]["bucket"])
    if has["given_key"]:
        found["KmsKeyArn"] = (_text("Key that encrypts."), "Datastore", values["datastore"]["kms"])
    if has["secrets"]:
        found["SecretsAllow"] = (
            _text("Secrets that tasks may read.", kind=_LIST),
            "Compute",
            ",".join(values["secrets"]["allow"]),
        )
    if has["registry_image"]:
        found["RegistryImage"] = (
            _text("Tag that steps use where they name no image."),
            "Compute",
            values["registry"]["image"],
        )
    return found


def _of_metadata(values: Values, has: dict[str, bool]) -> Described:
    metadata, group = values["metadata"], "Metadata"
    found: Described = {
        "MetadataImage": (_text("Image of the metadata service."), group, metadata["image"]),
        "MetadataCpu": (
            _choice("CPU units of each task.", "256", "512", "1024", "2048", "4096"),
            group,
            str(metadata["cpu"]),
        ),
        "MetadataMemory": (_text("Memory of each task, in MB.", r"^\d{3,5}$"), group, str(metadata["memory"])),
        "MetadataReplicas": (_number("Tasks.", 1, 20), group, str(metadata["replicas"])),
    }
    if has["allow"] and has["api"]:
        found["ApiAllow"] = (_text("Addresses that may reach the API.", kind=_LIST), group, ",".join(metadata["allow"]))
    return found | (_of_database(metadata) if has["database"] else _of_given_database(metadata["database"]))


def _of_database(metadata: Values) -> Described:
    group = "Database"
    return {
        "DatabaseClass": (_text("Size.", r"^db\.[a-z0-9]+\.[a-z0-9]+$"), group, metadata["instance_class"]),
        "PostgresVersion": (
            _text("Version of PostgreSQL.", r"^1[4-8](\.\d{1,2})?$"),
            group,
            metadata["postgres_version"],
        ),
        "DatabaseStorage": (_number("Disk, in GB.", 20, 65536), group, str(metadata["storage_gb"])),
        "DatabaseMaxStorage": (
            _number("How far the disk may grow.", 20, 65536),
            group,
            str(metadata["max_storage_gb"]),
        ),
        "DatabaseStandby": (
            _choice("A standby in a second zone.", "true", "false"),
            group,
            _flag(metadata["high_availability"]),
        ),
        "DatabaseBackupDays": (_number("Days that backups are kept.", 0, 35), group, str(metadata["backup_days"])),
    }


def _of_given_database(database: Values) -> Described:
    group = "Database"
    return {
        "DatabaseHost": (_text("Host."), group, database["host"]),
        "DatabasePort": (_number("Port.", 1, 65535), group, str(database["port"])),
        "DatabaseName": (_text("Name."), group, database["name"]),
        "DatabaseSecretArn": (_text("Secret with username and password."), group, database["secret"]),
        "DatabaseGroupId": (
            _text("Security group.", kind="AWS::EC2::SecurityGroup::Id"),
            group,
            database["security_group"],
        ),
    }


def _of_pool(pool: dict[str, Any], spec: Values) -> Described:
    id, group = pool["id"], f"Pool {pool['name']}"
    found: Described = {
        f"{id}MaxVcpus": (_number("vCPUs at most.", 1, 10000), group, str(spec["max_vcpus"])),
        f"{id}Priority": (_number("Which queue is served first.", 0, 1000), group, str(spec["priority"])),
    }
    if pool["machines"]:
        types = ",".join(spec["instance_types"]) or _FAMILIES
        found[f"{id}MinVcpus"] = (_number("vCPUs kept running.", 0, 10000), group, str(spec["min_vcpus"]))
        found[f"{id}InstanceTypes"] = (_text("Instance types or families.", kind=_LIST), group, types)
        found[f"{id}DiskGb"] = (_number("Disk of each machine.", 30, 16384), group, str(spec["disk_gb"]))
    if pool["ami"]:
        found[f"{id}Ami"] = (_text("Machine image.", r"^ami-[0-9a-f]{8,17}$"), group, spec["ami"])
    if pool["limited"]:
        seconds = str(spec["runnable_minutes"] * 60)
        found[f"{id}RunnableSeconds"] = (
            _number("Cancel a job that waits this long for what cannot come.", 600, 86400),
            group,
            seconds,
        )
    return found


def _of_ui(values: Values, has: dict[str, bool]) -> Described:
    ui, group = values["ui"], "UI"
    found: Described = {
        "UiDomain": (_text("Host name."), group, ui["domain"]),
        "UiCertificate": (_text("Certificate in ACM."), group, ui["certificate"]),
        "UiAllow": (_text("Addresses that may reach it.", kind=_LIST), group, ",".join(ui["allow"]) or "0.0.0.0/0"),
    }
    if has["cognito"] and has["cognito_prefix"]:
        found["UiCognitoPrefix"] = (_text("First part of the name of the sign-on page."), group, ui["cognito_prefix"])
    if not has["cognito"]:
        for key, value in ui["oidc"].items():
            found[f"Oidc{pascal(key)}"] = (_text(f"OIDC: {key.replace('_', ' ')}."), group, value)
    return found


def groups(described: Described) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, (_, group, _) in described.items():
        found.setdefault(group, []).append(name)
    return found
