"""One flow in every store, whole: included files, a foreach, a retry, logs, code, and data of its own; read back by our
client."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.doubles.object_stores import SERVERS, Server

FLOW = """
import sys
from mfruntime import FlowSpec, IncludeFile, TOOL, current, retry, step


class Everything(FlowSpec):
    words = IncludeFile("words", default="words.txt")
    raw = IncludeFile("raw", default="words.txt", is_text=False)

    @step
    def start(self):
        self.items = self.words.split()
        self.big = bytes(range(256)) * 80_000
        self.next(self.work, foreach="items")

    @retry(times=1, minutes_between_retries=0)
    @step
    def work(self):
        print("at", self.input, "try", current.retry_count)
        print("to stderr", file=sys.stderr)
        if self.input == "größe" and current.retry_count == 0:
            raise RuntimeError("once")
        with TOOL(run=self) as place:
            place.put(self.input, self.input * 2, metadata={"step": "work"})
        self.long = len(self.input)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.lengths = [one.long for one in inputs]
        self.merge_artifacts(inputs, include=["big"])
        with TOOL(run=self) as place:
            self.texts = sorted(found.text for found in place.get_all())
        self.next(self.end)

    @step
    def end(self):
        print(len(self.raw), len(self.big))


if __name__ == "__main__":
    Everything()
"""

READ = """
import json
from mfruntime import TOOL, Flow, namespace

namespace(None)
run = Flow("Everything").latest_successful_run
tasks = list(run["work"])
with TOOL(run=run) as place:
    placed = [[found.key, found.size, found.metadata] for found in place.info_many(o.key for o in place.list_recursive())]
print(json.dumps({
    "words": run.data.words, "raw": run.data.raw.decode(), "lengths": run.data.lengths, "texts": run.data.texts,
    "attempts": sorted(task.current_attempt for task in tasks), "big": len(run.data.big),
    "stdout": sorted(task.stdout for task in tasks), "stderr": tasks[0].stderr,
    "first try": [t.stdout for task in tasks if task.current_attempt for t in [type(task)(task.pathspec, attempt=0)]],
    "end": run["end"].task.stdout, "code": [run.code.script_name, len(run.code.flowspec)], "placed": sorted(placed),
}))
"""


#: How a task is started does not depend on the store: each kind of store has a run with forks by day, the rest at night.
DAILY = {("ministack", "fork"), ("ministack", "spawn"), ("azurite", "fork"), ("fake-gcs", "fork")}
CASES = [
    pytest.param(*case, marks=[] if case in DAILY else [pytest.mark.slow])
    for case in itertools.product(SERVERS, ("fork", "spawn"))
]


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.mark.parametrize(("server", "isolation"), CASES, indirect=["server"])
def test_a_run_is_whole_in_every_store(server: Server, tmp_path: Path, isolation: str) -> None:
    tool = {"s3": "S3", "azure": "AzureBlob", "gs": "GS"}[server.kind]
    environment = {
        **os.environ,
        **server.environment,
        "METAFLOW_DEFAULT_DATASTORE": server.kind,
        f"METAFLOW_DATASTORE_SYSROOT_{server.kind.upper()}": server.fresh_root(),
        "METAFLOW_FEAT_ALWAYS_UPLOAD_CODE_PACKAGE": "1",
    }
    text = "alpha größe\nz\n"
    (tmp_path / "words.txt").write_text(text)
    (tmp_path / "flow.py").write_text(FLOW.replace("TOOL", tool))
    ran = subprocess.run(
        [sys.executable, "flow.py", "run", "--isolation", isolation],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    read = subprocess.run(
        [sys.executable, "-c", READ.replace("TOOL", tool)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert read.returncode == 0, read.stderr
    size = len(FLOW.replace("TOOL", tool))
    assert json.loads(read.stdout) == {
        "words": text, "raw": text, "lengths": [5, 5, 1], "texts": ["alphaalpha", "größegröße", "zz"],
        "attempts": [0, 0, 1], "big": 256 * 80_000, "stderr": "to stderr\n",
        "stdout": ["at alpha try 0\n", "at größe try 1\n", "at z try 0\n"], "first try": ["at größe try 0\n"],
        "end": f"{len(text.encode())} {256 * 80_000}\n", "code": ["flow.py", size],
        "placed": [["alpha", 10, {"step": "work"}], ["größe", 14, {"step": "work"}], ["z", 2, {"step": "work"}]],
    }  # fmt: skip
