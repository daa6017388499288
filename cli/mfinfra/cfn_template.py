"""The AWS stack as one CloudFormation template: its text, the values of its parameters, and what it cannot express.

As with Terraform, templates see only what was decided from a stack file; the values themselves are parameters.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from pathlib import Path
from typing import Any

from . import versions

Values = dict[str, Any]

#: Output of the template -> what it gives: the settings of the runtime. The order is that of the console.
SETTINGS = {
    "MetaflowDefaultDatastore": ("METAFLOW_DEFAULT_DATASTORE", "s3"),
    "MetaflowDatastoreSysrootS3": ("METAFLOW_DATASTORE_SYSROOT_S3", '!Sub "s3://<bucket>/metaflow"'),
    "MetaflowDatatoolsS3root": ("METAFLOW_DATATOOLS_S3ROOT", '!Sub "s3://<bucket>/metaflow/data"'),
    "MetaflowCardS3root": ("METAFLOW_CARD_S3ROOT", '!Sub "s3://<bucket>/metaflow/mf.cards"'),
    "MetaflowCondaPackageS3root": ("METAFLOW_CONDA_PACKAGE_S3ROOT", '!Sub "s3://<bucket>/metaflow/conda"'),
    "MetaflowDefaultMetadata": ("METAFLOW_DEFAULT_METADATA", "service"),
    "MetaflowServiceInternalUrl": ("METAFLOW_SERVICE_INTERNAL_URL", '!Sub "http://${MetadataBalancer.DNSName}/"'),
    "MetaflowEcsS3AccessIamRole": ("METAFLOW_ECS_S3_ACCESS_IAM_ROLE", "!GetAtt TaskRole.Arn"),
    "MetaflowEcsFargateExecutionRole": ("METAFLOW_ECS_FARGATE_EXECUTION_ROLE", "!GetAtt ExecutionRole.Arn"),
    "MetaflowBatchEmitTags": ("METAFLOW_BATCH_EMIT_TAGS", '"true"'),
    "MetaflowBatchDefaultTags": ("METAFLOW_BATCH_DEFAULT_TAGS", "!Ref BatchDefaultTags"),
    "MetaflowDefaultSecretsBackendType": ("METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE", "aws-secrets-manager"),
    "MetaflowAwsSecretsManagerDefaultRegion": ("METAFLOW_AWS_SECRETS_MANAGER_DEFAULT_REGION", '!Ref "AWS::Region"'),
}
_STEP_FUNCTIONS = {
    "MetaflowSfnIamRole": ("METAFLOW_SFN_IAM_ROLE", "!GetAtt StatesRole.Arn"),
    "MetaflowEventsSfnAccessIamRole": ("METAFLOW_EVENTS_SFN_ACCESS_IAM_ROLE", "!GetAtt EventsRole.Arn"),
    "MetaflowSfnDynamoDbTable": ("METAFLOW_SFN_DYNAMO_DB_TABLE", "!Ref ForeachTable"),
    "MetaflowSfnStateMachinePrefix": ("METAFLOW_SFN_STATE_MACHINE_PREFIX", "!Ref Name"),
    "MetaflowSfnExecutionLogGroupArn": ("METAFLOW_SFN_EXECUTION_LOG_GROUP_ARN", "!GetAtt ExecutionLog.Arn"),
    "MetaflowSfnS3DistributedMapOutputPath": (
        "METAFLOW_SFN_S3_DISTRIBUTED_MAP_OUTPUT_PATH",
        '!Sub "s3://<bucket>/metaflow/sfn_distributed_map_output"',
    ),
    "MetaflowSfnCompressStateMachine": ("METAFLOW_SFN_COMPRESS_STATE_MACHINE", '"true"'),
}
_FAMILIES = "c6i,m6i"
_HOPELESS = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
)
_TYPES = {"ec2": "EC2", "spot": "SPOT", "fargate": "FARGATE", "fargate_spot": "FARGATE_SPOT"}


def unsupported(values: Values) -> list[str]:
    """What of a stack file CloudFormation cannot express, one sentence each."""
    found = []
    if values["ui"]["enabled"] and values["network"]["vpc"] and not values["ui"]["internal"]:
        pass  # expressed: the public subnets are a parameter
    if values["metadata"]["backup_days"] == 0 and values["metadata"]["high_availability"]:
        found.append("metadata.backup_days: 0 with high_availability: a standby needs backups")
    return found


def render(values: Values, folder: Path) -> str:
    """The template; `folder` is where stack.yaml.j2 lies."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(str(folder)),
        undefined=StrictUndefined,
        autoescape=False,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["pascal"] = _pascal
    context = _context(values)
    context["api_digest"] = _digest(environment.get_template("parts/api.yaml.j2").render({**context, "api_digest": ""}), values)
    lines = environment.get_template("stack.yaml.j2").render(context).splitlines()
    return "\n".join(line.rstrip() for line in lines if line.strip()) + "\n"


