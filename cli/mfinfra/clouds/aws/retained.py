"""What CloudFormation leaves of a stack because its template retains it: removed by its ARN, after the stack is gone.

What cannot come back goes with a time to think: a key and a secret can be restored for seven days, the shortest that
KMS takes. Whatever is not in the table here stays and is named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import CloudError
from .identity import call, client
from .teardown import Report, empty_bucket

#: Days in which a key or a secret can be taken back.
RECOVERY_DAYS = 7
#: What `down --keep data` leaves: the bucket, and the key without which nobody can read it.
_DATA = ("s3", "kms")


def remove(session: Any, arns: list[str], keep_data: bool, report: Report) -> list[str]:
    """Remove what of these is ours to remove; returns the others. Keys go last: what they encrypt goes before them."""
    left = []
    for arn in sorted(arns, key=lambda arn: _service(arn) == "kms"):
        remover = _REMOVERS.get(_kind(arn))
        if remover is None or (keep_data and _service(arn) in _DATA):
            left.append(arn)
            continue
        report(f"Removing {arn.rsplit(':', 1)[1]}")
        remover(session, arn, report)
    return sorted(left)


def _service(arn: str) -> str:
    return arn.split(":")[2]


def _kind(arn: str) -> str:
    """`kms:key`, `ecr:repository`; buckets have no more than their name."""
    service, resource = _service(arn), arn.split(":", 5)[5]
    return service if service == "s3" else f"{service}:{resource.replace(':', '/').split('/')[0]}"


def _name(arn: str) -> str:
    """What follows the kind."""
    return arn.split(":", 5)[5].partition("/")[2]


def _bucket(session: Any, arn: str, report: Report) -> None:
    bucket = arn.rsplit(":", 1)[1]
    empty_bucket(session, bucket, report)
    _unless_gone(client(session, "s3").delete_bucket, Bucket=bucket)


def _key(session: Any, arn: str, report: Report) -> None:
    kms = client(session, "kms")
    state = call(kms.describe_key, KeyId=arn)["KeyMetadata"]["KeyState"]
    if state != "PendingDeletion":
        _unless_gone(kms.schedule_key_deletion, KeyId=arn, PendingWindowInDays=RECOVERY_DAYS)


def _secret(session: Any, arn: str, report: Report) -> None:
    secrets = client(session, "secretsmanager")
    _unless_gone(secrets.delete_secret, SecretId=arn, RecoveryWindowInDays=RECOVERY_DAYS)


def _repository(session: Any, arn: str, report: Report) -> None:
    _unless_gone(client(session, "ecr").delete_repository, repositoryName=_name(arn), force=True)


def _user_pool(session: Any, arn: str, report: Report) -> None:
    _unless_gone(client(session, "cognito-idp").delete_user_pool, UserPoolId=_name(arn))


_REMOVERS: dict[str, Callable[[Any, str, Report], None]] = {
    "s3": _bucket,
    "kms:key": _key,
    "secretsmanager:secret": _secret,
    "ecr:repository": _repository,
    "cognito-idp:userpool": _user_pool,
}


def _unless_gone(operation: Callable[..., Any], **arguments: Any) -> None:
    """Call it; that there is nothing to remove any more is no error."""
    try:
        call(operation, **arguments)
    except CloudError as exc:
        text = str(exc)
        if not any(word in text for word in ("NotFound", "NoSuch", "not found", "does not exist", "can't find")):
            raise
