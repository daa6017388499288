"""Floods: more than a service can be asked, from clients that are broken or hostile. Memory stays bounded, others are
served, and what is refused is refused in the right words."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mfruntime.service.http.memory import Memory
from mfruntime.service.http_errors import HttpError
from tests.doubles.metadata_service import Program

OWN = {"user_name": "me", "tags": [], "system_tags": []}
TASK = "/flows/F/runs/1/steps/start/tasks/1"
#: What one start of the service may come to while it is flooded; at rest it takes about 50 MB.
BOUND = 300


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(f"sqlite:///{tmp_path}/m.db", tmp_path / "service.log")
    made.start("--request-seconds", "1", "--max-connections", "3000")
    yield made
    alive = httpx.get(made.url + "/ping", timeout=20).text
    assert (alive, made.stop()) == ("pong", 0)
    assert "traceback" not in made.log.read_text().lower()


def registered(program: Program) -> None:
    for path in ("/flows/F", "/flows/F/run", "/flows/F/runs/1/steps/start/step", "/flows/F/runs/1/steps/start/task"):
        assert httpx.post(program.url + path, json=OWN).status_code == 200


def connected(program: Program, sent: bytes = b"") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", program.port), timeout=20)
    try:
        made.sendall(sent)
    except BaseException:  # let go while it was sending
        made.close()
        raise
    return made


def status(answer: bytes) -> int:
    """The status of a raw answer that closes its connection and carries the version and JSON, as all do."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"metadata_service_version: 2.5.1" in head.lower(), answer
    assert json.loads(body)["status"] == int(head[9:12])
    return int(head[9:12])


def read_all(sock: socket.socket) -> bytes:
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := sock.recv(65536):
            parts.append(part)
    sock.close()
    return b"".join(parts)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"GET /flows HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 200_000 + b"\r\n\r\n", 431),
        (b"GET /flows HTTP/1.1\r\n" + b"X: y\r\n" * 30_000 + b"\r\n", 431),
        (b"GET /flows?" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET /flows HTTP/1.1\r\nX-Endless: " + b"x" * 3_000_000, 431),
        (b"GARBAGE\r\n\r\n", 400),
        (b"\x00\x01\x02\r\n\r\n", 400),
        (b"GET /fl\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST /flows/F HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /flows/F HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (b"POST /flows/F HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", 400),
        (b"POST /flows/F HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", 400),
    ],
    ids=["header", "headers", "query", "endless", "garbage", "nul", "path", "negative", "two", "smuggled", "chunk"],
)
def test_a_head_that_is_too_large_or_none_is_refused(program: Program, head: bytes, expected: int) -> None:
    with contextlib.suppress(ConnectionError):
        sock = connected(program, head)
        answer = read_all(sock)
        if answer:  # the kernel may drop it when the client still sends
            assert status(answer) == expected
    assert program.peak_memory < BOUND


def test_memory_is_given_in_turn_and_not_waited_for_without_end() -> None:
    memory, order = Memory(100, patience=0.2), []

    async def use(name: str, wanted: int, seconds: float) -> None:
        async with memory.reserved(wanted):
            order.append(name)
            await asyncio.sleep(seconds)

    async def ran() -> list[BaseException | None]:
        first = asyncio.ensure_future(use("first", 60, 0.05))
        await asyncio.sleep(0)
        waiting = [asyncio.ensure_future(use(name, size, 0.05)) for name, size in (("all", 900), ("small", 10))]
        await asyncio.sleep(0.01)
        gone = asyncio.ensure_future(use("gone", 10, 0))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(first, *waiting)
        return await asyncio.gather(use("slow", 100, 0.4), use("late", 1, 0), return_exceptions=True)

    _, late = asyncio.run(ran())
    assert order == ["first", "all", "small", "slow"]
    assert isinstance(late, HttpError) and (late.status, dict(late.headers)["Retry-After"]) == (503, "1")
    assert memory._free == 100


def test_the_largest_head_that_is_allowed_is_read(program: Program) -> None:
    answer = httpx.get(program.url + "/ping", headers={"x-long": "x" * 60_000})
    assert (answer.status_code, answer.text) == (200, "pong")


