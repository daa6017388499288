"""Whatever happens between a run and its metadata service: nothing is lost, nothing is doubled, order and time are kept.

Hypothesis makes up the story: writes of a run, faults of the network, the service killed and started, PostgreSQL stopped
and started, processes that end while the service is away. At its end all is well again, and the records are compared
with what was registered.
"""

from __future__ import annotations

import contextlib
import signal
import tempfile
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from mfruntime.metadata_provider import http, outbox
from mfruntime.metadata_provider.base import ArtifactRecord, MetadataEntry, TaskRecord
from mfruntime.metadata_provider.http import Connection
from mfruntime.metadata_provider.service import ServiceMetadata
from tests.doubles.dropping_proxy import FAULTS, Proxy
from tests.doubles.metadata_service import Postgres, Program, own_postgres

#: How long a process that ends waits for a service that is away, in these tests.
DEADLINE = 3.0


class Story(RuleBasedStateMachine):
    """Writes of one run through a client, while its surroundings break."""

    program: ClassVar[Program]
    postgres: ClassVar[Postgres | None] = None
    proxy: ClassVar[Proxy]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="mf-chaos-")
        self.away = False  # the service is dead
        self.database_away = False
        self.facts: dict[str, list[str]] = {}
        self.artifacts: dict[str, dict[int, str]] = {}
        self.process, self.count = 0, 0
        self.client = self.new_client()

    def new_client(self) -> ServiceMetadata:
        folder = Path(self.folder.name)
        return ServiceMetadata(Connection(self.proxy.url, {}, 3), str(folder / ".metaflow"), str(folder / "unsent"))

    @initialize()
    def begin(self) -> None:
        self.run = self.client.new_run("F", [], [], "me")

    def record(self, number: int) -> TaskRecord:
        return TaskRecord("F", self.run, "start", f"t-{self.process}-{number}", "me", ("t",), ("user:me",))

    @rule(number=st.integers(0, 2), facts=st.integers(0, 3))
    def register(self, number: int, facts: int) -> None:
        record = self.record(number)
        values = [str(self.count + n) for n in range(facts)]
        self.count += facts
        self.facts.setdefault(record.task, []).extend(values)
        self.client.register_task(record, [MetadataEntry("x", value, "x") for value in values], 0)

    @rule(number=st.integers(0, 2), attempt=st.integers(0, 3))
    def artifact(self, number: int, attempt: int) -> None:
        record = self.record(number)
        if record.task not in self.facts:
            self.register(number, 0)
        sha = self.artifacts.setdefault(record.task, {}).setdefault(attempt, f"sha{self.count}")
        self.client.register_artifacts(record, attempt, [ArtifactRecord("v", sha, "p", "m", "s3", ":root:s3://b/m")])

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=5))
    def trouble(self, faults: list[str]) -> None:
        self.proxy.faults.extend(faults)

    @precondition(lambda self: not self.away)
    @rule()
    def kill_the_service(self) -> None:
        self.program.stop(signal.SIGKILL)
        self.away = True

    @precondition(lambda self: self.away)
    @rule()
    def start_the_service(self) -> None:
        self.start_the_database()
        self.program.start()
        self.away = False

    @precondition(lambda self: self.postgres is not None and not self.database_away)
    @rule(mode=st.sampled_from(["fast", "immediate"]))
    def stop_the_database(self, mode: str) -> None:
        assert self.postgres is not None
        self.postgres.stop(mode)
        self.database_away = True

    @precondition(lambda self: self.database_away)
    @rule()
    def start_the_database(self) -> None:
        if self.database_away:
            assert self.postgres is not None
            self.postgres.start()
            self.database_away = False

    @rule()
    def end_the_process(self) -> None:
        """A process ends: it waits as long as it may and no longer. The next one has tasks of its own."""
        began = time.monotonic()
        self.client.flush()
        assert time.monotonic() - began < 3 * DEADLINE  # a pass that was begun in time is ended
        assert not self.client._outbox.refused
        self.process += 1
        self.client = self.new_client()

    def teardown(self) -> None:
        try:
            self.heal()
            self.check()
        finally:
            self.folder.cleanup()

    def heal(self) -> None:
        self.start_the_database()
        if self.away:
            self.start_the_service()
        self.proxy.settle()
        self.client.flush()
        assert not self.client._outbox.refused
        self.new_client().new_run("Other", [], [], "me")  # sends what earlier processes had to keep
        assert not list(Path(self.folder.name, "unsent").glob("*.json"))
        self.proxy.settle()

    def check(self) -> None:
        if not hasattr(self, "run"):
            return
        direct = self.new_client()
        tasks = [record["task_id"] for record in direct.children("F", self.run, "start")]
        assert sorted(tasks) == sorted(self.facts)
        for task, values in self.facts.items():
            found = [record["value"] for record in direct.data("F", self.run, "start", task)]
            assert found == values, task
        for task, shas in self.artifacts.items():
            for attempt, sha in shas.items():
                records = direct.artifacts("F", self.run, "start", task, attempt)
                assert [record["sha"] for record in records] == [sha], (task, attempt)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that wait as real ones do, only not as long."""
    monkeypatch.setattr(http, "_TIMEOUT_SECONDS", 1.0)
    monkeypatch.setattr(http, "_LEAST_SECONDS", 0.2)
    monkeypatch.setattr(http, "_LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(outbox, "_DEADLINE_SECONDS", DEADLINE)


def told(kind: str, folder: Path, examples: int, steps: int, fixed: bool) -> None:
    """Tell stories over one database."""
    servers = contextlib.ExitStack()
    server = servers.enter_context(own_postgres()) if kind == "postgresql" else None
    program = Program(server.url if server else f"sqlite:///{folder}/m.db", folder / "log")
    program.start()
    proxy = Proxy(program.port)
    story: Any = type("Story", (Story,), {"program": program, "postgres": server, "proxy": proxy})
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=fixed, report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck), database=None,
    )  # fmt: skip
    try:
        run_state_machine_as_test(story, settings=chosen)
        assert "traceback" not in program.log.read_text().lower()
    finally:
        proxy.close()
        program.stop(signal.SIGKILL)
        servers.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_run_and_its_records_survive_what_is_made_up(kind: str, hurried: None, tmp_path: Path) -> None:
    told(kind, tmp_path, examples=6, steps=12, fixed=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_run_and_its_records_survive_long_stories(kind: str, hurried: None, tmp_path: Path) -> None:
    told(kind, tmp_path, examples=40, steps=30, fixed=False)
