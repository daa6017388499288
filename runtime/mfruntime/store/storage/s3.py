"""Amazon S3 and servers with a compatible API, through obstore."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import CommandException
from ...registry import missing_extra
from ...settings import Settings
from .object_store import ObjectStorage, ObstoreClient
from .retries import Retries, limit_of

#: The user metadata key with Metaflow's metadata of a blob.
_META_KEY = "metaflow-user-attributes"


class S3Storage(ObjectStorage):
    """Objects below `s3://bucket/prefix`."""

    @classmethod
    def from_settings(cls, settings: Settings, root: str | None) -> S3Storage:
        """Raises CommandException for a root that is missing or not an s3:// URL."""
        root = (root or settings.get("METAFLOW_DATASTORE_SYSROOT_S3") or "").rstrip("/")
        bucket, prefix = split_url(root, "s3", "METAFLOW_DATASTORE_SYSROOT_S3")
        client, identity = make_client(settings, bucket)
        return cls("s3", root, prefix, client, _META_KEY, identity, Retries.from_settings(settings, root))


def split_url(root: str, scheme: str, setting: str) -> tuple[str, str]:
    """(bucket, prefix) of a datastore root. Raises CommandException with the name of the setting."""
    if not root:
        hint = f"Run: export {setting}={scheme}://BUCKET/metaflow, or use the profile that mfinfra up wrote."
        raise CommandException(f"The datastore '{scheme}' needs a root: {setting} is not set.", hint=hint)
    bucket, _, prefix = root.partition("://")[2].partition("/")
    if not root.startswith(f"{scheme}://") or not bucket:
        raise CommandException(f"The datastore root {root!r} must have the format {scheme}://BUCKET/PREFIX.")
    return bucket, prefix.strip("/")


@dataclass(frozen=True)
class Access:
    """Overrides of the settings for one `S3` object: encryption, a role, arguments of boto3's client."""

    encryption: str | None = None
    role: str | None = None
    client_params: Mapping[str, Any] | None = None


_BY_SETTINGS = Access()
#: The supported arguments of boto3's client.
CLIENT_PARAMS = (
    "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "endpoint_url", "region_name", "verify",
)  # fmt: skip


