"""Interrupted connections and throttling: every request of every object store is repeated until it succeeds."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.doubles.cutting_proxy import CUTS, Cutter, in_front
from tests.doubles.object_stores import Server, azurite, fake_gcs, free_port, ministack, s3_environment
from tests.doubles.web import Web, answered, refusal
from tests.programs import Call

from mfruntime import GS, S3, AzureBlob, registry, settings
from mfruntime.store.artifacts import FlowStore
from mfruntime.store.storage import retries
from mfruntime.store.storage.base import Entry, Item
from mfruntime.store.storage.retries import Retries

SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 50))]


class Troubled(NamedTuple):
    """An object store, its clients' proxy, and the same store without it."""

    server: Server
    direct: Server
    cutter: Cutter


@pytest.fixture(scope="module", params=["s3", "azure", "gs"])
def troubled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Troubled]:
    folder, port, cutter = tmp_path_factory.mktemp(request.param), free_port(), Cutter()
    made = {"s3": ministack, "azure": azurite}.get(request.param) or (lambda folder: fake_gcs(folder, port))
    with made(folder) as direct, in_front(direct, cutter, port) as server:
        yield Troubled(server, direct, cutter)


@pytest.fixture
def cutter(troubled: Troubled, monkeypatch: pytest.MonkeyPatch) -> Cutter:
    """The faults of the proxy, none at first; nothing is read from the local cache."""
    monkeypatch.setenv("MFINFRA_CACHE_BYTES", "0")
    troubled.cutter.restart()
    return troubled.cutter


Open = Callable[..., Any]


@pytest.fixture
def opened(troubled: Troubled, cutter: Cutter, monkeypatch: pytest.MonkeyPatch) -> Open:
    def make(root: str, server: Server = troubled.server) -> Any:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        return registry.lookup("datastore", server.kind, registry.STORAGES).from_settings(settings.load(), root)

    return make


def content(storage: Any, path: str) -> bytes | None:
    (found,) = (loaded.data for loaded in storage.load([path]))
    return b"".join(found) if isinstance(found, list) else found


def cut_next(cutter: Cutter, fault: str, text: str = "", times: int = 1) -> None:
    """Let a fault happen to the next requests with a text in their request line."""
    assert not cutter.plan, "a planned fault did not happen"
    cutter.plan.extend([(text, fault)] * times)


LARGE = random.Random(1).randbytes(17_000_000)


@pytest.mark.parametrize(("fault", "times"), [*((cut, 1) for cut in CUTS), ("503", 2)])
def test_each_request_is_repeated(troubled: Troubled, cutter: Cutter, opened: Open, fault: str, times: int) -> None:
    storage = opened(troubled.server.fresh_root())
    cut_next(cutter, fault, times=times)
    storage.save([Item("F/data/ab/new", b"1", {"cas_raw": True})])
    cut_next(cutter, fault, times=times)
    assert content(storage, "F/data/ab/new") == b"1"
    cut_next(cutter, fault, times=times)
    storage.save([Item("F/x", b"2" * 100_000)], overwrite=True)
    cut_next(cutter, fault, times=times)
    assert content(storage, "F/x") == b"2" * 100_000
    cut_next(cutter, fault, times=times)
    assert storage.exists(["F/x", "F/y"]) == [True, False]
    cut_next(cutter, fault, times=times)
    assert storage.list(["F"]) == [Entry("F/data", True), Entry("F/x", False)]
    cut_next(cutter, fault, times=times)
    storage.delete(["F/x"])
    assert storage.exists(["F/x"]) == [False]
    assert not cutter.plan
    assert len(cutter.cuts) == 7 * times


@pytest.mark.parametrize("fault", CUTS)
def test_an_object_in_parts_survives_many_cuts(troubled: Troubled, cutter: Cutter, opened: Open, fault: str) -> None:
    storage = opened(troubled.server.fresh_root())
    cutter.restart(0.4, 1, (fault,))
    storage.save([Item("F/data/ab/large", LARGE)])
    assert cutter.cuts
    cutter.restart(0.4, 1, (fault,))
    assert content(storage, "F/data/ab/large") == LARGE
    assert cutter.cuts


@pytest.mark.slow
@pytest.mark.parametrize("fault", CUTS)
def test_an_object_in_parts_survives_a_cut_of_each_request(
    troubled: Troubled, cutter: Cutter, opened: Open, fault: str
) -> None:
    """The requests of an upload and of a download are cut in turn; at the end all of them have been."""
    storage = opened(troubled.server.fresh_root())
    storage.save([Item("F/data/ab/first", LARGE)])
    assert content(storage, "F/data/ab/first") == LARGE
    for number in range(len(cutter.requests)):
        cutter.restart()
        cutter.plan.extend([("", "")] * number + [("", fault)])
        storage.save([Item(f"F/data/ab/{number}", LARGE)])
        assert content(storage, f"F/data/ab/{number}") == LARGE
        assert len(cutter.cuts) == 1


