"""AWS: secret values, changes that force replacement, computed values, rejected configurations."""

from __future__ import annotations

import base64
import ipaddress
import json
import secrets
import string
from collections.abc import Callable
from typing import Any, ClassVar

from ... import machines
from .base import CERTIFICATE, Overlay, Refusal, Values, blocks, digest, guid, merged, plain

ACCOUNT = "123456789012"
_LETTERS = string.ascii_letters + string.digits

SENSITIVE = {
    "aws_api_gateway_api_key": {"value"},
    "aws_cognito_user_pool_client": {"client_secret"},
    "aws_db_instance": {"password", "password_wo"},
    "aws_secretsmanager_secret_version": {"secret_string", "secret_string_wo", "secret_binary"},
    "data.aws_secretsmanager_secret_version": {"secret_string", "secret_binary"},
    "aws_lb_listener": {"default_action.authenticate_oidc.client_secret"},
    "aws_lb_listener_rule": {"action.authenticate_oidc.client_secret"},
    "aws_iam_access_key": {"secret", "ses_smtp_password_v4"},
    "aws_ssm_parameter": {"value", "value_wo"},
    "aws_acm_certificate": {"private_key"},
    "data.aws_ssm_parameter": {"value"},
    "data.aws_eks_cluster_auth": {"token"},
    "ephemeral.aws_eks_cluster_auth": {"token"},
}

#: Attributes that AWS cannot change in place; `name`, `name_prefix` and `vpc_id` force a new one everywhere else too.
FORCE_NEW = {
    "aws_vpc": {"cidr_block"},
    "aws_subnet": {"cidr_block", "availability_zone"},
    "aws_eip": {"domain"},
    "aws_nat_gateway": {"allocation_id", "subnet_id"},
    "aws_s3_bucket": {"bucket"},
    "aws_db_instance": {"identifier", "engine", "username", "db_name", "storage_encrypted", "kms_key_id"},
    "aws_db_parameter_group": {"family"},
    "aws_dynamodb_table": {"hash_key"},
    "aws_ecs_task_definition": {"family", "container_definitions", "cpu", "memory", "volume"},
    "aws_ecs_service": {"cluster", "launch_type"},
    "aws_lb": {"internal", "load_balancer_type"},
    "aws_lb_target_group": {"port", "protocol", "target_type"},
    "aws_ecr_repository": {"encryption_configuration"},
    "aws_secretsmanager_secret_version": {"secret_id", "secret_binary", "secret_string", "secret_string_wo_version"},
    "aws_api_gateway_deployment": {"triggers", "rest_api_id"},
    "aws_launch_template": set(),
    "aws_eks_cluster": {"role_arn", "bootstrap_self_managed_addons"},
    "aws_eks_node_group": {
        "cluster_name",
        "node_group_name",
        "node_role_arn",
        "subnet_ids",
        "instance_types",
        "ami_type",
        "capacity_type",
        "disk_size",
    },
    "aws_eks_addon": {"cluster_name", "addon_name"},
    "aws_eks_access_entry": {"cluster_name", "principal_arn", "type"},
    "aws_eks_access_policy_association": {"cluster_name", "principal_arn", "policy_arn"},
    "aws_eks_pod_identity_association": {"cluster_name", "namespace", "service_account"},
    "aws_iam_openid_connect_provider": {"url"},
    "aws_iam_policy": {"description"},
    "aws_efs_file_system": {"encrypted", "kms_key_id", "performance_mode"},
    "aws_efs_mount_target": {"file_system_id", "subnet_id"},
    "aws_sqs_queue": {"fifo_queue"},
    "aws_ssm_parameter": {"type"},
    "aws_kms_key": {"customer_master_key_spec"},
}
#: Arguments that can be changed, but neither added nor removed: the API of Batch on UpdateJobQueue.
SET_AT_CREATION = {"aws_batch_job_queue": {"scheduling_policy_arn"}}
#: Types whose name can be changed.
RENAMED = {
    "aws_api_gateway_usage_plan",
    "aws_api_gateway_vpc_link",
    "aws_api_gateway_rest_api",
    "aws_api_gateway_api_key",
}
ALWAYS_NEW = {"name", "name_prefix", "vpc_id"}


