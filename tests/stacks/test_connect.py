"""A stack that one machine deployed, used from another that knows its name only; nothing in the cloud is written."""

from __future__ import annotations

import json
import urllib.request
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.fixtures import API_KEY, Aws, TfCloud
from tests.programs import Call, run_mfinfra

Tool = Callable[..., Call]
STATES = "mfinfra-state-123456789012-us-east-1"
STACK = """name: {}
cloud: aws
region: us-east-1
engine: {}
metadata: {{api: {}}}
orchestrator: {{step_functions: true}}
runtime:
  examples: false
"""


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"j{zlib.crc32(request.node.name.encode()):08x}"


@pytest.fixture
def there(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of another machine."""
    return tmp_path_factory.mktemp("there")


@pytest.fixture
def elsewhere(aws: Aws, tfcloud: TfCloud, there: Path) -> Tool:
    """Call mfinfra on the other machine, in a folder without a stack file."""
    (there / "work").mkdir()
    homes = {"HOME": there, "XDG_DATA_HOME": there / "data", "METAFLOW_HOME": there / "profiles"}
    settings = {**tfcloud.environment, **aws.environment, **{key: str(path) for key, path in homes.items()}}

    def call(*args: str, **env: str) -> Call:
        return run_mfinfra(args, there / "work", **{**settings, **env})

    return call


def asked(name: str, *more: str) -> tuple[str, ...]:
    return ("connect", "--name", name, "--cloud", "aws", "--region", "us-east-1", "--no-smoke", *more)


def profile(home: Path, name: str) -> dict[str, str]:
    return dict(json.loads((home / "profiles" / f"config_{name}.json").read_text()))


def recorded(data: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((data / "mfinfra" / "stacks" / name / "stack.json").read_text()))


def calls(aws: Aws) -> list[dict[str, str]]:
    with urllib.request.urlopen(f"{aws.url}/_testcloud/calls") as answer:
        return list(json.load(answer)["calls"])


def writes(made: list[dict[str, str]]) -> list[dict[str, str]]:
    reading = ("Get", "GET", "Head", "List", "Describe")
    return [call for call in made if not call["action"].partition(":")[2].startswith(reading)]


def put(aws: Aws, key: str, content: Any) -> None:
    """Lay something into the place for states."""
    s3 = aws.client("s3")
    if STATES not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=STATES)
    body = content if isinstance(content, str) else json.dumps(content)
    s3.put_object(Bucket=STATES, Key=key, Body=body.encode())


def state_of(aws: Aws, name: str, **content: Any) -> None:
    put(aws, f"stacks/{name}/terraform.tfstate", {"version": 4, "outputs": {}, "resources": [], **content})


OUTPUTS = {"runtime_config": {"value": {"METAFLOW_DEFAULT_DATASTORE": "s3"}, "type": "dynamic"}}


def test_a_stack_of_terraform_is_used_from_another_machine_that_has_none(
    cloud: Tool, elsewhere: Tool, name: str, aws: Aws, tfcloud: TfCloud, home: Path, tmp_path: Path, there: Path
) -> None:
    (tmp_path / "mfinfra.yaml").write_text(STACK.format(name, "terraform", "public"))
    up = cloud("up", "--yes", "--no-smoke")
    assert up.code == 0, up.text
    before, asked_before = calls(aws), tfcloud.calls()
    call = elsewhere(*asked(name), MFINFRA_TERRAFORM="no-terraform")
    assert call.code == 0, call.text
    made = calls(aws)[len(before) :]
    assert "s3:GetObject" in {call["action"] for call in made}
    assert writes(made) == []
    assert tfcloud.calls() == asked_before
    assert profile(there, name) == profile(home, name)
    assert profile(there, name)["METAFLOW_SERVICE_AUTH_KEY"] == API_KEY
    assert API_KEY not in call.text
    ours, theirs = recorded(home / "data", name), recorded(there / "data", name)
    same = ("cloud", "engine", "region", "account", "config", "outputs", "created_at", "state")
    assert [theirs[key] for key in same] == [ours[key] for key in same]
    assert elsewhere("outputs", name).out == cloud("outputs", name).out
    status = json.loads(elsewhere("--json", "status", name).out)
    assert (status["state"], status["resources"] > 50) == ("ready", True)
    gone = elsewhere("disconnect", name)
    assert gone.code == 0, gone.text
    assert not list((there / "profiles").iterdir())
    assert not (there / "data" / "mfinfra" / "stacks" / name).exists()
    assert elsewhere("disconnect", name).code == 4
    assert tfcloud.calls() == asked_before


def test_a_stack_of_cloudformation_is_used_from_another_machine(
    cloud: Tool, elsewhere: Tool, name: str, aws: Aws, home: Path, tmp_path: Path, there: Path
) -> None:
    (tmp_path / "mfinfra.yaml").write_text(STACK.format(name, "cloudformation", "private"))
    up = cloud("up", "--yes", "--no-smoke")
    assert up.code == 0, up.text
    before = calls(aws)
    call = elsewhere(*asked(name))
    assert call.code == 0, call.text
    assert writes(calls(aws)[len(before) :]) == []
    assert profile(there, name) == profile(home, name)
    assert recorded(there / "data", name)["engine"] == "cloudformation"
    proof = elsewhere("connect", "--name", name)
    assert proof.code == 0, proof.text
    assert "SmokeFlow/" in proof.out
    other = elsewhere(*asked(name, "--engine", "terraform"))
    assert other.code == 4
    assert f"the state s3://{STATES}/stacks/{name}/terraform.tfstate does not exist or is empty" in other.err


def test_what_is_not_there_is_told_with_where_it_was_looked_for(elsewhere: Tool, name: str, there: Path) -> None:
    call = elsewhere(*asked(name))
    assert call.code == 4
    wanted = f"Stack '{name}' was not found in the account 123456789012, region us-east-1: neither the state s3://{STATES}/stacks/{name}/terraform.tfstate nor the CloudFormation stack mfinfra-{name} exists."  # fmt: skip
    assert wanted in call.err
    assert f"mfinfra up --name {name}" in call.err
    assert not (there / "profiles").exists()
    assert elsewhere("ls").out == ""


def test_a_stack_that_was_removed_is_not_there(elsewhere: Tool, name: str, aws: Aws) -> None:
    state_of(aws, name)
    call = elsewhere(*asked(name, "--engine", "terraform"))
    assert call.code == 4
    assert "does not exist or is empty" in call.err


@pytest.mark.parametrize("outputs", [{}, {"bucket_name": {"value": "x"}}])
def test_a_stack_that_is_half_made_is_refused(elsewhere: Tool, name: str, aws: Aws, outputs: Any) -> None:
    state_of(aws, name, outputs=outputs, resources=[{"type": "aws_vpc"}])
    call = elsewhere(*asked(name))
    assert call.code == 5
    assert "is incomplete: it has no output `runtime_config`" in call.err
    assert f"mfinfra up --name {name}" in call.err


@pytest.mark.parametrize("content", ["not a state", "[]", '{"version": 99}', '{"version": 4, "outputs": {"x": 1}}'])
def test_a_state_that_cannot_be_read_is_one_line(elsewhere: Tool, name: str, aws: Aws, content: str) -> None:
    put(aws, f"stacks/{name}/terraform.tfstate", content)
    call = elsewhere(*asked(name))
    assert call.code == 12
    assert "is corrupt, encrypted, or of a version" in call.err
    assert "Traceback" not in call.text


def test_who_may_not_read_the_state_is_told_what_would_grant_it(elsewhere: Tool, name: str, aws: Aws) -> None:
    state_of(aws, name, outputs=OUTPUTS)
    aws.say(deny={"s3:GetObject": True})
    call = elsewhere(*asked(name))
    assert call.code == 11
    assert f"Stack '{name}' cannot be read: " in call.err
    assert '"Action": "s3:GetObject"' in call.err


def test_who_may_not_read_the_state_takes_what_the_stack_says_of_itself(
    elsewhere: Tool, name: str, aws: Aws, there: Path
) -> None:
    """A state can hold what not everybody shall know who uses a stack."""
    describe(aws, name)
    aws.say(deny={"s3:GetObject": {"on": "*.tfstate"}})
    call = elsewhere(*asked(name))
    assert call.code == 0, call.text
    assert "Access to the state was denied." in call.err
    assert profile(there, name) == {"METAFLOW_DEFAULT_DATASTORE": "s3", "MFINFRA_STACK": name}


def test_without_its_description_a_stack_needs_its_stack_file(
    elsewhere: Tool, name: str, aws: Aws, there: Path
) -> None:
    """As a stack is that was deployed before stacks described themselves."""
    state_of(aws, name, outputs=OUTPUTS, resources=[{}])
    call = elsewhere(*asked(name))
    assert call.code == 5
    assert "has no stack manifest: an older mfinfra deployed it." in call.err
    assert "in the directory of its mfinfra.yaml" in call.err
    (there / "work" / "mfinfra.yaml").write_text(STACK.format(name, "terraform", "public"))
    call = elsewhere("connect", "--no-smoke")
    assert call.code == 0, call.text
    assert json.loads(recorded(there / "data", name)["config"])["orchestrator"]["step_functions"]


@pytest.mark.parametrize("content", ["{}", "nothing", '{"version": 2, "config": {}}'])
def test_a_description_that_cannot_be_read_is_one_line(elsewhere: Tool, name: str, aws: Aws, content: str) -> None:
    state_of(aws, name, outputs=OUTPUTS, resources=[{}])
    put(aws, f"stacks/{name}/stack.json", content)
    call = elsewhere(*asked(name))
    assert call.code == 1
    assert "is corrupt, or was written by a newer mfinfra" in call.err


def test_a_stack_file_that_differs_is_told_and_does_not_count(
    elsewhere: Tool, name: str, aws: Aws, there: Path
) -> None:
    describe(aws, name, log_retention_days=90)
    (there / "work" / "mfinfra.yaml").write_text(STACK.format(name, "terraform", "public") + "  packages: [wheel]\n")
    call = elsewhere("connect", "--no-smoke")
    assert call.code == 0, call.text
    assert "differs from the stack file that was deployed last" in call.err
    config = json.loads(recorded(there / "data", name)["config"])
    assert (config["log_retention_days"], config["runtime"]["packages"]) == (90, ["wheel"])


def describe(aws: Aws, name: str, **values: Any) -> None:
    """A whole stack, as `up` would leave it."""
    state_of(aws, name, outputs=OUTPUTS, resources=[{}])
    config = {"name": name, "cloud": "aws", "region": "us-east-1", "engine": "terraform", **values}
    outputs = {key: output["value"] for key, output in OUTPUTS.items()}
    found = {"version": 1, "created_at": "2026-01-02T03:04:05Z", "config": config, "outputs": outputs}
    put(aws, f"stacks/{name}/stack.json", found)


def test_a_profile_of_somebody_else_is_in_the_way(elsewhere: Tool, name: str, aws: Aws, there: Path) -> None:
    describe(aws, name)
    (there / "profiles").mkdir()
    (there / "profiles" / f"config_{name}.json").write_text('{"METAFLOW_USER": "me"}')
    call = elsewhere(*asked(name))
    assert call.code == 5
    assert "was not written by mfinfra" in call.err
    assert profile(there, name) == {"METAFLOW_USER": "me"}
    assert elsewhere("ls").out == ""


@pytest.mark.parametrize(
    ("known", "said", "hint"),
    [
        ({"account": "999999999999"}, "is connected to another stack", "mfinfra disconnect"),
        ({"region": "eu-west-1"}, "AWS, eu-west-1, account 123456789012", "mfinfra disconnect"),
        ({"cloud": "gcp"}, "is connected to another stack", "mfinfra disconnect"),
        ({"cloud": "local"}, "already has a local stack", "mfinfra down"),
        ({"state": "deleting"}, "is being deleted from this machine", "mfinfra down"),
    ],
)
def test_another_stack_of_the_name_is_not_lost(
    elsewhere: Tool, name: str, aws: Aws, there: Path, known: dict[str, str], said: str, hint: str
) -> None:
    describe(aws, name)
    folder = there / "data" / "mfinfra" / "stacks" / name
    folder.mkdir(parents=True)
    found = {"name": name, "cloud": "aws", "state": "ready", "created_at": "x", "data_folder": "", "profile": "",
             "region": "us-east-1", "account": "123456789012", "version": 1, **known}  # fmt: skip
    (folder / "stack.json").write_text(json.dumps(found))
    call = elsewhere(*asked(name))
    assert call.code == 5, call.text
    assert said in call.err
    assert f"{hint} {name}" in call.err
    assert recorded(there / "data", name) == found


def test_a_damaged_record_is_written_anew(elsewhere: Tool, name: str, aws: Aws, there: Path) -> None:
    describe(aws, name)
    folder = there / "data" / "mfinfra" / "stacks" / name
    folder.mkdir(parents=True)
    (folder / "stack.json").write_text("{")
    assert elsewhere(*asked(name)).code == 0
    assert recorded(there / "data", name)["created_at"] == "2026-01-02T03:04:05Z"


def test_a_local_stack_is_not_connected_to_and_not_let_go(elsewhere: Tool) -> None:
    call = elsewhere("connect")
    assert call.code == 5
    assert "can only be used on the machine that created it" in call.err
    assert elsewhere("up", "--name", "near", "--preset", "files", "--no-smoke") is not None
    call = elsewhere("disconnect", "near")
    assert call.code == 5
    assert "Run: mfinfra down near" in call.err


def test_what_terraform_could_not_save_is_not_let_go(elsewhere: Tool, name: str, aws: Aws, there: Path) -> None:
    describe(aws, name)
    assert elsewhere(*asked(name)).code == 0
    workspace = there / "data" / "mfinfra" / "stacks" / name / "workspace"
    workspace.mkdir()
    (workspace / "errored.tfstate").write_text("{}")
    call = elsewhere("disconnect", name)
    assert call.code == 5
    assert f"Run: mfinfra up --name {name}" in call.err


def test_up_goes_on_where_the_description_cannot_be_left(cloud: Tool, name: str, tmp_path: Path, aws: Aws) -> None:
    (tmp_path / "mfinfra.yaml").write_text(STACK.format(name, "cloudformation", "private"))
    assert cloud("plan").code == 2
    aws.say(deny={"s3:PutObject": True})
    up = cloud("up", "--yes", "--no-smoke")
    assert "The stack manifest could not be written" in up.err
    assert up.code == 0, up.text
