"""Local stacks whose presets keep servers running: set up, used, stopped, started by a flow, killed, taken down."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.doubles.metadata_service import Program
from tests.programs import ROOT, Call

Tool = Callable[..., Call]
HELLO = ROOT / "examples" / "flows" / "hello.py"
READ = "from {} import Flow, namespace; namespace(None); r = Flow('HelloFlow').latest_run; print(r.id, r.successful, r['end'].task.stdout.strip())"


def up(mfinfra: Tool, *options: str) -> None:
    call = mfinfra("up", "--name", "demo", "--no-examples", *options)
    assert call.code == 0, call.text


def status(mfinfra: Tool) -> dict:
    return json.loads(mfinfra("--json", "status", "demo").out)


def run_flow(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(HELLO), "run"], cwd=folder, capture_output=True, text=True, timeout=120)


def read(python: str, package: str, folder: Path) -> str:
    done = subprocess.run([python, "-c", READ.format(package)], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_flow_wakes_the_service_of_its_stack(mfinfra: Tool, tmp_path: Path) -> None:
    up(mfinfra, "--no-smoke")
    assert "stopped" in mfinfra("stop", "demo").err
    assert status(mfinfra)["state"] == "stopped"
    assert status(mfinfra)["data"]["runs"] is None
    done = run_flow(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "The metadata service of stack 'demo' is not running. Starting it: mfinfra start demo" in done.stderr
    assert status(mfinfra)["data"]["runs"] == {"HelloFlow": 1}
    assert read(sys.executable, "mfruntime", tmp_path) == "1 True Hello from a flow"


def test_only_its_owner_can_enter_the_folder_of_a_stack(mfinfra: Tool, home: Path) -> None:
    """Also with a permissive umask, and if an earlier version made it; the target of a link stays as it is."""
    before = os.umask(0)
    try:
        up(mfinfra, "--preset", "files", "--no-smoke")
        folder = home / "data" / "mfinfra" / "stacks" / "demo"
        assert folder.stat().st_mode & 0o777 == 0o700
        folder.chmod(0o755)
        up(mfinfra, "--preset", "files", "--no-smoke")
        assert folder.stat().st_mode & 0o777 == 0o700
        elsewhere = home / "elsewhere"
        elsewhere.mkdir(0o755)
        (folder.parent / "linked").symlink_to(elsewhere)
        assert mfinfra("up", "--name", "linked", "--preset", "files", "--no-smoke", "--no-examples").code == 0
        assert elsewhere.stat().st_mode & 0o777 == 0o755
    finally:
        os.umask(before)


def profile_url(home: Path) -> str:
    return str(json.loads((home / "profiles" / "config.json").read_text())["METAFLOW_SERVICE_URL"])


@pytest.mark.parametrize(
    "kinds", [("silent", "service"), pytest.param(("http", "closing"), marks=pytest.mark.slow)], ids="-".join
)
def test_a_flow_moves_the_service_whose_port_another_program_uses(
    mfinfra: Tool, tmp_path: Path, home: Path, kinds: tuple[str, ...]
) -> None:
    """The program never responds, is the service of another stack, another server, or closes connections."""
    up(mfinfra, "--no-smoke")
    for number, kind in enumerate(kinds, 1):
        assert mfinfra("stop", "demo").code == 0
        before = profile_url(home)
        with listener(int(before.rpartition(":")[2]), kind, tmp_path) as received:
            done = run_flow(tmp_path)
            assert done.returncode == 0, done.stderr
            assert "Starting it: mfinfra start demo" in done.stderr
            assert profile_url(home) != before
            assert status(mfinfra)["data"]["runs"] == {"HelloFlow": number}
        assert b"x-api-key" not in received.lower() or kind == "service"


def test_start_moves_a_server_that_lost_its_port_while_it_was_down(mfinfra: Tool, home: Path, tmp_path: Path) -> None:
    up(mfinfra, "--no-smoke")
    before = profile_url(home)
    (server,) = status(mfinfra)["servers"]
    os.kill(server["pid"], signal.SIGSTOP)  # so that it does not listen again before the other program does
    with listener(int(before.rpartition(":")[2]), "http", tmp_path, lambda: os.kill(server["pid"], signal.SIGKILL)):
        call = mfinfra("start", "demo")
        assert call.code == 0, call.text
        assert profile_url(home) != before
        assert run_flow(tmp_path).returncode == 0


@contextlib.contextmanager
def listener(port: int, kind: str, folder: Path, first: Callable[[], None] = lambda: None) -> Iterator[bytearray]:
    """Another program on a port; yields what it received."""
    received = bytearray()
    if kind == "service":
        (folder / "other_keys").write_text("other-key\n")
        program = Program(f"sqlite:///{folder}/other.db", folder / "other.log", port)
        program.start("--api-key-file", str(folder / "other_keys"))
        try:
            yield received
        finally:
            program.stop()
        return
    server = Listener(kind, received)
    first()
    server.listen(port)
    try:
        yield received
    finally:
        server.close()


class Listener:
    def __init__(self, kind: str, received: bytearray):
        self._kind, self._received = kind, received
        self._socket = socket.socket()
        self._open: list[socket.socket] = []

    def listen(self, port: int) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deadline = time.monotonic() + 20
        while True:
            try:
                self._socket.bind(("127.0.0.1", port))
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        self._socket.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock = self._socket.accept()[0]
                self._open.append(sock)
                threading.Thread(target=self._respond, args=(sock,), daemon=True).start()

    def _respond(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._kind == "closing":
                sock.close()
            while self._kind != "closing" and (part := sock.recv(65536)):
                self._received += part
                if self._kind == "http":
                    sock.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n<p>no</p>")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        for sock in (self._socket, *self._open):
            sock.close()


def test_a_killed_service_is_back_and_has_lost_nothing(mfinfra: Tool, tmp_path: Path) -> None:
    up(mfinfra)
    (server,) = status(mfinfra)["servers"]
    os.kill(server["pid"], signal.SIGKILL)
    assert run_flow(tmp_path).returncode == 0
    after = status(mfinfra)
    assert after["data"]["runs"] == {"HelloFlow": 1, "SmokeFlow": 1}
    assert (after["servers"][0]["restarts"], after["servers"][0]["last_end"]) == (1, "was killed by SIGKILL")


def test_a_stack_keeps_its_preset_also_by_its_data_alone(mfinfra: Tool) -> None:
    up(mfinfra)
    refused = mfinfra("up", "--name", "demo", "--preset", "files")
    assert refused.code == 5
    assert "cannot be changed to 'files'" in refused.err
    assert mfinfra("down", "demo", "--yes", "--keep", "data").code == 0
    up(mfinfra)
    assert status(mfinfra)["data"]["runs"] == {"SmokeFlow": 2}


def test_presets_of_clouds_are_not_for_local_stacks(mfinfra: Tool) -> None:
    refused = mfinfra("up", "--preset", "team")
    assert refused.code == 3
    assert "must be one of sandbox, files, services" in refused.err
    cloud = mfinfra("validate", "--cloud", "aws", "--region", "us-east-1", "--preset", "services")
    assert cloud.code == 3
    assert "'services' is for local stacks" in cloud.err


def test_a_stack_of_files_has_nothing_to_start(mfinfra: Tool) -> None:
    up(mfinfra, "--preset", "files", "--no-smoke")
    assert status(mfinfra)["servers"] == []
    call = mfinfra("start", "demo")
    assert (call.code, "has no servers on this machine" in call.err) == (4, True)


def test_down_leaves_nothing(mfinfra: Tool, home: Path) -> None:
    up(mfinfra)
    (server,) = status(mfinfra)["servers"]
    assert mfinfra("down", "demo", "--yes").code == 0
    assert not (home / "data" / "mfinfra" / "stacks" / "demo").exists()
    assert not Path(f"/proc/{server['pid']}").exists()


@pytest.mark.slow
def test_real_servers_from_the_first_command_to_the_last(mfinfra: Tool, tmp_path: Path, home: Path) -> None:
    """PostgreSQL, an S3 server and the service; a flow by the profile alone, read by both clients; a crash; down."""
    up(mfinfra, "--preset", "services")
    done = run_flow(tmp_path)
    assert done.returncode == 0, done.stderr
    found = status(mfinfra)
    assert [(s["name"], s["state"]) for s in found["servers"]] == [
        ("postgres", "ready"), ("s3", "ready"), ("metadata", "ready"),
    ]  # fmt: skip
    assert found["data"]["runs"] == {"HelloFlow": 1, "SmokeFlow": 1}
    stock = os.environ.get("MFINFRA_STOCK_PYTHON")
    for python, package in [(sys.executable, "mfruntime"), *([(stock, "metaflow")] if stock else [])]:
        assert read(python, package, tmp_path) == "2 True Hello from a flow"
    assert not list((home / "data" / "mfinfra" / "stacks" / "demo" / "data" / ".metaflow").glob("HelloFlow/data/*"))
    for server in found["servers"]:
        os.kill(server["pid"], signal.SIGKILL)
    assert mfinfra("start", "demo").code == 0
    assert read(sys.executable, "mfruntime", tmp_path) == "2 True Hello from a flow"
    for secret in json.loads((home / "data/mfinfra/stacks/demo/data/secrets.json").read_text()).values():
        assert secret not in "".join(mfinfra(*words).text for words in (["outputs", "demo"], ["runtime", "info"]))
        assert not [p for p in Path("/proc").glob("[0-9]*/cmdline") if secret.encode() in _read(p)]
    assert mfinfra("down", "demo", "--yes").code == 0
    assert not (home / "data" / "mfinfra" / "stacks" / "demo").exists()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("word", ["..", "a b", "-x", "Demo"])
def test_a_name_that_is_none_wakes_nothing(word: str, tmp_path: Path) -> None:
    from mfruntime.metadata_provider.stack_servers import stack_service
    from mfruntime.settings import Settings

    settings = Settings({"MFINFRA_STACK": word}, {})
    assert stack_service(settings, "http://127.0.0.1:1") is None
    assert stack_service(Settings({"MFINFRA_STACK": "demo"}, {}), "http://example.com") is None
