"""The code package: the flow's files and this runtime in one archive, for tasks on other machines.

The layout is Metaflow's (version 1): user files at the top, the runtime below `.mf_code`, package info below
`.mf_meta`. Equal files result in equal bytes, so that an unchanged package is stored once.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import platform
import sys
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import CommandException
from ..version import METAFLOW_VERSION
from .system_tags import python_version, runtime_name

if TYPE_CHECKING:
    from ..store.artifacts import FlowStore

#: The metadata that Metaflow registers for a package of this format.
METADATA = json.dumps({"version": 0, "archive_format": "tgz", "mfcontent_version": 1})
DEFAULT_SUFFIXES = (".py", ".R", ".RDS")
LARGEST_BYTES = 500 << 20
_CODE, _META, _INSTALL = ".mf_code", ".mf_meta", ".mf_install"
_LEFT_OUT = frozenset({_CODE, _META, "_escape_trampolines", "__pycache__"})
_EPOCH = 1575360000  # the modification time that Metaflow sets for every member


@dataclass(frozen=True)
class Member:
    """A file of a package: its name in the archive, and its source file or its content."""

    name: str
    path: str | None = None
    content: bytes = b""


def suffixes(text: str | None) -> tuple[str, ...]:
    """The suffixes in `.py,.csv`, with the default ones. The dot of a suffix is optional."""
    given = [part.strip() for part in (text or "").split(",") if part.strip()]
    return tuple(dict.fromkeys([*DEFAULT_SUFFIXES, *(part if part.startswith(".") else f".{part}" for part in given)]))


def user_files(folder: str, wanted: Sequence[str]) -> Iterator[Member]:
    """The files below the flow's directory with one of the suffixes `wanted`, sorted by name, without hidden files."""
    found = []
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        folders[:] = [] if real in seen else sorted(n for n in folders if n not in _LEFT_OUT and not n.startswith("."))
        if real in seen:
            continue  # a symbolic link to a parent directory
        seen.add(real)
        for name in names:
            path = os.path.join(place, name)
            if name.endswith(tuple(wanted)) and not name.startswith(".") and os.path.isfile(path):
                found.append(Member(os.path.relpath(path, folder).replace(os.sep, "/"), path))
    return iter(sorted(found, key=lambda member: member.name))


def runtime_files() -> Iterator[Member]:
    """The modules of this runtime."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for member in user_files(folder, (".py", ".sql", ".typed")):
        yield Member(f"{_CODE}/mfruntime/{member.name}", member.path)


def package_info(script: str, user: str) -> dict[str, Any]:
    """The content of INFO: the environment that created the package."""
    return {
        "platform": platform.system(),
        "username": user,
        "runtime": runtime_name(),
        "environment_type": "local",
        "use_r": False,
        "python_version": sys.version,
        "python_version_code": python_version(),
        "metaflow_version": METAFLOW_VERSION,
        "script": script,
        "ext_info": [{}, {}],
    }


def members(script: str, user: str, wanted: Sequence[str]) -> list[Member]:
    """All members of the package for the flow file `script`."""
    described = {
        f"{_META}/INFO": package_info(os.path.basename(script), user),
        f"{_META}/CONFIG": {},
        f"{_META}/DIST_INFO": {},
        _INSTALL: {"version": 1, "module_files": []},
    }
    written = [Member(name, content=json.dumps(content).encode()) for name, content in described.items()]
    return [*runtime_files(), *written, *user_files(os.path.dirname(os.path.abspath(script)), wanted)]


def archive(found: Iterable[Member]) -> bytes:
    """The members as a tar.gz archive. Raises CommandException for unreadable files, or if the total size is too
    large."""
    total, buffer = 0, io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=3, mtime=0) as packed, _tar(packed) as tar:
        for member in found:
            content = member.content if member.path is None else _read(member.path)
            total += len(content)
            if total > LARGEST_BYTES:
                raise CommandException(
                    f"The code package is larger than {LARGEST_BYTES >> 20} MB;"
                    f" the limit was reached at the file {member.name}.",
                    hint="Move data out of the flow's directory, or use fewer --package-suffixes.",
                )
            info = tarfile.TarInfo(member.name)
            info.size, info.mtime, info.mode = len(content), _EPOCH, 0o644
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _tar(packed: gzip.GzipFile) -> tarfile.TarFile:
    return tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as exc:
        raise CommandException(f"{path} cannot be added to the code package: {exc.strerror}.") from exc


def save(store: FlowStore, content: bytes) -> dict[str, str]:
    """Store a package, and return its record for tasks: ds_type, sha, location and metadata."""
    (saved,) = store.blobs.save([content], raw=True)
    return {"ds_type": store.storage.type, "sha": saved.key, "location": saved.url, "metadata": METADATA}