def partition(region: str) -> str:
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def suffix(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


_IDS = {
    "aws_vpc": "vpc", "aws_subnet": "subnet", "aws_security_group": "sg", "aws_internet_gateway": "igw", "aws_route_table": "rtb",
    "aws_nat_gateway": "nat", "aws_eip": "eipalloc", "aws_vpc_endpoint": "vpce", "aws_flow_log": "fl", "aws_launch_template": "lt",
    "aws_vpc_security_group_ingress_rule": "sgr", "aws_vpc_security_group_egress_rule": "sgr", "aws_route_table_association": "rtbassoc",
    "aws_default_security_group": "sg", "aws_security_group_rule": "sgrule", "aws_efs_file_system": "fs", "aws_efs_mount_target": "fsmt",
    "aws_efs_access_point": "fsap", "aws_network_acl": "acl", "aws_vpc_dhcp_options": "dopt",
}  # fmt: skip
#: service:resource part of an ARN, with the attribute that names the resource.
_ARNS = {
    "aws_s3_bucket": "s3:::{bucket}",
    "aws_iam_role": "iam::{account}:role/{name}",
    "aws_iam_instance_profile": "iam::{account}:instance-profile/{name}",
    "aws_kms_key": "kms:{region}:{account}:key/{id}",
    "aws_db_instance": "rds:{region}:{account}:db:{identifier}",
    "aws_dynamodb_table": "dynamodb:{region}:{account}:table/{name}",
    "aws_cloudwatch_log_group": "logs:{region}:{account}:log-group:{name}",
    "aws_batch_job_queue": "batch:{region}:{account}:job-queue/{name}",
    "aws_batch_compute_environment": "batch:{region}:{account}:compute-environment/{name}",
    "aws_batch_scheduling_policy": "batch:{region}:{account}:scheduling-policy/{name}",
    "aws_ecs_cluster": "ecs:{region}:{account}:cluster/{name}",
    "aws_ecs_task_definition": "ecs:{region}:{account}:task-definition/{family}:1",
    "aws_secretsmanager_secret": "secretsmanager:{region}:{account}:secret:{name}-{six}",
    "aws_lb": "elasticloadbalancing:{region}:{account}:loadbalancer/net/{name}/{id16}",
    "aws_lb_target_group": "elasticloadbalancing:{region}:{account}:targetgroup/{name}/{id16}",
    "aws_lb_listener": "elasticloadbalancing:{region}:{account}:listener/net/x/{id16}",
    "aws_cognito_user_pool": "cognito-idp:{region}:{account}:userpool/{region}_{six}",
    "aws_ecr_repository": "ecr:{region}:{account}:repository/{name}",
    "aws_eks_cluster": "eks:{region}:{account}:cluster/{name}",
    "aws_eks_node_group": "eks:{region}:{account}:nodegroup/{cluster_name}/{node_group_name}/{uuid}",
    "aws_eks_addon": "eks:{region}:{account}:addon/{cluster_name}/{addon_name}/{uuid}",
    "aws_eks_pod_identity_association": "eks:{region}:{account}:podidentityassociation/{cluster_name}/a-{id16}",
    "aws_iam_policy": "iam::{account}:policy/{name}",
    "aws_iam_user": "iam::{account}:user/{name}",
    "aws_iam_openid_connect_provider": "iam::{account}:oidc-provider/{host}",
    "aws_sqs_queue": "sqs:{region}:{account}:{name}",
    "aws_sns_topic": "sns:{region}:{account}:{name}",
    "aws_cloudwatch_event_rule": "events:{region}:{account}:rule/{name}",
    "aws_cloudwatch_metric_alarm": "cloudwatch:{region}:{account}:alarm:{alarm_name}",
    "aws_ssm_parameter": "ssm:{region}:{account}:parameter/{name}",
    "aws_efs_file_system": "elasticfilesystem:{region}:{account}:file-system/{id}",
    "aws_efs_access_point": "elasticfilesystem:{region}:{account}:access-point/{id}",
    "aws_autoscaling_group": "autoscaling:{region}:{account}:autoScalingGroup:{uuid}:autoScalingGroupName/{name}",
    "aws_sfn_state_machine": "states:{region}:{account}:stateMachine:{name}",
}  # fmt: skip
#: Types whose id is their ARN, and those whose id is one of their attributes.
_ID_IS_ARN = {
    "aws_lb",
    "aws_lb_target_group",
    "aws_lb_listener",
    "aws_secretsmanager_secret",
    "aws_batch_job_queue",
    "aws_batch_scheduling_policy",
    "aws_ecs_cluster",
    "aws_lb_listener_rule",
    "aws_iam_policy",
    "aws_iam_openid_connect_provider",
    "aws_sns_topic",
    "aws_sfn_state_machine",
}
_ID_IS = {
    "aws_s3_bucket": "bucket",
    "aws_iam_role": "name",
    "aws_iam_instance_profile": "name",
    "aws_dynamodb_table": "name",
    "aws_cloudwatch_log_group": "name",
    "aws_db_subnet_group": "name",
    "aws_db_parameter_group": "name",
    "aws_ecr_repository": "name",
    "aws_ecs_task_definition": "family",
    "aws_kms_alias": "name",
    "aws_cognito_user_pool_domain": "domain",
    "aws_eks_cluster": "name",
    "aws_iam_user": "name",
    "aws_cloudwatch_event_rule": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_ssm_parameter": "name",
    "aws_autoscaling_group": "name",
    "aws_s3_object": "key",
}
#: Types whose id is made of several of their attributes.
_ID_IS_MADE = {"aws_eks_node_group": "{cluster_name}:{node_group_name}", "aws_eks_addon": "{cluster_name}:{addon_name}",
               "aws_eks_access_entry": "{cluster_name}:{principal_arn}", "aws_eks_access_policy_association": "{cluster_name}#{principal_arn}#{policy_arn}",
               "aws_iam_role_policy": "{role}:{name}", "aws_cloudwatch_event_target": "{rule}-{target_id}"}  # fmt: skip


def made_up(kind: str, values: dict[str, Any], region: str) -> dict[str, Any]:
    """Values that AWS computes for a resource, in the correct format where the format matters."""
    seed = digest(kind, plain(values), length=32)
    found: dict[str, Any] = {}
    for key in ("name", "bucket", "identifier"):
        prefix = values.get(f"{key}_prefix")
        if key in values and not isinstance(values[key], str):
            found[key] = f"{prefix if isinstance(prefix, str) else 'tf-'}{seed[:12]}"
    names = {**values, **found}
    own = f"{_IDS[kind]}-{seed[:17]}" if kind in _IDS else seed[:10]
    facts = {"region": region, "account": ACCOUNT, "id": own, "id16": seed[:16], "six": seed[:6], "uuid": guid(seed)}
    facts["host"] = str(values.get("url")).removeprefix("https://")
    form = _ARNS.get(kind, f"{kind.split('_')[1]}:{{region}}:{{account}}:{kind[4:]}/{{id}}")
    arn = f"arn:{partition(region)}:" + form.format_map({**names, **facts})
    found["arn"] = arn
    found["id"] = arn if kind in _ID_IS_ARN else names.get(_ID_IS.get(kind, ""), own)
    if kind in _ID_IS_MADE:
        found["id"] = _ID_IS_MADE[kind].format_map({**names, **facts})
    if kind == "aws_kms_key":
        found["key_id"] = own
    if kind == "aws_secretsmanager_secret_version":
        found["arn"] = values["secret_id"]
    found |= _ADDRESSES.get(kind, lambda *_: {})({**names, **found}, seed, region)
    found["region"] = values.get("region") if isinstance(values.get("region"), str) else region
    return found


_ADDRESSES: dict[str, Callable[[dict[str, Any], str, str], dict[str, Any]]] = {
    "aws_db_instance": lambda v, s, r: {"address": f"{v['identifier']}.{s[:12]}.{r}.rds.{suffix(r)}", "port": 5432},
    "aws_lb": lambda v, s, r: {"dns_name": f"{v['name']}-{s[:16]}.elb.{r}.{suffix(r)}", "zone_id": f"Z{s[:12].upper()}"},
    "aws_api_gateway_rest_api": lambda v, s, r: {"root_resource_id": s[10:20], "execution_arn": f"arn:{partition(r)}:execute-api:{r}:{ACCOUNT}:{s[:10]}"},
    "aws_api_gateway_stage": lambda v, s, r: {"invoke_url": f"https://{v['rest_api_id']}.execute-api.{r}.{suffix(r)}/{v['stage_name']}"},
    "aws_ecr_repository": lambda v, s, r: {"repository_url": f"{ACCOUNT}.dkr.ecr.{r}.{suffix(r)}/{v['name']}"},
    "aws_launch_template": lambda v, s, r: {"latest_version": 1, "default_version": 1},
    "aws_ecs_task_definition": lambda v, s, r: {"revision": 1},
    "aws_eks_cluster": lambda v, s, r: _cluster(v, s, r),
    "aws_eks_node_group": lambda v, s, r: {"status": "ACTIVE", "resources": [{"autoscaling_groups": [{"name": f"eks-{v['node_group_name']}-{s[:8]}"}], "remote_access_security_group_id": ""}]},
    "aws_eks_pod_identity_association": lambda v, s, r: {"association_id": f"a-{s[:16]}"},
    "aws_sqs_queue": lambda v, s, r: {"id": f"https://sqs.{r}.{suffix(r)}/{ACCOUNT}/{v['name']}", "url": f"https://sqs.{r}.{suffix(r)}/{ACCOUNT}/{v['name']}"},
    "aws_efs_file_system": lambda v, s, r: {"dns_name": f"{v['id']}.efs.{r}.{suffix(r)}"},
    "aws_vpc": lambda v, s, r: {"default_security_group_id": f"sg-{s[1:18]}", "default_network_acl_id": f"acl-{s[1:18]}", "default_route_table_id": f"rtb-{s[1:18]}", "main_route_table_id": f"rtb-{s[1:18]}", "owner_id": ACCOUNT},
}  # fmt: skip


def _cluster(values: Values, seed: str, region: str) -> Values:
    """Endpoint, certificate and other computed values of an EKS cluster."""
    where = f"{seed.upper()}.gr7.{region}.eks.{suffix(region)}"
    issuer = f"https://oidc.eks.{region}.{suffix(region)}/id/{seed.upper()}"
    return {
        "endpoint": f"https://{where}",
        "certificate_authority": [{"data": base64.b64encode(CERTIFICATE.encode()).decode()}],
        "identity": [{"oidc": [{"issuer": issuer}]}],
        "status": "ACTIVE",
        "version": values.get("version") or "1.34",
        "platform_version": "eks.1",
        "cluster_id": None,
        "created_at": "2026-01-01T00:00:00Z",
    }


def policy_document(config: dict[str, Any]) -> dict[str, Any]:
    """The JSON that the data source generates from its blocks."""
    statements = _merged(
        *(json.loads(text)["Statement"] for text in config.get("source_policy_documents") or []),
        [_statement(s) for s in config.get("statement") or []],
        *(json.loads(text)["Statement"] for text in config.get("override_policy_documents") or []),
    )
    document = {"Version": config.get("version") or "2012-10-17", "Statement": statements}
    text = json.dumps(document, indent=2)
    return {
        "json": text,
        "minified_json": json.dumps(document),
        "id": digest(text, length=10),
        "version": document["Version"],
    }


def _merged(*lists: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Statements in their order; one with the Sid of an earlier one replaces it."""
    found: dict[Any, dict[str, Any]] = {}
    for position, statements in enumerate(lists):
        for number, statement in enumerate(statements):
            found[statement.get("Sid") or (position, number)] = statement
    return list(found.values())


def _statement(block: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": block.get("effect") or "Allow"}
    if block.get("sid"):
        found["Sid"] = block["sid"]
    for key, name in (
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ):
        if block.get(key):
            found[name] = _one_or_many(block[key])
    for key, name in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        if block.get(key):
            who = {p["type"]: _one_or_many(p["identifiers"]) for p in block[key]}
            found[name] = "*" if who == {"*": "*"} else who
    if block.get("condition"):
        conditions: dict[str, Any] = {}
        for condition in block["condition"]:
            conditions.setdefault(condition["test"], {})[condition["variable"]] = _one_or_many(condition["values"])
        found["Condition"] = conditions
    return found


def _one_or_many(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else sorted(values)


def _zones(config: dict[str, Any], region: str) -> dict[str, Any]:
    names = [f"{region}{letter}" for letter in "abcdef"]
    return {"id": region, "names": names, "zone_ids": [f"{name}-id" for name in names]}


def data(kind: str, config: dict[str, Any], region: str) -> dict[str, Any]:
    """The computed values of a data source."""
    part = partition(region)
    known: dict[str, Callable[[], dict[str, Any]]] = {
        "aws_iam_policy_document": lambda: policy_document(config),
        "aws_caller_identity": lambda: {"account_id": ACCOUNT, "arn": f"arn:{part}:iam::{ACCOUNT}:user/tester", "id": ACCOUNT, "user_id": "AIDATESTER"},
        "aws_region": lambda: {"region": region, "name": region, "id": region, "description": region, "endpoint": f"ec2.{region}.{suffix(region)}"},
        "aws_partition": lambda: {"partition": part, "dns_suffix": suffix(region), "id": part, "reverse_dns_prefix": ".".join(reversed(suffix(region).split(".")))},
        "aws_availability_zones": lambda: _zones(config, region),
        "aws_vpc": lambda: {"cidr_block": "10.40.0.0/16", "id": config.get("id") or "vpc-0", "cidr_block_associations": [{"association_id": "a", "cidr_block": "10.40.0.0/16", "state": "associated"}]},
        "aws_subnet": lambda: {"vpc_id": "vpc-0123456789abcdef0", "availability_zone": f"{region}{'abcdef'[int(str(config.get('id') or '0')[-1], 16) % 6]}", "cidr_block": "10.40.1.0/24"},
        "aws_s3_bucket": lambda: {"arn": f"arn:{part}:s3:::{config['bucket']}", "id": config["bucket"]},
        "aws_secretsmanager_secret_version": lambda: {"secret_string": "from-the-secret"},
        "aws_eks_cluster_auth": lambda: {"id": config["name"], "token": f"k8s-aws-v1.{digest(config['name'])}"},
        "aws_eks_cluster": lambda: {"id": config["name"], "arn": f"arn:{part}:eks:{region}:{ACCOUNT}:cluster/{config['name']}", **_cluster(config, digest(config["name"], length=32), region)},
        "aws_eks_addon_version": lambda: {"id": config["addon_name"], "version": f"v1.{'20' if config.get('most_recent') else '19'}.0-eksbuild.1"},
        "aws_iam_session_context": lambda: {"issuer_arn": config["arn"], "id": config["arn"]},
        "aws_iam_policy": lambda: {"arn": config.get("arn") or f"arn:{part}:iam::aws:policy/{config.get('name')}"},
        "aws_iam_role": lambda: {"arn": f"arn:{part}:iam::{ACCOUNT}:role/{config['name']}", "id": config["name"]},
        "aws_ssm_parameter": lambda: {"id": config["name"], "value": "ami-0123456789abcdef0" if "ami" in config["name"] else "from-the-parameter"},
        "aws_ami": lambda: {"id": "ami-0123456789abcdef0"},
        "aws_subnets": lambda: {"id": region, "ids": [f"subnet-0123456789abcdef{digit}" for digit in range(3)]},
    }  # fmt: skip
    return known.get(kind, dict)()


_POLICIES = {"policy", "assume_role_policy", "container_definitions"}


def refusals(kind: str, config: dict[str, Any]) -> list[str]:
    """Configurations that the real provider rejects before it calls AWS."""
    found = []
    for key, value in config.items():
        if not isinstance(value, str):
            continue
        if key in _POLICIES and not _is_json(value):
            found.append(f'"{key}" contains an invalid JSON')
        if key in ("cidr_block", "cidr_ipv4") and not _is_cidr(value):
            found.append(f'"{key}" is not a valid CIDR block: {value}')
    return found


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _machines(kind: str, planned: Values) -> str | None:
    """What is wrong with the instances of a pool."""
    if kind == "aws_batch_compute_environment":
        for found in blocks(planned, "compute_resources"):
            images = [
                {"imageType": image.get("image_type"), "imageIdOverride": image.get("image_id_override")}
                for image in blocks(found, "ec2_configuration")
            ]
            types = found.get("instance_type")
            wanted = {"instanceTypes": types if isinstance(types, list) else [], "maxvCpus": found.get("max_vcpus")}
            return machines.batch_refusal({**wanted, "ec2Configuration": images})
    if kind == "aws_eks_node_group" and isinstance(planned.get("instance_types"), list):
        taints = [taint.get("key") for taint in blocks(planned, "taint")]
        ami = str(planned.get("ami_type"))
        return machines.node_group_refusal(planned["instance_types"], ami, "nvidia.com/gpu" in taints)
    return None


def _database_version(kind: str, prior: Values | None, planned: Values) -> str | None:
    """Why AWS refuses to change the version of a database, None if it does not."""
    if kind != "aws_db_instance" or prior is None or not isinstance(planned.get("engine_version"), str):
        return None
    was, now = ([int(part) for part in str(one["engine_version"]).split(".")] for one in (prior, planned))
    length = min(len(was), len(now))
    if now[:length] < was[:length]:
        return f"Cannot upgrade postgres from {prior['engine_version']} to {planned['engine_version']}"
    return None


class Aws(Overlay):
    sensitive = SENSITIVE
    legacy = True
    force_new = FORCE_NEW
    always_new: ClassVar[set[str]] = {"name", "name_prefix", "vpc_id"}
    renamed = RENAMED

    def __init__(self) -> None:
        super().__init__()
        #: Clouds and names of the final snapshots of deleted databases.
        self.snapshots: set[tuple[str, str]] = set()

    def gone(self, kind: str, state: Values) -> None:
        if kind == "aws_db_instance" and not state.get("skip_final_snapshot"):
            snapshot = (self.cloud.partition("/")[0], str(state.get("final_snapshot_identifier")))
            if snapshot in self.snapshots:
                raise Refusal(f"DBSnapshotAlreadyExists: Cannot create the snapshot because a snapshot with the identifier {snapshot[1]} already exists")  # fmt: skip
            self.snapshots.add(snapshot)

    @property
    def region(self) -> str:
        found = self.settings.get("region")
        return found if isinstance(found, str) else "us-east-1"

    def configure(self, config: Values) -> list[str]:
        super().configure(config)
        allowed = config.get("allowed_account_ids")
        if isinstance(allowed, list) and allowed and ACCOUNT not in allowed:
            return [f"AWS account ID not allowed: {ACCOUNT}"]
        return []

    def refusals(self, kind: str, config: Values) -> list[str]:
        return refusals(kind, config)

    def impossible(self, kind: str, prior: Values, planned: Values) -> str | None:
        """The real provider sends the update, and AWS keeps what it has; an error shows it earlier."""
        return next(
            (
                f"updating {kind} ({prior.get('id')}): {name} cannot be added or removed"
                for name in SET_AT_CREATION.get(kind, ())
                if (prior.get(name) is None) != (planned.get(name) is None)
            ),
            None,
        )

    def plan(self, kind: str, prior: Values | None, planned: Values, config: Values) -> None:
        wrong = _machines(kind, planned) or _database_version(kind, prior, planned)
        if wrong:
            raise Refusal(f"{kind}: {wrong}")
        if "tags_all" in planned and (config.get("tags") is None or isinstance(config["tags"], dict)):
            defaults = [block.get("tags") for block in self.settings.get("default_tags") or []]
            planned["tags_all"] = merged(*defaults, config.get("tags"))

    def refreshed(self, kind: str, state: Values) -> Values:
        """AWS installs later minor versions by itself, unless that is disabled."""
        major, _, minor = str(state.get("engine_version")).partition(".")
        if kind == "aws_db_instance" and minor and state.get("auto_minor_version_upgrade") is not False:
            return {**state, "engine_version": f"{major}.{int(minor) + 1}"}
        return state

    def made(self, kind: str, values: Values, config: Values) -> Values:
        return made_up(kind, values, self.region)

    def done(self, kind: str, state: Values, config: Values) -> None:
        if kind == "aws_secretsmanager_secret":
            self.secrets.setdefault(self._secret(state["arn"]), None)
        if kind == "aws_secretsmanager_secret_version" and isinstance(config.get("secret_string_wo"), str):
            self.secrets[self._secret(state["secret_id"])] = config["secret_string_wo"]

    def _secret(self, arn: Any) -> str:
        """The clouds x/a and x/b have the secrets of x."""
        return f"{self.cloud.partition('/')[0]} {arn}"

    def data(self, kind: str, config: Values) -> Values:
        return data(kind, config, self.region)

    def ephemeral(self, kind: str, config: Values) -> Values:
        if kind == "aws_secretsmanager_random_password":
            count = int(config.get("password_length") or 32)
            return {"random_password": "".join(secrets.choice(_LETTERS) for _ in range(count))}
        if kind == "aws_secretsmanager_secret_version":
            # One that nobody made here is somebody else's: an account in a database.
            theirs = '{"username": "theirs", "password": "from-the-secret"}'
            said = self.secrets.get(self._secret(config["secret_id"]), theirs)
            if said is None:
                raise Refusal("ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT")  # fmt: skip
            return {"secret_string": said, "version_stages": ["AWSCURRENT"]}
        if kind == "aws_eks_cluster_auth":
            return {"token": f"k8s-aws-v1.{digest(config['name'])}"}
        return {}
