"""Whole runs through the real program: what they print, how they end, what they leave."""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

HEAD = "import os, sys, time\nfrom mfruntime import *\nfrom mfruntime import FlowSpec, step, retry, catch, timeout, Parameter, current\n"
Flow = Callable[..., object]


def one(body: str, more: str = "", decorators: str = "", head: str = "") -> str:
    """A flow of start -> work -> end whose middle step has this body."""
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    return (
        f"{HEAD}{head}\nclass One(FlowSpec):\n{more}    @step\n    def start(self):\n        self.kept = 'early'\n"
        f"        self.next(self.work)\n{decorators}    @step\n    def work(self):\n{lines}        self.next(self.end)\n"
        "    @step\n    def end(self):\n        print('reached the end')\n\nif __name__ == '__main__':\n    One()\n"
    )


def latest(folder: Path, flow: str = "One") -> Path:
    root = folder / ".metaflow" / flow
    return root / (root / "latest_run").read_text()


def test_a_run_prints_in_metaflows_form(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    call = flow(one("print('hello')\nprint('oops', file=sys.stderr)"), "run")
    assert call.code == 0, call.text
    run = latest(tmp_path).name
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"
    assert re.search(rf"^{stamp} Workflow starting \(run-id {run}\):$", call.out, re.M)
    assert re.search(rf"^{stamp} \[{run}/work/2 \(pid \d+\)\] Task is starting\.$", call.out, re.M)
    assert re.search(rf"^{stamp} \[{run}/work/2 \(pid \d+\)\] hello$", call.out, re.M)
    assert re.search(rf"^{stamp} \[{run}/work/2 \(pid \d+\)\] oops$", call.out, re.M)
    assert re.search(rf"^{stamp} Done!$", call.out, re.M)
    assert "One for user:tester" in call.err


FAILURES = [
    ("raise ValueError('why')", "ValueError: why"),
    ("sys.exit(3)", "called sys.exit(3)"),
    ("sys.exit()", "called sys.exit(None)"),
    ("os._exit(7)", "exit code 7"),
    ("os._exit(0)", "has no results"),
    ("os.kill(os.getpid(), 11)", "segmentation fault"),
    ("os.kill(os.getpid(), 9)", "ran out of memory"),
    ("os.kill(os.getpid(), 15)", "SIGTERM"),
    ("self.bad = open(__file__)", "The artifact 'bad' of step 'work'"),
    ("self.xs = []\nself.next(self.end, foreach='xs')", "is empty"),
    ("self.xs = 5\nself.next(self.end, foreach='xs')", "a foreach cannot iterate over"),
    ("self.next(self.end, foreach='nothing')", "never assigned"),
    ("self.next(self.end)", "self.next() twice"),
    ("self.nothing", "no previous step assigned it"),
    ("raise MemoryError('too much')", "MemoryError"),
]
#: The way a task starts matters to few of them.
BOTH_WAYS = ("raise ValueError('why')", "os._exit(0)", "os.kill(os.getpid(), 9)")
STARTS = [(*f, "fork") for f in FAILURES] + [(*f, "spawn") for f in FAILURES if f[0] in BOTH_WAYS]


@pytest.mark.parametrize(("body", "expected", "isolation"), STARTS)
def test_a_step_that_fails_says_why_and_the_run_can_be_resumed(flow, tmp_path: Path, body, expected, isolation) -> None:  # type: ignore[no-untyped-def]
    call = flow(one(body), "run", "--isolation", isolation)
    assert call.code == 1
    assert expected in call.text
    assert "Step work (task-id 2) failed." in call.err
    assert "Traceback" not in call.err
    again = flow(one("self.fixed = self.kept"), "resume")
    assert again.code == 0, again.text
    assert "Cloning previously run task" in again.out
    assert "reached the end" in again.out


def test_a_segfault_that_is_caught_goes_on(flow) -> None:  # type: ignore[no-untyped-def]
    source = one("os.kill(os.getpid(), 11)", decorators="    @catch(var='problem')\n").replace(
        "print('reached the end')", "print('problem is', type(self.problem).__name__, self.problem.exception[:20])"
    )
    call = flow(source, "run")
    assert call.code == 0, call.text
    assert "problem is MetaflowExceptionWrapper The task failed 1 t" in call.out


def test_a_timeout_ends_the_step_and_is_retried(flow) -> None:  # type: ignore[no-untyped-def]
    body = "if current.retry_count == 0:\n    time.sleep(30)\nself.attempt = current.retry_count"
    decorators = "    @retry(times=1, minutes_between_retries=0)\n    @timeout(seconds=1)\n"
    call = flow(one(body, decorators=decorators), "run")
    assert call.code == 0, call.text
    assert "timed out after 0 hours, 0 minutes, 1 seconds" in call.out
    assert "Task is starting (retry)." in call.out


def test_decorators_can_be_attached_from_outside(flow) -> None:  # type: ignore[no-untyped-def]
    body = "if current.retry_count == 0:\n    raise ValueError('first')"
    source = one(body)
    assert flow(source, "run").code == 1
    assert flow(source, "run", "--with", "retry:times=1,minutes_between_retries=0").code == 0
    assert flow(source, "--with", "retry:times=1,minutes_between_retries=0", "run").code == 0
    assert flow(source, "run", METAFLOW_DECOSPECS="retry:times=1,minutes_between_retries=0").code == 0
    wrong = flow(source, "run", "--with", "rety")
    assert (wrong.code, "Did you mean 'retry'?" in wrong.err) == (1, True)


def test_parameters_come_from_options_environment_and_defaults(flow) -> None:  # type: ignore[no-untyped-def]
    more = "    n = Parameter('n', default=1)\n    flag = Parameter('flag', default=False)\n    data = Parameter('data', type=JSONType)\n"
    source = one("print('values', self.n, self.flag, self.data)", more=more)
    assert "values 1 False None" in flow(source, "run").out
    assert "values 5 True {'a': [1]}" in flow(source, "run", "--n", "5", "--flag", "yes", "--data", '{"a": [1]}').out
    assert "values 7 False None" in flow(source, "run", METAFLOW_RUN_N="7").out


@pytest.mark.parametrize(
    ("args", "code", "expected"),
    [
        (["--n", "x"], 2, "'x' is not a valid integer"),
        (["--data", "{"], 2, "not a valid JSON"),
        (["--must", ""], 0, "reached"),
        ([], 2, "'must' is required"),
        (["--must", "1", "--nn", "2"], 2, "--nn"),
        (["--must", "1", "--tag", ""], 1, "must not be empty"),
        (["--must", "1", "--max-workers", "0"], 2, "0 is not in the range"),
        (["--must", "1", "--with", "retry:times=x"], 1, "an integer"),
        (["--must", "1", "--run-id-file", "/nowhere/x"], 1, "cannot be written"),
    ],
)
def test_wrong_options_are_named_before_anything_runs(flow, args, code, expected) -> None:  # type: ignore[no-untyped-def]
    more = "    n = Parameter('n', default=1)\n    data = Parameter('data', type=JSONType)\n    must = Parameter('must', required=True)\n"
    call = flow(one("pass", more=more), "run", *args)
    assert call.code == code, call.text
    assert expected in call.text
    assert "Traceback" not in call.text


def test_a_foreach_wider_than_allowed_names_both_numbers(flow) -> None:  # type: ignore[no-untyped-def]
    source = (
        f"{HEAD}\nclass Wide(FlowSpec):\n    @step\n    def start(self):\n        self.xs = range(200)\n"
        "        self.next(self.body, foreach='xs')\n    @step\n    def body(self):\n        self.next(self.join)\n"
        "    @step\n    def join(self, inputs):\n        self.n = len(list(inputs))\n        self.next(self.end)\n"
        "    @step\n    def end(self):\n        print('joined', self.n)\n\nif __name__ == '__main__':\n    Wide()\n"
    )
    call = flow(source, "run")
    assert call.code == 1
    assert "has 200 tasks; at most 100 are allowed" in call.err
    assert "joined 200" in flow(source, "run", "--max-num-splits", "200", "--max-workers", "4").out


def test_tasks_draw_different_random_numbers(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    source = (
        f"{HEAD}import random\nimport numpy\n\nclass Draw(FlowSpec):\n    @step\n    def start(self):\n        self.xs = [1, 2, 3]\n"
        "        self.next(self.body, foreach='xs')\n    @step\n    def body(self):\n"
        "        self.drawn = (random.random(), numpy.random.random())\n        self.next(self.join)\n"
        "    @step\n    def join(self, inputs):\n        self.all = [x for i in inputs for x in i.drawn]\n        self.next(self.end)\n"
        "    @step\n    def end(self):\n        assert len(set(self.all)) == 6\n\nif __name__ == '__main__':\n    Draw()\n"
    )
    call = flow(source, "run")
    assert call.code == 0, call.text
    assert "a new interpreter" not in call.out


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (
            "import threading\nthreading.Thread(target=time.sleep, args=(60,), daemon=True, name='ticker').start()\n",
            "ticker",
        ),
        ("import random\nRNG = random.Random(4)\n", "'RNG' of flow.py"),
        ("import numpy\nrng = numpy.random.default_rng()\n", "'rng' of flow.py"),
        ("import random\nrandom.seed(4)\n", "seeds random numbers"),
    ],
)
def test_a_program_that_must_not_be_forked_gets_interpreters(flow, head: str, reason: str) -> None:  # type: ignore[no-untyped-def]
    call = flow(one("pass", head=head), "run")
    assert call.code == 0, call.text
    (line,) = [line for line in call.out.splitlines() if "a new interpreter" in line]
    assert reason in line


