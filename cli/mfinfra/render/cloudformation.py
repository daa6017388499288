"""The AWS stack as one CloudFormation template: its text, its parameter values, and what it does not support.

As with Terraform, templates get only decisions derived from a stack file; its values become parameters.
"""

# ruff: noqa: E501 - one line for each value of the template
from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ..stackfile import component_versions as versions
from .cloudformation_parameters import described, groups, pascal

Values = dict[str, Any]

#: Output of the template -> runtime setting and its value. The order is that of the console.
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
_HOPELESS = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
)
_TYPES = {"on_demand": "EC2", "spot": "SPOT", "fargate": "FARGATE", "fargate_spot": "FARGATE_SPOT"}


def unsupported(values: Values) -> list[str]:
    """The options of a stack file that CloudFormation does not support, one text each."""
    found = []
    if values["compute"]["backend"] == "kubernetes":
        found.append("compute.backend: kubernetes")
    if values["metadata"]["backup_days"] == 0 and values["metadata"]["high_availability"]:
        found.append("metadata.backup_days: 0 with high_availability: a standby requires backups")
    if values["password_generation"] > 1:
        found.append("password_generation: CloudFormation cannot rotate a generated password")
    return found


def render(values: Values, folder: Path) -> str:
    """The text of the template; `folder` contains stack.yaml.j2."""
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
    environment.filters["pascal"] = pascal
    context = _context(values)
    context["api_digest"] = _digest(
        environment.get_template("parts/api.yaml.j2").render({**context, "api_digest": ""}), values
    )
    lines = environment.get_template("stack.yaml.j2").render(context).splitlines()
    return "\n".join(line.rstrip() for line in lines if line.strip()) + "\n"


def _digest(text: str, values: Values) -> str:
    allowed = json.dumps(values["metadata"]["allow"])
    return hashlib.sha256((text + allowed).encode()).hexdigest()[:10].upper()


def parameters(values: Values) -> dict[str, str]:
    """The value of every parameter of the template."""
    return {name: value for name, (_, _, value) in described(values, decided(values), _pools(values)).items()}


def decided(values: Values) -> dict[str, bool]:
    """Whether a stack has each optional part."""
    network, datastore, metadata, ui = (values[key] for key in ("network", "datastore", "metadata", "ui"))
    return {
        "key": datastore["kms"] == "create",
        "any_key": datastore["kms"] != "managed",
        "given_key": datastore["kms"] not in ("managed", "create"),
        "network": network["vpc"] is None,
        "flow_logs": network["flow_logs"],
        "bucket": datastore["bucket"] is None,
        "access_logs": datastore["access_logs"],
        "versioning": datastore["versioning"],
        "database": metadata["database"] is None,
        "api": metadata["api"] == "public",
        "allow": bool(metadata["allow"]),
        "api_allow": metadata["api"] == "public" and bool(metadata["allow"]),
        "step_functions": values["orchestrator"]["step_functions"],
        "ui": ui["enabled"],
        "ui_internal": ui["internal"],
        "cognito": ui["enabled"] and ui["auth"] == "cognito",
        "cognito_prefix": ui["cognito_prefix"] is not None,
        "cognito_name": ui["enabled"] and ui["auth"] == "cognito" and ui["cognito_prefix"] is not None,
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
    arn = "!GetAtt Bucket.Arn" if has["bucket"] else '!Sub "arn:${AWS::Partition}:s3:::${BucketName}"'
    objects = "${Bucket.Arn}" if has["bucket"] else "arn:${AWS::Partition}:s3:::${BucketName}"
    found = described(values, has, _pools(values))
    context = {
        "has": has,
        "partition": values["partition"],
        "zones": zones,
        "gateways": gateways,
        "endpoints": values["network"]["endpoints"] if has["network"] else [],
        "postgres_major": values["metadata"]["postgres_version"].split(".")[0],
        "postgres_minor": "." in values["metadata"]["postgres_version"],
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
        "parameters": {name: spec for name, (spec, _, _) in found.items()},
        "groups": groups(found),
    }
    given = {output: value for output, (_, value) in _settings(values, has, bucket).items()}
    return {**context, "settings": settings(values), "outputs": {**given, **_other_outputs(values, has, bucket)}}


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
            "id": f"Pool{pascal(name)}",
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
    if not has["any_key"]:  # with a KMS key, the default encryption of the bucket selects it
        found["MetaflowS3ServerSideEncryption"] = ("METAFLOW_S3_SERVER_SIDE_ENCRYPTION", '"AES256"')
    stage = '!Sub "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${ApiStage}/"'
    internal = found["MetaflowServiceInternalUrl"][1]
    found["MetaflowServiceUrl"] = ("METAFLOW_SERVICE_URL", stage if has["api"] else internal)
    default = f"Pool{pascal(values['compute']['default'])}Queue"
    found["MetaflowBatchJobQueue"] = ("METAFLOW_BATCH_JOB_QUEUE", f"!Ref {default}")
    if has["step_functions"]:
        found |= _STEP_FUNCTIONS
    if has["ui"]:
        found["MetaflowUiUrl"] = ("METAFLOW_UI_URL", '!Sub "https://${UiDomain}"')
    if has["registry_image"]:
        registry = '!Sub "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"'
        found["MetaflowDefaultContainerRegistry"] = ("METAFLOW_DEFAULT_CONTAINER_REGISTRY", registry)
        found["MetaflowDefaultContainerImage"] = (
            "METAFLOW_DEFAULT_CONTAINER_IMAGE",
            '!Sub "${Repository}:${RegistryImage}"',
        )
    return {
        output: (setting, value.replace("<bucket>", f"${{{bucket}}}")) for output, (setting, value) in found.items()
    }


def settings(values: Values) -> dict[str, str]:
    """Output of the template -> runtime setting."""
    return {output: setting for output, (setting, _) in _settings(values, decided(values), "").items()}


def _other_outputs(values: Values, has: dict[str, bool], bucket: str) -> dict[str, str]:
    """The outputs that mfinfra itself uses."""
    queues = ", ".join(f"!Ref {pool['id']}Queue" for pool in _pools(values))
    logs = (["!Ref LogBucket"] if has["bucket"] and has["access_logs"] else []) + (
        ["!Ref UiLogBucket"] if has["ui"] else []
    )
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
