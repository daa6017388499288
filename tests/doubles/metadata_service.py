"""Servers for tests: a PostgreSQL of one's own, and the service as a program."""

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
    """The most memory that a process ever had, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's server programs, newest version first."""
    found = shutil.which("postgres")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: -int(p.parent.name))
    return Path(found).parent if found else next(iter(folders), None)


def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["setpriv", "--reuid=nobody", "--clear-groups"] if os.getuid() == 0 else []


@dataclass
class Postgres:
    """A server in a folder of its own, on the loopback interface."""

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
    """A running server; skips the test where PostgreSQL is not installed, but fails it on CI.

    Its folder has a short name, because the path of a socket may not be long, and is not below pytest's, because every
    session of pytest takes from other accounts the right to enter that.
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
    """`python -m mfruntime.service` as a child."""

    database: str
    log: Path
    port: int = field(default_factory=free_port)
    process: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *args: str, ready: bool = True, **environment: str) -> float:
        """Start it and wait until it is `ready`; the seconds that took."""
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
        """The most memory it ever had, in MB."""
        return memory(self.process.pid)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it by a signal and wait; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return int(self.process.wait(30))


def run_program(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program called to its end."""
    env = {**os.environ, "PYTHONPATH": str(RUNTIME), **environment}
    argv: Sequence[str] = [sys.executable, "-m", "mfruntime.service", *args]
    return subprocess.run(argv, capture_output=True, text=True, env=env, timeout=60)
