"""The dangerous changes of a plan and the reasons: data loss, replacement of data stores, wider access or permissions.

These are the rules. The tables of resource types are in resource_types, the comparison of policy documents is in
iam_policies.py, and the rules for CloudFormation change sets are in cloudformation_risk.py. In a stack that does not
exist yet, access and permissions that its stack file grants are not dangerous, except permission for everything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import iam_policies, resource_types
from .changes import RISKS
from .cidr import EVERYWHERE, added_ports, added_sources
from .resource_types.base import Presence, Right, Values, changes, every, is_unknown

Verdict = tuple["str | None", str]
SAFE: Verdict = (None, "")
#: Type and ID, or type and name, of the resources that a plan deletes.
Leaving = Collection[tuple[str, str]]

#: Policies of resources, not of principals: a wider one is an exposure.
_DOOR_POLICIES = ("aws_s3_bucket_policy", "aws_api_gateway_rest_api_policy")
_POLICY_KEYS = ("policy", "assume_role_policy", "inline_policy")
_IAM_ATTACHMENTS = ("aws_iam_role_policy_attachment", "aws_iam_role_policy", "aws_iam_policy_attachment")
#: Google's names for everyone, and for everyone with a Google account.
_PUBLIC = ("allUsers", "allAuthenticatedUsers")
_LATER = "(known after apply)"


@dataclass(frozen=True)
class _Step:
    """One entry of `resource_changes`: the values before and after, and those that are known after apply."""

    kind: str
    action: str
    is_new: bool
    before: Values
    after: Values
    unknown: Values
    leaving: Leaving

    @property
    def changes(self) -> bool:
        return self.action in ("update", "replace")

    @property
    def expected(self) -> Values:
        """The values after the change; a value that is known after apply counts as unchanged."""
        kept = {key: self.before[key] for key, value in self.unknown.items() if value is True and key in self.before}
        return {**self.after, **kept}

    def guards_what_goes(self, presence: Presence) -> bool:
        return any(one in self.leaving for one in presence.guarded(self.before))


def leaving(entries: Iterable[Mapping[str, Any]]) -> Leaving:
    """The resources that a plan deletes: deleting what protects them too is not dangerous."""
    found: set[tuple[str, str]] = set()
    for entry in entries:
        change = entry.get("change") or {}
        if change.get("actions") == ["delete"]:
            kind, before = resource_types.plain(str(entry.get("type"))), change.get("before") or {}
            found |= {(kind, str(before[key])) for key in ("id", "name") if before.get(key)}
    return found


def of_terraform(entry: Mapping[str, Any], action: str, is_new: bool, leaving: Leaving = ()) -> Verdict:
    """The risk of one entry of `resource_changes`; `is_new`: the stack does not exist yet."""
    change = entry.get("change") or {}
    values = [change.get(key) or {} for key in ("before", "after", "after_unknown")]
    step = _Step(resource_types.plain(str(entry.get("type"))), action, is_new, values[0], values[1], values[2], leaving)
    return _together([_loss(step, _paths(change)), *_weaker(step), *_exposure(step), *_permissions(step)])


def of_loss(kind: str, action: str, forced_by: Iterable[str] = (), values: Values | None = None) -> Verdict:
    """The risk of deleting or replacing a resource that stores data; the same for both engines."""
    data = resource_types.data_of(kind, values or {})
    if data is None:
        return SAFE
    if action == "delete":
        return "data loss", f"deletes {data}"
    if action == "replace":
        names = ", ".join(forced_by)
        return "replacement", f"must be replaced{f' because {names} changes' if names else ''}; this deletes {data}"
    return SAFE


def _loss(step: _Step, forced_by: list[str]) -> Verdict:
    if step.action == "delete" and step.before.get("deletion_policy") == "ABANDON":
        return SAFE  # Terraform removes it from the state, and Google keeps it
    return of_loss(step.kind, step.action, forced_by, step.before)


def _paths(change: Mapping[str, Any]) -> list[str]:
    """The attributes that force a replacement."""
    return sorted({str(path[0]) for path in change.get("replace_paths") or [] if path})


def _together(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst risk with its reasons, followed by the others."""
    found = sorted({one: None for one in verdicts if one != SAFE}, key=lambda one: RISKS.index(str(one[0])))
    if not found:
        return SAFE
    worst = found[0][0]
    return worst, "; ".join(text if risk == worst else f"{risk}: {text}" for risk, text in found)


