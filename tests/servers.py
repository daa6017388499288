"""Real servers on loopback for the tests of stores: one of each for a session, each test with a root of its own."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.infra.environment import cache, programs

#: Azurite's published account, the same everywhere.
_AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_AZURITE = "azurite@3.37.0"


class Server(NamedTuple):
    """A running server: the kind of its datastore, and what a flow's environment holds to use it."""

    kind: str
    environment: dict[str, str]

    def fresh_root(self) -> str:
        """The root of a datastore that nobody else uses."""
        name = uuid.uuid4().hex
        return {"s3": f"s3://tests/{name}", "gs": f"gs://tests/{name}", "azure": f"tests/{name}"}[self.kind]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def running(command: list[str], url: str, log: Path, env: dict[str, str] | None = None) -> Iterator[None]:
    """A server while the context is open; it answers at `url` when the context begins."""
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **(env or {})}, cwd=log.parent)
    try:
        _wait(url, process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            assert process.poll() is None, log.read_text(errors="replace")[-2000:]
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer: {log.read_text(errors='replace')[-2000:]}")


def s3_environment(url: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "mfinfratests",
        "AWS_SECRET_ACCESS_KEY": "mfinfratests",
        "AWS_REGION": "us-east-1",
        "METAFLOW_S3_ENDPOINT_URL": url,
    }


def make_bucket(url: str, name: str = "tests") -> None:
    import boto3

    s3 = boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="mfinfratests",
        aws_secret_access_key="mfinfratests",
    )  # fmt: skip
    s3.create_bucket(Bucket=name)


@contextmanager
def ministack(folder: Path) -> Iterator[Server]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}
    with running([str(programs("ministack") / "ministack")], url, folder / "ministack.log", environment):
        make_bucket(url)
        yield Server("s3", s3_environment(url))


@contextmanager
def seaweedfs(folder: Path) -> Iterator[Server]:
    with ExitStack() as stack:
        url = next(filter(None, (_weed(stack, folder / str(attempt)) for attempt in range(3))), None)
        assert url is not None, (folder / "2" / "seaweedfs.log").read_text(errors="replace")[-2000:]
        _retried_bucket(url)
        yield Server("s3", s3_environment(url))


def _weed(stack: ExitStack, folder: Path) -> str | None:
    """Start it, None where one of its eight ports was taken by another test in the meantime."""
    folder.mkdir()
    names = ("s3", "master", "filer", "volume")
    ports = {f"{name}.port": free_port() for name in names} | {f"{name}.port.grpc": free_port() for name in names}
    url = f"http://127.0.0.1:{ports['s3.port']}"
    command = [str(programs("seaweedfs") / "weed"), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    command += ["-s3", "-filer", "-volume.max=20", "-master.volumeSizeLimitMB=64"]
    command += ["-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    try:
        stack.enter_context(
            running([*command, *(f"-{k}={v}" for k, v in ports.items())], url, folder / "seaweedfs.log")
        )
    except AssertionError:
        return None
    return url


def _retried_bucket(url: str) -> None:
    for attempt in range(50):
        try:
            return make_bucket(url)
        except Exception:
            if attempt == 49:
                raise
            time.sleep(0.2)


def _azurite_program() -> Path:
    if shutil.which("npm") is None:
        pytest.skip("azurite needs npm")
    home = cache() / "azurite"
    program = home / "node_modules" / ".bin" / "azurite-blob"
    if not program.exists():
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", str(home), _AZURITE], check=True)
    return program


@contextmanager
def azurite_with_tokens(folder: Path, accounts: dict[str, str]) -> Iterator[str]:
    """Azurite by TLS, with tokens of Entra ID; `folder` holds key.pem and cert.pem. Gives its address."""
    port = free_port()
    command = [str(_azurite_program()), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    command += ["--skipApiVersionCheck", "--silent", "--oauth", "basic"]
    command += ["--cert", str(folder / "cert.pem"), "--key", str(folder / "key.pem")]
    env = {**os.environ, "AZURITE_ACCOUNTS": ";".join(f"{name}:{key}" for name, key in accounts.items())}
    with open(folder / "azurite.log", "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=env)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "azurite.log").read_text()[-2000:]
            time.sleep(0.1)
        yield f"https://127.0.0.1:{port}"
    finally:
        process.kill()  # in order it would wait for connections that clients keep
        process.wait(10)


@contextmanager
def azurite(folder: Path) -> Iterator[Server]:
    port = free_port()
    command = [str(_azurite_program()), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    url = f"http://127.0.0.1:{port}/devstoreaccount1"
    with running([*command, "--skipApiVersionCheck", "--silent"], url, folder / "azurite.log"):
        environment = {"METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT": url, "AZURE_STORAGE_KEY": _AZURITE_KEY}
        make_azure_container(f"http://127.0.0.1:{port}", "devstoreaccount1", _AZURITE_KEY, "tests")
        yield Server("azure", environment)


def make_azure_container(url: str, account: str, key: str, name: str, context: ssl.SSLContext | None = None) -> None:
    """Make a container with an account's key: sign the request as the service documents it."""
    import base64
    import hashlib
    import hmac
    from email.utils import formatdate

    date = formatdate(usegmt=True)
    path = f"/{account}/{name}"
    headers = f"x-ms-date:{date}\nx-ms-version:2021-08-06\n"
    text = "PUT" + "\n" * 12 + headers + f"/{account}{path}\nrestype:container"
    signature = base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()
    request = urllib.request.Request(f"{url}{path}?restype=container", method="PUT")
    request.add_header("x-ms-date", date)
    request.add_header("x-ms-version", "2021-08-06")
    request.add_header("Authorization", f"SharedKey {account}:{signature}")
    try:
        with urllib.request.urlopen(request, context=context) as answer:
            assert answer.status == 201
    except urllib.error.HTTPError as exc:
        exc.close()
        assert exc.code == 409, exc  # it is there


@contextmanager
def fake_gcs(folder: Path) -> Iterator[Server]:
    port = free_port()
    found = sorted(programs("fake-gcs").parent.rglob("fake-gcs-server-*-amd64"))
    program = next((p for p in found if sys.platform in p.name), None)
    if program is None:
        pytest.skip("there is no fake-gcs-server for this platform")
    (folder / "data" / "tests").mkdir(parents=True)
    url = f"http://127.0.0.1:{port}"
    program.chmod(0o755)
    command = [
        str(program),
        "-scheme",
        "http",
        "-host",
        "127.0.0.1",
        "-port",
        str(port),
        "-public-host",
        f"127.0.0.1:{port}",
    ]
    with running(
        [*command, "-backend", "memory", "-data", str(folder / "data")], f"{url}/storage/v1/b", folder / "gcs.log"
    ):
        yield Server("gs", {"STORAGE_EMULATOR_HOST": url})


SERVERS = {"ministack": ministack, "seaweedfs": seaweedfs, "azurite": azurite, "fake-gcs": fake_gcs}
