"""Folders of an earlier build as archives: paths of the machine that made them are placeholders in them."""

from __future__ import annotations

import gzip
import os
import sqlite3
import sys
import tarfile
from contextlib import closing
from pathlib import Path

#: The one path that artifacts may name, in tracebacks.
COMMON = "/tmp/legacy-work"
_SQLITE = b"SQLite format 3\x00"


def pack(folder: Path, archive: Path, places: dict[str, str]) -> None:
    """Write an archive of a folder, which is changed. `places` are placeholders and what they stand for, longest first.
    Fails where a compressed file, which cannot be changed, names one."""
    for path in _files(folder):
        _replace(path, {value: name for name, value in places.items()})
        _check(path, [*places.values(), os.path.expanduser("~")])
    with tarfile.open(archive, "w:xz", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            tar.add(path, str(path.relative_to(folder)), recursive=False, filter=_plain)


def lay(name: str, home: Path, work_in: Path) -> Path:
    """Lay what an earlier build left into a home: records, profiles, data. Gives the folder, in `work_in`, in which
    its owner worked."""
    made, work = work_in / "made", work_in / "work"
    places = {"@HOME@": str(home), "@WORK@": str(work), "@PYTHON@": sys.executable, "@PREFIX@": sys.prefix}
    unpack(Path(__file__).parent / f"{name}.tar.xz", made, places)
    for path in (made / "home").iterdir():
        path.rename(home / path.name)
    (made / "work").rename(work)
    return work


def unpack(archive: Path, folder: Path, places: dict[str, str]) -> None:
    """Lay what an archive holds into a folder, with this machine's paths for the placeholders."""
    with tarfile.open(archive) as tar:
        tar.extraction_filter = getattr(tarfile, "tar_filter", None)
        tar.extractall(folder)
    for path in _files(folder):
        _replace(path, places)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nothing of the account that makes the archive."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = int(entry.mtime)
    return entry


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]


def _replace(path: Path, words: dict[str, str]) -> None:
    content = path.read_bytes()
    if content.startswith(_SQLITE):
        return _replace_in_database(path, words)
    changed = content
    for before, after in words.items():
        changed = changed.replace(before.encode(), after.encode())
    if changed != content:
        path.write_bytes(changed)


def _replace_in_database(path: Path, words: dict[str, str]) -> None:
    with closing(sqlite3.connect(path)) as database:
        with database:
            for table, column in _columns(database):
                update = f'UPDATE "{table}" SET "{column}" = replace("{column}", ?, ?) WHERE instr("{column}", ?)'
                database.executemany(update, [(before, after, before) for before, after in words.items()])
        database.execute("VACUUM")  # what was replaced is in free pages


def _columns(database: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [(table, row[1]) for table in tables for row in database.execute(f'PRAGMA table_info("{table}")')]


def _check(path: Path, private: list[str]) -> None:
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    for value in private:
        if value.encode() in content and value != COMMON:
            raise ValueError(f"{path} names {value}")
