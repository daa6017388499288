"""Resources that CloudFormation cannot delete: buckets with objects, and protected ones. Messages are AWS's."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from ministack.services import alb, cognito, dynamodb, rds, s3
from ministack.services.cloudformation import provisioners

Props = dict[str, Any]


def install() -> None:
    _guard("AWS::S3::Bucket", _bucket)
    _guard("AWS::RDS::DBInstance", _database)
    _guard("AWS::ElasticLoadBalancingV2::LoadBalancer", _balancer)
    _guard("AWS::DynamoDB::Table", _table)
    _guard("AWS::Cognito::UserPool", _user_pool)


def _guard(kind: str, reason_of: Callable[[str], str]) -> None:
    """Check before the deletion of a type whether AWS would reject it."""
    handlers = provisioners._RESOURCE_HANDLERS[kind]
    delete = handlers["delete"]

    def guarded(physical_id: str, props: Props) -> None:
        reason = reason_of(physical_id)
        if reason:
            raise ValueError(reason)
        delete(physical_id, props)

    handlers["delete"] = guarded


def _refusal(service: str, status: int, message: str, code: str) -> str:
    """The message of a resource handler."""
    request = f"Service: {service}, Status Code: {status}, Request ID: {uuid.uuid4().hex[:16].upper()}"
    return f'Resource handler returned message: "{message} ({request})" (RequestToken: {uuid.uuid4()}, HandlerErrorCode: {code})'


def _bucket(name: str) -> str:
    bucket = s3._buckets.get(name)
    if bucket is None or not (bucket["objects"] or s3._bucket_has_versions(name)):
        return ""
    return _refusal("S3", 409, "The bucket you tried to delete is not empty", "GeneralServiceException")


def _database(name: str) -> str:
    if not rds._instances.get(name, {}).get("DeletionProtection"):
        return ""
    message = "Cannot delete protected DB Instance, please disable deletion protection and try again."
    return _refusal("Rds", 400, message, "InvalidRequest")


def _balancer(name: str) -> str:
    attributes = {item["Key"]: item["Value"] for item in alb._lb_attrs.get(name, [])}
    if attributes.get("deletion_protection.enabled") != "true":
        return ""
    message = f"Load balancer '{name}' cannot be deleted because deletion protection is enabled"
    return _refusal("ElasticLoadBalancingV2", 400, message, "InvalidRequest")


def _table(name: str) -> str:
    if str(dynamodb._tables.get(name, {}).get("DeletionProtectionEnabled")).lower() != "true":
        return ""
    message = (
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    )
    return _refusal("DynamoDb", 400, message, "GeneralServiceException")


def _user_pool(name: str) -> str:
    if (cognito._user_pools.get(name) or {}).get("DeletionProtection") != "ACTIVE":
        return ""
    message = "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first."
    return _refusal("CognitoIdentityProvider", 400, message, "InvalidRequest")
