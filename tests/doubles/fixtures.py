"""Fixtures of cloud doubles: Terraform providers with the schemas of the real ones, and AWS APIs."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mfinfra.engines.terraform.program import Terraform
from mfinfra.render import files as render
from mfinfra.render import workspace
from mfinfra.stackfile.schema import StackConfig
from tests.doubles import programs
from tests.doubles.configuration import OTHER_PROJECT, Configuration
from tests.doubles.state import with_s3_on_loopback
from tests.programs import ROOT, Call, run_mfinfra

#: Accounts that nobody has, where a root needs one to be planned.
ACCOUNTS = {"azure": "11111111-2222-3333-4444-555555555555", "gcp": "demo-project"}
API_KEY = "the-real-key-of-the-service"


@pytest.fixture(scope="session")
def terraform() -> str:
    """The terraform on the PATH. Without it these tests are skipped, except in CI, where they fail."""
    found = shutil.which("terraform")
    if found is None and os.environ.get("CI"):
        pytest.fail("CI needs terraform on the PATH")
    if found is None:
        pytest.skip("terraform is not on the PATH")
    return found


@dataclass
class TfCloud:
    """The running providers."""

    reattach: str
    control: Path
    log: Path
    account: str = "123456789012"
    cloud: str = ""

    def say(self, **control: Any) -> None:
        """Set what fails, is delayed, is deleted or has changed; see provider.py."""
        self.control.write_text(json.dumps({"cloud": self.cloud, **control}))

    def calls(self) -> list[dict[str, Any]]:
        """The requests to the cloud."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables for terraform: these providers, and no configuration of this machine."""
        told = {"TF_REATTACH_PROVIDERS": self.reattach, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
        return {**told, "GOGC": "400"}  # a fifth of terraform's time for 60 MB more

    @property
    def stack_environment(self) -> dict[str, str]:
        """Environment variables for the terraform of a stack, which can have a cluster."""
        return {**self.environment, "TF_VAR_kubernetes_token": "a-token-that-is-nowhere"}


@pytest.fixture(scope="session")
def _tfcloud(terraform: str) -> Iterator[TfCloud]:
    python = programs.programs("tfcloud") / "python"
    with tempfile.TemporaryDirectory(prefix="tfc") as name:  # sockets need short paths
        folder = Path(name)
        env = {**os.environ, "TFCLOUD_CONTROL": str(folder / "control"), "TFCLOUD_LOG": str(folder / "log")}
        argv = [str(python), "-m", "tests.doubles.tfcloud.serve", str(folder)]
        process = subprocess.Popen(argv, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdin is not None
        yield TfCloud(process.stdout.readline().strip(), folder / "control", folder / "log")
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


@pytest.fixture
def tfcloud(_tfcloud: TfCloud) -> Iterator[TfCloud]:
    """The providers with an empty control file, an empty log and no resources."""
    _tfcloud.cloud = uuid.uuid4().hex
    _tfcloud.say()
    _tfcloud.log.unlink(missing_ok=True)
    yield _tfcloud
    _tfcloud.say()


@pytest.fixture
def configuration(terraform: str, tfcloud: TfCloud, tmp_path: Path) -> Configuration:
    """A directory in which terraform runs with the in-memory providers."""
    return Configuration(terraform, tmp_path, tfcloud.environment)


@pytest.fixture
def stack(tfcloud: TfCloud, tmp_path: Path) -> Callable[[StackConfig], Terraform]:
    """A rendered and initialized workspace with a local state."""

    def make(config: StackConfig) -> Terraform:
        files = render.render(config, config.account or ACCOUNTS.get(config.cloud))
        files.pop(render.BACKEND, None)
        workspace.write(files, tmp_path / "stack")
        found = Terraform(tmp_path / "stack", env=tfcloud.stack_environment)
        found.init()
        return found

    return make


@dataclass
class Aws:
    """AWS APIs on loopback."""

    url: str
    keys: str
    control: Path
    environment: dict[str, str] = field(default_factory=dict)

    def say(self, **control: Any) -> None:
        """Set what fails or is delayed; see testcloud/server.py."""
        self.control.write_text(json.dumps(control))

    def client(self, service: str) -> Any:
        import boto3

        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="123456789012", aws_secret_access_key="x")  # fmt: skip

    def who_enters(self, cluster: str, token: str) -> str:
        """The ARN of the principal that a token authenticates for an EKS cluster, or ""; see testcloud/clusters.py."""
        body = json.dumps({"cluster": cluster, "token": token}).encode()
        with urllib.request.urlopen(f"{self.url}/_testcloud/token-review", body, timeout=30) as answer:
            return str(json.load(answer)["arn"])


class _Keys(BaseHTTPRequestHandler):
    """The response of API Gateway to a request for a key."""

    def do_GET(self) -> None:
        body = json.dumps({"id": self.path.split("/")[2].split("?")[0], "value": API_KEY}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture(scope="session")
def _aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    python = programs.programs("ministack") / "python"
    port, control = _free_port(), tmp_path_factory.mktemp("testcloud") / "control"
    env = {**os.environ, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "TESTCLOUD_CONTROL": str(control)}
    argv = [str(python), str(Path(__file__).parent / "testcloud" / "server.py")]
    process = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    keys = ThreadingHTTPServer(("127.0.0.1", 0), _Keys)
    threading.Thread(target=keys.serve_forever, daemon=True).start()
    url, key_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{keys.server_address[1]}"
    _wait_for(url)
    terraform = with_s3_on_loopback(tmp_path_factory.mktemp("terraform"))
    yield Aws(
        url,
        key_url,
        control,
        {
            "AWS_ENDPOINT_URL": url,
            "AWS_ENDPOINT_URL_API_GATEWAY": key_url,
            "AWS_ACCESS_KEY_ID": "123456789012",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "MFINFRA_TERRAFORM": str(terraform),
            **OTHER_PROJECT,
        },
    )
    keys.shutdown()
    keys.server_close()
    process.terminate()
    process.wait(10)


@pytest.fixture
def aws(_aws: Aws) -> Iterator[Aws]:
    """An in-memory AWS with an empty control file."""
    _aws.say()
    yield _aws
    _aws.say()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"{url}/_ministack/health", timeout=2).close()
            return
        except OSError as exc:
            if getattr(exc, "code", None) is not None:
                exc.close()  # type: ignore[attr-defined]
                return
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.fixture
def cloud(tfcloud: TfCloud, aws: Aws, tmp_path: Path) -> Callable[..., Call]:
    """Call mfinfra with all of AWS on loopback: cloud("plan", "--name", "x")."""
    settings = {**tfcloud.environment, **aws.environment}
    return lambda *args, **env: run_mfinfra(args, tmp_path, **{**settings, **env})
