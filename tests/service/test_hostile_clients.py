"""Fifty clients that want to exhaust the memory of the service, with tokens to read and to write."""

from __future__ import annotations

import contextlib
import itertools
import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.doubles.metadata_service import Program

#: What the service can use, in MB; idle, it uses about 50.
BOUND = 300
CLIENTS = 50
SECONDS = 4.0
#: The most that one run can have: 50 tags of 500 characters, which are 12 bytes each in JSON.
TAGS = [f"{n:02}" + "\U0001f600" * 498 for n in range(50)]
#: One wide character makes Python store the whole text with four bytes per character.
WIDE = "x" * 1_000_000 + "\U0001f600"
RUN = "/flows/F/runs/1"
TASK = f"{RUN}/steps/start/tasks/t-0"


@pytest.fixture
def program(address: str, tmp_path: Path) -> Iterator[Program]:
    tokens = [{"token": role, "name": role, "role": role} for role in ("read", "write")]
    (tmp_path / "tokens.json").write_text(json.dumps({"tokens": tokens}))
    made = Program(address, tmp_path / "service.log")
    made.start("--token-file", str(tmp_path / "tokens.json"), "--request-seconds", "3")
    yield made
    made.stop(signal.SIGKILL)


def client(program: Program, token: str) -> httpx.Client:
    return httpx.Client(base_url=program.url, headers={"authorization": f"Bearer {token}"}, timeout=60)


def filled(program: Program) -> None:
    """Everything that the limits permit, in one run."""
    with client(program, "write") as writer:
        for path in ("/flows/F", "/flows/F/run", f"{RUN}/steps/start/step"):
            assert writer.post(path, json={"tags": TAGS, "system_tags": TAGS}).status_code == 200
        for _ in range(20):
            assert writer.post("/flows/F/run", json={"tags": TAGS, "system_tags": TAGS}).status_code == 200
        tasks = [{"step_name": "start", "task_id": f"t-{n}"} for n in range(1000)]
        with writer.stream("POST", f"{RUN}/tasks", json=tasks) as answer:
            assert answer.status_code == 200  # 600 MB, which this client does not read
        entries = [{"field_name": "f", "value": WIDE} for _ in range(4)]
        for _ in range(4):
            assert writer.post(f"{TASK}/metadata", json=entries).status_code == 200
        attempts = [{"field_name": "attempt", "value": str(n)} for n in range(20_000)]
        assert writer.post(f"{TASK}/metadata", json=attempts).status_code == 200


def unread(program: Program, path: str) -> None:
    """Ask, and read nothing of the response until the service closes the connection."""
    with socket.create_connection(("127.0.0.1", program.port), timeout=20) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer read\r\n\r\n".encode())
        time.sleep(2)


def some(program: Program, path: str, most: int = 5_000_000) -> None:
    """Read the beginning of a response, as fast as it comes."""
    with client(program, "read") as reader, reader.stream("GET", path) as answer:
        assert answer.status_code in (200, 400, 503), answer.read()
        for part in answer.iter_raw(1 << 20):
            most -= len(part)
            if most < 0:
                return


def sent(program: Program, path: str, content: bytes) -> None:
    with client(program, "write") as writer:
        answer = writer.post(path, content=content)
    assert answer.status_code in (200, 400, 408, 409, 413, 503), answer.text[:300]
    assert answer.status_code != 503 or answer.headers["retry-after"]


_NAMES = itertools.count()


def attacks(program: Program) -> list[Callable[[], None]]:
    many = json.dumps([{"name": f"a{n}"} for n in range(100_000)]).encode()
    wide = json.dumps([{"field_name": "f", "value": WIDE} for _ in range(7)], ensure_ascii=False).encode()
    lists = b'[{"value": [' + b"[]," * 2_500_000 + b"[]]}]"
    large = b"x" * 30_000_000
    tagged = json.dumps({"tags": TAGS, "system_tags": TAGS}).encode()
    tasks = json.dumps([{"step_name": "s", "task_id": f"u{n}"} for n in range(50)]).encode()

    def pattern() -> str:
        return f"{RUN}/steps/start/filtered_tasks?pattern=(x{{0,90}}){{0,9}}{next(_NAMES)}$"

    return [
        lambda: unread(program, f"{RUN}/steps/start/tasks"),
        lambda: unread(program, f"{TASK}/metadata"),
        lambda: unread(program, "/flows/F/runs"),
        lambda: unread(program, f"{RUN}/metadata?_limit=500"),
        lambda: some(program, f"{RUN}/steps/start/tasks"),
        lambda: some(program, f"{RUN}/metadata"),
        lambda: some(program, "/flows/F/runs?status=running&_limit=500"),
        lambda: some(program, pattern()),
        lambda: sent(program, f"{TASK}/metadata", wide),
        lambda: sent(program, f"{TASK}/metadata", lists),
        lambda: sent(program, f"{RUN}/steps/start/tasks/t-1/artifact", many),
        lambda: sent(program, f"/flows/G{next(_NAMES)}", tagged),
        lambda: sent(program, f"{RUN}/tasks", tasks),
        lambda: sent(program, f"{TASK}/metadata", large),
    ]


def test_fifty_hostile_clients_with_any_token_cannot_exhaust_the_memory(program: Program) -> None:
    filled(program)
    until = time.monotonic() + SECONDS
    problems: list[BaseException] = []
    each = attacks(program)

    def work(number: int) -> None:
        while time.monotonic() < until:
            try:
                with contextlib.suppress(OSError, httpx.TransportError):  # it can be refused in the middle
                    each[number % len(each)]()
            except BaseException as exc:
                problems.append(exc)
                return

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    with client(program, "read") as honest:
        while time.monotonic() < until:
            assert honest.get("/flows/F/latest_run").status_code in (200, 503)
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert program.peak_memory < BOUND
    assert httpx.get(program.url + "/ping", timeout=30).text == "pong"
    assert "Traceback" not in program.log.read_text()
