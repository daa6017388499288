"""A folder of rendered files: what is ours is kept as rendered, what is not is left alone.

The list of our files is written before them and after them, so that whatever moment a write is cut at, the next one
knows every file that may be ours.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .errors import MfinfraError, Refused
from .paths import make_folder, write_text

MANIFEST = ".mfinfra-files.json"
#: What terraform and mfinfra itself put beside the rendered files.
_OWN = (".terraform", ".terraform.lock.hcl", "terraform.tfstate", "terraform.tfstate.backup", MANIFEST)


@dataclass(frozen=True)
class Workspace:
    """A written folder. `digest` is that of what was rendered."""

    folder: Path
    changed: bool
    digest: str


def digest(files: dict[str, str]) -> str:
    """The same for the same files."""
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def write(files: dict[str, str], folder: Path, force: bool = False) -> Workspace:
    """Make a folder hold exactly these files beside what is not ours. Raises Refused for a folder of somebody else."""
    before = _listed(folder)
    if before is None and not force and _foreign(folder):
        raise Refused(
            f"{folder} holds other things already; it is left as it is.",
            hint="Name another folder with --out, or type the same with --force",
        )
    known = set(before or ())
    _save_list(folder, known | set(files))
    changed = [path for path, text in files.items() if _written(folder / _checked(path), text)]
    gone = [path for path in known - set(files) if _removed(folder / _checked(path))]
    _save_list(folder, set(files))
    return Workspace(folder, bool(changed or gone), digest(files))


def remove(folder: Path) -> None:
    """Remove a workspace that mfinfra made for itself, with what terraform put into it. A link is left alone."""
    import shutil

    if folder.is_dir() and not folder.is_symlink() and (folder / MANIFEST).is_file():
        shutil.rmtree(folder, ignore_errors=True)


def _listed(folder: Path) -> list[str] | None:
    """Our files of an earlier write; None where there was none."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return [str(path) for path in found["files"]]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise MfinfraError(
            f"{folder / MANIFEST} is damaged.", hint="Remove it, and type the same with --force"
        ) from exc


def _foreign(folder: Path) -> bool:
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file.", hint="Name another folder with --out")
    return folder.is_dir() and any(path.name not in _OWN for path in folder.iterdir())


def _checked(path: str) -> str:
    """A path that stays in the folder; a list of files can be edited by others."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise MfinfraError(f"{path!r} in {MANIFEST} leads out of the folder.", hint="Remove that file.")
    return path


def _written(path: Path, text: str) -> bool:
    try:
        if path.read_text(encoding="utf-8") == text:
            return False
    except (OSError, UnicodeDecodeError):
        pass
    write_text(path, text, 0o600 if path.name.endswith(".tfvars.json") else None)
    return True


def _removed(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise MfinfraError(f"{path} cannot be removed: {exc.strerror}.", hint="Type the same again.") from exc
    return True


def _save_list(folder: Path, files: set[str]) -> None:
    make_folder(folder)
    write_text(folder / MANIFEST, json.dumps({"files": sorted(files)}, indent=2) + "\n")
