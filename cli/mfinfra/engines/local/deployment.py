"""The local stack: a directory for its data, and the servers of its preset (servers.py).

`up` can be repeated and interrupted at any point. `down` deletes only what `up` and the runs created, and lists what
remains. A symbolic link in place of a directory of mfinfra is kept, and its target is not changed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ...errors import MfinfraError, Refused
from ...machine import record
from ...machine.paths import make_folder
from ...machine.record import Record
from . import metadata, secrets, servers

#: The directories and files that mfinfra creates in the directory of a local stack.
_DATA = "data"
_TREE = ".metaflow"
_LOGS = "logs"
LOG_FILES = ("smoke.log", "smoke.run_id")


def create(name: str, profile: Path, preset: str | None) -> Record:
    """Create the directories and the record of a stack if they do not exist; a corrupt record is replaced. The default
    of `preset` is that of the existing stack, else `sandbox`. Raises Refused for another preset than it has."""
    stack = known(name)
    folder = record.folder_of(name)
    chosen = _preset(name, stack, preset)
    for path in (folder / _DATA / _TREE, folder / _LOGS):
        make_folder(path)
    if stack is None:
        stack = Record(name, "local", "creating", record.now(), str(folder / _DATA), str(profile))
    current = stack.updated(data_folder=str(folder / _DATA), profile=str(profile), preset=chosen)
    record.save(current)
    return current


def _preset(name: str, stack: Record | None, asked: str | None) -> str:
    """The preset of a stack. It cannot change, also after `down --keep data`: each preset stores runs differently."""
    has = servers.preset(stack) if stack is not None else _kept(record.folder_of(name) / _DATA)
    if has is not None and asked not in (None, has):
        raise Refused(
            f"Stack '{name}' has the preset '{has}', which cannot be changed to '{asked}': the two store runs"
            " differently.",
            hint=f"Run: mfinfra up --name OTHER --preset {asked}",
        )
    return has or asked or servers.DEFAULT


def _kept(data: Path) -> str | None:
    """The preset of the data that an earlier stack of this name kept; None without data."""
    if (data / servers.POSTGRES).is_dir():
        return "services"
    if (data / servers.SQLITE).is_file():
        return "sandbox"
    return "files" if any((data / _TREE).glob("*/_meta/_self.json")) else None


def known(name: str) -> Record | None:
    """The record of a stack; None if it does not exist or is corrupt."""
    try:
        return record.find(name)
    except record.Corrupt:
        return None


def settings(stack: Record) -> dict[str, str]:
    """The runtime settings of a local stack."""
    return {
        "METAFLOW_DEFAULT_DATASTORE": "local",
        "METAFLOW_DEFAULT_METADATA": "local",
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": stack.data_folder,
        **servers.settings(stack),
    }


def log_folder(name: str) -> Path:
    return record.folder_of(name) / _LOGS


def has_run(stack: Record, run: str) -> bool:
    """Whether a run, as Flow/run, is stored in this stack."""
    if servers.preset(stack) != "files":
        is_here = servers.preset(stack) == "services" or (Path(stack.data_folder) / _TREE / run).is_dir()
        return is_here and metadata.has_run(stack, run)
    return (Path(stack.data_folder) / _TREE / run / "_meta" / "_self.json").is_file()


def runs(stack: Record) -> dict[str, int] | None:
    """The number of runs of each flow in the stack; None if its metadata service does not respond."""
    if servers.preset(stack) != "files":
        return metadata.runs(stack)
    tree = Path(stack.data_folder) / _TREE
    found = {}
    for flow in sorted(tree.iterdir()) if tree.is_dir() else []:
        if (flow / "_meta" / "_self.json").is_file():
            found[flow.name] = sum(1 for run in flow.iterdir() if (run / "_meta" / "_self.json").is_file())
    return found


def size(stack: Record) -> int:
    """The size of the data of a stack, in bytes."""
    total, folders = 0, [stack.data_folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue  # a run in progress removes its temporary files
    return total


def destroy(stack: Record, keep_data: bool) -> list[Path]:
    """Delete the stack; returns what remains in its directory: kept data, and files that mfinfra did not create."""
    folder = record.folder_of(stack.name)
    if not folder.is_symlink():
        if not (folder / servers.FOLDER).is_symlink():
            servers.stop(stack)
            _remove_tree(folder / servers.FOLDER)
        if not keep_data and not (folder / _DATA).is_symlink():
            _remove_data(folder / _DATA)
        _remove_logs(folder / _LOGS)
    _remove_file(folder / record.FILE_NAME)
    _remove_empty(folder)
    return _left(folder)


def _remove_data(folder: Path) -> None:
    for name in (_TREE, servers.POSTGRES, servers.S3):
        _remove_tree(folder / name)
    database = servers.SQLITE
    for name in (database, f"{database}-wal", f"{database}-shm", secrets.FILE_NAME):
        _remove_file(folder / name)
    _remove_empty(folder)


def _left(folder: Path) -> list[Path]:
    if folder.is_symlink():
        return [folder]
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _remove_tree(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        try:
            shutil.rmtree(path)
        except OSError as exc:
            raise _stuck(exc, path) from exc


def _remove_logs(folder: Path) -> None:
    if not folder.is_symlink():
        for name in LOG_FILES:
            _remove_file(folder / name)
        _remove_empty(folder)


def _remove_file(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as exc:
        raise _stuck(exc, path) from exc


def _stuck(exc: OSError, path: Path) -> MfinfraError:
    return MfinfraError(f"{exc.filename or path} cannot be deleted: {exc.strerror}.", hint="Run the command again")


def _remove_empty(path: Path) -> None:
    try:
        path.rmdir()
    except OSError:
        return  # it contains files that mfinfra did not create, or does not exist