def _weaker(step: _Step) -> Iterator[Verdict]:
    """Arguments that protect less, and the deletion of resources that protect data."""
    rules = resource_types.of(step.kind)
    lock = rules.locks.get(step.kind)
    if lock and step.action in ("delete", "replace") and lock.holds(step.before):
        yield "data loss", lock.text
    for rule in rules.weaker.get(step.kind, ()) if step.changes else ():
        if is_unknown(step.unknown, rule.path):
            is_weaker = rule.weakens is changes
        else:
            is_weaker = rule.weakens(every(step.before, rule.path), every(step.after, rule.path))
        if is_weaker:
            yield rule.risk, rule.text


def _exposure(step: _Step) -> Iterator[Verdict]:
    if step.is_new:
        return
    rules = resource_types.of(step.kind)
    opens, blocks = rules.opens_access.get(step.kind), rules.blocks_access.get(step.kind)
    if opens and step.action == "create" and opens.holds(step.after):
        yield "exposure", opens.text
    if blocks and step.action == "delete" and not step.guards_what_goes(blocks):
        yield "exposure", blocks.text
    if step.action != "delete":
        yield from _reach(step)
    yield from _denied(step)
    if step.changes or (step.action == "create" and step.kind == "kubernetes_ingress"):
        yield from (("exposure", str(right)) for right in _added(rules.cluster_bindings, step)[:1])


def _reach(step: _Step) -> Iterator[Verdict]:
    """Access for more addresses, or through more ports."""
    rules = resource_types.of(step.kind)
    reach, ports = rules.reach.get(step.kind), rules.ports.get(step.kind)
    if reach is None or (step.action == "create" and not reach.adds):
        return
    if any(is_unknown(step.unknown, path) for path in reach.paths):
        yield "exposure", f"grants access to {_LATER}"
        return
    added = added_sources(reach.sources(step.before), reach.sources(step.after))
    if added:
        yield "exposure", f"grants access to {_shortened(added)}"
    elif ports and step.changes and (more := added_ports(ports(step.before), ports(step.after))):
        yield "exposure", f"opens more ports: {_shortened(more)}"


def _shortened(names: list[str]) -> str:
    shown = ["any IP address" if name == EVERYWHERE else name for name in names]
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")


def _denied(step: _Step) -> Iterator[Verdict]:
    """Addresses that are no longer denied."""
    denied = resource_types.of(step.kind).denied.get(step.kind)
    if denied is None or step.action == "create":
        return
    missed = added_sources(denied(step.expected), denied(step.before))
    if missed:
        yield "exposure", f"{_shortened(missed)} is no longer denied"


def _permissions(step: _Step) -> Iterator[Verdict]:
    if step.action == "delete":
        return
    yield from _policies(step)
    rules = resource_types.of(step.kind)
    given, defined = _added(rules.given, step), _added(rules.defined, step)
    admin_roles = [right for right in given + defined if rules.is_too_much(step.kind, right)]
    told = admin_roles or ([] if step.is_new else given + (defined if step.changes else []))
    if told:
        more = f" and {len(told) - 1} more" if len(told) > 1 else ""
        yield "exposure" if told[0].who in _PUBLIC else "iam", f"{told[0]}{more}"
    is_attached = step.kind in _IAM_ATTACHMENTS and step.action == "create" and not step.is_new
    if is_attached and isinstance(step.after.get("role"), str):
        yield "iam", f"adds permissions to role {step.after['role']}"


def _added(rights: Any, step: _Step) -> list[Right]:
    """The permissions that the change grants and that no principal has now."""
    had = rights(step.kind, step.before)
    return sorted(right for right in rights(step.kind, step.expected) if not any(old.covers(right) for old in had))


def _policies(step: _Step) -> Iterator[Verdict]:
    risk = "exposure" if step.kind in _DOOR_POLICIES else "iam"
    for key in _POLICY_KEYS:
        text = _policy(step, key)
        if text:
            yield risk, text


def _policy(step: _Step, key: str) -> str:
    before, after = step.before.get(key), step.after.get(key)
    if iam_policies.allows_everything(before, after):
        return "allows all actions on all resources"
    if step.is_new or step.action == "create":
        return ""
    if step.unknown.get(key) and before:
        return "the policy is (known after apply)"
    return iam_policies.wider(before, after)