def make_client(settings: Settings, bucket: str, access: Access = _BY_SETTINGS) -> tuple[ObstoreClient, str]:
    """The obstore clients of a bucket, and a description of its credentials for messages."""
    from obstore.store import S3Store

    params = client_params(settings) if access.client_params is None else dict(access.client_params)
    given = params.get("endpoint_url") or settings.get("METAFLOW_S3_ENDPOINT_URL")
    endpoint = given or _first("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    config: dict[str, Any] = {"virtual_hosted_style_request": endpoint is None and "." not in bucket}
    if endpoint:
        config["endpoint"] = endpoint.rstrip("/")
        if "AWS_ENDPOINT_URL_S3" in os.environ:  # obstore reads it itself, and prefers it to `endpoint`
            config["aws_endpoint_url_s3"] = config["endpoint"]
    if params.get("region_name"):
        config["region"] = str(params["region_name"])
    credentials, identity = _signed_by(params, access.role, config)
    config.update(_encryption(settings, access.encryption))
    options = _client_options(settings, params, endpoint)

    def connect(retries: Any) -> Any:
        return S3Store(bucket, config=config, client_options=options, retry_config=retries, **credentials)

    return ObstoreClient(connect, limit_of(settings)), identity


def _first(*names: str) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _client_options(settings: Settings, params: Mapping[str, Any], endpoint: str | None) -> dict[str, Any]:
    options: dict[str, Any] = {"timeout": "120s", "connect_timeout": "10s"}
    if endpoint and endpoint.startswith("http://"):
        options["allow_http"] = True
    verify = params.get("verify", settings.get("METAFLOW_S3_VERIFY_CERTIFICATE"))
    word = "" if verify is None else str(verify).lower()
    if word in ("0", "false", "no"):
        options["allow_invalid_certificates"] = True
    elif word not in ("", "1", "true", "yes"):
        options["root_certificate"] = _certificates(str(verify))
    return options


def _certificates(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as exc:
        raise CommandException(
            f"METAFLOW_S3_VERIFY_CERTIFICATE must be true, false or a file of certificates, not {path}."
        ) from exc


def _encryption(settings: Settings, asked_for: str | None) -> dict[str, Any]:
    key = settings.get("MFINFRA_S3_KMS_KEY")
    kind = asked_for or settings.get("METAFLOW_S3_SERVER_SIDE_ENCRYPTION") or ("aws:kms" if key else None)
    if kind not in (None, "AES256", "aws:kms", "aws:kms:dsse"):
        raise CommandException(f"Unknown S3 encryption {kind!r}.", hint="Use AES256, aws:kms or aws:kms:dsse.")
    config: dict[str, Any] = {}
    if kind:
        config["aws_server_side_encryption"] = kind
    if key and kind != "AES256":  # S3 rejects a key that is not used
        config["aws_sse_kms_key_id"] = key
    if (settings.get("MFINFRA_S3_REQUEST_PAYER") or "").lower() in ("1", "true", "requester"):
        config["aws_request_payer"] = True
    return config


def _signed_by(params: Mapping[str, Any], role: str | None, config: dict[str, Any]) -> tuple[dict[str, Any], str]:
    if role:
        return _role_credentials(params, role, config)
    return _given(params, config) or _credentials(config)


def _given(params: Mapping[str, Any], config: dict[str, Any]) -> tuple[dict[str, Any], str] | None:
    """Access keys in the settings, as those of a local stack have; None if the settings contain no keys."""
    names = {"aws_access_key_id": "access_key_id", "aws_secret_access_key": "secret_access_key"}
    if not all(params.get(name) for name in names):
        return None
    config.setdefault("region", "us-east-1")
    config.update({ours: str(params[name]) for name, ours in names.items()})
    if params.get("aws_session_token"):
        config["session_token"] = str(params["aws_session_token"])
    return {}, f"the access key ...{str(params['aws_access_key_id'])[-4:]} of METAFLOW_DATATOOLS_CLIENT_PARAMS"


def client_params(settings: Settings) -> dict[str, Any]:
    """METAFLOW_DATATOOLS_CLIENT_PARAMS: arguments of boto3's client as a JSON object. Raises CommandException."""
    text = settings.get("METAFLOW_DATATOOLS_CLIENT_PARAMS")
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        hint = 'Use, for example: {"region_name": "us-east-1"}'
        raise CommandException("METAFLOW_DATATOOLS_CLIENT_PARAMS must be one JSON object.", hint=hint)
    return found


def _role_credentials(params: Mapping[str, Any], role: str, config: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Credentials of a role that the other credentials can assume; boto3 gets them from STS and renews them."""
    try:
        import boto3
        from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
    except ModuleNotFoundError as exc:
        raise missing_extra("A role in S3 needs", exc, "aws") from exc
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    keys = {name: str(params[name]) for name in names if params.get(name)}
    session = boto3.session.Session(region_name=config.get("region") or _first("AWS_REGION"), **keys)
    config.setdefault("region", session.region_name or "us-east-1")
    source = session.get_credentials()
    if source is None:
        raise _no_credentials()
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=session._session.create_client, source_credentials=source, role_arn=role, extra_args={}
    )
    found = DeferredRefreshableCredentials(method="assume-role", refresh_using=fetcher.fetch_credentials)
    return {"credential_provider": _Boto3(found)}, f"the role {role}"


def _credentials(config: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The credentials of the environment, which obstore reads itself; else those that boto3 finds in profiles and
    SSO."""
    region = _first("AWS_REGION", "AWS_DEFAULT_REGION")
    if region:
        config.setdefault("region", region)
    key = os.environ.get("AWS_ACCESS_KEY_ID")
    if key and os.environ.get("AWS_SECRET_ACCESS_KEY") and not os.environ.get("AWS_PROFILE"):
        config.setdefault("region", "us-east-1")
        return {}, f"the access key ...{key[-4:]} of the environment"
    if _first(
        "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"
    ):
        config.setdefault("region", "us-east-1")
        return {}, f"the role {os.environ.get('AWS_ROLE_ARN') or 'of this container'}"
    return _boto3_credentials(config)


def _boto3_credentials(config: dict[str, Any]) -> tuple[dict[str, Any], str]:
    try:
        import boto3
    except ModuleNotFoundError:
        config.setdefault("region", "us-east-1")
        return {}, "the role of this machine"
    session = boto3.session.Session()
    config.setdefault("region", session.region_name or "us-east-1")
    found = session.get_credentials()
    if found is None:
        raise _no_credentials()
    profile = session.profile_name
    return {"credential_provider": _Boto3(found)}, f"the profile '{profile}' ({found.method})"


def _no_credentials() -> CommandException:
    hint = "Run: aws configure, aws sso login, or export AWS_PROFILE=..."
    return CommandException("No AWS credentials were found for the datastore 's3'.", hint=hint)


class _Boto3:
    """Credentials that botocore finds and renews, in the format of obstore."""

    def __init__(self, credentials: Any):
        self._credentials = credentials

    def __call__(self) -> Any:
        from datetime import datetime, timedelta, timezone

        frozen = self._credentials.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(timezone.utc) + timedelta(minutes=5),
        }