def _digest(text: str, values: Values) -> str:
    allowed = json.dumps(values["metadata"]["allow"])
    return hashlib.sha256((text + allowed).encode()).hexdigest()[:10].upper()


def _pascal(text: str) -> str:
    return "".join(part.capitalize() for part in text.replace("-", ".").replace("_", ".").split("."))


def decided(values: Values) -> dict[str, bool]:
    """Which parts a stack has."""
    network, datastore, metadata, ui = (values[key] for key in ("network", "datastore", "metadata", "ui"))
    return {
        "key": datastore["kms"] == "create",
        "any_key": datastore["kms"] != "aws",
        "given_key": datastore["kms"] not in ("aws", "create"),
        "network": network["vpc"] is None,
        "flow_logs": network["flow_logs"],
        "bucket": datastore["bucket"] is None,
        "access_logs": datastore["access_logs"],
        "versioning": datastore["versioning"],
        "database": metadata["database"] is None,
        "api": metadata["api"] == "public",
        "allow": bool(metadata["allow"]),
        "step_functions": values["orchestrator"]["step_functions"],
        "ui": ui["enabled"],
        "ui_internal": ui["internal"],
        "cognito": ui["enabled"] and ui["auth"] == "cognito",
        "cognito_prefix": ui["cognito_prefix"] is not None,
        "registry": values["registry"]["enabled"],
        "registry_image": values["registry"]["image"] is not None,
        "secrets": bool(values["secrets"]["allow"]),
        "boundary": values["permissions_boundary"] is not None,
        "removable": values["preset"] == "sandbox",
        "protected": values["deletion_protection"],
    }


