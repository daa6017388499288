"""Which entries of a change set are dangerous.

A change set says which properties change, not how. How is known where a parameter alone changes one, because both
values of a parameter are; every other change of a property that can widen something is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .cidr import EVERYWHERE, added_blocks
from .risk import SAFE, Verdict, of_loss

_PERMISSIONS = ("Policies", "PolicyDocument", "AssumeRolePolicyDocument", "ManagedPolicyArns", "PermissionsBoundary")
#: Type -> property -> what its change may be, and why.
_RISKS: dict[str, dict[str, tuple[str, str]]] = {
    "AWS::RDS::DBInstance": {
        "DeletionProtection": ("data loss", "deletion protection goes"),
        "BackupRetentionPeriod": ("data loss", "backups are kept for fewer days, or not at all"),
        "PubliclyAccessible": ("exposure", "may become reachable from the internet"),
    },
    "AWS::DynamoDB::Table": {
        "DeletionProtectionEnabled": ("data loss", "deletion protection goes"),
        "PointInTimeRecoverySpecification": ("data loss", "the table may no longer be taken back to a moment"),
    },
    "AWS::Cognito::UserPool": {"DeletionProtection": ("data loss", "deletion protection goes")},
    "AWS::S3::Bucket": {
        "VersioningConfiguration": ("data loss", "old versions may no longer be kept"),
        "PublicAccessBlockConfiguration": ("exposure", "the bucket may become public"),
    },
    "AWS::S3::BucketPolicy": {"PolicyDocument": ("exposure", "who reaches the bucket changes")},
    "AWS::KMS::Key": {"KeyPolicy": ("iam", "who may use the key changes")},
    "AWS::ApiGateway::RestApi": {"Policy": ("exposure", "who reaches the API changes")},
    "AWS::ApiGateway::Method": {"ApiKeyRequired": ("exposure", "the API may no longer ask for a key")},
    "AWS::EC2::Subnet": {"MapPublicIpOnLaunch": ("exposure", "machines may get public addresses")},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"Scheme": ("exposure", "the load balancer may become public")},
}
#: Properties of which a change set says that they may force a replacement, where their documentation says that they
#: interrupt at most.
_INTERRUPTING = {"AWS::RDS::DBInstance": {"AutoMinorVersionUpgrade", "BackupRetentionPeriod", "DBParameterGroupName"}}
#: What is a way in, or keeps one shut, by being there.
_ADDED = {"AWS::ApiGateway::Stage": "the API becomes reachable from the internet"}
_REMOVED = {"AWS::S3::BucketPolicy": "the policy that guards it goes"}


@dataclass(frozen=True)
class Moved:
    """The parameters of a stack as they are and as they will be."""

    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)

    def is_harmless(self, name: str) -> bool:
        """Whether the new value of a parameter guards as much, and lets in no more, than the one before."""
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
            return lost if entry["Replacement"] == "True" else (lost[0], f"may be {lost[1]}")
    lost = of_loss(kind, action)
    if lost != SAFE or is_new:
        return lost
    return _presence(kind, action) if action != "update" else _properties(kind, entry, moved)


def is_replaced(entry: dict[str, Any]) -> bool:
    """Whether something is made anew, or may be."""
    replacement = entry.get("Replacement")
    return replacement == "True" or (replacement == "Conditional" and bool(_forcing(entry)))


def _forcing(entry: dict[str, Any]) -> list[str]:
    """The properties that force a replacement."""
    targets = [(detail.get("Target") or {}) for detail in entry.get("Details") or []]
    names = {str(t["Name"]) for t in targets if t.get("Name") and t.get("RequiresRecreation") != "Never"}
    return sorted(names - _INTERRUPTING.get(str(entry.get("ResourceType")), set()))


def _presence(kind: str, action: str) -> Verdict:
    """What comes or goes whole."""
    if action == "delete":
        return ("exposure", _REMOVED[kind]) if kind in _REMOVED else SAFE
    if kind.startswith("AWS::IAM::"):
        return "iam", "permissions are new"
    if kind.startswith("AWS::EC2::SecurityGroup"):
        return "exposure", "a new rule says who reaches the stack"
    return ("exposure", _ADDED[kind]) if kind in _ADDED else SAFE


def _properties(kind: str, entry: dict[str, Any], moved: Moved) -> Verdict:
    """What changes in place: the first property that may widen something."""
    for name in _changing(entry, moved):
        if kind.startswith("AWS::IAM::") and name in _PERMISSIONS:
            return "iam", f"permissions change: {name}"
        if kind.startswith("AWS::EC2::SecurityGroup"):
            return "exposure", f"who reaches the stack changes: {name}"
        if name in _RISKS.get(kind, {}):
            return _RISKS[kind][name]
    return SAFE


def _changing(entry: dict[str, Any], moved: Moved) -> list[str]:
    """The properties that change, without those that only harmless parameters change."""
    causes: dict[str, list[dict[str, Any]]] = {}
    for detail in entry.get("Details") or []:
        name = (detail.get("Target") or {}).get("Name")
        if name:
            causes.setdefault(str(name), []).append(detail)
    return sorted(name for name, details in causes.items() if not _is_harmless(details, moved))


def _is_harmless(details: list[dict[str, Any]], moved: Moved) -> bool:
    """Beside what its parameters do, a property has an entry that says it changes: that is dynamic then."""
    by_parameter = [detail for detail in details if detail.get("ChangeSource") == "ParameterReference"]
    others = [detail for detail in details if detail not in by_parameter]
    if not by_parameter or any(detail.get("Evaluation") != "Dynamic" for detail in others):
        return False
    return all(moved.is_harmless(str(detail.get("CausingEntity"))) for detail in by_parameter)
