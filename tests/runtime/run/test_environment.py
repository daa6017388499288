"""@environment: the step's interpreter is started with the variables, so that the import of the flow reads them too."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SOURCE = """
import os, time
from mfruntime import FlowSpec, catch, environment, retry, step
AT_IMPORT = os.environ.get("VALUE")
{head}

class Env(FlowSpec):
    @environment(vars={{"VALUE": "one", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}})
    @step
    def start(self):
        self.seen = [AT_IMPORT, os.environ["VALUE"], time.tzname[0], hash("a"), os.environ.get("OTHER")]
        self.own = sorted(name for name in os.environ if name.startswith(("MFINFRA_STEP", "MFINFRA_PARENT")))
        self.xs = list(range(4))
        self.next(self.work, foreach="xs")
    @environment(vars={{"VALUE": "two"}})
    @step
    def work(self):
        {body}
        self.worker = os.getppid()
        self.two = [AT_IMPORT, os.environ["VALUE"], time.tzname[0]]
        self.next(self.join)
    @step
    def join(self, inputs):
        self.merge_artifacts(inputs, include=["seen", "own"])
        self.twos = [branch.two for branch in inputs]
        self.workers = len({{branch.worker for branch in inputs}})
        self.next(self.end)
    @step
    def end(self):
        import json
        print("SEEN", json.dumps([self.seen, self.twos, [AT_IMPORT, os.environ.get("VALUE")], self.own, self.workers]))

if __name__ == "__main__":
    Env()
"""


def source(head: str = "", body: str = "pass") -> str:
    return SOURCE.format(head=head, body=body)


def seen(call) -> list:  # type: ignore[no-untyped-def,type-arg]
    assert call.code == 0, call.text
    (line,) = [line for line in call.out.splitlines() if "SEEN " in line]
    return json.loads(line.split("SEEN ")[1])  # type: ignore[no-any-return]


def hash_of_a() -> int:
    call = [sys.executable, "-c", "print(hash('a'))"]
    return int(subprocess.run(call, env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True).stdout)


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_each_step_is_imported_with_its_own_variables(flow, isolation: str) -> None:  # type: ignore[no-untyped-def]
    call = flow(source("print('imported', AT_IMPORT)"), "run", "--isolation", isolation, OTHER="kept", TZ="UTC")
    start, works, end, own, workers = seen(call)
    assert start == ["one", "one", "JST", hash_of_a(), "kept"]
    assert works == [["two", "two", "UTC"]] * 4
    assert (end, own, workers) == ([None, None], [], 1)
    imports = [line for line in call.out.splitlines() if "imported" in line]
    assert len(imports) == (1 if isolation == "fork" else 1 + 7)


def test_an_interpreter_that_cannot_fork_starts_one_for_each_task(flow) -> None:  # type: ignore[no-untyped-def]
    head = "import threading\nif AT_IMPORT == 'two':\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    start, works, *_ = seen(flow(source(head), "run", TZ="UTC"))
    assert start[:2] == ["one", "one"]
    assert works == [["two", "two", "UTC"]] * 4


def test_an_import_that_fails_with_the_variables_fails_the_task_with_its_message(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    call = flow(source("if AT_IMPORT == 'two':\n    raise RuntimeError('no value two')"), "run")
    assert call.code == 1
    assert "no value two" in call.out
    assert "Step work" in call.err
    assert seen(flow(source(), "resume", TZ="UTC"))[1] == [["two", "two", "UTC"]] * 4


def test_variables_that_the_run_already_has_need_no_other_interpreter(flow) -> None:  # type: ignore[no-untyped-def]
    call = flow(source(body="self.same = os.getppid()"), "run", VALUE="two", TZ="UTC")
    assert seen(call)[1:3] == [[["two", "two", "UTC"]] * 4, ["two", "two"]]


def test_a_step_that_another_scheduler_starts_gets_its_variables_before_the_import(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert flow(source(), "init", "--run-id", "7", "--task-id", "0").code == 0
    call = flow(source(), "step", "start", "--run-id", "7", "--task-id", "1", "--input-paths", "7/_parameters/0")
    assert call.code == 0, call.text
    shown = flow(source(), "dump", "--include", "seen", "7/start/1").out
    assert "['one', 'one', 'JST'" in shown, shown


def test_an_import_that_changes_the_variable_does_not_start_the_step_for_ever(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    head = "os.environ['VALUE'] = 'changed'"
    for isolation in ("fork", "spawn"):
        start, works, *_ = seen(flow(source(head), "run", "--isolation", isolation, TZ="UTC"))
        assert (start[1], works[0][1]) == ("one", "two")


@pytest.mark.parametrize("when", ["import", "task"])
def test_ctrl_c_ends_the_interpreters_of_environments(tmp_path: Path, when: str) -> None:
    script = tmp_path / "flow.py"
    waits = "open('ready', 'w').write(str(os.getpid())), time.sleep(300)"
    head = f"if AT_IMPORT == 'two': {waits}" if when == "import" else ""
    script.write_text(source(head, waits if when == "task" else "pass"))
    environment = {**os.environ, "MFINFRA_KILL_GRACE_SECONDS": "1"}
    run = subprocess.Popen([sys.executable, str(script), "run"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE)
    end = time.monotonic() + 30
    while not (tmp_path / "ready").exists() or not (tmp_path / "ready").read_text():
        assert time.monotonic() < end
        time.sleep(0.02)
    pid = int((tmp_path / "ready").read_text())
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=20)
    assert run.returncode == 130
    assert not Path(f"/proc/{pid}").exists() or ") Z" in Path(f"/proc/{pid}/stat").read_text()


def test_environments_with_retries_and_several_runs_of_one_worker(flow) -> None:  # type: ignore[no-untyped-def]
    body = "from mfruntime import current\n        if current.retry_count == 0: raise ValueError('first')"
    call = flow(source(body=body), "run", "--with", "retry:times=1,minutes_between_retries=0", TZ="UTC")
    assert seen(call)[1] == [["two", "two", "UTC"]] * 4
    assert seen(call)[4] == 1
