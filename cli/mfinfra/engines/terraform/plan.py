"""Converts the output of `terraform show -json` for a plan or a state to changes.

Source of the format: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from typing import Any

from ...plans import risk
from ...plans.changes import Change

_ACTIONS = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("read",): "read",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
}


#: Type -> attributes that the cloud can neither add to an existing resource nor remove from it, although the provider
#: plans an update: AWS Batch ignores the request, and every later plan shows the same change.
_SET_AT_CREATION = {"aws_batch_job_queue": ("scheduling_policy_arn",)}


def impossible_updates(shown: dict[str, Any]) -> list[str]:
    """The addresses of resources with a planned update that only a replacement can make."""
    updates = [entry for entry in shown.get("resource_changes") or [] if _action(entry) == "update"]
    return [
        str(entry["address"])
        for entry in updates
        if any(_appears(entry["change"], name) for name in _SET_AT_CREATION.get(str(entry["type"]), ()))
    ]


def _appears(change: dict[str, Any], name: str) -> bool:
    """Whether a change adds or removes an attribute."""
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = (change.get("after_unknown") or {}).get(name) is True
    return (before.get(name) is None) != (after.get(name) is None and not unknown)


def changes(shown: dict[str, Any]) -> tuple[Change, ...]:
    """The changes of a plan, in the order of terraform; reading data sources is not a change."""
    found = shown.get("resource_changes") or []
    is_new, leaving = not _has_prior(shown), risk.leaving(found)
    return tuple(change for entry in found if (change := _change(entry, is_new, leaving)) is not None)


def drifted(shown: dict[str, Any]) -> tuple[Change, ...]:
    """The differences that a refresh found between the resources and the state."""
    found = shown.get("resource_drift") or []
    return tuple(_drift(entry) for entry in found if _action(entry) not in (None, "read"))


def _has_prior(shown: dict[str, Any]) -> bool:
    values = (shown.get("prior_state") or {}).get("values") or {}
    return any(mode == "managed" for mode in _modes(values.get("root_module") or {}))


def _modes(module: dict[str, Any]) -> list[str]:
    here = [str(resource.get("mode")) for resource in module.get("resources") or []]
    return here + [mode for child in module.get("child_modules") or [] for mode in _modes(child)]


def _action(entry: dict[str, Any]) -> str | None:
    return _ACTIONS.get(tuple((entry.get("change") or {}).get("actions") or ()))


def _change(entry: dict[str, Any], is_new: bool, leaving: risk.Leaving) -> Change | None:
    action = _action(entry)
    if action in (None, "read") or entry.get("mode") == "data":
        return None
    danger, reason = risk.of_terraform(entry, str(action), is_new, leaving)
    return Change(str(entry["address"]), str(entry["type"]), str(action), danger, reason or _reason(entry, str(action)))


def _reason(entry: dict[str, Any], action: str) -> str:
    if action not in ("update", "replace"):
        return ""
    names = _differing(entry["change"])
    return f"{', '.join(names[:6])}" + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _differing(change: dict[str, Any]) -> list[str]:
    """The attributes that change."""
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    keys = {*before, *after, *unknown}
    return sorted(k for k in keys if unknown.get(k) is True or before.get(k) != after.get(k))


def _drift(entry: dict[str, Any]) -> Change:
    action = str(_action(entry))
    if action == "delete":
        return Change(str(entry["address"]), str(entry["type"]), "delete", None, "it was deleted")
    names = ", ".join(_differing(entry["change"])[:6])
    return Change(str(entry["address"]), str(entry["type"]), action, None, f"differs in {names}")


def resources(module: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Address, type and ID of every managed resource in a module and its child modules."""
    here = [
        (str(found["address"]), str(found["type"]), str((found.get("values") or {}).get("id", "")))
        for found in module.get("resources") or []
        if found.get("mode") == "managed"
    ]
    return here + [one for child in module.get("child_modules") or [] for one in resources(child)]