def _context(values: Values) -> dict[str, Any]:
    has = decided(values)
    zones = list(range(values["network"]["zones"]))
    gateways = {"none": [], "one": [0], "per_zone": zones}[values["network"]["nat"]]
    database = "!GetAtt Database.Endpoint." if has["database"] else ""
    secret = "!Ref DatabaseSecret" if has["database"] else "!Ref DatabaseSecretArn"
    secret_name = secret.removeprefix("!Ref ")
    bucket = "Bucket" if has["bucket"] else "BucketName"
    arn = '!GetAtt Bucket.Arn' if has["bucket"] else '!Sub "arn:${AWS::Partition}:s3:::${BucketName}"'
    objects = "${Bucket.Arn}" if has["bucket"] else "arn:${AWS::Partition}:s3:::${BucketName}"
    described = _parameters(values)
    context = {
        "has": has,
        "partition": values["partition"],
        "zones": zones,
        "gateways": gateways,
        "endpoints": values["network"]["endpoints"] if has["network"] else [],
        "postgres_major": values["metadata"]["postgres_version"].split(".")[0],
        "pools": _pools(values),
        "hopeless": _HOPELESS,
        "containers": _CONTAINERS,
        "vpc": "!Ref Vpc" if has["network"] else "!Ref VpcId",
        "private_subnets": _refs("PrivateSubnet", zones) if has["network"] else "!Ref PrivateSubnetIds",
        "public_subnets": _refs("PublicSubnet", zones) if has["network"] else "!Ref PublicSubnetIds",
        "key": "!GetAtt Key.Arn" if has["key"] else "!Ref KmsKeyArn",
        "secret": secret,
        "secret_user": f'!Sub "${{{secret_name}}}:username::"',
        "secret_password": f'!Sub "${{{secret_name}}}:password::"',
        "database_host": f"{database}Address" if database else "!Ref DatabaseHost",
        "database_port": 5432 if has["database"] else "!Ref DatabasePort",
        "database_port_text": f"{database}Port" if database else "!Ref DatabasePort",
        "database_name": "metaflow" if has["database"] else "!Ref DatabaseName",
        "database_group": "!Ref DatabaseGroup" if has["database"] else "!Ref DatabaseGroupId",
        "bucket_arn": arn,
        "bucket_objects": f'!Sub "{objects}/metaflow/*"',
        "bucket_maps": f'!Sub "{objects}/metaflow/sfn_distributed_map_output/*"',
        "root": f'!Sub "s3://${{{bucket}}}/metaflow"',
        "public_access_block": "{ BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true }",
        "trust_tasks": '{ Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: "sts:AssumeRole" }] }',
        "sign_on": _sign_on(has),
        "ui_allow_count": max(1, len(values["ui"]["allow"])),
        "ui_backend_image": versions.UI_BACKEND_IMAGE,
        "ui_static_image": versions.UI_STATIC_IMAGE,
        "parameters": {name: spec for name, (spec, _, _) in described.items()},
        "groups": _groups(described),
    }
    settings = _settings(values, has, bucket)
    return {
        **context,
        "settings": {output: setting for output, (setting, _) in settings.items()},
        "outputs": {**{output: value for output, (_, value) in settings.items()}, **_facts(values, has, bucket)},
    }


_PYTHON = "/opt/latest/bin/python3"
_CONTAINERS = (
    {"name": "migrations", "essential": "false", "port": 0, "environment": (),
     "command": f"[{_PYTHON}, /root/run_goose.py, --wait, \"60\"]"},
    {"name": "service", "essential": "true", "port": 8080,
     "environment": (("MF_METADATA_HOST", "0.0.0.0"), ("MF_METADATA_PORT", "8080")),
     "command": f"[{_PYTHON}, -m, services.metadata_service.server]"},
    {"name": "schema", "essential": "true", "port": 8082,
     "environment": (("MF_MIGRATION_PORT", "8082"), ("MF_MIGRATION_ENDPOINTS_ENABLED", "0")),
     "command": f"[{_PYTHON}, -m, services.migration_service.migration_server]"},
)  # fmt: skip


def _refs(name: str, zones: list[int]) -> str:
    return "[" + ", ".join(f"!Ref {name}{zone}" for zone in zones) + "]"


def _sign_on(has: dict[str, bool]) -> str:
    if has["cognito"]:
        inner = "{ UserPoolArn: !GetAtt UiPool.Arn, UserPoolClientId: !Ref UiPoolClient, UserPoolDomain: !Ref UiPoolDomain }"
        return f"{{ Type: authenticate-cognito, Order: 1, AuthenticateCognitoConfig: {inner} }}"
    inner = (
        "{ Issuer: !Ref OidcIssuer, AuthorizationEndpoint: !Ref OidcAuthorizationEndpoint, TokenEndpoint: !Ref OidcTokenEndpoint,"
        " UserInfoEndpoint: !Ref OidcUserInfoEndpoint, ClientId: !Ref OidcClientId,"
        ' ClientSecret: !Sub "{{resolve:secretsmanager:${OidcClientSecret}}}" }'
    )
    return f"{{ Type: authenticate-oidc, Order: 1, AuthenticateOidcConfig: {inner} }}"


def _pools(values: Values) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "id": f"Pool{_pascal(name)}",
            "type": _TYPES[pool["kind"]],
            "machines": not pool["kind"].startswith("fargate"),
            "gpu": pool["gpu"],
            "ami": pool["ami"] is not None,
            "fair_share": pool["fair_share"],
            "limited": pool["runnable_minutes"] is not None,
        }
        for name, pool in values["compute"]["pools"].items()
    ]


