"""The command line tool as a user meets it, in an empty home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from tests.programs import Call

Tool = Callable[..., Call]

#: Few aliases that would be many values: each level holds the one below a few times.
BOMB = "a: &a [" + "x, " * 100 + "x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c]\n"


@pytest.fixture
def stack(mfinfra: Tool) -> Tool:
    """The tool, in a home that has the stack `demo`."""
    call = mfinfra("up", "--name", "demo", "--no-examples")
    assert call.code == 0, call.text
    return mfinfra


def test_up_makes_a_stack_and_proves_it(mfinfra: Tool, home: Path) -> None:
    call = mfinfra("up", "--no-examples", "--preset", "files")
    assert call.code == 0, call.text
    rows = [line.split("\t") for line in call.out.splitlines()]
    assert [row[0] for row in rows] == ["stack", "data", "profile", "runtime", "smoke flow"]
    assert rows[0][1:] == ["local", "mfinfra status local"]
    assert rows[1][1:] == ["~/data/mfinfra/stacks/local/data", "mfinfra outputs local"]
    assert rows[2][1:] == ["~/profiles/config_local.json", ""]
    assert "ran and was read back" in call.err
    profile = json.loads((home / "profiles" / "config.json").read_text())
    assert profile == {
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(home / "data" / "mfinfra" / "stacks" / "local" / "data"),
        "METAFLOW_DEFAULT_DATASTORE": "local",
        "METAFLOW_DEFAULT_METADATA": "local",
        "MFINFRA_STACK": "local",
    }


def test_up_again_changes_nothing_but_the_proof(stack: Tool, home: Path) -> None:
    before = json.loads(stack("--json", "status", "demo").out)
    assert stack("up", "--name", "demo", "--no-examples").code == 0
    after = json.loads(stack("--json", "status", "demo").out)
    assert after["created_at"] == before["created_at"]
    assert after["data"]["runs"] == {"SmokeFlow": 2}


def test_a_flow_goes_to_the_stack_whose_profile_is_in_force(stack: Tool, tmp_path: Path) -> None:
    flow = Path(__file__).parents[2] / "examples" / "flows" / "hello.py"
    done = subprocess.run([sys.executable, str(flow), "run"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(stack("--json", "status", "demo").out)["data"]["runs"] == {"HelloFlow": 1, "SmokeFlow": 1}
    assert not (tmp_path / ".metaflow").exists()


def test_stacks_live_side_by_side_and_use_switches(stack: Tool, home: Path) -> None:
    call = stack("up", "--name", "other", "--no-examples", "--no-smoke")
    assert "mfinfra use other" in call.out
    assert json.loads(stack("--json", "status", "other").out)["profile"]["is_default"] is False
    assert stack("use", "other").code == 0
    assert json.loads((home / "profiles" / "config.json").read_text())["MFINFRA_STACK"] == "other"
    names = [row.split("\t")[0] for row in stack("ls").out.splitlines()]
    assert names == ["demo", "other"]
    assert stack("down", "demo", "--yes").code == 0
    assert json.loads(stack("--json", "status", "other").out)["state"] == "ready"


def test_down_removes_exactly_what_up_made(stack: Tool, home: Path) -> None:
    assert stack("down", "demo", "--yes").code == 0
    ours = [*(home / "data").rglob("*"), *(home / "profiles").rglob("*")]
    left = [p for p in ours if p.is_file() and "runtimes" not in p.parts]
    assert left == []
    again = stack("status", "demo")
    assert (again.code, "Stack 'demo' was not found on this machine." in again.err) == (4, True)


def test_down_asks_and_refuses_without_an_answer(stack: Tool) -> None:
    call = stack("down", "demo")
    assert call.code == 5
    assert "Run the command again with --yes" in call.err
    assert stack("status", "demo").code == 0


def test_down_can_keep_the_data_and_up_finds_it_again(stack: Tool, home: Path) -> None:
    call = stack("down", "demo", "--yes", "--keep", "data")
    assert "Not deleted: " in call.err
    assert stack("up", "--name", "demo", "--no-examples").code == 0
    assert json.loads(stack("--json", "status", "demo").out)["data"]["runs"] == {"SmokeFlow": 2}


def test_down_leaves_and_names_what_is_not_ours(stack: Tool, home: Path, tmp_path: Path) -> None:
    folder = home / "data" / "mfinfra" / "stacks" / "demo"
    (folder / "notes.txt").write_text("mine")
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("mine")
    (folder / "logs" / "link").symlink_to(tmp_path / "precious")
    call = stack("down", "demo", "--yes")
    shown = "~/data/mfinfra/stacks/demo"
    assert call.err == f"✓ Deleted stack 'demo'\n! Not deleted: {shown}/logs, {shown}/notes.txt\n"
    assert sorted(p.name for p in folder.rglob("*")) == ["link", "logs", "notes.txt"]
    assert (folder / "notes.txt").read_text() == "mine"
    assert (tmp_path / "precious" / "file").read_text() == "mine"


def test_a_profile_of_somebody_else_is_never_touched(mfinfra: Tool, home: Path) -> None:
    profiles = home / "profiles"
    profiles.mkdir()
    (profiles / "config.json").write_text('{"METAFLOW_USER": "me"}')
    call = mfinfra("up", "--name", "demo", "--no-examples", "--no-smoke")
    assert call.code == 0
    assert "mfinfra use demo" in call.out
    used = mfinfra("use", "demo")
    assert used.code == 5
    assert "export METAFLOW_PROFILE=demo" in used.err
    assert (profiles / "config.json").read_text() == '{"METAFLOW_USER": "me"}'
    (profiles / "config_mine.json").write_text("{}")
    refused = mfinfra("up", "--name", "mine", "--no-examples", "--no-smoke")
    assert refused.code == 5
    assert (profiles / "config_mine.json").read_text() == "{}"
    mfinfra("down", "demo", "--yes")
    assert sorted(p.name for p in profiles.iterdir()) == ["config.json", "config_mine.json"]


def test_status_has_the_documented_shape(stack: Tool) -> None:
    document = json.loads(stack("--json", "status", "demo").out)
    assert document["version"] == 1
    assert {key: sorted(value) if isinstance(value, dict) else None for key, value in document.items()} == {
        "version": None,
        "name": None,
        "cloud": None,
        "state": None,
        "created_at": None,
        "preset": None,
        "servers": None,
        "data": ["bytes", "folder", "runs"],
        "profile": ["exists", "is_default", "path"],
        "runtime": ["is_current", "python", "version"],
        "proof": ["at", "run"],
    }
    assert document["state"] == "ready"
    (server,) = document["servers"]
    assert sorted(server) == ["address", "last_end", "name", "pid", "restarts", "since", "state"]
    assert (document["preset"], server["name"], server["state"]) == ("sandbox", "metadata", "ready")


def test_a_stack_that_lost_something_is_broken_and_up_mends_it(stack: Tool, home: Path) -> None:
    (home / "profiles" / "config_demo.json").unlink()
    assert json.loads(stack("--json", "status", "demo").out)["state"] == "broken"
    assert "mfinfra up --name demo" in stack("status", "demo").err
    assert stack("up", "--name", "demo", "--no-examples").code == 0
    assert json.loads(stack("--json", "status", "demo").out)["state"] == "ready"


def test_outputs_come_in_three_forms(stack: Tool, home: Path) -> None:
    settings = json.loads(stack("outputs", "demo").out)
    profile = json.loads((home / "profiles" / "config_demo.json").read_text())
    assert settings == {key: value for key, value in profile.items() if key != "METAFLOW_SERVICE_AUTH_KEY"}
    assert profile["METAFLOW_SERVICE_AUTH_KEY"] not in stack("runtime", "info").text
    assert "export METAFLOW_DEFAULT_DATASTORE=local" in stack("outputs", "demo", "--format", "env").out
    wrong = stack("outputs", "demo", "--format", "xml")
    assert (wrong.code, "json, env, metaflow" in wrong.err) == (2, True)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("name: demo\nclod: local\n", "line 2: unknown key 'clod'; did you mean 'cloud'"),
        ("runtime:\n  exmples: true\n", "line 2: unknown key 'runtime.exmples'; did you mean 'examples'"),
        ("name: 5\n", "line 1: '5' is not a valid stack name"),
        ("name: true\n", "line 1: name must be text"),
        ("name: ../../etc\n", "line 1: '../../etc' is not a valid stack name"),
        ('name: "a\\nb"\n', "is not a valid stack name"),
        ("runtime:\n  packages: pandas\n", "line 2: runtime.packages must be a list, such as [a, b], not 'pandas'"),
        ("runtime:\n  packages: ['; rm -rf /']\n", "line 2: runtime.packages.0: '; rm -rf /' is not a valid package"),
        (
            "runtime:\n  packages: [pandas,\n   '--index-url=x']\n",
            "line 3: runtime.packages.1: '--index-url=x' is not a valid package",
        ),
        ('runtime:\n  python: "a\\0b"\n', "is not a valid Python"),
        ('"\\e[31mred": 1\n', r"unknown key '\x1b[31mred'"),
        ("name: [\n", "invalid YAML"),
        ("name: a\nname: b\n", "invalid YAML"),
        ("- a\n- b\n", "must contain keys and values"),
        ("just text\n", "must contain keys and values"),
        ("a: &a [1]\nb: [" + ", ".join(["*a"] * 30) + "]\n", "more than 20 aliases"),
        ("a: " + "[" * 40 + "]" * 40 + "\n", "more than 20 levels"),
        (BOMB, "contains more than 5000 values"),
        ("a: !!python/object/apply:os.system ['true']\n", "unknown key 'a'"),
        ("1: a\n", "is not text"),
        ("name: A\ncloud: moon\nfoo: 1\n", "has 3 problems"),
    ],
)
def test_a_bad_stack_file_is_named_with_line_and_remedy(
    mfinfra: Tool, tmp_path: Path, home: Path, content: str, expected: str
) -> None:
    (tmp_path / "mfinfra.yaml").write_text(content)
    call = mfinfra("up")
    assert call.code == 3, call.text
    assert expected in call.err
    assert "Traceback" not in call.text
    assert not (home / "data").exists()


def test_a_stack_file_that_is_too_long_is_refused(mfinfra: Tool, tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").write_text("x: " + "y" * 100_000 + "\n")
    assert "larger than 64 KiB" in mfinfra("up").err


def test_a_stack_file_that_is_not_text_is_refused(mfinfra: Tool, tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in mfinfra("up").err


@pytest.mark.parametrize("name", ["../x", "A", "", "a" * 40, "a b", "x/y", "-n", "a\n"])
def test_a_name_that_is_a_path_is_refused(mfinfra: Tool, name: str) -> None:
    for args in (["up", f"--name={name}"], ["status", "--", name], ["down", "--yes", "--", name], ["use", "--", name]):
        call = mfinfra(*args)
        assert call.code in (2, 3, 4), (args, call.text)
        assert "Traceback" not in call.text


def test_errors_come_as_json_too(mfinfra: Tool) -> None:
    call = mfinfra("--json", "status", "nothing")
    assert json.loads(call.out)["error"] == {
        "message": "Stack 'nothing' was not found on this machine.",
        "hint": "Run: mfinfra up --name nothing; if another user created it, run: mfinfra connect --name nothing",
        "exit_code": 4,
    }


def test_wrong_usage_is_2(mfinfra: Tool, tmp_path: Path) -> None:
    assert mfinfra("frobnicate").code == 2
    assert mfinfra("up", "--nmae", "x").code == 2
    assert mfinfra("-C", "/no/such/folder", "ls").code == 4


def test_init_writes_a_file_that_up_reads(mfinfra: Tool, tmp_path: Path) -> None:
    call = mfinfra("init", "--name", "demo", "--no-examples")
    assert call.code == 0
    assert call.out == "mfinfra init --name demo --no-examples\n"
    assert (tmp_path / "mfinfra.yaml").read_text() == "name: demo\ncloud: local\nruntime:\n  examples: false\n"
    assert mfinfra("up", "--no-smoke").code == 0
    assert json.loads(mfinfra("--json", "status").out)["name"] == "demo"
    again = mfinfra("init", "--name", "demo")
    assert (again.code, "--force" in again.err) == (5, True)


def test_init_by_flags_takes_the_region_of_the_shell(mfinfra: Tool, tmp_path: Path) -> None:
    call = mfinfra("init", "--cloud", "aws", AWS_REGION="eu-west-1")
    assert call.code == 0, call.text
    assert "--region eu-west-1" in call.out
    named = mfinfra("init", "--cloud", "aws", "--region", "us-east-2", "--force", AWS_REGION="eu-west-1")
    assert "region: us-east-2\n" in (tmp_path / "mfinfra.yaml").read_text(), named.text
    assert "a region" in mfinfra("init", "--cloud", "gcp", "--force", AWS_REGION="eu-west-1").err


def test_the_wizard_asks_and_says_what_would_have_done_the_same(tmp_path: Path) -> None:
    child = pexpect.spawn(sys.executable, ["-m", "mfinfra", "init"], cwd=str(tmp_path), timeout=20, encoding="utf-8")
    child.expect("Where do you want to create the stack")
    child.send("\r")
    child.expect("Name of the stack")
    child.sendcontrol("u")
    child.send("\x7f" * 5 + "pond\r")
    child.expect("scikit-learn")
    child.send("n")
    child.expect("mfinfra init --name pond --no-examples")
    child.expect(pexpect.EOF)
    assert "name: pond\n" in (tmp_path / "mfinfra.yaml").read_text()


@pytest.mark.parametrize(
    ("cloud", "steps", "wrong", "region", "said"),
    [
        ("aws", 1, "westeurope", "us-east-1", "is not an AWS region"),
        ("azure", 2, "us-east-1", "eastus2", "is not an Azure region"),
        ("gcp", 3, "europe", "us-central1", "is not a Google Cloud region"),
    ],
)
def test_the_wizard_knows_every_cloud_and_its_regions(
    tmp_path: Path, cloud: str, steps: int, wrong: str, region: str, said: str
) -> None:
    """What is typed wrong is told at once; what is proposed is taken."""
    names = ("AWS_REGION", "AWS_DEFAULT_REGION", "AZURE_LOCATION", "AZURE_DEFAULTS_LOCATION", "GOOGLE_REGION",
             "CLOUDSDK_COMPUTE_REGION")  # fmt: skip
    env = {key: value for key, value in os.environ.items() if key not in names}
    child = pexpect.spawn(
        sys.executable, ["-m", "mfinfra", "init", "--no-examples"], cwd=str(tmp_path), timeout=20, encoding="utf-8",
        env={**env, "COLUMNS": "200"}, dimensions=(40, 200),
    )  # fmt: skip
    child.expect("Where do you want to create the stack")
    child.send("\x1b[B" * steps + "\r")
    child.expect("Name of the stack")
    child.send("\r")
    child.expect("Region")
    child.sendcontrol("u")
    child.send("\x7f" * 20 + f"{wrong}\r")
    child.expect(said)
    child.send("\x7f" * len(wrong) + f"{region}\r")
    child.expect("Which preset")
    child.send("\r")
    child.expect(f"mfinfra init --name {cloud} --cloud {cloud} --region {region} --preset sandbox --no-examples")
    child.expect(pexpect.EOF)
    text = (tmp_path / "mfinfra.yaml").read_text()
    assert f"cloud: {cloud}\nregion: {region}\n" in text


def test_doctor_names_what_keeps_flows_from_running(mfinfra: Tool, home: Path) -> None:
    fresh = mfinfra("doctor")
    assert fresh.code == 0, fresh.text
    assert "No stacks exist yet." in fresh.out
    mfinfra("up", "--name", "demo", "--no-examples", "--no-smoke")
    assert "demo" in mfinfra("doctor").out
    missing = mfinfra("doctor", METAFLOW_PROFILE="nothing")
    assert missing.code == 10
    assert "unset METAFLOW_PROFILE" in missing.out
    overridden = mfinfra("doctor", METAFLOW_RUN_MAX_WORKERS="2").out
    assert "environment\tnote\tEnvironment variables override the profile: METAFLOW_RUN_MAX_WORKERS." in overridden
    assert len(json.loads(mfinfra("--json", "doctor", METAFLOW_PROFILE="nothing").out)) == 10


def test_runtime_info_says_where_settings_come_from(stack: Tool, home: Path) -> None:
    info = json.loads(stack("--json", "runtime", "info").out)
    root = info["settings"]["METAFLOW_DATASTORE_SYSROOT_LOCAL"]
    assert root["source"] == str(home / "profiles" / "config.json")
    assert info["settings"]["METAFLOW_USER"] == {"value": "tester", "source": "environment"}


def test_runtime_install_into_a_python_that_is_none_is_refused(mfinfra: Tool) -> None:
    call = mfinfra("runtime", "install", "--python", "/no/python")
    assert call.code == 4
    assert call.err == (
        "Error: /no/python is not a working Python.\n  Select one with --python, for example .venv/bin/python\n"
    )


def test_completion_knows_commands_and_stacks(stack: Tool) -> None:
    env = {"_MFINFRA_COMPLETE": "complete_bash", "COMP_WORDS": "mfinfra status d", "COMP_CWORD": "2"}
    program = Path(sys.executable).parent / "mfinfra"
    done = subprocess.run([str(program)], env={**os.environ, **env}, capture_output=True, text=True)
    assert done.stdout.split() == ["demo"]


def test_the_schema_is_json_schema(mfinfra: Tool) -> None:
    schema = json.loads(mfinfra("schema").out)
    assert schema["additionalProperties"] is False
    assert {"name", "cloud", "runtime", "network", "compute"} < set(schema["properties"])


def test_ctrl_c_during_up_says_how_to_go_on(tmp_path: Path, home: Path) -> None:
    child = pexpect.spawn(
        sys.executable, ["-m", "mfinfra", "up", "--no-examples"], cwd=str(tmp_path), timeout=30, encoding="utf-8"
    )
    child.expect("Running the smoke flow")
    child.sendintr()
    child.expect("Run the command again to continue")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert not list((home / "data" / "mfinfra" / "stacks").glob("*.lock"))
