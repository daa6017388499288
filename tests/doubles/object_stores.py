"""Real object store servers on loopback: one of each per session, and a separate root for each test."""

from __future__ import annotations

import fcntl
import http.client
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.doubles.logins import azure_login, google_login, logins
from tests.doubles.programs import cache, programs

#: Azurite's published account, the same everywhere.
_AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_AZURITE = "azurite@3.37.0"


class Server(NamedTuple):
    """A running server: its datastore type, and the environment variables of flows that use it. `put` saves an object
    in its bucket `tests` with the vendor's own client, under an unchanged name."""

    kind: str
    environment: dict[str, str]
    put: Callable[[str, bytes], None]

    def fresh_root(self) -> str:
        """A datastore root that no other test uses."""
        name = uuid.uuid4().hex
        return {"s3": f"s3://tests/{name}", "gs": f"gs://tests/{name}", "azure": f"tests/{name}"}[self.kind]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def running(command: list[str], url: str, log: Path, env: dict[str, str] | None = None) -> Iterator[None]:
    """A server for a context; it responds at `url` when the context begins."""
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **(env or {})}, cwd=log.parent)
    try:
        _wait(url, process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:  # in order, some wait longer for connections that clients keep
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    unchecked = ssl._create_unverified_context()
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=2, context=unchecked):
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


def _boto3(url: str) -> Any:
    import boto3

    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="mfinfratests",
        aws_secret_access_key="mfinfratests",
    )  # fmt: skip


def make_bucket(url: str, name: str = "tests") -> None:
    _boto3(url).create_bucket(Bucket=name)


def _s3(url: str) -> Server:
    def put(name: str, data: bytes) -> None:
        _boto3(url).put_object(Bucket="tests", Key=name, Body=data)

    return Server("s3", s3_environment(url), put)


@contextmanager
def ministack(folder: Path) -> Iterator[Server]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}
    with running([str(programs("ministack") / "ministack")], url, folder / "ministack.log", environment):
        make_bucket(url)
        yield _s3(url)


@contextmanager
def seaweedfs(folder: Path, megabytes: int = 64) -> Iterator[Server]:
    """SeaweedFS with 20 volumes of `megabytes` each."""
    with ExitStack() as stack:
        url = next(filter(None, (_weed(stack, folder / str(attempt), megabytes) for attempt in range(3))), None)
        assert url is not None, (folder / "2" / "seaweedfs.log").read_text(errors="replace")[-2000:]
        _retried_bucket(url)
        yield _s3(url)


def _weed(stack: ExitStack, folder: Path, megabytes: int) -> str | None:
    """Start it; None if another test has taken one of its eight ports in the meantime."""
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
    """Azure Blob Storage with the shared key of the account, without TLS."""
    with _azurite(folder) as url:
        environment = {"METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT": url, "AZURE_STORAGE_KEY": _AZURITE_KEY}
        _azure_container(url).create_container()
        yield Server("azure", environment, _azure_put(url))


@contextmanager
def azurite_with_logins(folder: Path) -> Iterator[Server]:
    """Azure Blob Storage for stock Metaflow, with tokens, which Azure's SDK sends only over TLS."""
    import trustme

    authority = trustme.CA()
    trusted, certificate, key = (folder / name for name in ("ca.pem", "certificate.pem", "key.pem"))
    authority.cert_pem.write_to_path(trusted)
    issued = authority.issue_cert("127.0.0.1")
    certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    more = ("--oauth", "basic", "--cert", str(certificate), "--key", str(key))
    with logins() as login, _azurite(folder, *more, scheme="https") as url:
        _azure_container(url, connection_verify=str(trusted)).create_container()
        environment = {
            "METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT": url,
            "REQUESTS_CA_BUNDLE": str(trusted),  # for Azure's SDK
            "SSL_CERT_FILE": str(trusted),  # for obstore
            **azure_login(login),
        }
        yield Server("azure", environment, _azure_put(url, connection_verify=str(trusted)))


@contextmanager
def _azurite(folder: Path, *more: str, scheme: str = "http") -> Iterator[str]:
    """The URL of its account."""
    port = free_port()
    command = [str(_azurite_program()), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    url = f"{scheme}://127.0.0.1:{port}/devstoreaccount1"
    with running([*command, "--skipApiVersionCheck", "--silent", *more], url, folder / "azurite.log"):
        yield url


def _azurite_program() -> Path:
    if shutil.which("npm") is None:
        pytest.skip("azurite needs npm")
    home = cache() / "azurite"
    program = home / "node_modules" / ".bin" / "azurite-blob"
    home.mkdir(parents=True, exist_ok=True)
    with open(cache() / "azurite.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            subprocess.run(["npm", "install", "--silent", "--prefix", str(home), _AZURITE], check=True)
    return program


@contextmanager
def azurite_with_tokens(folder: Path, accounts: dict[str, str]) -> Iterator[str]:
    """Azurite with TLS and tokens of Entra ID; `folder` contains key.pem and cert.pem. Returns its URL."""
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


def make_azure_container(url: str, account: str, key: str, name: str, context: ssl.SSLContext | None = None) -> None:
    """Create a container with an account's key: sign the request as the service documents."""
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


def _azure_container(url: str, **more: Any) -> Any:
    from azure.storage.blob import BlobServiceClient

    return BlobServiceClient(url, credential=_AZURITE_KEY, **more).get_container_client("tests")


def _azure_put(url: str, **more: Any) -> Callable[[str, bytes], None]:
    def put(name: str, data: bytes) -> None:
        with _azure_container(url, **more) as container:
            container.upload_blob(name, data, overwrite=True)

    return put


@contextmanager
def fake_gcs(folder: Path, public_port: int | None = None) -> Iterator[Server]:
    """A Google Cloud Storage server. Its responses contain URLs with `public_port`, the port of a proxy if given."""
    port = free_port()
    found = sorted(programs("fake-gcs").parent.rglob("fake-gcs-server-*-amd64"))
    program = next((p for p in found if sys.platform in p.name), None)
    if program is None:
        pytest.skip("there is no fake-gcs-server for this platform")
    (folder / "data" / "tests").mkdir(parents=True)
    program.chmod(0o755)
    command = [str(program), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    command += ["-public-host", f"127.0.0.1:{public_port or port}", "-backend", "memory", "-data", str(folder / "data")]
    url = f"http://127.0.0.1:{port}"
    with running(command, f"{url}/storage/v1/b", folder / "gcs.log"):
        yield Server("gs", {"STORAGE_EMULATOR_HOST": url}, _google_put(url))


@contextmanager
def fake_gcs_with_logins(folder: Path) -> Iterator[Server]:
    """Google Cloud Storage for stock Metaflow, which signs in with a key even to this server."""
    with logins() as login, fake_gcs(folder) as server:
        yield server._replace(environment={**server.environment, **google_login(login, folder)})


def _google_put(url: str) -> Callable[[str, bytes], None]:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    def put(name: str, data: bytes) -> None:
        client = storage.Client("tests", AnonymousCredentials(), client_options={"api_endpoint": url})
        client.bucket("tests").blob(name).upload_from_string(data)
        client.close()

    return put


SERVERS = {"ministack": ministack, "seaweedfs": seaweedfs, "azurite": azurite, "fake-gcs": fake_gcs}


# -- what goes over the wire -------------------------------------------------------------------------------------------


class Counted(NamedTuple):
    """An S3 server behind a proxy: (method, path) of every request, in the order of arrival."""

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