def _settings(values: Values, has: dict[str, bool], bucket: str) -> dict[str, tuple[str, str]]:
    """Output -> setting and value."""
    found = dict(SETTINGS)
    encryption = "aws:kms" if has["any_key"] else "AES256"
    found["MetaflowS3ServerSideEncryption"] = ("METAFLOW_S3_SERVER_SIDE_ENCRYPTION", f'"{encryption}"')
    stage = '!Sub "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${ApiStage}/"'
    internal = found["MetaflowServiceInternalUrl"][1]
    found["MetaflowServiceUrl"] = ("METAFLOW_SERVICE_URL", stage if has["api"] else internal)
    default = f"Pool{_pascal(values['compute']['default'])}Queue"
    found["MetaflowBatchJobQueue"] = ("METAFLOW_BATCH_JOB_QUEUE", f"!Ref {default}")
    if has["step_functions"]:
        found |= _STEP_FUNCTIONS
    if has["ui"]:
        found["MetaflowUiUrl"] = ("METAFLOW_UI_URL", '!Sub "https://${UiDomain}"')
    if has["registry_image"]:
        registry = '!Sub "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"'
        found["MetaflowDefaultContainerRegistry"] = ("METAFLOW_DEFAULT_CONTAINER_REGISTRY", registry)
        found["MetaflowDefaultContainerImage"] = ("METAFLOW_DEFAULT_CONTAINER_IMAGE", '!Sub "${Repository}:${RegistryImage}"')
    return {output: (setting, value.replace("<bucket>", f"${{{bucket}}}")) for output, (setting, value) in found.items()}


def _facts(values: Values, has: dict[str, bool], bucket: str) -> dict[str, str]:
    """What mfinfra itself must know of the stack."""
    queues = ", ".join(f"!Ref {pool['id']}Queue" for pool in _pools(values))
    logs = (["!Ref LogBucket"] if has["bucket"] and has["access_logs"] else []) + (["!Ref UiLogBucket"] if has["ui"] else [])
    found = {
        "BucketName": f"!Ref {bucket}",
        "QueueArns": f'!Join [",", [{queues}]]',
        "ClusterName": "!Ref MetadataCluster",
        "ServiceName": "!GetAtt MetadataService.Name",
        "DatabaseSecret": "!Ref DatabaseSecret" if has["database"] else "!Ref DatabaseSecretArn",
    }
    if logs:
        found["LogBucketNames"] = f'!Join [",", [{", ".join(logs)}]]'
    if has["api"]:
        found["ApiKeyId"] = "!Ref ApiKey"
    if has["ui"]:
        found["UiLoadBalancer"] = "!GetAtt UiBalancer.DNSName"
    return found


# Parameters


Described = dict[str, tuple[dict[str, Any], str, str]]


def parameters(values: Values) -> dict[str, str]:
    """The value of every parameter of the template."""
    return {name: value for name, (_, _, value) in _parameters(values).items()}


def _text(description: str, pattern: str | None = None, kind: str = "String") -> dict[str, Any]:
    found: dict[str, Any] = {"Type": kind, "Description": description}
    return {**found, "AllowedPattern": pattern} if pattern else found


def _number(description: str, least: int, most: int) -> dict[str, Any]:
    return {"Type": "Number", "Description": description, "MinValue": least, "MaxValue": most}


def _choice(description: str, *allowed: str) -> dict[str, Any]:
    return {"Type": "String", "Description": description, "AllowedValues": list(allowed)}


_LIST = "CommaDelimitedList"


