"""Each command in an interpreter of its own, where nothing is imported yet, does what it does forked from a loaded one.

The other tests fork it, which saves most of a short command's time (tests/forkserver.py).
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.programs import Call, run_mfinfra, run_program

from mfinfra.app import app

#: Without a stack most end at once; these need an argument for that, or would do something.
ARGUMENTS = {
    "connect": ("s3://nothing/nothing",),
    "disconnect": ("none",),
    "init": ("--cloud", "nowhere"),
    "runtime": ("info",),
    "up": ("--cloud", "aws", "--region", "nowhere", "--yes"),
    "use": ("none",),
}
COMMANDS = sorted(
    {
        command.name or command.callback.__name__.replace("_", "-")
        for command in app.registered_commands
        if command.callback
    }
    | {group.name for group in app.registered_groups if group.name}
)


def fresh(folder: Path, *arguments: str, **environment: str) -> Call:
    return run_program([sys.executable, "-m", "mfinfra", *arguments], folder, **environment)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_the_same_in_a_fresh_interpreter(command: str, tmp_path: Path) -> None:
    arguments = [command, *ARGUMENTS.get(command, ())]
    assert fresh(tmp_path, *arguments) == run_mfinfra(arguments, tmp_path)


def test_a_fork_has_the_environment_and_the_folder_that_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").write_text("name: here\ncloud: aws\n")
    for place in ("us-east-1", "eu-west-1", "nowhere"):
        fork = run_mfinfra(["validate"], tmp_path, AWS_REGION=place)
        assert fork == fresh(tmp_path, "validate", AWS_REGION=place)
        assert place in fork.text
