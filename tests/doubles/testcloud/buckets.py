"""A stack's bucket with all its properties: ministack's lacks encryption, lifecycle, logs, ownership and tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from ministack.services import s3
from ministack.services.cloudformation import provisioners

KIND = "AWS::S3::Bucket"
Props = dict[str, Any]

#: Names in a template -> names in the interface, where they differ.
RULE_NAMES = {"Id": "ID"}
INSIDE_EXPIRATION = {
    "ExpirationInDays": "Days",
    "ExpirationDate": "Date",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}


def install() -> None:
    provisioners._S3_BUCKET_CONFIGURATIONS = (
        *provisioners._S3_BUCKET_CONFIGURATIONS,
        ("BucketEncryption", _encryption, s3._put_bucket_encryption, s3._delete_bucket_encryption),
        ("LifecycleConfiguration", _lifecycle, s3._put_bucket_lifecycle, s3._delete_bucket_lifecycle),
        ("LoggingConfiguration", _logging, s3._put_bucket_logging, _without_logging),
        ("OwnershipControls", _ownership, s3._put_bucket_ownership_controls, s3._delete_bucket_ownership_controls),
        ("Tags", _tags, s3._put_bucket_tagging, s3._delete_bucket_tagging),
    )  # fmt: skip
    provisioners._STACK_TAG_PROPERTY[KIND] = ("Tags", "list")
    provisioners._REPLACING_PROPERTIES.setdefault(KIND, ("BucketName", "ObjectLockEnabled"))


def _document(root: str, fill: Callable[[Element], None]) -> bytes:
    element = Element(root, xmlns=s3.S3_NS)
    fill(element)
    return tostring(element)


def _put(parent: Element, name: str, value: Any) -> None:
    """Add a value: a mapping as members, a list as repeated members."""
    for item in value if isinstance(value, list) else [value]:
        element = SubElement(parent, name)
        if isinstance(item, dict):
            for key, inner in item.items():
                _put(element, key, inner)
        else:
            element.text = str(item).lower() if isinstance(item, bool) else str(item)


def _encryption(props: Props) -> bytes:
    def fill(root: Element) -> None:
        for rule in props["ServerSideEncryptionConfiguration"]:
            wanted = dict(rule.get("ServerSideEncryptionByDefault", {}))
            if "KMSMasterKeyID" in wanted:
                wanted["KMSMasterKeyID"] = str(wanted["KMSMasterKeyID"])
            applied = {
                "ApplyServerSideEncryptionByDefault": wanted,
                "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
            }
            _put(root, "Rule", applied)

    return _document("ServerSideEncryptionConfiguration", fill)


def _lifecycle(props: Props) -> bytes:
    return _document(
        "LifecycleConfiguration", lambda root: _put(root, "Rule", [_rule(rule) for rule in props["Rules"]])
    )


def _rule(rule: Props) -> Props:
    """A rule in the format of the API: the expiration is one member, and its scope a filter."""
    made = {RULE_NAMES.get(key, key): value for key, value in rule.items() if key not in (*INSIDE_EXPIRATION, "Prefix")}
    expiration = {name: rule[key] for key, name in INSIDE_EXPIRATION.items() if key in rule}
    if expiration:
        made["Expiration"] = expiration
    return {**made, "Filter": {"Prefix": rule.get("Prefix", "")}}


def _logging(props: Props) -> bytes:
    target = {"TargetBucket": props.get("DestinationBucketName", ""), "TargetPrefix": props.get("LogFilePrefix", "")}
    return _document("BucketLoggingStatus", lambda root: _put(root, "LoggingEnabled", target))


def _without_logging(bucket: str) -> None:
    s3._put_bucket_logging(bucket, _document("BucketLoggingStatus", lambda root: None))


def _ownership(props: Props) -> bytes:
    return _document("OwnershipControls", lambda root: _put(root, "Rule", props["Rules"]))


def _tags(tags: list[Props]) -> bytes:
    return _document("Tagging", lambda root: _put(root, "TagSet", {"Tag": tags}))
