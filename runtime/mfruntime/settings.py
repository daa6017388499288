"""The settings: names, defaults, descriptions, and the sources of their values.

Precedence, highest first (the same as Metaflow's): environment variables; the nearest ``.metaflow/config.json`` in the
working directory and its parents; the profile file ``$METAFLOW_HOME/config[_<METAFLOW_PROFILE>].json`` (default
directory ``~/.metaflowconfig``); the default below. Files contain one flat JSON object; its keys are setting names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from .errors import CommandException


class Setting(NamedTuple):
    """One setting: full name, default (a string or None) and description. The value of a secret is never printed."""

    name: str
    default: str | None
    doc: str
    is_secret: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "METAFLOW_DATASTORE_SYSROOT_LOCAL",
        None,
        "Directory of the local datastore, which is in its subdirectory `.metaflow`.",
    ),
    Setting("METAFLOW_DATASTORE_SYSROOT_S3", None, "Root of the datastore `s3`: s3://BUCKET/PREFIX."),
    Setting("METAFLOW_DATASTORE_SYSROOT_AZURE", None, "Root of the datastore `azure`: CONTAINER/PREFIX."),
    Setting("METAFLOW_DATASTORE_SYSROOT_GS", None, "Root of the datastore `gs`: gs://BUCKET/PREFIX."),
    Setting(
        "METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT",
        None,
        "Storage account of the datastore `azure`: https://ACCOUNT.blob.core.windows.net/.",
    ),
    Setting(
        "METAFLOW_S3_ENDPOINT_URL",
        None,
        "Endpoint URL of an S3-compatible server; default is AWS_ENDPOINT_URL, else AWS.",
    ),
    Setting(
        "METAFLOW_S3_VERIFY_CERTIFICATE",
        None,
        "`false` disables the verification of the S3 server's TLS certificate; a path is a file of CA certificates.",
    ),
    Setting("METAFLOW_S3_SERVER_SIDE_ENCRYPTION", None, "Server-side encryption of new objects: AES256 or aws:kms."),
    Setting(
        "METAFLOW_S3_RETRY_COUNT",
        None,
        "Maximum number of retries of a request to an object store. Default: as many as fit in 180 seconds.",
    ),
    Setting("MFINFRA_S3_KMS_KEY", None, "KMS key for aws:kms; default is the key of the bucket."),
    Setting("MFINFRA_S3_REQUEST_PAYER", None, "`true` allows requests to requester-pays buckets, at your cost."),
    Setting(
        "MFINFRA_CACHE_BYTES",
        "5000000000",
        "Maximum size in bytes of the local cache of artifacts from object stores, per user account; 0 disables it.",
    ),
    Setting(
        "MFINFRA_CACHE_FOLDER",
        None,
        "Directory of the local cache; default is `mfinfra` in $XDG_CACHE_HOME, else in ~/.cache.",
    ),
    Setting("METAFLOW_SERVICE_URL", None, "URL of the metadata service for flows and clients outside of the stack."),
    Setting("METAFLOW_SERVICE_INTERNAL_URL", None, "URL of the metadata service for tasks inside the stack."),
    Setting(
        "METAFLOW_SERVICE_AUTH_KEY",
        None,
        "Key for the metadata service, sent in the header x-api-key. A secret.",
        is_secret=True,
    ),
    Setting(
        "METAFLOW_SERVICE_HEADERS",
        None,
        "Additional headers for the metadata service, as a JSON object. A secret.",
        is_secret=True,
    ),
    Setting("METAFLOW_SERVICE_RETRY_COUNT", "5", "Number of retries of a failed request to the metadata service."),
    Setting("METAFLOW_DEFAULT_DATASTORE", "local", "Datastore used when --datastore is not given."),
    Setting("METAFLOW_DEFAULT_METADATA", "local", "Metadata provider used when --metadata is not given."),
    Setting("METAFLOW_DEFAULT_ENVIRONMENT", "local", "Execution environment used when --environment is not given."),
    Setting(
        "METAFLOW_DEFAULT_DECOSPECS",
        "",
        "Decorators added to every step, separated by spaces, as with --with.",
    ),
    Setting("METAFLOW_DECOSPECS", "", "As METAFLOW_DEFAULT_DECOSPECS, for one command."),
    Setting("METAFLOW_DEFAULT_NAMESPACE", None, "Default namespace of the client; default is the user's namespace."),
    Setting("METAFLOW_PROFILE", None, "Name of the profile, whose settings are in config_<name>.json."),
    Setting("METAFLOW_HOME", None, "Directory of the profile files; default is ~/.metaflowconfig."),
    Setting("METAFLOW_USER", None, "User name recorded with runs; default is the name of the user account."),
    Setting("METAFLOW_RUNTIME_NAME", "dev", "Value of the `runtime` system tag."),
    Setting(
        "METAFLOW_RUN_MAX_WORKERS", "16", "Maximum number of tasks that run in parallel; --max-workers overrides it."
    ),
    Setting(
        "METAFLOW_RUN_MAX_NUM_SPLITS", "100", "Maximum number of tasks of a foreach; --max-num-splits overrides it."
    ),
    Setting(
        "METAFLOW_DATATOOLS_S3ROOT",
        None,
        "Root of `S3(run=...)` and included files; default is `data` in the datastore `s3`.",
    ),
    Setting(
        "METAFLOW_DATATOOLS_AZUREROOT",
        None,
        "Root of `AzureBlob(run=...)` and included files; default is `data` in the datastore `azure`.",
    ),
    Setting(
        "METAFLOW_DATATOOLS_GSROOT",
        None,
        "Root of `GS(run=...)` and included files; default is `data` in the datastore `gs`.",
    ),
    Setting("METAFLOW_CARD_S3ROOT", None, "Root of cards; default is the datastore."),
    Setting("METAFLOW_CONDA_PACKAGE_S3ROOT", None, "Root of the packages of environments."),
    Setting("METAFLOW_UI_URL", None, "URL of the Metaflow UI."),
    Setting("METAFLOW_BATCH_JOB_QUEUE", None, "Job queue of AWS Batch for tasks."),
    Setting(
        "METAFLOW_DATATOOLS_CLIENT_PARAMS",
        None,
        "Arguments of the S3 client (keys, endpoint_url, region_name, verify), as a JSON object.",
        is_secret=True,
    ),
    Setting(
        "METAFLOW_DEFAULT_PACKAGE_SUFFIXES",
        None,
        "Suffixes of additional files in code packages, for example .csv,.json.",
    ),
    Setting("METAFLOW_FEAT_ALWAYS_UPLOAD_CODE_PACKAGE", None, "Whether local runs also store a code package."),
    Setting("METAFLOW_BATCH_EMIT_TAGS", None, "Whether AWS Batch jobs get tags with flow, run and step."),
    Setting("METAFLOW_BATCH_DEFAULT_TAGS", None, "Tags of all AWS Batch jobs, as a JSON object."),
    Setting("METAFLOW_ECS_S3_ACCESS_IAM_ROLE", None, "IAM role of tasks on AWS Batch."),
    Setting("METAFLOW_ECS_FARGATE_EXECUTION_ROLE", None, "ECS execution role of tasks on Fargate."),
    Setting(
        "METAFLOW_DEFAULT_CONTAINER_REGISTRY", None, "Registry of container images without a registry in their name."
    ),
    Setting("METAFLOW_DEFAULT_CONTAINER_IMAGE", None, "Default container image of tasks."),
    Setting("METAFLOW_SFN_IAM_ROLE", None, "IAM role of Step Functions state machines."),
    Setting("METAFLOW_SFN_DYNAMO_DB_TABLE", None, "DynamoDB table for foreach steps on Step Functions."),
    Setting("METAFLOW_SFN_STATE_MACHINE_PREFIX", None, "Prefix of state machine names."),
    Setting("METAFLOW_SFN_EXECUTION_LOG_GROUP_ARN", None, "CloudWatch log group of state machine executions."),
    Setting("METAFLOW_SFN_S3_DISTRIBUTED_MAP_OUTPUT_PATH", None, "S3 path for the results of distributed maps."),
    Setting("METAFLOW_SFN_COMPRESS_STATE_MACHINE", None, "Whether long commands of state machines are stored in S3."),
    Setting(
        "METAFLOW_EVENTS_SFN_ACCESS_IAM_ROLE", None, "IAM role with which EventBridge schedules start state machines."
    ),
    Setting("METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE", None, "Default secrets backend of secret sources."),
    Setting("METAFLOW_AWS_SECRETS_MANAGER_DEFAULT_REGION", None, "Default AWS region of secrets."),
    Setting("MFINFRA_STACK", None, "Name of the stack that wrote this profile."),
    Setting(
        "MFINFRA_ISOLATION",
        None,
        "How local tasks start: fork (from a worker process) or spawn (a new interpreter per task).",
    ),
    Setting("MFINFRA_KILL_GRACE_SECONDS", "5", "Seconds between SIGTERM and SIGKILL when running tasks are stopped."),
    Setting(
        "MFINFRA_CRASH_AT",
        None,
        "For tests: kill the process before its n-th durable effect, `scheduler:n` or `task:n`.",
    ),
    Setting("MFINFRA_CRASH_COUNTER", None, "For tests: file that counts durable effects across processes."),
)

_BY_NAME = {s.name: s for s in SETTINGS}


class Settings:
    """Resolved settings: `settings.get("METAFLOW_USER")` is the effective value, or None."""

    def __init__(self, environ: Mapping[str, str], files: Mapping[str, Any], sources: Mapping[str, str] | None = None):
        self._environ = environ
        self._files = files
        self._sources = sources or {}

    def get(self, name: str) -> str | None:
        """The value of a setting as a string. Raises KeyError for an unknown name."""
        setting = _BY_NAME[name]
        if name in self._environ:
            return self._environ[name]
        value = self._files.get(name)
        if value is None:
            return setting.default
        return json.dumps(value) if isinstance(value, (dict, list)) else str(value)

    def required(self, name: str) -> str:
        """As get, but raises CommandException if the setting has no value."""
        value = self.get(name)
        if value is None:
            raise CommandException(f"The setting {name} has no value.", hint=f"Run: export {name}=...")
        return value

    def integer(self, name: str) -> int:
        """The value as an integer. Raises CommandException if it is not one."""
        text = self.required(name)
        try:
            return int(text)
        except ValueError:
            raise CommandException(f"The setting {name} must be an integer, not {text!r}.") from None

    def source(self, name: str) -> str:
        """The source of the value: 'environment', the path of a file, or 'default'."""
        if name in self._environ:
            return "environment"
        return self._sources.get(name, "default")


def load(environ: Mapping[str, str] | None = None, cwd: str | None = None) -> Settings:
    """Read the effective settings. Raises CommandException for a missing or invalid profile."""
    env = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for path in (profile_path(env), _project_file(cwd or os.getcwd())):
        if path is None:
            continue
        for key, value in _read(path).items():
            values[key] = value
            sources[key] = path
    return Settings(env, values, sources)


def profile_folder(environ: Mapping[str, str]) -> str:
    """The directory of the profile files."""
    return os.path.expanduser(environ.get("METAFLOW_HOME") or "~/.metaflowconfig")


def profile_path(environ: Mapping[str, str]) -> str | None:
    """The path of the selected profile file; None if no profile is selected and the default does not exist."""
    profile = environ.get("METAFLOW_PROFILE")
    path = os.path.join(profile_folder(environ), f"config_{profile}.json" if profile else "config.json")
    if os.path.isfile(path):
        return path
    if profile:
        raise CommandException(
            f"The profile '{profile}' in METAFLOW_PROFILE does not exist: {path} was not found.",
            hint="Run: unset METAFLOW_PROFILE, or create the profile with: mfinfra up --name " + profile,
        )
    return None


def _project_file(cwd: str) -> str | None:
    folder = os.path.abspath(cwd)
    while True:
        path = os.path.join(folder, ".metaflow", "config.json")
        if os.path.isfile(path):
            return path
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _read(path: str) -> dict[str, Any]:
    import json

    try:
        with open(path, encoding="utf-8-sig") as file:  # editors on Windows write a byte order mark
            content = json.load(file)
    except (OSError, ValueError) as exc:
        raise CommandException(f"The settings file {path} cannot be read: {exc}.") from exc
    if not isinstance(content, dict):
        raise CommandException(f"The settings file {path} must contain a JSON object of settings.")
    return content


def user_name(settings: Settings) -> str:
    """The user name recorded with runs: METAFLOW_USER, else the user who ran sudo, else the account's name."""
    explicit = settings.get("METAFLOW_USER")
    if explicit:
        return explicit
    for key in ("SUDO_USER", "USERNAME", "USER"):
        name = os.environ.get(key)
        if name and name != "root":
            return name
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid-{os.getuid()}" if hasattr(os, "getuid") else "unknown"