def test_clients_that_send_drop_by_drop_are_let_go(program: Program) -> None:
    silent = connected(program)
    head = connected(program, b"GET /flows?x=")
    body = connected(program, b"POST /flows/F HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
    for _ in range(12):  # they keep sending; it is the whole request that has its time
        time.sleep(0.1)
        with contextlib.suppress(OSError):
            head.sendall(b"T")
            body.sendall(b" ")
    assert read_all(silent) == b""
    for sock in (head, body):
        answer = read_all(sock)
        assert not answer or status(answer) == 408
    kept = httpx.Client(base_url=program.url)
    assert kept.get("/ping").text == "pong"
    time.sleep(1.5)
    assert kept.get("/ping").text == "pong"  # a kept connection may rest between its requests
    kept.close()


def test_a_client_that_does_not_read_its_answer_is_let_go(program: Program) -> None:
    registered(program)
    value = "x" * 1_000_000
    for _ in range(8):
        assert (
            httpx.post(f"{program.url}{TASK}/metadata", json=[{"field_name": "f", "value": value}]).status_code == 200
        )
    request = f"GET {TASK}/metadata HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    idle = [connected(program, request) for _ in range(10)]
    deadline = time.monotonic() + 60
    while program.log.read_text().count('"method": "GET", "path": "' + TASK) < 10:  # requests of more than a second
        assert time.monotonic() < deadline
        time.sleep(0.1)
    read = [len(read_all(sock)) for sock in idle]
    assert max(read) < 8_000_000  # the rest was never kept for them
    assert program.peak_memory < BOUND


def test_thousands_of_connections_leave_room_for_work(program: Program) -> None:
    script = (
        "import socket, sys, resource\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)\n"
        "socks = [socket.create_connection(('127.0.0.1', int(sys.argv[1]))) for _ in range(2500)]\n"
        "[s.sendall(b'GET /fl') for s in socks]\n"
        "print(len(socks), flush=True)\n"
        "sys.stdin.read()\n"
    )
    flood = subprocess.Popen(
        [sys.executable, "-c", script, str(program.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert flood.stdin and flood.stdout
    try:
        assert flood.stdout.readline().strip() == "2500"
        assert httpx.get(program.url + "/flows", timeout=20).json() == []
        assert program.peak_memory < BOUND
    finally:
        flood.communicate("")


def test_connections_beyond_the_most_are_told_to_come_again(tmp_path: Path) -> None:
    program = Program(f"sqlite:///{tmp_path}/m.db", tmp_path / "service.log")
    program.start("--max-connections", "20")
    try:
        idle = [connected(program) for _ in range(20)]
        refused = httpx.get(program.url + "/ping")
        assert (refused.status_code, refused.headers["retry-after"], refused.json()["status"]) == (503, "1", 503)
        assert refused.headers["metadata_service_version"] == "2.5.1"
        for sock in idle:
            sock.close()
        time.sleep(0.2)
        assert httpx.get(program.url + "/ping").status_code == 200
    finally:
        program.stop()


def test_large_bodies_at_once_are_held_to_a_few(program: Program) -> None:
    """Twenty clients send 8 MB each: some are told to come again, and memory is that of a few."""
    registered(program)
    body = json.dumps([{"field_name": "f", "value": "x" * 1_000_000}] * 8).encode()

    head = f"POST {TASK}/metadata HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"

    def send(_: int) -> int:
        with socket.create_connection(("127.0.0.1", program.port), timeout=60) as sock:
            with contextlib.suppress(ConnectionError):  # it may be refused in the middle
                sock.sendall(head.encode() + body)
            answer = read_all(sock)
        return int(answer[9:12]) if answer else 0

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        statuses = set(pool.map(send, range(20)))
    assert statuses <= {200, 503, 408, 0}, statuses
    assert program.peak_memory < BOUND


@pytest.mark.parametrize(
    "body",
    [b"[" + b"[]," * 2_000_000 + b"[]]", b"[" + b"{}," * 2_000_000 + b"{}]", b'["ab"' + b',"ab"' * 1_000_000 + b"]"],
    ids=["lists", "objects", "texts"],
)
def test_a_body_of_millions_of_values_is_refused_unread(program: Program, body: bytes) -> None:
    registered(program)
    answer = httpx.post(f"{program.url}{TASK}/metadata", content=body, timeout=60)
    assert (answer.status_code, "values" in answer.json()["message"]) == (413, True)
    assert program.peak_memory < BOUND


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"tags":'])
def test_nesting_has_an_end(program: Program, opening: bytes) -> None:
    registered(program)
    for path in ("/flows/G", f"{TASK}/metadata", f"{TASK}/artifact", "/flows/F/run", "/flows/F/runs/1/tasks"):
        for depth in (1_000, 100_000):
            assert httpx.post(program.url + path, content=opening * depth, timeout=60).status_code == 400
    assert httpx.patch(program.url + "/flows/F/runs/1/tag/mutate", content=opening * 100_000).status_code == 400
    # Twice as deep, some have more values than a body may have, which is found first.
    deeper = httpx.post(f"{program.url}{TASK}/metadata", content=opening * 200_000, timeout=60)
    assert deeper.status_code == (413 if opening == b'[{"tags":' else 400)


def test_a_batch_of_a_hundred_thousand_artifacts_is_taken_or_refused_whole(program: Program) -> None:
    registered(program)
    small = [{"name": f"a{n}"} for n in range(100_000)]
    answer = httpx.post(f"{program.url}{TASK}/artifact", json=small, timeout=120)
    assert (answer.status_code, answer.json()) == (200, {"artifacts_created": 100_000})
    pages, cursor = 0, ""
    for _ in range(3):
        answer = httpx.get(f"{program.url}{TASK}/artifacts?_limit=100000{cursor}", timeout=60)
        cursor = f"&_cursor={answer.headers['x-next-cursor']}"
        pages += len(answer.json())
    assert pages == 3 * 500  # a limit beyond the most is the most
    large = [{"name": f"b{n}", "location": "l" * 100, "sha": "0" * 40, "tags": ["t"] * 20} for n in range(100_000)]
    refused = httpx.post(f"{program.url}{TASK}/artifact", json=large, timeout=120)
    assert refused.status_code == 413
    assert program.peak_memory < BOUND


@pytest.mark.parametrize("limit", ["0", "-1", "1e3", "x", "", "99999999999", "1_0", "١٠"])
def test_a_limit_that_is_none_is_refused(program: Program, limit: str) -> None:
    assert httpx.get(program.url + "/flows", params={"_limit": limit}).status_code == 400