def test_what_exists_is_kept_by_a_repeated_request(cutter: Cutter, troubled: Troubled, opened: Open) -> None:
    storage = opened(troubled.server.fresh_root())
    storage.save([Item("F/a", b"1")])
    cut_next(cutter, "answer")
    storage.save([Item("F/a", b"2")])
    assert content(storage, "F/a") == b"1"


TOOLS: dict[str, tuple[Any, str]] = {"s3": (S3, "s3root"), "azure": (AzureBlob, "azureroot"), "gs": (GS, "gsroot")}


@pytest.mark.parametrize(
    "fault", ["answer", *(pytest.param(cut, marks=pytest.mark.slow) for cut in ("request", "body"))]
)
def test_the_data_tools_repeat_their_requests(
    troubled: Troubled, cutter: Cutter, opened: Open, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    root = troubled.server.fresh_root()
    opened(root)
    (tmp_path / "file").write_bytes(LARGE)
    kind, argument = TOOLS[troubled.server.kind]
    with kind(**{argument: root}) as tool:
        cut_next(cutter, fault)
        assert [key for key, _ in tool.put_many([("a", "1"), ("b", "2")], overwrite=False)] == ["a", "b"]
        cut_next(cutter, fault)
        assert tool.put_files([("large", str(tmp_path / "file"))]) == [
            ("large", f"{tool.list_paths()[0].url[:-1]}large")
        ]
        cut_next(cutter, fault)
        assert tool.get("a").text == "1"
        cut_next(cutter, fault)
        assert tool.get("large").blob == LARGE
        cut_next(cutter, fault)
        assert [found.key for found in tool.list_paths()] == ["a", "b", "large"]
        cut_next(cutter, fault)
        assert [found.key for found in tool.list_recursive()] == ["a", "b", "large"]
        cut_next(cutter, fault)
        assert tool.info("b").size == 1
    assert not cutter.plan


# -- pauses and the deadline -------------------------------------------------------------------------------------------


def pauses_after(web: Web, refuse: Any, monkeypatch: pytest.MonkeyPatch, kind: str, number: int) -> list[list[float]]:
    """The pauses between the requests for each of 30 objects, of which the first `number` are refused."""
    times: dict[str, list[float]] = {}
    succeed = answered(200, b"", ETag='"1"', Last_Modified="Wed, 25 Nov 2026 10:00:00 GMT")

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked = times.setdefault(handler.path, [])
        asked.append(time.monotonic())
        (refuse if len(asked) <= number else succeed)(handler, body)

    web.answer = answer
    environment = {
        **s3_environment(web.url), "STORAGE_EMULATOR_HOST": web.url, "AZURE_STORAGE_KEY": "a2V5",
        "METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT": f"{web.url}/account",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    root = {"s3": "s3://tests", "gs": "gs://tests", "azure": "tests"}[kind]
    storage = registry.lookup("datastore", kind, registry.STORAGES).from_settings(settings.load(), root)
    with ThreadPoolExecutor(30) as threads:
        list(threads.map(lambda name: list(storage.load([f"F/{name}"])), range(30)))
    return [[later - sooner for sooner, later in pairwise(asked)] for path, asked in times.items() if "F" in path]


def close(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.close_connection = True


@pytest.mark.parametrize("kind", ["azure", "gs"])
def test_the_first_repetition_after_a_cut_comes_soon_and_not_all_at_once(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Web() as web:
        found = sorted(first for first, *_ in pauses_after(web, close, monkeypatch, kind, 1))
    assert len(found) == 30
    assert found[15] < 0.15  # the requests themselves take time as well, on a busy machine
    assert found[-3] - found[2] > 0.02


def test_pauses_after_a_refusal_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    with Web() as web:
        found = pauses_after(web, refusal(503, "SlowDown"), monkeypatch, "gs", 4)
    assert [len(pauses) for pauses in found] == [4] * 30
    totals = [sum(pauses[number] for pauses in found) for number in range(4)]
    assert totals[3] > 3 * totals[0]
    assert totals == sorted(totals)


def test_the_pauses_are_random_and_limited() -> None:
    for number, longest in [(0, 0.1), (1, 0.2), (5, 3.2), (8, 15.0), (100_000, 15.0)]:
        found = [retries.pause(number) for _ in range(100)]
        assert max(found) <= longest
        assert min(found) > longest / 4
        assert max(found) - min(found) > longest / 4


def test_requests_are_repeated_until_the_deadline_without_a_limit_of_their_number() -> None:
    assert retries.limit_of(settings.load()) is None
    assert retries.DEADLINE_SECONDS == 180.0
    asked: list[float] = []

    def refuse() -> None:
        asked.append(time.monotonic())
        raise ConnectionResetError("reset")

    with pytest.raises(ConnectionResetError):
        Retries(None, "s3://tests", seconds=1.5).run(refuse)
    assert 1.5 <= asked[-1] - asked[0] < 3  # the last one is at the deadline
    assert len(asked) >= 4


def test_a_request_that_succeeds_at_the_end_of_the_deadline_succeeds() -> None:
    until = time.monotonic() + 1.0

    def answer() -> str:
        if time.monotonic() < until:
            raise RuntimeError("Server returned non-2xx status code: 503 Service Unavailable")
        return "done"

    assert Retries(None, "s3://tests", seconds=1.0).run(answer) == "done"


def test_an_error_of_a_part_is_not_repeated_by_the_whole() -> None:
    inner, outer = Retries(2, "s3://tests"), Retries(2, "s3://tests")
    asked: list[int] = []

    def refuse() -> None:
        asked.append(1)
        raise ConnectionResetError("reset")

    with pytest.raises(ConnectionResetError):
        outer.run(lambda: inner.run(refuse))
    assert len(asked) == 3


def test_a_long_wait_is_explained_once(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_NOTE_SECONDS", 0.2)

    def refuse() -> None:
        raise ConnectionResetError("reset")

    repeats = Retries(None, "s3://tests/x", seconds=1.0)
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            repeats.run(refuse)
    assert capfd.readouterr().err.splitlines() == [
        "s3://tests/x does not respond. Requests are repeated for up to 1 seconds."
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Server returned non-2xx status code: 403 Forbidden",
        "Server returned non-2xx status code: 501 Not Implemented",
        "HTTP error: builder error\n\nDebug source: BadScheme",
        "HTTP error: error sending request\n\nDebug source: error: InvalidCertificate(UnknownIssuer)",
        "Object at location k already exists: status code: 412",
    ],
)
def test_what_no_repetition_changes_is_not_repeated(text: str) -> None:
    assert not retries.is_temporary(RuntimeError(text))


def test_a_conflict_of_two_writers_is_repeated() -> None:
    """S3 rejects a conditional upload during another one, which can still fail."""
    asked: list[str] = []
    refuse, succeed = refusal(409, "ConditionalRequestConflict"), answered(200, b"", ETag='"1"')

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked.append(handler.command)
        (succeed if len(asked) > 2 else refuse)(handler, body)

    with Web() as web, pytest.MonkeyPatch.context() as patch:
        web.answer = answer
        for name, value in s3_environment(web.url).items():
            patch.setenv(name, value)
        storage = registry.lookup("datastore", "s3", registry.STORAGES).from_settings(settings.load(), "s3://tests")
        storage.save([Item("F/a", b"1")])
    assert asked == ["PUT"] * 3


# -- chaos -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_with_cuts_nothing_is_lost_and_nothing_changes(
    troubled: Troubled, cutter: Cutter, opened: Open, seed: int
) -> None:
    dice, root = random.Random(seed), troubled.server.fresh_root()
    cutter.restart(0.15, seed, (*CUTS, "503"))
    store = FlowStore(opened(root), "F")
    values = {f"v{number}": dice.randbytes(dice.choice([10, 5_000, 300_000])) for number in range(20)}
    writer = store.writer("1", "start", "1", 0)
    writer.begin()
    writer.save(values)
    writer.commit()
    assert FlowStore(opened(root), "F").task("1", "start", "1").load_many(list(values)) == values
    assert cutter.cuts
    direct = opened(root, troubled.direct)
    assert FlowStore(direct, "F").task("1", "start", "1").load_many(list(values)) == values
    assert len(direct.list(["F/1/start/1"])) == 4


FLOW = """
from mfruntime import FlowSpec, step


class Cut(FlowSpec):
    @step
    def start(self):
        self.items = list(range(12))
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.data = bytes([self.input]) * 400_000
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(len(found.data) + found.data[0] for found in inputs)
        self.next(self.end)

    @step
    def end(self):
        print("total", self.total)


if __name__ == "__main__":
    Cut()
"""


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_with_cuts_succeeds(
    troubled: Troubled, cutter: Cutter, flow: Callable[..., Call], tmp_path: Path, seed: int
) -> None:
    server = troubled.server
    cutter.restart(0.02, seed)
    where = {
        **server.environment, "METAFLOW_DEFAULT_DATASTORE": server.kind, "MFINFRA_CACHE_BYTES": "0",
        f"METAFLOW_DATASTORE_SYSROOT_{server.kind.upper()}": server.fresh_root(),
    }  # fmt: skip
    done = flow(FLOW, "run", **where)
    assert done.code == 0, done.text
    assert "total 4800066" in done.text
    assert cutter.cuts
