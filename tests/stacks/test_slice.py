"""The whole way once: a stack on AWS, its metadata service on a real PostgreSQL, flows by the profile alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.doubles.fixtures import Aws
from tests.doubles.gateway import Gateway, gateway, port_of
from tests.doubles.metadata_service import Program, own_postgres
from tests.programs import Call, run_mfinfra

STACK = """\
name: slice
cloud: aws
region: us-east-1
engine: cloudformation
metadata:
  api: public
  allow: [192.0.2.0/24]
runtime:
  examples: false
"""

FLOW = """\
from {library} import FlowSpec, IncludeFile, Parameter, current, step


class SliceFlow(FlowSpec):
    width = Parameter("width", default=3)
    text = IncludeFile("text", default={text!r})

    @step
    def start(self):
        self.items = list(range(self.width))
        self.large = bytes(3_000_000)
        print("lines:", len(self.text.splitlines()))
        self.next(self.body, foreach="items")

    @step
    def body(self):
        self.square = self.input ** 2
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(i.square for i in inputs)
        self.next(self.end)

    @step
    def end(self):
        print("total:", self.total)


if __name__ == "__main__":
    SliceFlow()
"""

READ = """\
import json, sys
from {library} import Flow, namespace
namespace(None)
flow = Flow("SliceFlow")
print(json.dumps([[r.id, r.successful, r.data.total, sorted(s.id for s in r), len(r["start"].task.data.large),
                   r["end"].task.stdout, r["start"].task.stdout, sorted(t.data.square for t in r["body"]),
                   sorted(r.user_tags)]
                  for r in flow]))
"""


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with own_postgres() as postgres:
        program = Program(postgres.url, tmp_path_factory.mktemp("service") / "service.log")
        program.start()
        yield program
        program.stop()


@pytest.fixture
def front(service: Program, tmp_path: Path) -> Iterator[Gateway]:
    with gateway(tmp_path, port_of(service.url)) as found:
        yield found


@pytest.fixture
def cli(aws: Aws, front: Gateway, tmp_path: Path) -> Callable[..., Call]:
    settings = {**aws.environment, **front.environment, "AWS_ENDPOINT_URL_API_GATEWAY": aws.url}
    settings["MFINFRA_TERRAFORM"] = "no-terraform"
    (tmp_path / "mfinfra.yaml").write_text(STACK)
    return lambda *args, **env: run_mfinfra(args, tmp_path, **{**settings, **env})


def test_from_an_account_to_a_flow_that_everybody_sees(
    cli: Callable[..., Call], aws: Aws, front: Gateway, tmp_path: Path, home: Path
) -> None:
    front.known = lambda: {k["value"] for k in aws.client("apigateway").get_api_keys(includeValues=True)["items"]}
    up = cli("up", "--yes")
    assert up.code == 0, up.text
    assert "SmokeFlow/1" in up.text
    settings = json.loads((home / "profiles" / "config_slice.json").read_text())
    assert settings["METAFLOW_SERVICE_AUTH_KEY"] not in up.text
    check_colleague(cli, tmp_path / "there", settings)
    ours = run(sys.executable, "mfruntime", aws, front, tmp_path, home)
    assert [(r[1], r[2], r[4], r[5], r[6], r[7], r[8]) for r in ours] == [
        (True, 5, 3_000_000, "total: 5\n", "lines: 2\n", [0, 1, 4], ["sliced"])
    ]
    stock = os.environ.get("MFINFRA_STOCK_PYTHON")
    if stock:
        theirs = run(stock, "metaflow", aws, front, tmp_path, home)
        assert len(theirs) == 2
        assert theirs[1] == ours[0]
        both = read(sys.executable, "mfruntime", aws, front, tmp_path, home)
        assert both == theirs
    status = json.loads(cli("--json", "status", "slice").out)
    assert status["service"]["ok"]
    assert status["service"]["version"] == "2.5.1"
    objects = aws.client("s3").list_objects_v2(Bucket=settings["METAFLOW_DATASTORE_SYSROOT_S3"].split("/")[2])
    assert any("/SliceFlow/data/" in entry["Key"] for entry in objects["Contents"])
    assert not list(tmp_path.glob(".metaflow/SliceFlow/[0-9]*"))
    down = cli("down", "--yes")
    assert down.code == 0, down.text


def check_colleague(cli: Callable[..., Call], there: Path, settings: dict[str, str]) -> None:
    """From another machine, by the name of the stack alone: the service there gives the next number."""
    there.mkdir()
    homes = {"HOME": there, "XDG_DATA_HOME": there / "data", "METAFLOW_HOME": there / "profiles"}
    env = {key: str(path) for key, path in homes.items()}
    call = cli("-C", str(there), "connect", "--name", "slice", "--cloud", "aws", "--region", "us-east-1", **env)
    assert call.code == 0, call.text
    assert "SmokeFlow/2" in call.text
    assert json.loads((there / "profiles" / "config_slice.json").read_text()) == settings
    assert settings["METAFLOW_SERVICE_AUTH_KEY"] not in call.text


def run(python: str, library: str, aws: Aws, front: Gateway, folder: Path, home: Path) -> list[list[object]]:
    """Run the flow with nothing but the profile, then read all its runs through the same library."""
    (folder / "included.txt").write_text("two\nlines\n")
    (folder / f"{library}_flow.py").write_text(FLOW.format(library=library, text=str(folder / "included.txt")))
    done = call([python, f"{library}_flow.py", "run", "--tag", "sliced"], aws, front, folder, home)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return read(python, library, aws, front, folder, home)


def read(python: str, library: str, aws: Aws, front: Gateway, folder: Path, home: Path) -> list[list[object]]:
    done = call([python, "-c", READ.format(library=library)], aws, front, folder, home)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def call(argv: list[str], aws: Aws, front: Gateway, folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("METAFLOW_", "AWS_"))}
    env |= {**aws.environment, **front.environment, "USER": "tester"}
    env |= {"METAFLOW_HOME": str(home / "profiles"), "METAFLOW_PROFILE": "slice"}
    return subprocess.run(argv, env=env, cwd=folder, capture_output=True, text=True, timeout=300)
