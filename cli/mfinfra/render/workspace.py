"""A folder of rendered files: what is ours is kept as rendered, what is not is left alone.

The list of our files is written before them and after them, so that whatever moment a write is cut at, the next one
knows every file that may be ours.
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
#: What may lie in a folder that nothing was rendered into: providers that were fetched. A state is somebody's stack.
_HARMLESS = (".terraform", ".terraform.lock.hcl")
_PRIVATE = 0o600


@dataclass(frozen=True)
class Workspace:
    """A written folder. `digest` is that of what was rendered."""

    folder: Path
    changed: bool
    digest: str


@dataclass(frozen=True)
class _Manifest:
    """What an earlier write left: the stack it was for (None where it was not said) and our files."""

    stack: str | None
    files: frozenset[str]


def digest(files: dict[str, str]) -> str:
    """The same for the same files."""
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def write(files: dict[str, str], folder: Path, force: bool = False, stack: str | None = None) -> Workspace:
    """Make a folder hold exactly these files beside what is not ours.

    Raises Refused for a folder of somebody else or of another stack, and where a file that is not ours is in the way
    of one of these; `force` takes the folder, and such files, over.
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
    """Remove a workspace that mfinfra made for itself, with what terraform put into it. A link is left alone."""
    import shutil

    if folder.is_dir() and not folder.is_symlink() and (folder / MANIFEST).is_file():
        shutil.rmtree(folder, ignore_errors=True)


def _manifest(folder: Path) -> _Manifest | None:
    """What an earlier write left; None where there was none."""
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        stack, files = found.get("stack"), found["files"]
        if not isinstance(files, list) or not all(isinstance(text, str) for text in [*files, stack or ""]):
            raise TypeError
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as exc:
        raise MfinfraError(f"{path} is damaged.", hint="Remove it, and type the same with --force") from exc
    return _Manifest(stack, frozenset(files))


def _check_owner(folder: Path, before: _Manifest | None, stack: str | None) -> None:
    if before is None:
        if _has_others(folder):
            raise Refused(
                f"{folder} holds other things already; it is left as it is.",
                hint="Name another folder with --out, or type the same with --force",
            )
    elif stack is not None and before.stack not in (None, stack):
        raise Refused(
            f"{folder} holds the stack '{before.stack}'; it is left as it is.",
            hint="Name another folder with --out, or type the same with --force",
        )


def _has_others(folder: Path) -> bool:
    try:
        return any(path.name not in _HARMLESS for path in folder.iterdir())
    except FileNotFoundError:
        return False
    except NotADirectoryError:
        raise Refused(f"{folder} is a file.", hint="Name another folder with --out") from None
    except OSError as exc:
        raise MfinfraError(f"{folder} cannot be read: {exc.strerror}.") from exc


def _check_free(files: dict[str, str], folder: Path, known: frozenset[str]) -> None:
    """Raise Refused for a file that somebody else put where one of ours goes."""
    for name in sorted(set(files) - known):
        path = folder / name
        if _exists(path) and _content(path) != files[name].encode():
            raise Refused(
                f"{path} is not a file of mfinfra; it is left as it is.",
                hint="Give it another name, or type the same with --force",
            )


def _check_inside(folder: Path, name: str) -> None:
    """A path must stay in the folder: a list of files can be edited by others, and a link leads anywhere."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\\" in name or "\0" in name:
        raise MfinfraError(f"{name!r} in {folder / MANIFEST} leads out of the folder.", hint="Remove that file.")
    for above in pure.parents:
        if above.parts and (folder / above).is_symlink():
            raise Refused(f"{folder / above} is a link, which leads out of the folder.", hint="Put a folder there.")


def _exists(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _content(path: Path) -> bytes | None:
    """The content of a file; None for what is none, or cannot be read."""
    try:
        return None if path.is_symlink() else path.read_bytes()
    except OSError:
        return None


def _written(path: Path, text: str) -> bool:
    """Write a file where it differs; values are for its owner's eyes, even where they were readable before."""
    mode = _PRIVATE if path.name.endswith((".tfvars.json", "parameters.json")) else None
    content = text.encode("utf-8")
    if _content(path) == content and (mode is None or path.stat().st_mode & 0o077 == 0):
        return False
    write_bytes(path, content, mode)
    return True


def _removed(folder: Path, name: str) -> bool:
    """Remove a file of ours, and the folders that are empty then."""
    path = folder / name
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as exc:
        raise MfinfraError(f"{path} cannot be removed: {exc.strerror}.", hint="Type the same again.") from exc
    for above in list(PurePosixPath(name).parents)[:-1]:
        try:
            (folder / above).rmdir()
        except OSError:
            break  # something else is in it
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
