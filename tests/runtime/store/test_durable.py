"""Files appear whole or not at all, whoever else writes; what the operating system refuses is said with a remedy."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mfruntime.errors import StorageError, StorageFull, StorageReadOnly
from mfruntime.store import durable

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def on_threads(count: int, work: object) -> None:
    threads = [threading.Thread(target=work, args=(i,)) for i in range(count)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_file_may_come_in_many_pieces(tmp_path: Path) -> None:
    pieces = [b"%d," % i for i in range(3000)]
    durable.write_atomic(f"{tmp_path}/a/b/file", [memoryview(p) for p in pieces])
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"".join(pieces)


def test_an_empty_file_may_have_no_pieces(tmp_path: Path) -> None:
    durable.write_atomic(f"{tmp_path}/file", [])
    assert (tmp_path / "file").read_bytes() == b""


def test_pieces_that_are_only_taken_in_part_are_written_to_the_end(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    sent = [b"a" * 50_000, b"b" * 50_000, b"c" * 50_000]  # more than a pipe takes at once
    received: list[bytes] = []

    def drain() -> None:
        while chunk := os.read(reading, 1000):
            received.append(chunk)

    reader = threading.Thread(target=drain)
    reader.start()
    durable._write_parts(writing, sent)
    os.close(writing)
    reader.join()
    os.close(reading)
    assert b"".join(received) == b"".join(sent)


class Interrupted(os.PathLike[str]):
    """A path that lets another thread run whenever it is looked at."""

    def __init__(self, path: str):
        self._path = path

    def __fspath__(self) -> str:
        time.sleep(0)
        return self._path


def test_threads_that_write_side_by_side_lose_nothing(tmp_path: Path) -> None:
    def work(i: int) -> None:
        for n in range(100):
            durable.write_atomic(Interrupted(f"{tmp_path}/{i}_{n}"), b"%d %d" % (i, n))  # type: ignore[arg-type]

    on_threads(8, work)
    found = {(p.name, p.read_text()) for p in tmp_path.iterdir()}
    assert found ^ {(f"{i}_{n}", f"{i} {n}") for i in range(8) for n in range(100)} == set()


def test_of_many_who_create_a_file_one_succeeds(tmp_path: Path) -> None:
    results: list[bool] = []
    on_threads(8, lambda i: results.append(durable.write_new(f"{tmp_path}/file", b"%d" % i)))
    assert sorted(results) == [False] * 7 + [True]
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_forked_process_has_temporary_names_of_its_own(tmp_path: Path) -> None:
    program = (
        "import os\n"
        "from mfruntime.store import durable\n"
        "print(durable._prefix, flush=True)\n"
        "pid = os.fork()\n"
        "if pid: os.waitpid(pid, 0)\n"
        "else: print(durable._prefix, flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert len(set(done.stdout.split())) == 2


def test_a_folder_that_was_removed_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    for content in (b"1", b"2"):
        durable.write_atomic(str(path), content)
        assert path.read_bytes() == content
        path.unlink()
        path.parent.rmdir()


def test_the_memory_of_folders_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "_MADE_LIMIT", 3)
    for i in range(10):
        durable.write_atomic(f"{tmp_path}/{i}/file", b"")
    assert len(durable._made) <= 3


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ("file", "file", "no/folder", "other"):
        durable.remove(f"{tmp_path}/{name}")
    assert list(tmp_path.iterdir()) == []


# -- what the operating system refuses ---------------------------------------------------------------------------------


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(StorageError, match="cannot be written") as info:
        durable.write_atomic(f"{tmp_path}/a/b/file", b"")
    assert "move or rename the file" in (info.value.hint or "")


def test_a_folder_in_the_place_of_a_file_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(StorageError, match="file cannot be written"):
        durable.write_atomic(f"{tmp_path}/file", b"")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_name_that_is_too_long_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as info:
        durable.write_atomic(f"{tmp_path}/{'x' * 300}", b"")
    assert "255" in (info.value.hint or "")


def test_too_many_open_files_are_said(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (os.dup(0) + 1, hard))
    held = []
    try:
        while True:
            try:
                held.append(os.dup(0))
            except OSError:
                break
        with pytest.raises(StorageError, match="Too many open files") as info:
            durable.write_atomic(f"{tmp_path}/file", b"")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for fd in held:
            os.close(fd)
    assert "ulimit -n" in (info.value.hint or "")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if not IS_ROOT or sys.platform != "linux":
        pytest.skip("only root on Linux can mount a small file system")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_keeps_what_was_there(small_disk: Path) -> None:
    path = f"{small_disk}/file"
    durable.write_atomic(path, b"old")
    for large in (b"x" * 2_000_000, [b"x" * 100_000] * 20):
        with pytest.raises(StorageFull, match="file cannot be written: No space left") as info:
            durable.write_atomic(path, large)
        assert "resume" in (info.value.hint or "")
    assert [p.name for p in small_disk.iterdir()] == ["file"]
    assert Path(path).read_bytes() == b"old"


def test_a_read_only_disk_is_said(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(StorageReadOnly, match="Read-only file system"):
        durable.write_atomic(f"{small_disk}/a/file", b"")
    with pytest.raises(StorageReadOnly):
        durable.claim_dir(f"{small_disk}/run")


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_a_folder_without_permission_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageReadOnly, match="Permission denied"):
        durable.write_atomic(f"{tmp_path}/file", b"")
    tmp_path.chmod(0o700)


# -- crash points ------------------------------------------------------------------------------------------------------

WRITE_FOUR = (
    "import sys\n"
    "from mfruntime.store import durable\n"
    "durable.set_role(sys.argv[2])\n"
    "for i in range(4): durable.write_atomic(f'{sys.argv[1]}/{i}', b'')\n"
)


def crashing(folder: Path, role: str, **environment: str) -> int:
    env = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", WRITE_FOUR, str(folder), role], env=env).returncode


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_process_ends_before_the_chosen_effect(tmp_path: Path) -> None:
    assert crashing(tmp_path, "task", MFINFRA_CRASH_AT="task:3") == -signal.SIGKILL
    assert names(tmp_path) == ["0", "1"]


def test_the_other_role_is_not_touched(tmp_path: Path) -> None:
    assert crashing(tmp_path, "scheduler", MFINFRA_CRASH_AT="task:3") == 0
    assert names(tmp_path) == ["0", "1", "2", "3"]


def test_effects_are_counted_across_processes(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    given = {"MFINFRA_CRASH_AT": "task:6", "MFINFRA_CRASH_COUNTER": str(counter)}
    for folder, expected in (("first", 0), ("second", -signal.SIGKILL)):
        (tmp_path / folder).mkdir()
        assert crashing(tmp_path / folder, "task", **given) == expected
    assert names(tmp_path / "second") == ["0"]
    assert (tmp_path / "counter.task").stat().st_size == 6
