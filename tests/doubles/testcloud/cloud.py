"""A running testcloud for tests, and its start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.doubles.programs import programs

ROOT = Path(__file__).parents[3]
SERVER = Path(__file__).parent / "server.py"
REGION = "us-east-1"
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class TestCloud:
    """A running cloud. `env` directs boto3, the AWS CLI and terraform to it, instead of the machine's own account."""

    __test__ = False

    url: str
    region: str = REGION
    account: str = ACCOUNT

    @property
    def env(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "testcloud",
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def control(self, **wanted: Any) -> dict[str, Any]:
        """Set delays, failures and attributes of the account; see `Control`. Returns all current settings."""
        return self._call("control", wanted)

    def calls(self, service: str | None = None) -> list[dict[str, str]]:
        """Requests since the last reset: service, action, resource, method."""
        found: list[dict[str, str]] = self._call("calls", {})["calls"]
        return [call for call in found if service in (None, call["service"])]

    def reset(self) -> None:
        """Reset the account: no resources, jobs, delays, failures or calls."""
        self._call("reset", {})

    def client(self, service: str, region: str | None = None, **options: Any) -> Any:
        """A boto3 client of this cloud that does not retry failed calls."""
        from botocore.config import Config

        return _session().client(
            service,
            region_name=region or self.region,
            endpoint_url=self.url,
            aws_access_key_id=self.account,
            aws_secret_access_key="testcloud",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **options),
        )

    def _call(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/_testcloud/{path}", json.dumps(document).encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)  # type: ignore[no-any-return]
        except urllib.error.HTTPError as exc:
            with exc:
                raise ValueError(json.load(exc)["message"]) from None


@cache
def _session() -> Any:
    """One session for all clients, because it caches service descriptions."""
    import boto3

    return boto3.session.Session()


@contextmanager
def running() -> Iterator[TestCloud]:
    """Start a cloud and stop it afterwards. The Python of the tests is first on the PATH of jobs."""
    python = programs("ministack") / "python"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    env = {**os.environ, "PATH": path, "GATEWAY_PORT": "0", "TESTCLOUD_CONTROL": ""}
    process = subprocess.Popen([str(python), str(SERVER)], env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url, "The cloud did not start; what it says is above"
        yield TestCloud(url)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
