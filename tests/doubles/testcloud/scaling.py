"""Application Auto Scaling: targets and policies are stored and returned; nothing scales."""

from __future__ import annotations

import time
import uuid
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import autoscaling

from . import resources, targets
from .resources import Made, arn

Document = dict[str, Any]

_targets = AccountRegionScopedDict()
_policies = AccountRegionScopedDict()


def install() -> None:
    forget = autoscaling.reset

    def reset() -> None:
        forget()
        _targets.clear()
        _policies.clear()

    autoscaling.reset = reset
    calls = {
        "RegisterScalableTarget": _register,
        "DeregisterScalableTarget": _deregister,
        "DescribeScalableTargets": lambda wanted: {"ScalableTargets": _of(_targets, wanted, "ResourceIds")},
        "PutScalingPolicy": _put,
        "DeleteScalingPolicy": _remove,
        "DescribeScalingPolicies": lambda wanted: {"ScalingPolicies": _of(_policies, wanted, "PolicyNames")},
    }
    targets.add("application-autoscaling", "AnyScaleFrontendService.", "application-autoscaling", calls)
    resources.register(
        "AWS::ApplicationAutoScaling::ScalableTarget", _create_target, _update_target, _delete_target,
        replacing=("ResourceId", "ScalableDimension", "ServiceNamespace"),
    )  # fmt: skip
    resources.register(
        "AWS::ApplicationAutoScaling::ScalingPolicy", _create_policy, _update_policy, _delete_policy,
        replacing=("PolicyName", "ResourceId", "ScalableDimension", "ServiceNamespace"),
    )  # fmt: skip


def _key(wanted: Document) -> str:
    return f"{wanted['ResourceId']}|{wanted['ScalableDimension']}|{wanted['ServiceNamespace']}"


def _of(store: Any, wanted: Document, names: str) -> list[Document]:
    """The records of a namespace that a call requests."""
    field = names.removesuffix("s")
    found = [item for item in store.values() if item["ServiceNamespace"] == wanted["ServiceNamespace"]]
    asked = {field: wanted.get(names, []), "ResourceId": [wanted["ResourceId"]] if wanted.get("ResourceId") else []}
    return [item for item in found if all(not values or item[key] in values for key, values in asked.items())]


def _register(wanted: Document) -> Document:
    known = _targets.get(_key(wanted)) or {
        "CreationTime": time.time(),
        "ScalableTargetARN": arn("application-autoscaling", f"scalable-target/{uuid.uuid4().hex[:16]}"),
        "RoleARN": wanted.get("RoleARN", ""),
    }
    _targets[_key(wanted)] = {**known, **wanted}
    return {"ScalableTargetARN": known["ScalableTargetARN"]}


def _deregister(wanted: Document) -> Document:
    if _key(wanted) not in _targets:
        raise targets.Refusal("ObjectNotFoundException", f"No scalable target found for {wanted['ResourceId']}")
    del _targets[_key(wanted)]
    return {}


def _put(wanted: Document) -> Document:
    if _key(wanted) not in _targets:
        raise targets.Refusal("ObjectNotFoundException", f"No scalable target registered for {wanted['ResourceId']}")
    name = f"{wanted['PolicyName']}|{_key(wanted)}"
    resource = f"scalingPolicy:{uuid.uuid4()}:resource/{wanted['ResourceId']}:policyName/{wanted['PolicyName']}"
    known = _policies.get(name) or {
        "CreationTime": time.time(),
        "PolicyARN": arn("autoscaling", resource),
        "Alarms": [],
    }
    _policies[name] = {**known, **wanted}
    return {"PolicyARN": known["PolicyARN"], "Alarms": []}


def _remove(wanted: Document) -> Document:
    _policies.pop(f"{wanted['PolicyName']}|{_key(wanted)}", None)
    return {}


def _create_target(logical_id: str, props: Document, stack: str) -> Made:
    _register(_whole(props))
    return _key(props), {"Id": _key(props)}


def _whole(props: Document) -> Document:
    """Convert CloudFormation's parameters, which are strings, to capacities."""
    return {key: int(value) if key.endswith("Capacity") else value for key, value in props.items()}


def _update_target(physical_id: str, old: Document, new: Document, stack: str) -> Made:
    return _create_target("", new, stack)


def _delete_target(physical_id: str, props: Document) -> None:
    _targets.pop(physical_id, None)


def _create_policy(logical_id: str, props: Document, stack: str) -> Made:
    wanted = {key: value for key, value in props.items() if key != "ScalingTargetId"}
    target = props.get("ScalingTargetId")
    if target:
        wanted |= dict(zip(("ResourceId", "ScalableDimension", "ServiceNamespace"), target.split("|")))
    try:
        made = _put(wanted)
    except targets.Refusal as exc:
        raise ValueError(str(exc)) from exc
    return made["PolicyARN"], {"Arn": made["PolicyARN"]}


def _update_policy(physical_id: str, old: Document, new: Document, stack: str) -> Made:
    return _create_policy("", new, stack)


def _delete_policy(physical_id: str, props: Document) -> None:
    for name, policy in list(_policies.items()):
        if policy["PolicyARN"] == physical_id:
            del _policies[name]