def _parameters(values: Values) -> Described:
    """Parameter -> what it is, the group it is shown in, its value."""
    has = decided(values)
    found: Described = {
        "Name": (_text("Name of the stack; every name begins with it.", "^[a-z][a-z0-9-]{0,30}$"), "Stack", values["name"]),
        "LogRetentionDays": (_number("Days that logs are kept.", 1, 3653), "Stack", str(values["log_retention_days"])),
        "DeletionProtection": (_choice("Refuse removal of what holds data.", "true", "false"), "Stack", _flag(has["protected"])),
        "BatchDefaultTags": (_text("Tags of jobs, as JSON."), "Compute", json.dumps(values["tags"], sort_keys=True)),
    }
    if has["boundary"]:
        found["PermissionsBoundary"] = (_text("Policy that bounds every role."), "Stack", values["permissions_boundary"])
    found |= _of_network(values, has) | _of_data(values, has) | _of_metadata(values, has)
    for pool, spec in zip(_pools(values), values["compute"]["pools"].values()):
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
    block = ipaddress.ip_network(cidr)
    bits = (zones - 1).bit_length() + 1
    private = list(block.subnets(prefixlen_diff=bits))[:zones]
    public = list(list(block.subnets(prefixlen_diff=2))[3].subnets(prefixlen_diff=4))[:zones]
    return [str(subnet) for subnet in private], [str(subnet) for subnet in public]


def _of_data(values: Values, has: dict[str, bool]) -> Described:
    found: Described = {}
    if has["bucket"]:
        found["NoncurrentDays"] = (_number("Days that old versions are kept.", 1, 3650), "Datastore", str(values["datastore"]["noncurrent_days"]))
    else:
        found["BucketName"] = (_text("The bucket."), "Datastore", values["datastore"]["bucket"])
    if has["given_key"]:
        found["KmsKeyArn"] = (_text("Key that encrypts."), "Datastore", values["datastore"]["kms"])
    if has["secrets"]:
        found["SecretsAllow"] = (_text("Secrets that tasks may read.", kind=_LIST), "Compute", ",".join(values["secrets"]["allow"]))
    if has["registry_image"]:
        found["RegistryImage"] = (_text("Tag that steps use where they name no image."), "Compute", values["registry"]["image"])
    return found


def _of_metadata(values: Values, has: dict[str, bool]) -> Described:
    metadata, group = values["metadata"], "Metadata"
    found: Described = {
        "MetadataImage": (_text("Image of the metadata service."), group, metadata["image"]),
        "MetadataCpu": (_choice("CPU units of each task.", "256", "512", "1024", "2048", "4096"), group, str(metadata["cpu"])),
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
        "PostgresVersion": (_text("Version of PostgreSQL.", r"^1[4-8](\.\d{1,2})?$"), group, metadata["postgres_version"]),
        "DatabaseStorage": (_number("Disk, in GB.", 20, 65536), group, str(metadata["storage_gb"])),
        "DatabaseMaxStorage": (_number("How far the disk may grow.", 20, 65536), group, str(metadata["max_storage_gb"])),
        "DatabaseStandby": (_choice("A standby in a second zone.", "true", "false"), group, _flag(metadata["high_availability"])),
        "DatabaseBackupDays": (_number("Days that backups are kept.", 0, 35), group, str(metadata["backup_days"])),
    }


def _of_given_database(database: Values) -> Described:
    group = "Database"
    return {
        "DatabaseHost": (_text("Host."), group, database["host"]),
        "DatabasePort": (_number("Port.", 1, 65535), group, str(database["port"])),
        "DatabaseName": (_text("Name."), group, database["name"]),
        "DatabaseSecretArn": (_text("Secret with username and password."), group, database["secret"]),
        "DatabaseGroupId": (_text("Security group.", kind="AWS::EC2::SecurityGroup::Id"), group, database["security_group"]),
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
        found[f"{id}RunnableSeconds"] = (_number("Cancel a job that waits this long for what cannot come.", 600, 86400), group, seconds)
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
            found[f"Oidc{_pascal(key)}"] = (_text(f"OIDC: {key.replace('_', ' ')}."), group, value)
    return found


def _groups(described: Described) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, (_, group, _) in described.items():
        found.setdefault(group, []).append(name)
    return found
