"""A directory of rendered files: files of mfinfra are kept as rendered, other files are not changed.

The list of files is written before and after the files, so that after an interrupted write the next one knows every
file that mfinfra can have written.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import MfinfraError, Refused
from ..machine.paths import make_folder, write_bytes

MANIFEST = ".mfinfra-files.json"
#: Allowed in a directory without a list of files: downloaded providers. A state would belong to an existing stack.
_HARMLESS = (".terraform", ".terraform.lock.hcl")
_PRIVATE = 0o600


@dataclass(frozen=True)
class Workspace:
    """A written directory. `digest` is that of the rendered files."""

    folder: Path
    changed: bool
    digest: str


@dataclass(frozen=True)
class _Manifest:
    """The list of files of an earlier write, and its stack (None if it is unknown)."""

    stack: str | None
    files: frozenset[str]


def digest(files: dict[str, str]) -> str:
    """A hash over the names and contents of files."""
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def write(files: dict[str, str], folder: Path, force: bool = False, stack: str | None = None) -> Workspace:
    """Write these files to a directory, and remove those of an earlier write that are no longer rendered.

    Raises Refused if the directory contains other files or another stack, or if a file that mfinfra did not write has
    the path of one of these. `force` overwrites them.
    """
    before = _manifest(folder)
    known = before.files if before is not None else frozenset()
    for path in sorted(known | set(files)):
        _check_inside(folder, path)
    if not force:
        _check_owner(folder, before, stack)
        _check_free(files, folder, known)
    _save(folder, _Manifest(stack, known | set(files)))
    changed = [path for path, text in files.items() if _written(folder / path, text)]
    gone = [path for path in sorted(known - set(files)) if _removed(folder, path)]
    _save(folder, _Manifest(stack, frozenset(files)))
    return Workspace(folder, bool(changed or gone), digest(files))


def remove(folder: Path) -> None:
    """Delete a workspace of mfinfra with the files that terraform added. A symbolic link is kept."""
    import shutil

    if folder.is_dir() and not folder.is_symlink() and (folder / MANIFEST).is_file():
        shutil.rmtree(folder, ignore_errors=True)


def _manifest(folder: Path) -> _Manifest | None:
    """The list of files of an earlier write, None if there was none."""
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        stack, files = found.get("stack"), found["files"]
        if not isinstance(files, list) or not all(isinstance(text, str) for text in [*files, stack or ""]):
            raise TypeError
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as exc:
        raise MfinfraError(f"{path} is corrupt.", hint="Delete it, then run the command again with --force") from exc
    return _Manifest(stack, frozenset(files))


def _check_owner(folder: Path, before: _Manifest | None, stack: str | None) -> None:
    if before is None:
        if _has_others(folder):
            raise Refused(
                f"{folder} already contains other files. It was not changed.",
                hint="Select another directory with --out, or run the command again with --force",
            )
    elif stack is not None and before.stack not in (None, stack):
        raise Refused(
            f"{folder} contains the stack '{before.stack}'. It was not changed.",
            hint="Select another directory with --out, or run the command again with --force",
        )


def _has_others(folder: Path) -> bool:
    try:
        return any(path.name not in _HARMLESS for path in folder.iterdir())
    except FileNotFoundError:
        return False
    except NotADirectoryError:
        raise Refused(f"{folder} is a file.", hint="Select another directory with --out") from None
    except OSError as exc:
        raise MfinfraError(f"{folder} cannot be read: {exc.strerror}.") from exc


def _check_free(files: dict[str, str], folder: Path, known: frozenset[str]) -> None:
    """Raise Refused if a file that mfinfra did not write has the path of a rendered file."""
    for name in sorted(set(files) - known):
        path = folder / name
        if _exists(path) and _content(path) != files[name].encode():
            raise Refused(
                f"{path} was not written by mfinfra. It was not changed.",
                hint="Rename it, or run the command again with --force",
            )


def _check_inside(folder: Path, name: str) -> None:
    """Raise an error if a path is outside the directory: the list of files can be edited, and links lead anywhere."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\\" in name or "\0" in name:
        raise MfinfraError(
            f"{name!r} in {folder / MANIFEST} is a path outside the directory.", hint=f"Delete {folder / MANIFEST}"
        )
    for above in pure.parents:
        if above.parts and (folder / above).is_symlink():
            raise Refused(
                f"{folder / above} is a link to a path outside the directory.", hint="Replace it with a directory"
            )


def _exists(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _content(path: Path) -> bytes | None:
    """The content of a file, None if it is not a file or cannot be read."""
    try:
        return None if path.is_symlink() else path.read_bytes()
    except OSError:
        return None


def _written(path: Path, text: str) -> bool:
    """Write a file if its content differs. Files with values are readable by their owner only."""
    mode = _PRIVATE if path.name.endswith((".tfvars.json", "parameters.json")) else None
    content = text.encode("utf-8")
    if _content(path) == content and (mode is None or path.stat().st_mode & 0o077 == 0):
        return False
    write_bytes(path, content, mode)
    return True


def _removed(folder: Path, name: str) -> bool:
    """Delete a file of mfinfra, and the directories that become empty."""
    path = folder / name
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as exc:
        raise MfinfraError(f"{path} cannot be deleted: {exc.strerror}.", hint="Run the command again") from exc
    for above in list(PurePosixPath(name).parents)[:-1]:
        try:
            (folder / above).rmdir()
        except OSError:
            break  # it contains other files
    return True


def _save(folder: Path, manifest: _Manifest) -> None:
    make_folder(folder)
    found: dict[str, Any] = {"files": sorted(manifest.files)}
    if manifest.stack is not None:
        found["stack"] = manifest.stack
    text = json.dumps(found, indent=2, sort_keys=True) + "\n"
    path = folder / MANIFEST
    if _content(path) != text.encode():
        write_bytes(path, text.encode())
