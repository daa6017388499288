"""One mfinfra at a time: who holds a stack is named, and a holder that died holds nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.programs import Call

HOLD = """
import sys, time
from pathlib import Path
from mfinfra.machine.lock import held
with held(Path(sys.argv[1]), "it"):
    print("held", flush=True)
    time.sleep(60)
"""

COUNT = """
import sys
from pathlib import Path
from mfinfra.machine.lock import awaited
counter = Path(sys.argv[2])
for _ in range(20):
    with awaited(Path(sys.argv[1]), "it", lambda text: None):
        counter.write_text(str(int(counter.read_text()) + 1))
"""


@pytest.fixture
def holder(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the stack `demo`."""
    path = home / "data" / "mfinfra" / "stacks" / "demo.lock"
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_holder_of_a_stack_is_named(mfinfra: Callable[..., Call], holder: subprocess.Popen[str]) -> None:
    for args in (["up", "--name", "demo"], ["down", "demo", "--yes"]):
        call = mfinfra(*args)
        assert call.code == 6
        assert f"Stack 'demo' is being changed by process {holder.pid} on " in call.err
        assert " since 20" in call.err


def test_a_holder_that_was_killed_holds_nothing(
    mfinfra: Callable[..., Call], holder: subprocess.Popen[str], home: Path
) -> None:
    holder.kill()
    holder.wait()
    lock = home / "data" / "mfinfra" / "stacks" / "demo.lock"
    assert lock.exists()
    assert mfinfra("down", "demo", "--yes").code == 4
    assert not lock.exists()


def test_many_take_turns_and_none_is_lost(tmp_path: Path) -> None:
    counter = tmp_path / "count"
    counter.write_text("0")
    argv = [sys.executable, "-c", COUNT, str(tmp_path / "lock"), str(counter)]
    processes = [subprocess.Popen(argv) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    assert counter.read_text() == "80"
    assert not (tmp_path / "lock").exists()
