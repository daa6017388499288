"""The dangerous entries of a CloudFormation change set.

A change set contains the names of the properties that change, not their values. The values are known only if parameters
alone cause the change. Every other change of a property that can open access counts as dangerous.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .cidr import EVERYWHERE, added_blocks
from .risk import SAFE, Verdict, of_loss

_PERMISSIONS = ("Policies", "PolicyDocument", "AssumeRolePolicyDocument", "ManagedPolicyArns", "PermissionsBoundary")
#: Type -> property -> the risk of its change, and the reason.
_RISKS: dict[str, dict[str, tuple[str, str]]] = {
    "AWS::RDS::DBInstance": {
        "DeletionProtection": ("data loss", "removes deletion protection"),
        "BackupRetentionPeriod": ("data loss", "keeps backups for fewer days, or not at all"),
        "PubliclyAccessible": ("exposure", "may become reachable from the internet"),
    },
    "AWS::DynamoDB::Table": {
        "DeletionProtectionEnabled": ("data loss", "removes deletion protection"),
        "PointInTimeRecoverySpecification": ("data loss", "may disable point-in-time recovery of the table"),
    },
    "AWS::Cognito::UserPool": {"DeletionProtection": ("data loss", "removes deletion protection")},
    "AWS::S3::Bucket": {
        "VersioningConfiguration": ("data loss", "may stop keeping old versions"),
        "PublicAccessBlockConfiguration": ("exposure", "may make the bucket public"),
    },
    "AWS::S3::BucketPolicy": {"PolicyDocument": ("exposure", "changes who has access to the bucket")},
    "AWS::KMS::Key": {"KeyPolicy": ("iam", "changes who can use the key")},
    "AWS::ApiGateway::RestApi": {"Policy": ("exposure", "changes who has access to the API")},
    "AWS::ApiGateway::Method": {"ApiKeyRequired": ("exposure", "the API may no longer require a key")},
    "AWS::EC2::Subnet": {"MapPublicIpOnLaunch": ("exposure", "instances may get public addresses")},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"Scheme": ("exposure", "may make the load balancer public")},
}
#: Properties that a change set reports as possible causes of a replacement, although their documentation says that they
#: cause an interruption at most.
_INTERRUPTING = {"AWS::RDS::DBInstance": {"AutoMinorVersionUpgrade", "BackupRetentionPeriod", "DBParameterGroupName"}}
#: Types whose creation opens access, and types whose deletion does.
_ADDED = {"AWS::ApiGateway::Stage": "the API becomes reachable from the internet"}
_REMOVED = {"AWS::S3::BucketPolicy": "deletes the policy that restricts access"}


@dataclass(frozen=True)
class Moved:
    """The parameters of a stack before and after a change."""

    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)

    def is_harmless(self, name: str) -> bool:
        """Whether the new value of a parameter protects as much, and opens no more access, than the old one."""
        before, after = self.before.get(name), self.after.get(name)
        if name == "DeletionProtection":
            return after == "true"
        if name == "DatabaseBackupDays":
            return before is not None and int(after or 0) >= int(before)
        if name in ("ApiAllow", "UiAllow"):
            return not added_blocks((before or EVERYWHERE).split(","), (after or EVERYWHERE).split(","))
        if name == "SecretsAllow":
            return before is not None and set((after or "").split(",")) <= set(before.split(","))
        return False


def of(entry: dict[str, Any], is_new: bool, moved: Moved) -> Verdict:
    """The risk of one ResourceChange of a change set."""
    kind = str(entry.get("ResourceType"))
    action = {"Remove": "delete", "Add": "create"}.get(str(entry.get("Action")), "update")
    if is_replaced(entry):
        lost = of_loss(kind, "replace", _forcing(entry))
        if lost != SAFE:
            return lost if entry["Replacement"] == "True" else (lost[0], f"may be {lost[1].removeprefix('must be ')}")
    lost = of_loss(kind, action)
    if lost != SAFE or is_new:
        return lost
    return _presence(kind, action) if action != "update" else _properties(kind, entry, moved)


def is_replaced(entry: dict[str, Any]) -> bool:
    """Whether the resource is replaced, or may be."""
    replacement = entry.get("Replacement")
    return replacement == "True" or (replacement == "Conditional" and bool(_forcing(entry)))


def _forcing(entry: dict[str, Any]) -> list[str]:
    """The properties that force a replacement."""
    targets = [(detail.get("Target") or {}) for detail in entry.get("Details") or []]
    names = {str(t["Name"]) for t in targets if t.get("Name") and t.get("RequiresRecreation") != "Never"}
    return sorted(names - _INTERRUPTING.get(str(entry.get("ResourceType")), set()))


def _presence(kind: str, action: str) -> Verdict:
    """The risk of creating or deleting a resource."""
    if action == "delete":
        return ("exposure", _REMOVED[kind]) if kind in _REMOVED else SAFE
    if kind.startswith("AWS::IAM::"):
        return "iam", "adds permissions"
    if kind.startswith("AWS::EC2::SecurityGroup"):
        return "exposure", "adds a rule for access to the stack"
    return ("exposure", _ADDED[kind]) if kind in _ADDED else SAFE


def _properties(kind: str, entry: dict[str, Any], moved: Moved) -> Verdict:
    """The risk of an update in place: that of the first property with a risk."""
    for name in _changing(entry, moved):
        if kind.startswith("AWS::IAM::") and name in _PERMISSIONS:
            return "iam", f"changes permissions: {name}"
        if kind.startswith("AWS::EC2::SecurityGroup"):
            return "exposure", f"changes who has access to the stack: {name}"
        if name in _RISKS.get(kind, {}):
            return _RISKS[kind][name]
    return SAFE


def _changing(entry: dict[str, Any], moved: Moved) -> list[str]:
    """The properties that change, except those that change only because of harmless parameters."""
    causes: dict[str, list[dict[str, Any]]] = {}
    for detail in entry.get("Details") or []:
        name = (detail.get("Target") or {}).get("Name")
        if name:
            causes.setdefault(str(name), []).append(detail)
    return sorted(name for name, details in causes.items() if not _is_harmless(details, moved))


def _is_harmless(details: list[dict[str, Any]], moved: Moved) -> bool:
    """Whether harmless parameters alone cause a change. A dynamic entry for the property itself is allowed."""
    by_parameter = [detail for detail in details if detail.get("ChangeSource") == "ParameterReference"]
    others = [detail for detail in details if detail not in by_parameter]
    if not by_parameter or any(detail.get("Evaluation") != "Dynamic" for detail in others):
        return False
    return all(moved.is_harmless(str(detail.get("CausingEntity"))) for detail in by_parameter)
