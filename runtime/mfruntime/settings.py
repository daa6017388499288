"""The settings: their names, defaults and meaning, and where a value comes from.

Precedence, highest first (Metaflow's own): the environment; the nearest ``.metaflow/config.json`` walking up from the
working directory; the profile file ``$METAFLOW_HOME/config[_<METAFLOW_PROFILE>].json`` (default folder
``~/.metaflowconfig``); the default below. Files hold one flat JSON object whose keys carry the full setting name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from .errors import CommandException


class Setting(NamedTuple):
    """One setting: full name, default (text or None) and one sentence of documentation. A secret one is never shown."""

    name: str
    default: str | None
    doc: str
    is_secret: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "METAFLOW_DATASTORE_SYSROOT_LOCAL",
        None,
        "Folder that holds the local datastore; its tree lies in `.metaflow` below it.",
    ),
    Setting("METAFLOW_DATASTORE_SYSROOT_S3", None, "Root of the datastore `s3`: s3://BUCKET/PREFIX."),
    Setting("METAFLOW_DATASTORE_SYSROOT_AZURE", None, "Root of the datastore `azure`: CONTAINER/PREFIX."),
    Setting("METAFLOW_DATASTORE_SYSROOT_GS", None, "Root of the datastore `gs`: gs://BUCKET/PREFIX."),
    Setting(
        "METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT",
        None,
        "Storage account of the datastore `azure`: https://ACCOUNT.blob.core.windows.net/.",
    ),
    Setting("METAFLOW_S3_ENDPOINT_URL", None, "Server that speaks S3's API; default is AWS, or AWS_ENDPOINT_URL."),
    Setting(
        "METAFLOW_S3_VERIFY_CERTIFICATE",
        None,
        "`false` accepts any TLS certificate of the S3 server; a path names a file of those that vouch for it.",
    ),
    Setting("METAFLOW_S3_SERVER_SIDE_ENCRYPTION", None, "Encryption asked for with every object: AES256 or aws:kms."),
    Setting("METAFLOW_S3_RETRY_COUNT", "7", "Repetitions of a request to an object store that failed in passing."),
    Setting("MFINFRA_S3_KMS_KEY", None, "KMS key for aws:kms, where it is not the bucket's own."),
    Setting("MFINFRA_S3_REQUEST_PAYER", None, "`true` pays for requests to buckets whose owner does not."),
    Setting(
        "MFINFRA_CACHE_BYTES",
        "5000000000",
        "Bytes of artifacts from object stores that this machine keeps for all flows of the account; 0 keeps none.",
    ),
    Setting(
        "MFINFRA_CACHE_FOLDER",
        None,
        "Folder that they are kept in; default `mfinfra` below $XDG_CACHE_HOME, else below ~/.cache.",
    ),
    Setting("METAFLOW_SERVICE_URL", None, "Metadata service, as flows and clients outside of the stack reach it."),
    Setting("METAFLOW_SERVICE_INTERNAL_URL", None, "Metadata service, as tasks inside of the stack reach it."),
    Setting(
        "METAFLOW_SERVICE_AUTH_KEY", None, "Key sent to the metadata service as x-api-key. A secret.", is_secret=True
    ),
    Setting(
        "METAFLOW_SERVICE_HEADERS",
        None,
        "More headers for the metadata service, as one JSON object. A secret.",
        is_secret=True,
    ),
    Setting("METAFLOW_SERVICE_RETRY_COUNT", "5", "Repetitions of a request to the metadata service that failed."),
    Setting("METAFLOW_DEFAULT_DATASTORE", "local", "Datastore used when --datastore is not given."),
    Setting("METAFLOW_DEFAULT_METADATA", "local", "Metadata provider used when --metadata is not given."),
    Setting("METAFLOW_DEFAULT_ENVIRONMENT", "local", "Execution environment used when --environment is not given."),
    Setting(
        "METAFLOW_DEFAULT_DECOSPECS",
        "",
        "Decorators attached to every step, separated by spaces, as if given by --with.",
    ),
    Setting("METAFLOW_DECOSPECS", "", "As METAFLOW_DEFAULT_DECOSPECS, but only for this call."),
    Setting(
        "METAFLOW_DEFAULT_NAMESPACE", None, "Namespace of the client where none is set; default is the user's own."
    ),
    Setting("METAFLOW_PROFILE", None, "Name of the profile: settings come from config_<name>.json."),
    Setting("METAFLOW_HOME", None, "Folder of the profile files; default ~/.metaflowconfig."),
    Setting("METAFLOW_USER", None, "User name recorded with runs; default is the name of the account."),
    Setting("METAFLOW_RUNTIME_NAME", "dev", "Value of the `runtime` system tag."),
    Setting("METAFLOW_RUN_MAX_WORKERS", "16", "Tasks that run at the same time, unless --max-workers is given."),
    Setting(
        "METAFLOW_RUN_MAX_NUM_SPLITS", "100", "Largest foreach that is accepted, unless --max-num-splits is given."
    ),
    Setting(
        "METAFLOW_DATATOOLS_S3ROOT",
        None,
        "Where `S3(run=...)` and included files lie; default is `data` in the datastore `s3`.",
    ),
    Setting(
        "METAFLOW_DATATOOLS_AZUREROOT",
        None,
        "Where `AzureBlob(run=...)` and included files lie; default is `data` in the datastore `azure`.",
    ),
    Setting(
        "METAFLOW_DATATOOLS_GSROOT",
        None,
        "Where `GS(run=...)` and included files lie; default is `data` in the datastore `gs`.",
    ),
    Setting("METAFLOW_CARD_S3ROOT", None, "Where cards lie, in place of the datastore."),
    Setting("METAFLOW_CONDA_PACKAGE_S3ROOT", None, "Where packages of environments are kept."),
    Setting("METAFLOW_UI_URL", None, "Address of the stack's UI."),
    Setting("METAFLOW_BATCH_JOB_QUEUE", None, "Queue of AWS Batch that the stack runs tasks on."),
    Setting(
        "METAFLOW_DATATOOLS_CLIENT_PARAMS",
        None,
        "Arguments of the S3 client (keys, endpoint_url, region_name, verify), as one JSON object.",
        is_secret=True,
    ),
    Setting("METAFLOW_DEFAULT_PACKAGE_SUFFIXES", None, "More files for code packages, as .csv,.json."),
    Setting("METAFLOW_FEAT_ALWAYS_UPLOAD_CODE_PACKAGE", None, "Whether runs on this machine store their code too."),
    Setting("METAFLOW_BATCH_EMIT_TAGS", None, "Whether jobs carry the tags of flow, run and step."),
    Setting("METAFLOW_BATCH_DEFAULT_TAGS", None, "Tags of every job, as one JSON object."),
    Setting("METAFLOW_ECS_S3_ACCESS_IAM_ROLE", None, "Role of tasks on AWS Batch."),
    Setting("METAFLOW_ECS_FARGATE_EXECUTION_ROLE", None, "Role that starts tasks on Fargate."),
    Setting("METAFLOW_DEFAULT_CONTAINER_REGISTRY", None, "Registry of images that are named without one."),
    Setting("METAFLOW_DEFAULT_CONTAINER_IMAGE", None, "Image of tasks that name none."),
    Setting("METAFLOW_SFN_IAM_ROLE", None, "Role of Step Functions."),
    Setting("METAFLOW_SFN_DYNAMO_DB_TABLE", None, "Table that foreaches of Step Functions use."),
    Setting("METAFLOW_SFN_STATE_MACHINE_PREFIX", None, "First part of the names of state machines."),
    Setting("METAFLOW_SFN_EXECUTION_LOG_GROUP_ARN", None, "Log group of executions."),
    Setting("METAFLOW_SFN_S3_DISTRIBUTED_MAP_OUTPUT_PATH", None, "Where distributed maps write their results."),
    Setting("METAFLOW_SFN_COMPRESS_STATE_MACHINE", None, "Whether long commands in state machines are stored in S3."),
    Setting("METAFLOW_EVENTS_SFN_ACCESS_IAM_ROLE", None, "Role by which schedules start state machines."),
    Setting("METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE", None, "Secrets backend of sources that name none."),
    Setting("METAFLOW_AWS_SECRETS_MANAGER_DEFAULT_REGION", None, "Region of secrets that name none."),
    Setting("MFINFRA_STACK", None, "Name of the stack that wrote this profile."),
    Setting(
        "MFINFRA_ISOLATION",
        None,
        "How local tasks start: fork (from a warm worker) or spawn (a fresh interpreter each).",
    ),
    Setting("MFINFRA_KILL_GRACE_SECONDS", "5", "Seconds between SIGTERM and SIGKILL when running tasks are stopped."),
    Setting(
        "MFINFRA_CRASH_AT",
        None,
        "Testing: kill the process before its n-th durable effect, as `scheduler:n` or `task:n`.",
    ),
    Setting("MFINFRA_CRASH_COUNTER", None, "Testing: file that counts durable effects across processes."),
)

_BY_NAME = {s.name: s for s in SETTINGS}


class Settings:
    """Resolved settings: `settings.get("METAFLOW_USER")` is the text in force, or None."""

    def __init__(self, environ: Mapping[str, str], files: Mapping[str, Any], sources: Mapping[str, str] | None = None):
        self._environ = environ
        self._files = files
        self._sources = sources or {}

    def get(self, name: str) -> str | None:
        """The value of a setting as text; raises KeyError for a name that is not a setting."""
        setting = _BY_NAME[name]
        if name in self._environ:
            return self._environ[name]
        value = self._files.get(name)
        if value is None:
            return setting.default
        return json.dumps(value) if isinstance(value, (dict, list)) else str(value)

    def need(self, name: str) -> str:
        """As get, for settings that always have a value."""
        value = self.get(name)
        if value is None:
            raise CommandException(f"The setting {name} has no value.", hint=f"Type: export {name}=...")
        return value

    def integer(self, name: str) -> int:
        """The value as a whole number; a clear error where it is not one."""
        text = self.need(name)
        try:
            return int(text)
        except ValueError:
            raise CommandException(f"The setting {name} must be a whole number, not {text!r}.") from None

    def source(self, name: str) -> str:
        """Where the value comes from: 'environment', a file's path, or 'default'."""
        if name in self._environ:
            return "environment"
        return self._sources.get(name, "default")


def load(environ: Mapping[str, str] | None = None, cwd: str | None = None) -> Settings:
    """Read the settings in force for this process. Raises CommandException for a missing or broken profile."""
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
    """The folder of the profile files."""
    return os.path.expanduser(environ.get("METAFLOW_HOME") or "~/.metaflowconfig")


def profile_path(environ: Mapping[str, str]) -> str | None:
    """The profile file in force, None where no profile is named and no default exists."""
    profile = environ.get("METAFLOW_PROFILE")
    path = os.path.join(profile_folder(environ), f"config_{profile}.json" if profile else "config.json")
    if os.path.isfile(path):
        return path
    if profile:
        raise CommandException(
            f"The profile '{profile}' named by METAFLOW_PROFILE does not exist: there is no {path}.",
            hint="Type: unset METAFLOW_PROFILE, or create it with: mfinfra up --name " + profile,
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
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError) as exc:
        raise CommandException(f"The settings file {path} cannot be read: {exc}.") from exc
    if not isinstance(content, dict):
        raise CommandException(f"The settings file {path} must hold one JSON object of settings.")
    return content


def user_name(settings: Settings) -> str:
    """The name recorded with runs: METAFLOW_USER, else the login behind sudo, else the account's name."""
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
