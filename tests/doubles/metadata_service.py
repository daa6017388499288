"""Servers for tests: a separate PostgreSQL, and the metadata service as a process."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

RUNTIME = Path(__file__).parents[2] / "runtime"


def memory(pid: int) -> float:
    """The peak memory of a process, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_programs() -> Path | None:
    """The directory of PostgreSQL's server programs, preferring the newest version."""
    found = shutil.which("postgres")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: -int(p.parent.name))
    return Path(found).parent if found else next(iter(folders), None)


def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["setpriv", "--reuid=nobody", "--clear-groups"] if os.getuid() == 0 else []


@dataclass
class Postgres:
    """A server with its own data directory, on the loopback interface."""

    folder: Path
    programs: Path
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"postgresql://tester@127.0.0.1:{self.port}/postgres"

    def initialise(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(self.folder, "nobody")
        self._call("initdb", "-D", "data", "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self._call("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._call("pg_ctl", "-D", "data", "-w", "-m", mode, "stop")

    def _call(self, program: str, *args: str) -> None:
        done = subprocess.run(
            [*_unprivileged(), str(self.programs / program), *args], cwd=self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def own_postgres() -> Iterator[Postgres]:
    """A running server. If PostgreSQL is not installed, the test is skipped, or fails in CI.

    Its directory has a short name, because the length of a socket path is limited, and is not below pytest's, because
    each pytest session removes the permission of other accounts to enter that.
    """
    with tempfile.TemporaryDirectory(prefix="mf-postgres-", ignore_cleanup_errors=True) as folder:
        server = _started(Path(folder))
        try:
            yield server
        finally:
            server.stop("immediate")


def _started(folder: Path) -> Postgres:
    programs = postgres_programs()
    if programs is None:
        message = "PostgreSQL's server programs are neither on the path nor in /usr/lib/postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    server = Postgres(folder, programs)
    server.initialise()
    server.start()
    return server


@dataclass
class Program:
    """`python -m mfruntime.service` as a child process."""

    database: str
    log: Path
    port: int = field(default_factory=free_port)
    process: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *args: str, ready: bool = True, **environment: str) -> float:
        """Start it, wait until it is `ready`, and return the seconds that this took."""
        argv = [sys.executable, "-m", "mfruntime.service", "--port", str(self.port), "--database", self.database, *args]
        env = {k: v for k, v in os.environ.items() if not k.startswith(("MF_", "OTEL_"))}
        started = time.perf_counter()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                argv, stderr=log, stdout=log, env={**env, "PYTHONPATH": str(RUNTIME), **environment}
            )
        while ready and time.perf_counter() - started < 30:
            try:
                if httpx.get(self.url + "/readyz", timeout=2).status_code == 200:
                    return time.perf_counter() - started
            except httpx.HTTPError:
                pass
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)
        assert not ready, self.log.read_text()
        return 0.0

    @property
    def peak_memory(self) -> float:
        """Its peak memory, in MB."""
        return memory(self.process.pid)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it with a signal, wait, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return int(self.process.wait(30))


def run_program(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program and wait for its exit."""
    env = {**os.environ, "PYTHONPATH": str(RUNTIME), **environment}
    argv: Sequence[str] = [sys.executable, "-m", "mfruntime.service", *args]
    return subprocess.run(argv, capture_output=True, text=True, env=env, timeout=60)
