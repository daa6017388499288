"""Comparison of AWS IAM policy documents: what one allows in addition to another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .cidr import added_blocks

#: One grant of a statement: effect, action, resource, and principal with condition.
Grant = tuple[str, str, str, str]


def grants(policy: Any) -> set[Grant]:
    """The grants of a policy document, one for each pair of action and resource."""
    return {pair for statement in _statements(policy, "Allow") for pair in _pairs(statement)}


def allows_everything(before: Any, after: Any) -> bool:
    """Whether a policy allows all actions on all resources, and did not before."""
    return any(grant[1:3] == ("*", "*") for grant in grants(after) - grants(before))


def wider(before: Any, after: Any) -> str:
    """What a policy allows in addition to the one before, in words; empty if nothing."""
    if _denials(before) - _denials(after):
        return "removes a Deny statement"
    old = grants(before)
    more = sorted(grant for grant in grants(after) - old if not any(_covers(had, grant) for had in old))
    if not more:
        return ""
    rest = f" and {len(more) - 1} more" if len(more) > 1 else ""
    return f"allows {more[0][1]} on {more[0][2]}{rest}"


def _denials(policy: Any) -> set[Grant]:
    """The denials of a policy document, one for each pair of action and resource."""
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
    """Whether an old grant includes a new one."""
    is_within = _matches(had[1].lower(), grant[1].lower()) and _matches(had[2], grant[2])
    return is_within and (had[3] in ("", grant[3]) or _is_narrower(had[3], grant[3]))


def _is_narrower(before: str, after: str) -> bool:
    """Whether the principal is the same, and its IP address condition allows no more addresses."""
    (who, addresses), (who_now, addresses_now) = _from(before), _from(after)
    if who is None or who != who_now or not addresses_now:
        return False
    return not addresses or not added_blocks(addresses, addresses_now)


def _from(text: str) -> tuple[Any, list[Any]]:
    """The principal, and the addresses of a condition that contains nothing else; None for any other condition."""
    found = json.loads(text) if text.startswith("[") else [None, None]
    principal, condition = found
    if condition is None:
        return principal, []
    addresses = condition.get("IpAddress") if isinstance(condition, dict) and len(condition) == 1 else None
    if isinstance(addresses, dict) and list(addresses) == ["aws:SourceIp"]:
        return principal, _listed(addresses["aws:SourceIp"])
    return None, []


def _matches(pattern: str, text: str) -> bool:
    """Match an IAM pattern, with a wildcard only at its end; other wildcards are compared literally."""
    return text == pattern or (pattern.endswith("*") and text.startswith(pattern[:-1]) and "*" not in pattern[:-1])
