"""The embedded local stack: a folder for its data, and what its preset keeps running on it (servers.py).

`up` may be repeated and interrupted at any point; `down` removes what `up` and the runs in the stack made, and leaves
and names whatever else it finds. A link that somebody put in place of one of our folders is not ours: it stays, and
nothing behind it is touched.
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

#: Everything that a local stack's folder can hold of ours.
_DATA = "data"
_TREE = ".metaflow"
_LOGS = "logs"
LOG_FILES = ("smoke.log", "smoke.run_id")


def create(name: str, profile: Path, preset: str | None) -> Record:
    """Make the stack's folders and record, or find them made; a damaged record is written anew. With `preset` None, it
    is the one that the stack has, else `sandbox`. Raises Refused for another one than it has."""
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
    """What a stack has keeps it: its runs are where that preset put them, also after `down --keep data`."""
    has = servers.preset(stack) if stack is not None else _kept(record.folder_of(name) / _DATA)
    if has is not None and asked not in (None, has):
        raise Refused(
            f"The stack '{name}' is of the preset '{has}', and its runs are where that put them; it cannot become"
            f" '{asked}'.",
            hint=f"Type: mfinfra up --name OTHER --preset {asked}",
        )
    return has or asked or servers.DEFAULT


def _kept(data: Path) -> str | None:
    """The preset of data that an earlier stack of this name left; None where there is none."""
    if (data / servers.POSTGRES).is_dir():
        return "services"
    if (data / servers.SQLITE).is_file():
        return "sandbox"
    return "files" if any((data / _TREE).glob("*/_meta/_self.json")) else None


def known(name: str) -> Record | None:
    """The stack as an earlier `up` left it; None where there is none, or only a damaged record of one."""
    try:
        return record.find(name)
    except record.Damaged:
        return None


def settings(stack: Record) -> dict[str, str]:
    """The runtime_config of a local stack: what makes flows use it."""
    return {
        "METAFLOW_DEFAULT_DATASTORE": "local",
        "METAFLOW_DEFAULT_METADATA": "local",
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": stack.data_folder,
        **servers.settings(stack),
    }


def log_folder(name: str) -> Path:
    return record.folder_of(name) / _LOGS


def has_run(stack: Record, run: str) -> bool:
    """Whether a run, as Flow/run, lies in this stack."""
    if servers.preset(stack) != "files":
        is_here = servers.preset(stack) == "services" or (Path(stack.data_folder) / _TREE / run).is_dir()
        return is_here and metadata.has_run(stack, run)
    return (Path(stack.data_folder) / _TREE / run / "_meta" / "_self.json").is_file()


def runs(stack: Record) -> dict[str, int] | None:
    """How many runs each flow has in the stack; None where its metadata service does not answer."""
    if servers.preset(stack) != "files":
        return metadata.runs(stack)
    tree = Path(stack.data_folder) / _TREE
    found = {}
    for flow in sorted(tree.iterdir()) if tree.is_dir() else []:
        if (flow / "_meta" / "_self.json").is_file():
            found[flow.name] = sum(1 for run in flow.iterdir() if (run / "_meta" / "_self.json").is_file())
    return found


def size(stack: Record) -> int:
    """Bytes of the stack's data."""
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
    """Remove the stack; returns what is left in its folder because it is not ours, or was to be kept."""
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
    return MfinfraError(f"{exc.filename or path} cannot be removed: {exc.strerror}.", hint="Type the same again.")


def _remove_empty(path: Path) -> None:
    try:
        path.rmdir()
    except OSError:
        return  # it holds what is not ours, or is not there
