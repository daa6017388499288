"""Blobs kept on this machine: what is read is right or absent, whoever writes, dies, fills the disk or meddles."""

from __future__ import annotations

import hashlib
import os
import random
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mfruntime import settings
from mfruntime.errors import CommandException
from mfruntime.store import cache
from mfruntime.store.cache import UNIT, BlobCache


def key(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


def blob(number: int, size: int = 100) -> bytes:
    return random.Random(number).randbytes(size)


def put(into: BlobCache, *contents: bytes) -> None:
    into.put({key(content): content for content in contents})


def kept(folder: Path) -> dict[str, int]:
    """Bytes of every file but the counter, by the file itself: one that is renamed meanwhile is still one."""
    sizes = {}
    for entry in os.scandir(folder):
        try:
            facts = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        if entry.name != "size":
            sizes[str(facts.st_ino)] = facts.st_size
    return sizes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "blobs"


@pytest.mark.parametrize("size", [0, 1, UNIT, UNIT + 1, 3_000_000])
def test_what_is_put_is_there_for_every_process(folder: Path, size: int) -> None:
    content = blob(1, size)
    put(BlobCache(str(folder), 100_000_000), content)
    assert BlobCache(str(folder), 100_000_000).get(key(content)) == content
    assert BlobCache(str(folder), 100_000_000).get(key(b"other")) is None
    code = (
        "import sys\nfrom mfruntime.store.cache import BlobCache\n"
        "sys.stdout.buffer.write(BlobCache(sys.argv[1], 100_000_000).get(sys.argv[2]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder), key(content)], capture_output=True, check=True)
    assert done.stdout == content


def test_folder_and_files_are_the_accounts_own(folder: Path) -> None:
    before = os.umask(0)
    try:
        put(BlobCache(str(folder), 100_000_000), b"a")
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    folder.chmod(0o755)
    assert BlobCache(str(folder), 100_000_000).get(key(b"a")) == b"a"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", ["flipped", "shorter", "longer", "empty"])
def test_a_damaged_file_is_removed(folder: Path, damage: str) -> None:
    content = blob(1)
    put(BlobCache(str(folder), 100_000_000), content)
    path = folder / key(content)
    flipped = bytes([content[0] ^ 1]) + content[1:]
    path.write_bytes({"flipped": flipped, "shorter": content[:-1], "longer": content + b"x", "empty": b""}[damage])
    assert BlobCache(str(folder), 100_000_000).get(key(content)) is None
    assert not path.exists()
    put(BlobCache(str(folder), 100_000_000), content)
    assert BlobCache(str(folder), 100_000_000).get(key(content)) == content


def test_a_folder_that_is_a_link_is_not_used(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / key(b"a")).write_bytes(b"a")
    folder.parent.mkdir()
    folder.symlink_to(elsewhere)
    linked = BlobCache(str(folder), 100_000_000)
    put(linked, b"b")
    assert linked.get(key(b"a")) is None
    assert [path.name for path in elsewhere.iterdir()] == [key(b"a")]


def test_a_file_that_is_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    put(BlobCache(str(folder), 100_000_000), b"a")
    (folder / key(b"secret")).symlink_to(secret)
    assert BlobCache(str(folder), 100_000_000).get(key(b"secret")) is None
    put(BlobCache(str(folder), 100_000_000), b"secret")
    assert not (folder / key(b"secret")).is_symlink()
    assert BlobCache(str(folder), 100_000_000).get(key(b"secret")) == b"secret"


@pytest.mark.parametrize("name", ["../victim", "size", "", ".", "/etc/passwd", "A" * 40, "a" * 39 + "/"])
def test_names_that_are_no_keys_touch_nothing(folder: Path, name: str) -> None:
    one = BlobCache(str(folder), 100_000_000)
    put(one, b"a")
    victim = folder.parent / "victim"
    victim.write_bytes(b"v")
    assert one.get(name) is None
    one.put({name: b"x"})
    assert victim.read_bytes() == b"v"
    assert sorted(path.name for path in folder.iterdir()) == sorted([key(b"a"), "size"])


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a folder away")
def test_the_folder_of_another_account_is_not_used(folder: Path) -> None:
    put(BlobCache(str(folder), 100_000_000), b"a")
    os.chown(folder, 12345, -1)
    other = BlobCache(str(folder), 100_000_000)
    assert other.get(key(b"a")) is None
    put(other, b"b")
    assert not (folder / key(b"b")).exists()


# -- the bound ---------------------------------------------------------------------------------------------------------


def test_what_was_not_used_for_longest_goes_first(folder: Path) -> None:
    one = BlobCache(str(folder), 10 * UNIT)
    for number in range(9):
        put(one, blob(number, UNIT))
        os.utime(folder / key(blob(number, UNIT)), (number * 1000, number * 1000))
    assert one.get(key(blob(0, UNIT))) is not None  # used now
    put(one, blob(100, 2 * UNIT))
    left = [number for number in range(9) if one.get(key(blob(number, UNIT))) is not None]
    assert left == [0, 2, 3, 4, 5, 6, 7, 8]
    assert one.get(key(blob(100, 2 * UNIT))) == blob(100, 2 * UNIT)
    assert sum(kept(folder).values()) <= 10 * UNIT


def test_small_blobs_are_few_enough_to_look_through(folder: Path) -> None:
    one = BlobCache(str(folder), 50 * UNIT)
    for number in range(200):
        put(one, blob(number))
    assert 30 <= len(kept(folder)) <= 50


def test_a_blob_of_more_than_a_quarter_is_not_kept(folder: Path) -> None:
    one = BlobCache(str(folder), 8 * UNIT)
    put(one, blob(1, 2 * UNIT), blob(2, 2 * UNIT + 1))
    assert one.get(key(blob(1, 2 * UNIT))) is not None
    assert one.get(key(blob(2, 2 * UNIT + 1))) is None


def test_a_smaller_bound_holds_for_what_is_there(folder: Path) -> None:
    for number in range(20):
        put(BlobCache(str(folder), 100 * UNIT), blob(number, UNIT))
    put(BlobCache(str(folder), 8 * UNIT), b"one more")
    assert sum(kept(folder).values()) <= 8 * UNIT


def test_nothing_is_kept_where_it_is_off(folder: Path) -> None:
    off = BlobCache(str(folder), 0)
    put(off, b"a")
    assert off.get(key(b"a")) is None
    assert not folder.exists()


moves = st.one_of(
    st.tuples(st.just("put"), st.integers(0, 8)),
    st.tuples(st.just("get"), st.integers(0, 8)),
    st.tuples(st.sampled_from(["damage", "cut", "lose"]), st.integers(0, 8)),
    st.tuples(st.sampled_from(["forget the counter", "spoil the counter", "die"]), st.just(0)),
)


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.lists(moves, max_size=40))
def test_whatever_happens_reads_are_right_and_the_bound_holds(history: list[tuple[str, int]]) -> None:
    contents = [blob(number, (number * UNIT) // 3) for number in range(9)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "blobs"
        one = BlobCache(str(folder), 12 * UNIT)
        put(one, b"first")
        for move, number in history:
            path = folder / key(contents[number])
            if move == "put":
                put(one, contents[number])
                assert sum(kept(folder).values()) <= 12 * UNIT
                if one.get(path.name) is None:  # it was there, damaged, and is removed now
                    put(one, contents[number])
                assert one.get(path.name) == contents[number]
            elif move == "get":
                assert one.get(path.name) in (None, contents[number])
            elif move == "forget the counter":
                (folder / "size").unlink(missing_ok=True)
            elif move == "spoil the counter":
                (folder / "size").write_bytes(b"?" * 1000)
            elif move == "die":  # as a writer that is killed: counted, and half written
                with open(folder / "size", "ab") as counter:
                    counter.write(b"\0")
                (folder / f".tmp{time.monotonic_ns()}").write_bytes(b"x" * 1000)
            elif path.exists():
                {
                    "damage": lambda path=path: path.write_bytes(b"!" * path.stat().st_size),
                    "cut": lambda path=path: os.truncate(path, path.stat().st_size // 2),
                    "lose": lambda path=path: path.unlink(),
                }[move]()


# -- several processes -------------------------------------------------------------------------------------------------

BOUND = 24 * UNIT
WORKER = f"""
import hashlib, os, random, sys
from mfruntime.store.cache import BlobCache, UNIT
cache, dice = BlobCache(sys.argv[1], {BOUND}), random.Random(int(sys.argv[2]))
print("ready", flush=True)
for _ in range(int(sys.argv[3])):
    number = dice.randrange(40)
    content = random.Random(number).randbytes(UNIT * (number % 6) + number)
    key = hashlib.sha1(content).hexdigest()
    if dice.random() < 0.5:
        cache.put({{key: content}})
    found = cache.get(key)
    assert found is None or found == content, "wrong content"
assert not cache._gave_up
"""


def worker(folder: Path, seed: int, rounds: int) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-c", WORKER, str(folder), str(seed), str(rounds)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_writers_readers_and_evictions_side_by_side_keep_the_bound(folder: Path) -> None:
    workers = [worker(folder, seed, 400) for seed in range(4)]
    while any(process.poll() is None for process in workers):
        if folder.exists():
            assert sum(kept(folder).values()) <= BOUND
        time.sleep(0.005)
    for process in workers:
        _, err = process.communicate()
        assert process.returncode == 0, err.decode()
    assert 0 < sum(kept(folder).values()) <= BOUND
    assert not list(folder.glob(".tmp*"))


def test_a_writer_that_is_killed_leaves_nothing_wrong_and_nothing_for_good(folder: Path) -> None:
    dice = random.Random(5)
    for seed in range(12):
        process = worker(folder, seed, 100_000)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(dice.random() / 10)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert sum(kept(folder).values()) <= BOUND
    (folder / ".tmp0123").write_bytes(b"half")
    after = worker(folder, 99, 300)
    _, err = after.communicate()
    assert after.returncode == 0, err.decode()
    assert not list(folder.glob(".tmp*"))


def test_a_writer_that_is_stopped_makes_nobody_wait(folder: Path) -> None:
    """Its lock keeps others from evicting: they go on without keeping."""
    one = BlobCache(str(folder), BOUND)
    put(one, b"a")
    with one._folder() as opened, cache._counter(opened, exclusive=False) as counter:
        assert counter is not None
        for number in range(40):
            put(one, blob(number, UNIT))
        assert sum(kept(folder).values()) <= BOUND
    with one._folder() as opened, cache._counter(opened, exclusive=True) as counter:
        assert counter is not None
        put(one, b"b")
        assert one.get(key(b"b")) is None
        assert one.get(key(b"a")) in (b"a", None)
    put(one, b"b")
    assert one.get(key(b"b")) == b"b"


# -- disks -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a small file system with given options."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> Path:
        argv = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(argv, capture_output=True).returncode:
            pytest.skip("needs the right to mount")
        return folder

    yield mount
    subprocess.run(["umount", "-l", str(folder)], capture_output=True)


@pytest.mark.parametrize("left_free", [cache._LEFT_FREE, -10.0], ids=["seen before", "met while writing"])
def test_a_full_disk_keeps_nothing_more(
    mounted: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, left_free: float
) -> None:
    monkeypatch.setattr(cache, "_LEFT_FREE", left_free)
    folder = mounted("size=4m") / "blobs"
    one = BlobCache(str(folder), 100_000_000)
    put(one, b"a")
    for number in range(8):
        put(one, blob(number, 900_000))
    put(BlobCache(str(folder), 100_000_000), blob(9, 900_000))
    assert one.get(key(b"a")) == b"a"
    assert 3 <= sum(one.get(key(blob(number, 900_000))) is not None for number in range(10)) <= 4
    assert not list(folder.glob(".tmp*"))


def test_a_disk_that_can_only_be_read_is_read(mounted: Callable[[str], Path]) -> None:
    disk = mounted("size=4m")
    put(BlobCache(str(disk / "blobs"), 100_000_000), b"a")
    os.utime(disk / "blobs" / key(b"a"), (0, 0))
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    one = BlobCache(str(disk / "blobs"), 100_000_000)
    assert one.get(key(b"a")) == b"a"
    put(one, b"b")
    assert one.get(key(b"b")) is None
    none = BlobCache(str(disk / "other"), 100_000_000)
    put(none, b"b")
    assert none.get(key(b"b")) is None


@pytest.mark.parametrize("place", ["/proc/none/blobs", "/dev/null/blobs", "\0"])
def test_a_place_where_nothing_can_be_made_keeps_nothing(place: str) -> None:
    one = BlobCache(place, 100_000_000)
    put(one, b"a")
    assert one.get(key(b"a")) is None


def test_a_write_that_ends_in_the_middle_leaves_nothing(folder: Path) -> None:
    code = (
        "import sys, hashlib\nfrom mfruntime.store.cache import BlobCache\none = BlobCache(sys.argv[1], 10**8)\n"
        "one.put({hashlib.sha1(b'x' * 100_000).hexdigest(): b'x' * 100_000})\nassert one._gave_up"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert [path.name for path in folder.iterdir()] == ["size"]


# -- settings ----------------------------------------------------------------------------------------------------------


def test_the_folder_follows_the_conventions(monkeypatch: pytest.MonkeyPatch, home: Path, tmp_path: Path) -> None:
    def place() -> Any:
        return cache.from_settings(settings.load())._path

    assert place() == f"{home}/.cache/mfinfra/blobs"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert place() == f"{home}/.cache/mfinfra/blobs"
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert place() == "/caches/mfinfra/blobs"
    monkeypatch.setenv("MFINFRA_CACHE_FOLDER", str(tmp_path))
    assert place() == f"{tmp_path}/blobs"


def test_an_account_without_a_home_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nowhere")
    assert cache.from_settings(settings.load())._bound == 0


@pytest.mark.parametrize("text", ["much", "-1", "", "1.5"])
def test_a_bound_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("MFINFRA_CACHE_BYTES", text)
    with pytest.raises(CommandException, match="MFINFRA_CACHE_BYTES"):
        cache.from_settings(settings.load())
