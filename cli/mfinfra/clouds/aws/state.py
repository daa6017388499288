"""The state bucket of an account in a region, and the state locks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ...errors import CloudError, Locked
from ..base import TAKE_AGAIN, Unreadable
from .identity import call, client
from .permissions import statement

_TLS_ONLY = "OnlyTls"
#: Error codes of S3 for buckets and objects that do not exist.
_ABSENT = ("404", "NoSuchBucket", "NoSuchKey", "NotFound")
#: Error codes for denied access. Callers without s3:ListBucket get them for objects that do not exist, too.
_DENIED = ("403", "AccessDenied")


@dataclass(frozen=True)
class Lock:
    """The lock of a state, as Terraform writes it next to the state."""

    id: str
    who: str
    since: str
    operation: str


def ensure_bucket(session: Any, bucket: str, account: str, partition: str) -> bool:
    """Create the bucket, or complete one that was created in part; returns whether it was created. Concurrent calls
    are safe.

    The bucket is encrypted, private, TLS only and versioned. Versioning is enabled last: a bucket that has it is
    complete, and callers with read access need no more. Raises CloudError if it belongs to another account.
    """
    s3 = client(session, "s3")
    made = _made(s3, bucket, account, str(session.region_name))
    own = {"Bucket": bucket, "ExpectedBucketOwner": account}
    if not made and call(s3.get_bucket_versioning, **own).get("Status") == "Enabled":
        return False
    call(s3.put_public_access_block, **own, PublicAccessBlockConfiguration=dict.fromkeys(_BLOCKS, True))
    call(s3.put_bucket_encryption, **own, ServerSideEncryptionConfiguration=_ENCRYPTION)
    call(s3.put_bucket_policy, **own, Policy=json.dumps(_policy(bucket, partition)))
    call(s3.put_bucket_lifecycle_configuration, **own, LifecycleConfiguration=_LIFECYCLE)
    call(s3.put_bucket_versioning, **own, VersioningConfiguration={"Status": "Enabled"})
    return made


_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
_LIFECYCLE = {
    "Rules": [
        {
            "ID": "old-states",
            "Status": "Enabled",
            "Filter": {},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 365, "NewerNoncurrentVersions": 50},
        }
    ]
}


def _made(s3: Any, bucket: str, account: str, region: str) -> bool:
    try:
        call(s3.head_bucket, Bucket=bucket, ExpectedBucketOwner=account)
        return False
    except CloudError as exc:
        if exc.code == "403":
            grants = statement("s3:ListBucket", f"arn:{s3.meta.partition}:s3:::{bucket}")
            raise CloudError(
                f"The state bucket '{bucket}' cannot be used: it belongs to another account, or access is denied.",
                hint=f"If the bucket is in your account, add this statement to a policy: {grants}",
            ) from exc
        if exc.code not in _ABSENT:
            raise
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        call(s3.create_bucket, Bucket=bucket, **where)
    except CloudError as exc:
        if exc.code != "BucketAlreadyOwnedByYou":  # another mfinfra of this account created it first
            raise
        return False
    return True


def _policy(bucket: str, partition: str) -> dict[str, Any]:
    arn = f"arn:{partition}:s3:::{bucket}"
    statement = {
        "Sid": _TLS_ONLY,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


class States:
    """The bucket as files. Each request names the owner, so S3 refuses it for a bucket of another account."""

    def __init__(self, session: Any, bucket: str, account: str) -> None:
        self._session, self._bucket = session, {"Bucket": bucket, "ExpectedBucketOwner": account}

    def read(self, key: str) -> str | None:
        try:
            found = call(client(self._session, "s3").get_object, **self._bucket, Key=key)
        except CloudError as exc:
            if exc.code in _ABSENT:
                return None
            if exc.code in _DENIED:
                raise Unreadable.of(exc) from exc
            raise
        return bytes(found["Body"].read()).decode("utf-8", "replace")

    def write(self, key: str, text: str) -> None:
        call(client(self._session, "s3").put_object, **self._bucket, Key=key, Body=text.encode())

    def remove(self, key: str) -> None:
        call(client(self._session, "s3").delete_object, **self._bucket, Key=key)


def lock(session: Any, bucket: str, key: str) -> Lock | None:
    """The holder of a state lock, None if it is free."""
    s3 = client(session, "s3")
    try:
        text = call(s3.get_object, Bucket=bucket, Key=f"{key}.tflock")["Body"].read()
    except CloudError as exc:
        if exc.code in _ABSENT:
            return None
        raise
    try:
        found = json.loads(text)
        return Lock(str(found["ID"]), str(found["Who"]), str(found["Created"])[:19], str(found.get("Operation", "")))
    except (ValueError, KeyError, TypeError):
        return Lock("", "an unknown user", "an unknown time", "")


def unlock(session: Any, bucket: str, key: str, held: Lock) -> None:
    """Remove the lock if it is still the same one. Raises Locked if another holder has acquired it since."""
    now = lock(session, bucket, key)
    if now is not None and now.id != held.id:
        raise Locked(f"The lock was acquired by {now.who} at {now.since}.", hint=TAKE_AGAIN)
    call(client(session, "s3").delete_object, Bucket=bucket, Key=f"{key}.tflock")
