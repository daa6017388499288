"""IAM types that ministack lacks: role policies as separate resources, and identity providers."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import get_account_id, now_iso
from ministack.services import iam

from . import resources
from .resources import Made

Props = dict[str, Any]


def register() -> None:
    resources.register(
        "AWS::IAM::RolePolicy", _create_policy, _update_policy, _delete_policy, replacing=("PolicyName", "RoleName")
    )
    resources.register(
        "AWS::IAM::OIDCProvider", _create_provider, _update_provider, _delete_provider, replacing=("Url",), tags=("Tags", "list")
    )  # fmt: skip


def _create_policy(logical_id: str, props: Props, stack: str) -> Made:
    return _update_policy(f"{props['RoleName']}|{props['PolicyName']}", {}, props, stack)


def _update_policy(physical_id: str, old: Props, new: Props, stack: str) -> Made:
    role = iam._roles.get(new["RoleName"])
    if role is None:
        raise ValueError(f"The role with name {new['RoleName']} cannot be found.")
    role.setdefault("InlinePolicies", {})[new["PolicyName"]] = json.dumps(new.get("PolicyDocument", {}))
    return physical_id, {}


def _delete_policy(physical_id: str, props: Props) -> None:
    role = iam._roles.get(props["RoleName"])
    if role:
        role.get("InlinePolicies", {}).pop(props["PolicyName"], None)


def _create_provider(logical_id: str, props: Props, stack: str) -> Made:
    host = props["Url"].removeprefix("https://")
    return _update_provider(f"arn:aws:iam::{get_account_id()}:oidc-provider/{host}", {}, props, stack)


def _update_provider(physical_id: str, old: Props, new: Props, stack: str) -> Made:
    known = iam._oidc_providers.get(physical_id) or {"CreateDate": now_iso()}
    iam._oidc_providers[physical_id] = {
        **known,
        "Arn": physical_id,
        "Url": new["Url"].removeprefix("https://"),
        "ClientIDList": list(new.get("ClientIdList", [])),
        "ThumbprintList": list(new.get("ThumbprintList", [])),
        "Tags": new.get("Tags", []),
    }
    return physical_id, {"Arn": physical_id}


def _delete_provider(physical_id: str, props: Props) -> None:
    iam._oidc_providers.pop(physical_id, None)
