"""A removal that is stopped in the middle: the same command goes on, and asks AWS at the end what is left."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from tests.doubles.fixtures import Aws, TfCloud
from tests.programs import Call

Cloud = Callable[..., Call]
STACK = "name: {}\ncloud: aws\nregion: us-east-1\nengine: {}\nruntime:\n  examples: false\nmetadata:\n  api: private\n"


@pytest.mark.parametrize("engine", ["terraform", "cloudformation"])
def test_ctrl_c_while_a_stack_goes(cloud: Cloud, tmp_path: Path, aws: Aws, tfcloud: TfCloud, engine: str) -> None:
    name = f"stop{engine[:4]}"
    (tmp_path / "mfinfra.yaml").write_text(STACK.format(name, engine))
    up = cloud("up", "--yes", "--no-smoke")
    assert up.code == 0, up.text
    tfcloud.say(delay={"aws_db_instance:delete": 3})
    aws.say(delay={"*": 0.1})
    env = {**os.environ, **tfcloud.environment, **aws.environment}
    argv = ["-m", "mfinfra", "down", name, "--yes"]
    child = pexpect.spawn(sys.executable, argv, cwd=str(tmp_path), env=env, timeout=60, encoding="utf-8")
    child.expect("Deleted ")
    child.sendintr()
    child.expect("Run the command again to continue")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    tfcloud.say()
    aws.say()
    again = cloud("down", name, "--yes")
    assert again.code == 0, again.text
    assert f"Deleted stack '{name}'" in again.err
    assert any(call["action"].endswith("GetResources") for call in asked(aws)), "AWS was not asked what is left"
    assert cloud("ls").out == ""


def asked(aws: Aws) -> list[dict[str, str]]:
    """The calls that the services of the double had."""
    import json
    import urllib.request

    with urllib.request.urlopen(f"{aws.url}/_testcloud/calls") as answer:
        found: list[dict[str, str]] = json.load(answer)["calls"]
    return found
