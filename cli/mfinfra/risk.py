"""Which changes are dangerous, and why in words: lost data, what holds data made anew, wider reach, wider IAM.

A stack that does not exist yet exposes and permits what its stack file asks for; that is no widening. Only a policy
that allows everything on everything is told even then. What a change set of CloudFormation says is in cfn_risk.py.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator
from typing import Any

Verdict = tuple["str | None", str]
SAFE: Verdict = (None, "")

#: What holds data, by its type in Terraform and in CloudFormation, and what that data is.
STATEFUL: dict[str, str] = {
    "aws_s3_bucket": "runs and artifacts",
    "aws_db_instance": "the metadata of all runs",
    "aws_rds_cluster": "the metadata of all runs",
    "aws_dynamodb_table": "the state of running foreach steps",
    "aws_kms_key": "what is encrypted with it can never be read again",
    "aws_secretsmanager_secret": "the password of the database",
    "aws_ecr_repository": "images",
    "aws_cognito_user_pool": "the accounts of people",
    "AWS::S3::Bucket": "runs and artifacts",
    "AWS::RDS::DBInstance": "the metadata of all runs",
    "AWS::RDS::DBCluster": "the metadata of all runs",
    "AWS::DynamoDB::Table": "the state of running foreach steps",
    "AWS::KMS::Key": "what is encrypted with it can never be read again",
    "AWS::SecretsManager::Secret": "the password of the database",
    "AWS::ECR::Repository": "images",
    "AWS::Cognito::UserPool": "the accounts of people",
}

#: Attributes that guard data: the values that take the guard away.
_GUARDS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "deletion_protection": ("deletion protection goes", (False, "INACTIVE")),
    "deletion_protection_enabled": ("deletion protection goes", (False,)),
    "backup_retention_period": ("no backups are kept any more", (0,)),
    "storage_encrypted": ("the disk is no longer encrypted", (False,)),
}
#: The same of arguments in blocks: block, argument, the value that guards.
_SWITCHES = (
    ("versioning_configuration", "status", "Enabled", "old versions are no longer kept"),
    ("point_in_time_recovery", "enabled", True, "the table can no longer be taken back to a moment"),
)
#: Attributes that open a way in: the value that opens it.
_OPENINGS: dict[str, tuple[str, Any]] = {
    "publicly_accessible": ("becomes reachable from the internet", True),
    "api_key_required": ("the API no longer asks for a key", False),
    "internal": ("the load balancer becomes public", False),
    "associate_public_ip_address": ("machines get public addresses", True),
    "map_public_ip_on_launch": ("machines get public addresses", True),
    "block_public_acls": ("the bucket may become public", False),
    "block_public_policy": ("the bucket may become public", False),
    "ignore_public_acls": ("the bucket may become public", False),
    "restrict_public_buckets": ("the bucket may become public", False),
}
#: What is a way in by being there: in Terraform, what of it must have which value.
_DOORS: dict[str, tuple[str, dict[str, Any]]] = {
    "aws_api_gateway_stage": ("the API becomes reachable from the internet", {}),
    "aws_lb": ("a load balancer becomes reachable from the internet", {"internal": False}),
}
#: Policies of what is reached, not of who reaches: wider is exposure.
_DOOR_POLICIES = ("aws_s3_bucket_policy", "aws_api_gateway_rest_api_policy")
_POLICY_KEYS = ("policy", "assume_role_policy", "inline_policy")
_IAM_ATTACHMENTS = ("aws_iam_role_policy_attachment", "aws_iam_role_policy", "aws_iam_policy_attachment")


def of_terraform(entry: dict[str, Any], action: str, is_new: bool) -> Verdict:
    """The risk of one entry of `resource_changes`; `is_new` says that the stack does not exist yet."""
    kind, change = str(entry.get("type")), entry.get("change") or {}
    before, after = change.get("before") or {}, change.get("after") or {}
    lost = of_loss(kind, action, _paths(change))
    if lost != SAFE:
        return lost
    verdicts = (_guard(before, after, action), _exposure(kind, before, after, action, is_new),
                _permissions(kind, change, action, is_new))  # fmt: skip
    return next((verdict for verdict in verdicts if verdict != SAFE), SAFE)


def of_loss(kind: str, action: str, forced_by: Iterable[str] = ()) -> Verdict:
    """The risk of removing or replacing something that holds data; the same for both engines."""
    data = STATEFUL.get(kind)
    if data is None:
        return SAFE
    if action == "delete":
        return "data loss", f"removes {data}"
    if action == "replace":
        names = ", ".join(forced_by)
        return "replacement", f"made anew{f' because of {names}' if names else ''}; the old one held {data}"
    return SAFE


def _paths(change: dict[str, Any]) -> list[str]:
    """The attributes that force a replacement."""
    return sorted({str(path[0]) for path in change.get("replace_paths") or [] if path})


def _guard(before: dict[str, Any], after: dict[str, Any], action: str) -> Verdict:
    if action != "update":
        return SAFE
    for name, (text, gone) in _GUARDS.items():
        if _is_one_of(after.get(name), gone) and not _is_one_of(before.get(name), gone):
            return "data loss", text
    for block, name, on, text in _SWITCHES:
        if _of_block(before, block, name) == on and _of_block(after, block, name) not in (on, None):
            return "data loss", text
    return SAFE


def _is_one_of(value: Any, listed: tuple[Any, ...]) -> bool:
    """Equality that tells 0 from False."""
    return any(value == one and isinstance(value, type(one)) for one in listed)


def _of_block(values: dict[str, Any], block: str, name: str) -> Any:
    """An argument of a block that there is one of."""
    found = values.get(block)
    return found[0].get(name) if isinstance(found, list) and found and isinstance(found[0], dict) else None


def _exposure(kind: str, before: dict[str, Any], after: dict[str, Any], action: str, is_new: bool) -> Verdict:
    if is_new:
        return SAFE
    if kind == "aws_s3_bucket_public_access_block" and action == "delete":
        return "exposure", "the bucket may become public"
    if kind in _DOOR_POLICIES and action == "delete":
        return "exposure", "the policy that guards it goes"
    text, needed = _DOORS.get(kind, ("", {}))
    if text and action == "create" and all(after.get(key) == value for key, value in needed.items()):
        return "exposure", text
    if action in ("update", "replace"):
        for name, (text, value) in _OPENINGS.items():
            if name in after and before.get(name) != value and after[name] == value:
                return "exposure", text
    return _reach(kind, before, after, action)


def _reach(kind: str, before: dict[str, Any], after: dict[str, Any], action: str) -> Verdict:
    """Whether addresses get in that did not before."""
    is_ingress = kind == "aws_vpc_security_group_ingress_rule" or (
        kind == "aws_security_group_rule" and after.get("type") == "ingress"
    )
    if not is_ingress or action == "delete":
        return SAFE
    added = added_blocks(_addresses(before) if action != "create" else [], _addresses(after))
    return ("exposure", f"{', '.join(added)} may come in") if added else SAFE


def _addresses(values: dict[str, Any]) -> list[Any]:
    return [values.get("cidr_ipv4"), values.get("cidr_ipv6"), *(values.get("cidr_blocks") or [])]


def added_blocks(before: Iterable[Any], after: Iterable[Any]) -> list[str]:
    """The blocks of addresses that were not allowed in before, nor were part of one that was."""
    known = list(_blocks(before))
    return [str(block) for block in _blocks(after) if not any(_inside(block, old) for old in known)]


def _blocks(texts: Iterable[Any]) -> Iterator[Any]:
    for text in texts:
        if isinstance(text, str):
            try:
                yield ipaddress.ip_network(text, strict=False)
            except ValueError:
                continue


def _inside(block: Any, other: Any) -> bool:
    return block.version == other.version and bool(block.subnet_of(other))


def _permissions(kind: str, change: dict[str, Any], action: str, is_new: bool) -> Verdict:
    before, after, unknown = (change.get(key) or {} for key in ("before", "after", "after_unknown"))
    if action == "delete":
        return SAFE
    for key in _POLICY_KEYS:
        verdict = _policy(before.get(key), after.get(key), bool(unknown.get(key)) is True, action, is_new)
        if verdict != SAFE:
            return ("exposure", verdict[1]) if kind in _DOOR_POLICIES else verdict
    if is_new or not kind.startswith("aws_iam_"):
        return SAFE
    if action == "update" and before.get("permissions_boundary") and not after.get("permissions_boundary"):
        return "iam", "the permissions boundary goes"
    if kind in _IAM_ATTACHMENTS and action == "create" and isinstance(after.get("role"), str):
        return "iam", f"the role {after['role']} may do more"
    return SAFE


def _policy(before: Any, after: Any, is_unknown: bool, action: str, is_new: bool) -> Verdict:
    new, old = grants(after), grants(before)
    everything = sorted(grant for grant in new - old if grant[1:3] == ("*", "*"))
    if everything:
        return "iam", "allows everything on everything"
    if is_new or action == "create":
        return SAFE
    if is_unknown and before:
        return "iam", "the policy is known only when it is made"
    if _denials(before) - _denials(after):
        return "iam", "what was denied is denied no longer"
    wider = sorted(grant for grant in new - old if not any(_covers(had, grant) for had in old))
    if not wider:
        return SAFE
    _, what, where, _who = wider[0]
    more = f" and {len(wider) - 1} more" if len(wider) > 1 else ""
    return "iam", f"allows {what} on {where}{more}"


#: What a statement says: its effect, an action, a resource, who and under what condition.
Grant = tuple[str, str, str, str]


def grants(policy: Any) -> set[Grant]:
    """What a policy document allows, pair by pair."""
    return {pair for statement in _statements(policy, "Allow") for pair in _pairs(statement)}


def _denials(policy: Any) -> set[Grant]:
    """What a policy document denies, pair by pair."""
    return {pair for statement in _statements(policy, "Deny") for pair in _pairs(statement)}


def _statements(policy: Any, effect: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(policy) if isinstance(policy, str) else {}
        statements = _listed(document.get("Statement", []))
    except (ValueError, AttributeError):
        return []
    return [statement for statement in statements if isinstance(statement, dict) and statement.get("Effect") == effect]


def _pairs(statement: dict[str, Any]) -> Iterator[Grant]:
    actions = _listed(statement.get("Action")) or (["*"] if "NotAction" in statement else [])
    resources = _listed(statement.get("Resource")) or (["*"] if "NotResource" in statement else [""])
    principal = statement.get("Principal", "")
    who = json.dumps([principal, statement.get("Condition")], sort_keys=True) if principal else _condition(statement)
    for action in actions:
        for resource in resources:
            yield (str(statement.get("Effect")), str(action), str(resource), who)


def _condition(statement: dict[str, Any]) -> str:
    return json.dumps(statement["Condition"], sort_keys=True) if statement.get("Condition") else ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _covers(had: Grant, grant: Grant) -> bool:
    """Whether what was allowed holds what is allowed now."""
    is_within = _matches(had[1].lower(), grant[1].lower()) and _matches(had[2], grant[2])
    return is_within and (had[3] in ("", grant[3]) or _is_narrower(had[3], grant[3]))


def _is_narrower(before: str, after: str) -> bool:
    """Whether the same people come from fewer addresses."""
    (who, addresses), (who_now, addresses_now) = _from(before), _from(after)
    if who is None or who != who_now or not addresses_now:
        return False
    return not addresses or not added_blocks(addresses, addresses_now)


def _from(text: str) -> tuple[Any, list[Any]]:
    """Who may, and the addresses that a condition of nothing else binds them to; None for any other condition."""
    found = json.loads(text) if text.startswith("[") else [None, None]
    principal, condition = found
    if condition is None:
        return principal, []
    addresses = condition.get("IpAddress") if isinstance(condition, dict) and len(condition) == 1 else None
    if isinstance(addresses, dict) and list(addresses) == ["aws:SourceIp"]:
        return principal, _listed(addresses["aws:SourceIp"])
    return None, []


def _matches(pattern: str, text: str) -> bool:
    """A pattern of IAM, where only a star at the end is taken for more than itself."""
    return text == pattern or (pattern.endswith("*") and text.startswith(pattern[:-1]) and "*" not in pattern[:-1])
