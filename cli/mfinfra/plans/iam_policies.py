"""IAM policy documents of AWS: what one allows and denies, and what another allows beyond that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .cidr import added_blocks

#: What a statement says: its effect, an action, a resource, who and under what condition.
Grant = tuple[str, str, str, str]


def grants(policy: Any) -> set[Grant]:
    """What a policy document allows, pair by pair."""
    return {pair for statement in _statements(policy, "Allow") for pair in _pairs(statement)}


def allows_everything(before: Any, after: Any) -> bool:
    """Whether a policy allows everything on everything, and did not before."""
    return any(grant[1:3] == ("*", "*") for grant in grants(after) - grants(before))


def wider(before: Any, after: Any) -> str:
    """What a policy lets happen that it did not let happen before, in words; nothing if that is nothing."""
    if _denials(before) - _denials(after):
        return "what was denied is denied no longer"
    old = grants(before)
    more = sorted(grant for grant in grants(after) - old if not any(_covers(had, grant) for had in old))
    if not more:
        return ""
    rest = f" and {len(more) - 1} more" if len(more) > 1 else ""
    return f"allows {more[0][1]} on {more[0][2]}{rest}"


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
