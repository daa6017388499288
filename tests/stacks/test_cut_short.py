"""What a user cannot help: the connection is cut in the middle of an apply, and the disk is full."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.doubles.fixtures import Aws, TfCloud
from tests.programs import Call

Cloud = Callable[..., Call]


class Wire:
    """A connection to a server that can be cut and mended: while it is cut, nothing listens and what was open is reset."""

    def __init__(self, target: str):
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0
        self.mend()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for one in list(self._open):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            one.close()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        far = socket.create_connection(self._target)
        pair = {near: far, far: near}
        self._open |= set(pair)
        try:
            while True:
                for one in select.select(list(pair), [], [])[0]:
                    content = one.recv(1 << 16)
                    if not content:
                        return
                    pair[one].sendall(content)
        except (OSError, ValueError):
            return
        finally:
            self._open -= set(pair)
            near.close()
            far.close()


@pytest.fixture
def wire(aws: Aws) -> Iterator[Wire]:
    made = Wire(aws.url)
    yield made
    made.cut()


@pytest.fixture
def name(tmp_path: Path) -> str:
    stack = f"cut{os.getpid()}x{abs(hash(str(tmp_path))) % 10**6}"
    (tmp_path / "mfinfra.yaml").write_text(
        f"name: {stack}\ncloud: aws\nregion: us-east-1\nruntime:\n  examples: false\n"
    )
    return stack


def up_until(
    sign: str, then: Callable[[], None], env: dict[str, str], folder: Path, *options: str
) -> tuple[int, list[str]]:
    """`mfinfra up`, with something done when a line says `sign`; exit code and what it printed."""
    argv = [sys.executable, "-m", "mfinfra", "up", "--yes", "--no-smoke", *options]
    lines = []
    with subprocess.Popen(
        argv, env=env, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if sign in line:
                then()
                sign = "\0"
    return process.wait(), lines


@pytest.mark.slow  # terraform itself tries for half a minute
def test_a_connection_that_is_cut_while_terraform_works(
    cloud: Cloud, name: str, aws: Aws, tfcloud: TfCloud, wire: Wire, tmp_path: Path
) -> None:
    tfcloud.say(delay={"aws_db_instance:create": 2})
    through = {**tfcloud.environment, **aws.environment, "AWS_ENDPOINT_URL": wire.url, "AWS_MAX_ATTEMPTS": "2"}
    code, lines = up_until("Created module.network.aws_vpc.this", wire.cut, {**os.environ, **through}, tmp_path)
    assert code != 0, "".join(lines)
    assert "Traceback" not in "".join(lines)
    assert "run the command again" in lines[-1], "".join(lines[-4:])
    made = len([call for call in tfcloud.calls() if call["op"] == "create"])
    wire.mend()
    tfcloud.say()
    held = cloud("up", "--yes", "--no-smoke", **through)
    assert held.code == 6, held.text
    assert "is being changed by" in held.err
    assert f"mfinfra unlock {name}" in held.err
    assert cloud("unlock", name, "--yes", **through).code == 0
    again = cloud("up", "--yes", "--no-smoke", **through)
    assert again.code == 0, again.text
    assert "Created module.network.aws_vpc.this" not in again.err
    assert made > 0
    assert cloud("plan", **through).code == 0


def test_a_connection_that_is_cut_while_cloudformation_works(
    cloud: Cloud, name: str, aws: Aws, wire: Wire, tmp_path: Path
) -> None:
    """CloudFormation goes on without us; the same command follows on."""
    aws.say(delay={"AWS::RDS::DBInstance": 3})
    through = {**aws.environment, "AWS_ENDPOINT_URL": wire.url, "AWS_MAX_ATTEMPTS": "2"}
    code, lines = up_until("Creating", wire.cut, {**os.environ, **through}, tmp_path, "--engine", "cloudformation")
    assert code == 11, "".join(lines)
    assert "Traceback" not in "".join(lines)
    assert "cannot be reached" in lines[-2], "".join(lines[-4:])
    wire.mend()
    again = cloud("up", "--yes", "--no-smoke", "--engine", "cloudformation", **through)
    assert again.code == 0, again.text
    assert cloud("plan", "--engine", "cloudformation", **through).code == 0


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    """A file system of 6 MB as the place where mfinfra keeps things."""
    folder = home / "data"
    folder.mkdir(exist_ok=True)
    mounted = (
        os.getuid() == 0
        and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]).returncode == 0
    )
    if not mounted:
        pytest.skip("needs the right to mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave: int) -> Path:
    """A file that leaves `leave` bytes of a file system."""
    ballast = folder / "ballast"
    free = os.statvfs(folder)
    with open(ballast, "wb") as file:
        file.write(b"\0" * max(0, free.f_bavail * free.f_frsize - leave))
    return ballast


@pytest.mark.parametrize(
    "leave", [32 << 10, *(pytest.param(size << 10, marks=pytest.mark.slow) for size in (0, 100, 200))]
)
def test_a_full_disk_is_one_line_and_up_goes_on_when_there_is_room(
    cloud: Cloud, name: str, small_disk: Path, leave: int, tfcloud: TfCloud
) -> None:
    ballast = fill(small_disk, leave)
    full = cloud("up", "--yes", "--no-smoke")
    assert full.code not in (0, 2, 130), full.text
    assert "Traceback" not in full.text
    assert "No space left on device" in full.err or "no space left on device" in full.err, full.text
    assert len([line for line in full.err.splitlines() if line.startswith("Error:")]) == 1
    ballast.unlink()
    again = cloud("up", "--yes", "--no-smoke")
    if again.code == 6:
        assert cloud("unlock", name, "--yes").code == 0
        again = cloud("up", "--yes", "--no-smoke")
    assert again.code == 0, again.text
    creates = [
        call["address"] if "address" in call else call.get("type")
        for call in tfcloud.calls()
        if call["op"] == "create" and call.get("type") == "aws_vpc"
    ]
    assert len(creates) == 1, creates
    assert cloud("plan").code == 0