def test_logs_dump_and_tags_of_a_run(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    source = one("print('a line')\nprint('an error', file=sys.stderr)\nself.value = [1, 2]")
    assert flow(source, "run", "--tag", "first").code == 0
    run = latest(tmp_path).name
    assert flow(source, "logs", f"{run}/work").out.splitlines() == ["a line", "an error"]
    assert flow(source, "logs", "show", "--stderr", f"{run}/work/2").out.splitlines() == ["an error"]
    assert re.match(r"\d{4}-\d\d-\d\d .* a line", flow(source, "logs", "--stdout", "--timestamps", f"{run}/work").out)
    assert "value [size: 20 type: <class 'list'>] = [1, 2]" in flow(source, "dump", f"{run}/work/2").out
    assert "_transition" in flow(source, "dump", "--private", f"{run}/work/2").out
    assert flow(source, "dump", "--include", "value", "--file", "d.pickle", f"{run}/work/2").code == 0
    with open(tmp_path / "d.pickle", "rb") as file:
        assert pickle.load(file) == {f"{run}/work/2": {"value": [1, 2]}}
    assert "second" in flow(source, "tag", "add", "--run-id", run, "second").out
    assert flow(source, "tag", "replace", "--run-id", run, "first", "third").code == 0
    listed = flow(source, "tag", "list", "--flat", "--hide-system-tags").out.split()
    assert listed == ["second", "third"]
    refused = flow(source, "tag", "remove", "--run-id", run, "user:tester")
    assert (refused.code, "System tags" in refused.err) == (1, True)
    assert flow(source, "logs", "scrub", f"{run}/work/2").code == 0
    assert flow(source, "logs", f"{run}/work").out.splitlines() == [
        "[REDACTED runtime stdout]",
        "[REDACTED runtime stderr]",
    ]


@pytest.mark.parametrize("path", ["x", "1/work", "../../x/work", "1/work/2/3", "a\nb/work", "/"])
def test_paths_that_name_nothing_are_refused(flow, path: str) -> None:  # type: ignore[no-untyped-def]
    for command in ("dump", "logs"):
        call = flow(one("pass"), command, path)
        assert call.code == 1
        assert "Traceback" not in call.err


def started(script: Path, folder: Path, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(script), *args], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


SLEEPER = one(
    "import subprocess\nchild = subprocess.Popen(['sleep', '300'])\n"
    "open('pids', 'w').write(f'{os.getpid()} {child.pid}')\nos.rename('pids', 'pids.ready')\ntime.sleep(300)"
)


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return True
    return state == "Z"


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_in_order_and_the_run_can_be_resumed(flow, tmp_path: Path, isolation: str, number: int) -> None:  # type: ignore[no-untyped-def]
    script = tmp_path / "flow.py"
    script.write_text(SLEEPER)
    process = started(script, tmp_path, "run", "--isolation", isolation)
    wait_for((tmp_path / "pids.ready").exists)
    pids = [int(pid) for pid in (tmp_path / "pids.ready").read_text().split()]
    process.send_signal(number)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130, out
    assert "Workflow interrupted." in out
    assert f"resume --origin-run-id {latest(tmp_path).name}" in out
    wait_for(lambda: all(gone(pid) for pid in pids))
    again = flow(one("pass"), "resume")
    assert again.code == 0, again.text


def test_ctrl_c_twice_does_not_wait(tmp_path: Path) -> None:
    script = tmp_path / "flow.py"
    script.write_text(one("import signal\nsignal.signal(15, signal.SIG_IGN)\nopen('pids.ready', 'w')\ntime.sleep(300)"))
    os.environ["MFINFRA_KILL_GRACE_SECONDS"] = "60"
    try:
        process = started(script, tmp_path, "run")
    finally:
        del os.environ["MFINFRA_KILL_GRACE_SECONDS"]
    wait_for((tmp_path / "pids.ready").exists)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.monotonic() - began < 10


def test_two_runs_at_once_do_not_touch_each_other(tmp_path: Path) -> None:
    script = tmp_path / "flow.py"
    script.write_text(one("self.v = current.run_id"))
    processes = [started(script, tmp_path, "run") for _ in range(4)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, outputs
    runs = [p for p in (tmp_path / ".metaflow" / "One").iterdir() if p.name.isdigit()]
    assert len(runs) == 4


def test_the_tree_of_a_finished_run_is_metaflows(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert flow(one("self.v = 1"), "run").code == 0
    run = latest(tmp_path)
    found = set()
    for path in run.rglob("*"):
        if path.is_file():
            name = re.sub(r"_\d{13}\.json$", "_MS.json", str(path.relative_to(run)))
            found.add(name)
    golden = Path(__file__).parents[2] / "golden" / "run_tree.txt"
    if os.environ.get("MFINFRA_REGENERATE"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text("\n".join(sorted(found)) + "\n")
    assert sorted(found) == golden.read_text().splitlines()


def test_the_runner_contract_is_kept(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert flow(one("pass"), "run", "--runner-attribute-file", "facts.json", "--run-id-file", "id").code == 0
    facts = json.loads((tmp_path / "facts.json").read_text())
    assert facts == {
        "run_id": (tmp_path / "id").read_text(),
        "flow_name": "One",
        "metadata": f"local@{tmp_path}",
    }


def test_a_log_without_end_is_cut_and_says_so(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    call = flow(one("for i in range(30000):\n    print('x' * 100)"), "run", "--max-log-size", "1")
    assert call.code == 0
    log = latest(tmp_path) / "work" / "2" / "0.runtime_stdout.log"
    assert 900_000 < log.stat().st_size < 1_100_000
    assert "OUTPUT TRUNCATED" in log.read_text()


def test_a_limit_of_open_files_names_the_workers_that_fit(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    flow(one("pass"), "show")
    limited = f"ulimit -n 64; exec {sys.executable} flow.py run --max-workers"
    refused = subprocess.run(["bash", "-c", f"{limited} 100"], cwd=tmp_path, capture_output=True, text=True)
    assert refused.returncode == 1
    fitting = re.search(r"--max-workers (\d+), or increase", refused.stderr)
    assert fitting, refused.stderr
    assert (
        subprocess.run(["bash", "-c", f"{limited} {fitting.group(1)}"], cwd=tmp_path, capture_output=True).returncode
        == 0
    )


def test_results_that_cannot_be_written_are_a_line_not_a_traceback(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    body = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    body += "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\nself.big = os.urandom(3_000_000)"
    call = flow(one(body), "run")
    assert call.code == 1
    assert "No space left: " in call.out
    assert "Traceback" not in call.text
    assert flow(one("pass"), "resume").code == 0


def test_a_wide_foreach_on_a_terminal_is_one_moving_line(tmp_path: Path) -> None:
    import pexpect

    wide = Path(__file__).parents[2] / "benchmarks" / "flows" / "wide.py"
    argv = [str(wide), "run", "--width", "60", "--max-workers", "2"]
    child = pexpect.spawn(sys.executable, argv, cwd=str(tmp_path), dimensions=(40, 120), timeout=60, encoding="utf-8")
    child.expect(pexpect.EOF)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", child.before)
    assert "60 of 60 done, 0 running, 0 failed" in text
    assert "of 60 done" in text.split("/end/")[0]
    assert re.search(r"/body/\d+ ", text) is None
    assert "/end/" in text


def test_a_task_whose_results_are_damaged_is_run_again(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert flow(one("raise ValueError"), "run").code == 1
    (latest(tmp_path) / "start" / "1" / "0.data.json").write_text("{")
    call = flow(one("pass"), "resume")
    assert call.code == 0, call.text
    assert "/start/1 (pid" in call.out


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("    a = Parameter('x')\n    b = Parameter('X')\n", "two parameters named 'X'"),
        ("    a = Parameter('tag')\n", "is reserved"),
        ("    @retry(time=3)\n    @step\n    def extra(self):\n        pass\n", "Did you mean 'times'?"),
        ("    @retry\n    def extra(self):\n        pass\n", "which is not a step"),
    ],
)
def test_a_mistake_in_the_class_is_a_line_with_its_place(flow, tmp_path: Path, more: str, expected: str) -> None:  # type: ignore[no-untyped-def]
    call = flow(one("pass", more=more), "run")
    assert call.code == 1
    assert expected in call.err
    assert re.search(rf"{tmp_path}/flow.py line \d+: ", call.err)
    assert "Traceback" not in call.err


def test_a_client_inside_a_step_sees_its_own_run(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    body = "print('run', current.run.pathspec == f'One/{current.run_id}', current.task.pathspec == current.pathspec)\n"
    body += "print('seen', [r.id for r in Flow('One')] == [current.run_id], get_namespace())"
    source = one(body, head="from mfruntime import Flow, get_namespace\n")
    call = flow(source, "--datastore-root", str(tmp_path / "elsewhere"), "run")
    assert call.code == 0, call.text
    assert "run True True" in call.out
    assert "seen True user:tester" in call.out
    assert "seen True None" in flow(source, "--datastore-root", str(tmp_path / "other"), "run", "--namespace", "").out
    assert not (tmp_path / ".metaflow").exists()


DAEMON = """import subprocess
code = "import os, time; os.setsid(); open('daemon', 'w').write(str(os.getpid())); time.sleep(60)"
subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV)
while not os.path.exists('daemon') or not open('daemon').read():
    time.sleep(0.01)"""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")
@pytest.mark.parametrize("isolation", ["fork", "spawn"])
@pytest.mark.parametrize("last", ["pass", "os._exit(1)", "os.kill(os.getpid(), 9)"])
def test_a_grandchild_in_its_own_session_ends_with_the_run(flow, tmp_path: Path, isolation: str, last: str) -> None:  # type: ignore[no-untyped-def]
    call = flow(one(DAEMON.replace("ENV", "None") + f"\n{last}"), "run", "--isolation", isolation)
    assert call.code == (last != "pass"), call.text
    end = time.monotonic() + 5
    while is_running(int((tmp_path / "daemon").read_text())):
        assert time.monotonic() < end, "the grandchild is running"
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")
@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_server_of_a_stack_that_a_task_starts_outlives_the_run(flow, tmp_path: Path, isolation: str) -> None:  # type: ignore[no-untyped-def]
    environment = "{**os.environ, 'MFINFRA_DETACHED': '1'}"
    call = flow(one(DAEMON.replace("ENV", environment)), "run", "--isolation", isolation)
    assert call.code == 0, call.text
    pid = int((tmp_path / "daemon").read_text())
    assert is_running(pid)
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_temporary_files_of_a_killed_task_are_deleted(flow, tmp_path: Path, isolation: str) -> None:  # type: ignore[no-untyped-def]
    """Among the blobs and in the task's directory; those of living processes and of other machines stay."""
    body = f"""import signal
from mfruntime.store import durable
root = {str(tmp_path / ".metaflow" / "One")!r}
os.makedirs(root + "/data/ab", exist_ok=True)
here = root + "/" + current.pathspec.split("/", 1)[1]
own = durable._write_temporary(root + "/data/ab/blob", b"x"), durable._write_temporary(here + "/file", b"x")
mine = os.path.basename(own[0])
open(root + "/data/ab/" + mine.replace(str(os.getpid()), str(os.getppid()), 1), "w").close()
open(root + "/data/ab/" + mine.replace(durable._HERE, "elsewhere"), "w").close()
os.kill(os.getpid(), signal.SIGKILL)"""
    assert flow(one(body), "run", "--isolation", isolation).code == 1
    left = [path.name for path in (tmp_path / ".metaflow").rglob(".tmp*")]
    assert len(left) == 2
    assert sum("elsewhere" in name for name in left) == 1
    assert flow(one("pass"), "resume").code == 0
    left = [path.name for path in (tmp_path / ".metaflow").rglob(".tmp*")]
    assert ["elsewhere" in name for name in left] == [True]  # the other process has ended as well
