"""Real servers on loopback for the tests of stores: one of each for a session, each test with a root of its own."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

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
def seaweedfs(folder: Path, megabytes: int = 64) -> Iterator[Server]:
    """SeaweedFS with 20 volumes of `megabytes` each."""
    with ExitStack() as stack:
        url = next(filter(None, (_weed(stack, folder / str(attempt), megabytes) for attempt in range(3))), None)
        assert url is not None, (folder / "2" / "seaweedfs.log").read_text(errors="replace")[-2000:]
        _retried_bucket(url)
        yield Server("s3", s3_environment(url))


def _weed(stack: ExitStack, folder: Path, megabytes: int) -> str | None:
    """Start it, None where one of its eight ports was taken by another test in the meantime."""
    folder.mkdir()
    names = ("s3", "master", "filer", "volume")
    ports = {f"{name}.port": free_port() for name in names} | {f"{name}.port.grpc": free_port() for name in names}
    url = f"http://127.0.0.1:{ports['s3.port']}"
    command = [str(programs("seaweedfs") / "weed"), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    command += ["-s3", "-filer", "-volume.max=20", f"-master.volumeSizeLimitMB={megabytes}"]
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


@contextmanager
def azurite(folder: Path) -> Iterator[Server]:
    if shutil.which("npm") is None:
        pytest.skip("azurite needs npm")
    home = cache() / "azurite"
    program = home / "node_modules" / ".bin" / "azurite-blob"
    if not program.exists():
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", str(home), _AZURITE], check=True)
    port = free_port()
    command = [str(program), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    url = f"http://127.0.0.1:{port}/devstoreaccount1"
    with running([*command, "--skipApiVersionCheck", "--silent"], url, folder / "azurite.log"):
        environment = {"METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT": url, "AZURE_STORAGE_KEY": _AZURITE_KEY}
        _make_container(port)
        yield Server("azure", environment)


def _make_container(port: int) -> None:
    """Azure has no way to make a container through obstore: sign the request as the service documents it."""
    import base64
    import hashlib
    import hmac
    from email.utils import formatdate

    date = formatdate(usegmt=True)
    path = "/devstoreaccount1/tests"
    headers = f"x-ms-date:{date}\nx-ms-version:2021-08-06\n"
    text = "PUT" + "\n" * 12 + headers + f"/devstoreaccount1{path}\nrestype:container"
    key = base64.b64decode(_AZURITE_KEY)
    signature = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}?restype=container", method="PUT")
    request.add_header("x-ms-date", date)
    request.add_header("x-ms-version", "2021-08-06")
    request.add_header("Authorization", f"SharedKey devstoreaccount1:{signature}")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 201


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


# -- what goes over the wire -------------------------------------------------------------------------------------------


class Counted(NamedTuple):
    """An S3 server behind a proxy: (method, path) of every request in the order of their coming."""

    environment: dict[str, str]
    requests: list[tuple[str, str]]


class _PassOn(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def _pass_on(self) -> None:
        self.server.requests.append((self.command, self.path))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "expect")}
        upstream.request(self.command, self.path, body, headers)
        found = upstream.getresponse()
        content = found.read()
        upstream.close()
        self.send_response(found.status)
        for name, value in found.getheaders():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        length = found.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on

    def log_message(self, *_: Any) -> None:
        return


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:  # clients are killed in the middle of requests
        return


@contextmanager
def counting(server: Server) -> Iterator[Counted]:
    """The same S3 server, with its requests counted."""
    proxy: Any = _Quiet(("127.0.0.1", 0), _PassOn)
    proxy.requests, proxy.upstream = [], urlsplit(server.environment["METAFLOW_S3_ENDPOINT_URL"]).port
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{proxy.server_address[1]}"
    try:
        yield Counted({**server.environment, **s3_environment(url)}, proxy.requests)
    finally:
        proxy.shutdown()
        proxy.server_close()
