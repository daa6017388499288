"""The supervisor of a local stack's servers: real processes, killed and looked at."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mfinfra.errors import EngineError, MfinfraError
from mfinfra.machine import process
from mfinfra.machine.supervisor import control, spec
from mfinfra.machine.supervisor import ports as local_ports
from mfinfra.machine.supervisor.spec import Server
from mfinfra.machine.supervisor.state import ServerState

WEB = "import http.server, sys; http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "services"
    path.mkdir()
    yield path
    control.stop(path)


def web(folder: Path, name: str = "web", program: str = WEB) -> Server:
    port = local_ports.assigned(folder / name, [name], running=False)[name]
    return Server(name, (sys.executable, "-c", program, str(port)), port, "/", {"SECRET": "s"})


def the_state(folder: Path, name: str = "web") -> ServerState | None:
    return next(state for server, state in control.states(folder) if server.name == name)


def pid_of(folder: Path) -> int:
    state = the_state(folder)
    assert state is not None
    assert state.pid is not None
    return state.pid


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    return process.born(pid) is None


def supervisor_pid(folder: Path) -> int:
    return int(json.loads((folder / "supervisor.lock").read_text())["pid"])


def test_servers_answer_when_start_returns_and_are_gone_after_stop(folder: Path) -> None:
    control.start(folder, [web(folder, "first"), web(folder, "second")])
    states = [state for _, state in control.states(folder)]
    assert [state.state for state in states if state] == ["ready", "ready"]
    control.stop(folder)
    assert not control.is_running(folder)
    assert [state for _, state in control.states(folder)] == [None, None]
    assert all(is_gone(state.pid) for state in states if state and state.pid)


def test_what_crashes_is_started_again(folder: Path) -> None:
    control.start(folder, [web(folder)])
    first = pid_of(folder)
    os.kill(first, signal.SIGKILL)
    eventually(lambda: (s := the_state(folder)) is not None and s.state == "ready" and s.pid != first)
    state = the_state(folder)
    assert state is not None
    assert (state.restarts, state.ended) == (1, "was killed by SIGKILL")


def test_a_killed_supervisor_leaves_nothing_that_the_next_one_does_not_end(folder: Path) -> None:
    server = web(folder)
    control.start(folder, [server])
    left = pid_of(folder)
    os.kill(supervisor_pid(folder), signal.SIGKILL)
    eventually(lambda: not control.is_running(folder))
    assert not is_gone(left)
    control.start(folder, [server])
    assert is_gone(left)
    assert pid_of(folder) != left


def test_a_number_that_went_to_another_process_is_left_alone(folder: Path) -> None:
    control.start(folder, [web(folder)])
    control.stop(folder)
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        old = [{"name": "web", "state": "ready", "pid": bystander.pid, "born": "1", "since": "", "restarts": 0}]
        (folder / "state.json").write_text(json.dumps(old))
        control.stop(folder)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_it_outlives_the_terminal_that_started_it(folder: Path) -> None:
    spec.save(folder, [web(folder)])
    code = f"from pathlib import Path; from mfinfra.machine.supervisor import control, spec; f = Path({str(folder)!r}); control.start(f, spec.load(f)); print('up')"
    shell = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert shell.stdout == "up\n", shell.stderr  # and the pipe is at its end: nobody else holds it
    assert os.getsid(supervisor_pid(folder)) == supervisor_pid(folder)
    eventually(lambda: (s := the_state(folder)) is not None and s.state == "ready")


def test_starting_again_changes_nothing_and_other_servers_replace_the_old(folder: Path) -> None:
    server = web(folder)
    control.start(folder, [server])
    first = pid_of(folder)
    control.start(folder, [server])
    assert pid_of(folder) == first
    control.start(folder, [Server(**{**server.__dict__, "environment": {"SECRET": "other"}})])
    assert is_gone(first)


def test_a_server_that_does_not_start_is_named_with_its_last_words(folder: Path) -> None:
    with pytest.raises(EngineError, match=r"'web' did not start; it exited with code 1: no luck today") as failure:
        control.start(folder, [web(folder, program="raise SystemExit('no luck today')")])
    assert str(folder / "logs" / "web.log") in str(failure.value.hint)
    assert not control.is_running(folder)


def test_a_program_that_is_not_there_is_named(folder: Path) -> None:
    port = local_ports.assigned(folder, ["web"], running=False)["web"]
    with pytest.raises(EngineError, match="/no/program cannot be started"):
        control.start(folder, [Server("web", ("/no/program",), port)])


def test_a_port_that_somebody_else_has_is_never_taken_for_ours(folder: Path, tmp_path: Path) -> None:
    server = web(folder)
    other = subprocess.Popen(server.argv, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: not local_ports.is_free(server.port))
        with pytest.raises(EngineError, match=f"could not listen: port {server.port} is in use by another program"):
            control.start(folder, [server])
        assert local_ports.assigned(folder / "web", ["web"], running=False) != {"web": server.port}
    finally:
        other.kill()
        other.wait()


def test_what_holds_passwords_is_for_its_owner_alone(folder: Path) -> None:
    spec.save(folder, [web(folder)])
    assert (folder / "servers.json").stat().st_mode & 0o077 == 0
    assert spec.load(folder) == (web(folder),)
    (folder / "servers.json").write_text("{")
    with pytest.raises(MfinfraError, match="is corrupt"):
        spec.load(folder)
    (folder / "servers.json").unlink()


def test_credentials_do_not_live_on_in_servers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "precious")
    control.start(folder, [web(folder)])
    assert b"precious" not in Path(f"/proc/{pid_of(folder)}/environ").read_bytes()
    assert b"precious" not in Path(f"/proc/{supervisor_pid(folder)}/environ").read_bytes()


def test_a_server_that_needs_credentials_has_them_in_memory_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "precious")
    monkeypatch.setenv("METAFLOW_SERVICE_AUTH_KEY", "not for it")
    control.start(folder, [web(folder)], inherit=("AWS_",))
    environment = Path(f"/proc/{pid_of(folder)}/environ").read_bytes()
    assert b"AWS_SECRET_ACCESS_KEY=precious" in environment
    assert b"not for it" not in environment
    assert not any(b"precious" in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_two_supervisors_of_one_folder_are_one_too_many(folder: Path) -> None:
    control.start(folder, [web(folder)])
    done = subprocess.run(
        [sys.executable, "-m", "mfinfra.machine.supervisor", str(folder)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "is being changed by process" in done.stderr


def test_a_supervisor_whose_folder_was_removed_ends(folder: Path) -> None:
    control.start(folder, [web(folder)])
    supervisor, server = supervisor_pid(folder), pid_of(folder)
    shutil.rmtree(folder)
    eventually(lambda: is_gone(supervisor) and is_gone(server))
    assert not folder.exists()
