"""The embedded local stack: a folder for data and metadata, nothing that has to be kept running.

`up` may be repeated and interrupted at any point; `down` removes what `up` and the runs in the stack made, and leaves
and names whatever else it finds.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .. import record
from ..errors import MfinfraError
from ..record import Record

#: Everything that a local stack's folder can hold of ours.
_DATA = "data"
_TREE = ".metaflow"
_LOGS = "logs"


def create(name: str, profile: Path) -> Record:
    """Make the stack's folders and record, or find them made. Raises MfinfraError naming the folder that cannot be."""
    known = record.find(name)
    folder = record.folder_of(name)
    for path in (folder / _DATA / _TREE, folder / _LOGS):
        _make(path)
    if known is None:
        known = Record(name, "local", "creating", record.now(), str(folder / _DATA), str(profile))
    current = known.updated(data_folder=str(folder / _DATA), profile=str(profile))
    record.save(current)
    return current


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o755)
    except OSError as exc:
        hint = "Free it, or choose another place with: export XDG_DATA_HOME=FOLDER"
        raise MfinfraError(f"The folder {path} cannot be made: {exc.strerror}.", hint=hint) from exc


def settings(stack: Record) -> dict[str, str]:
    """The runtime_config of a local stack: what makes flows use it."""
    return {
        "METAFLOW_DEFAULT_DATASTORE": "local",
        "METAFLOW_DEFAULT_METADATA": "local",
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": stack.data_folder,
    }


def log_folder(name: str) -> Path:
    return record.folder_of(name) / _LOGS


def runs(stack: Record) -> dict[str, int]:
    """How many runs each flow has in the stack."""
    tree = Path(stack.data_folder) / _TREE
    found = {}
    for flow in sorted(tree.iterdir()) if tree.is_dir() else []:
        if (flow / "_meta" / "_self.json").is_file():
            found[flow.name] = sum(1 for run in flow.iterdir() if (run / "_meta" / "_self.json").is_file())
    return found


def size(stack: Record) -> int:
    """Bytes of the stack's data."""
    total = 0
    for folder, _, files in os.walk(Path(stack.data_folder)):
        for file in files:
            try:
                total += os.lstat(os.path.join(folder, file)).st_size
            except OSError:
                continue
    return total


def destroy(stack: Record, keep_data: bool) -> list[Path]:
    """Remove the stack; returns what is left in its folder because it is not ours, or was to be kept."""
    folder = record.folder_of(stack.name)
    record.save(stack.updated(state="deleting"))
    if not keep_data:
        _remove_tree(folder / _DATA / _TREE)
        _remove_empty(folder / _DATA)
    _remove_tree(folder / _LOGS)
    (folder / record.FILE_NAME).unlink(missing_ok=True)
    _remove_empty(folder)
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _remove_tree(path: Path) -> None:
    """Remove a folder of ours. A link that somebody put in its place is removed, not what it points to."""
    try:
        if path.is_symlink():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
    except OSError as exc:
        raise MfinfraError(
            f"{exc.filename or path} cannot be removed: {exc.strerror}.", hint="Type the same again."
        ) from exc


def _remove_empty(path: Path) -> None:
    try:
        path.rmdir()
    except OSError:
        return
