"""Secrets Manager's schedule of rotation: DescribeSecret shows it; nothing rotates by itself."""

from __future__ import annotations

from typing import Any

from ministack.services import secretsmanager

from . import resources
from .resources import Made

Props = dict[str, Any]


def register() -> None:
    resources.register("AWS::SecretsManager::RotationSchedule", _create, _update, _delete, replacing=("SecretId",))


def _create(logical_id: str, props: Props, stack: str) -> Made:
    secret = _secret(props["SecretId"])
    if secret is None:
        raise ValueError("Secrets Manager can't find the specified secret.")
    secret["RotationEnabled"] = True
    secret["RotationRules"] = props.get("RotationRules", {})
    if props.get("RotationLambdaARN"):
        secret["RotationLambdaARN"] = props["RotationLambdaARN"]
    return str(secret["ARN"]), {"Id": secret["ARN"]}


def _update(physical_id: str, old: Props, new: Props, stack: str) -> Made:
    return _create("", new, stack)


def _delete(physical_id: str, props: Props) -> None:
    secret = _secret(physical_id)
    if secret:
        secret["RotationEnabled"] = False
        secret["RotationRules"] = None


def _secret(name: str) -> Props | None:
    return secretsmanager._resolve(name)[1]  # type: ignore[no-any-return]
