"""Deletes, by ARN, the resources that CloudFormation retains after it has deleted a stack.

Keys and secrets can be restored for 7 days, the shortest period that KMS accepts. Resources of types that are not in
the table are kept and listed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import CloudError
from .identity import call, client
from .teardown import Report, empty_bucket

#: Days in which a key or a secret can be restored.
RECOVERY_DAYS = 7
#: What `down --keep data` keeps: the bucket, and the key that encrypts it.
_DATA = ("s3", "kms")


def remove(session: Any, arns: list[str], keep_data: bool, report: Report) -> list[str]:
    """Delete the resources of known types; returns the others. Keys are last, after the resources that they encrypt."""
    left = []
    for arn in sorted(arns, key=lambda arn: _service(arn) == "kms"):
        remover = _REMOVERS.get(_kind(arn))
        if remover is None or (keep_data and _service(arn) in _DATA):
            left.append(arn)
            continue
        report(f"Deleting {arn.rsplit(':', 1)[1]}")
        remover(session, arn, report)
    return sorted(left)


def _service(arn: str) -> str:
    return arn.split(":")[2]


def _kind(arn: str) -> str:
    """The type: `kms:key`, `ecr:repository`; the ARN of a bucket contains only its name."""
    service, resource = _service(arn), arn.split(":", 5)[5]
    return service if service == "s3" else f"{service}:{resource.replace(':', '/').split('/')[0]}"


def _name(arn: str) -> str:
    """The part after the type."""
    return arn.split(":", 5)[5].partition("/")[2]


def _bucket(session: Any, arn: str, report: Report) -> None:
    bucket = arn.rsplit(":", 1)[1]
    empty_bucket(session, bucket, report)
    _if_exists(client(session, "s3").delete_bucket, Bucket=bucket)


def _key(session: Any, arn: str, report: Report) -> None:
    kms = client(session, "kms")
    state = call(kms.describe_key, KeyId=arn)["KeyMetadata"]["KeyState"]
    if state != "PendingDeletion":
        _if_exists(kms.schedule_key_deletion, KeyId=arn, PendingWindowInDays=RECOVERY_DAYS)


def _secret(session: Any, arn: str, report: Report) -> None:
    secrets = client(session, "secretsmanager")
    _if_exists(secrets.delete_secret, SecretId=arn, RecoveryWindowInDays=RECOVERY_DAYS)


def _repository(session: Any, arn: str, report: Report) -> None:
    _if_exists(client(session, "ecr").delete_repository, repositoryName=_name(arn), force=True)


def _user_pool(session: Any, arn: str, report: Report) -> None:
    _if_exists(client(session, "cognito-idp").delete_user_pool, UserPoolId=_name(arn))


_REMOVERS: dict[str, Callable[[Any, str, Report], None]] = {
    "s3": _bucket,
    "kms:key": _key,
    "secretsmanager:secret": _secret,
    "ecr:repository": _repository,
    "cognito-idp:userpool": _user_pool,
}


def _if_exists(operation: Callable[..., Any], **arguments: Any) -> None:
    """Call an operation. A resource that no longer exists is not an error."""
    try:
        call(operation, **arguments)
    except CloudError as exc:
        text = str(exc)
        if not any(word in text for word in ("NotFound", "NoSuch", "not found", "does not exist", "can't find")):
            raise
