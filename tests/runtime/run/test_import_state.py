"""What importing the flow opened, registered and computed: as in a new interpreter in each task, or no fork is made."""

from __future__ import annotations

from pathlib import Path

import pytest

SOURCE = """
import os, sys, time
from mfruntime import FlowSpec, Parameter, step
{head}

class Imported(FlowSpec):
{more}
    @step
    def start(self):
        self.xs = [0, 1, 2]
        self.next(self.work, foreach="xs")
    @step
    def work(self):
        {body}
        self.next(self.join)
    @step
    def join(self, inputs):
        print("GOT", [getattr(branch, "got", None) for branch in inputs])
        self.next(self.end)
    @step
    def end(self): pass

if __name__ == "__main__":
    began = time.time()
    Imported()
"""


def source(head: str = "", body: str = "pass", more: str = "") -> str:
    return SOURCE.format(head=head, body=body.replace("\n", "\n        "), more=more)


def is_forked(out: str) -> bool:
    return "Each task starts in a new interpreter" not in out


WRITTEN = """
import atexit
atexit.register(lambda: print("handler of the import", flush=True))
OUT = open("out.txt", "a")
OUT.write("header\\n")
RAW = open("raw.bin", "ab")
"""


def test_what_a_task_writes_to_files_of_the_import_is_written_and_handlers_run(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    body = 'OUT.write(f"task {self.index}\\n")\nRAW.write(b"x")\nglobal OWN\nOWN = open(f"own{self.index}", "w")\nOWN.write("kept")'
    call = flow(source(WRITTEN, body), "run")
    assert call.code == 0, call.text
    assert is_forked(call.out)
    assert sorted((tmp_path / "out.txt").read_text().splitlines()) == ["header", "task 0", "task 1", "task 2"]
    assert (tmp_path / "raw.bin").read_bytes() == b"xxx"
    assert [(tmp_path / f"own{i}").read_text() for i in range(3)] == ["kept"] * 3
    lines = [line for line in call.out.splitlines() if line.endswith("handler of the import")]
    assert len(lines) == 7, call.out  # six tasks and the scheduler
    assert sum("/work/" in line for line in lines) == 3


def test_a_task_that_fails_also_writes_and_runs_handlers(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    call = flow(source(WRITTEN, 'OUT.write("before\\n")\nraise ValueError'), "run", "--max-workers", "1")
    assert call.code == 1
    assert "before" in (tmp_path / "out.txt").read_text()
    assert any("/work/" in line and line.endswith("handler of the import") for line in call.out.splitlines())


def test_each_task_has_its_own_position_in_a_file_that_the_import_opened(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "words").write_text("skipped\n" + "".join(f"line {i}\n" * 1000 for i in range(9)))
    head = 'WORDS = open("words")\nWORDS.readline()\nRAW = open("words", "rb", buffering=0)\nRAW.seek(3)'
    body = "self.got = (len(WORDS.readlines()), RAW.read(5), RAW.tell())"
    call = flow(source(head, body), "run")
    assert is_forked(call.out)
    assert f"GOT {[(9000, b'pped' + bytes([10]), 8)] * 3}" in call.out, call.text


FORKED = {
    "log file": "import logging\nlogging.basicConfig(filename='flow.log')\nlogging.warning('imported')",
    "function": "import uuid\ndef fresh():\n    return uuid.uuid4()\nclass Unused:\n    def __init__(self): self.id = fresh()",
    "reference": "CLOCK = time.time\nLATER = lambda: time.time()",
    "constant": "import uuid\nNAMESPACE = uuid.UUID(int=3)\nNAMED = uuid.uuid5(NAMESPACE, 'a')\nDAY = time.strptime('1', '%d')",
    "random": "import random\ndef draw(): return random.random()",
}


@pytest.mark.parametrize("head", FORKED.values(), ids=FORKED)
def test_what_a_fork_does_not_change_does_not_slow_the_run(flow, head: str) -> None:  # type: ignore[no-untyped-def]
    more = "    stamp = time.time()\n    p = Parameter('p', type=float, default=lambda _: time.time())\n"
    call = flow(source(head, "self.got = self.stamp", more), "run", "--max-workers", "1")
    assert call.code == 0, call.text
    assert is_forked(call.out), call.out


SPAWNED = {
    "time": ("STARTED = time.time()", "time.time() in line 4 of flow.py"),
    "imported name": ("from uuid import uuid4 as fresh\nNAME = 'x-' + fresh().hex", "fresh() in line 5"),
    "in a function": ("import uuid\ndef make():\n    return inner()\ndef inner():\n    return uuid.uuid4().hex\nNAME = make()", "make() in line 9"),
    "in a class": ("import random\nclass Config:\n    def __init__(self):\n        self.salt = random.random()\nCONFIG = Config()", "Config() in line 8"),
    "class body": ("import random\nclass Config:\n    salt = random.choice('abc')", "random.choice() in line 6"),
    "now": ("import datetime as dt\nNOW = dt.datetime.now().isoformat()", "dt.datetime.now() in line 5"),
    "default": ("def step_name(at=time.time()): ...", "time.time()"),
    "numpy": ("import numpy as np\nX = np.random.rand(3)", "np.random.rand() in line 5"),
    "numpy generator": ("import numpy as np\nX = np.random.default_rng().random()", "np.random.default_rng()"),
    "pid": ("PID = os.getpid()", "os.getpid()"),
    "temporary directory": ("import tempfile, atexit, shutil\nTMP = tempfile.mkdtemp()\natexit.register(shutil.rmtree, TMP)", "tempfile.mkdtemp()"),
    "socket": ("import socket\nPAIR = socket.socketpair()", "opened a socket"),
    "pipe": ("PIPE = os.pipe()", "opened a pipe"),
    "selector": ("import select\nPOLL = select.epoll()", "opened a selector"),
    "database": ("import sqlite3\nDB = sqlite3.connect('a.db')\nDB.execute('create table if not exists t (a)')", "a.db for reading and writing"),
    "compressed": ("import gzip\nOUT = gzip.open('out.gz', 'at')", "GzipFile"),
    "process": ("import subprocess\nCHILD = subprocess.Popen(['sleep', '20'])", "started a process"),
    "alarm": ("import signal\nsignal.alarm(300)", "set a timer"),
}  # fmt: skip


@pytest.mark.parametrize(("head", "reason"), SPAWNED.values(), ids=SPAWNED)
def test_what_tasks_must_not_share_is_named_and_not_forked(head: str, reason: str, tmp_path: Path) -> None:
    import subprocess
    import sys

    program = (
        "import sys\nsys.argv = ['flow.py']\nimport runpy\nimport types\n"
        "main = types.ModuleType('flow')\nmain.__file__ = 'flow.py'\nsys.modules['flow'] = main\n"
        "exec(compile(open('flow.py').read(), 'flow.py', 'exec'), vars(main))\n"
        "from mfruntime.compute.local.fork_safety import unsafe_to_fork\nprint(unsafe_to_fork())\n"
        "child = getattr(main, 'CHILD', None)\nchild and child.kill()"
    )
    (tmp_path / "flow.py").write_text(source(head))
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert reason in done.stdout, done.stdout + done.stderr


def test_each_task_has_its_own_unique_name(flow) -> None:  # type: ignore[no-untyped-def]
    call = flow(source("import uuid\nNAME = uuid.uuid4().hex", "self.got = NAME"), "run", "--max-workers", "1")
    assert call.code == 0, call.text
    assert not is_forked(call.out)
    (line,) = [line for line in call.out.splitlines() if "GOT " in line]
    assert len(set(eval(line.split("GOT ")[1]))) == 3
