"""archive: real zip files, the same bytes for the same content."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator

from .base import Overlay, Refusal, Values, blocks, text
from .local import read, where

#: What the real one gives every entry, so that an archive depends on nothing but its content.
_DATE = (2049, 1, 1, 0, 0, 0)


class Archive(Overlay):
    def forces_new(self, kind: str, attribute: str) -> bool:
        return True

    def refusals(self, kind: str, config: Values) -> list[str]:
        given = [
            name
            for name in ("source", "source_content", "source_dir", "source_file")
            if config.get(name) not in (None, [])
        ]
        wrong = [] if given else ["one of source, source_content_filename, source_file or source_dir must be given"]
        if config.get("type") not in (None, "zip") and isinstance(config["type"], str):
            wrong.append(f'type "{config["type"]}" is not known here, only zip')
        return wrong

    def made(self, kind: str, values: Values, config: Values) -> Values:
        return _archived(values)

    def identity(self, kind: str, state: Values) -> str | None:
        return None

    def data(self, kind: str, config: Values) -> Values:
        return _archived(config)


def _archived(values: Values) -> Values:
    """Write the archive, and return its computed attributes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in sorted(_entries(values)):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, (0o100000 | mode) << 16
            archive.writestr(entry, content)
    content, path = packed.getvalue(), where(values["output_path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    sums = {name: hashlib.new(name, content) for name in ("md5", "sha1", "sha256", "sha512")}
    return {
        "id": sums["sha1"].hexdigest(),
        "output_size": len(content),
        "output_sha": sums["sha1"].hexdigest(),
        **{f"output_{name}": sums[name].hexdigest() for name in ("md5", "sha256", "sha512")},
        **{f"output_base64{name}": base64.b64encode(sums[name].digest()).decode() for name in ("sha256", "sha512")},
    }


def _entries(values: Values) -> Iterator[tuple[str, bytes, int]]:
    """(name, content, mode) of all files of the archive."""
    forced = int(values["output_file_mode"], 8) if text(values, "output_file_mode") else None
    for source in blocks(values, "source"):
        yield source["filename"], source["content"].encode(), forced or 0o644
    if isinstance(values.get("source_content"), str):
        yield values["source_content_filename"], values["source_content"].encode(), forced or 0o644
    if text(values, "source_file"):
        path = where(values["source_file"])
        yield path.name, read(values["source_file"]), forced or path.stat().st_mode & 0o777
    if text(values, "source_dir"):
        yield from _folder(values, forced)


def _folder(values: Values, forced: int | None) -> Iterator[tuple[str, bytes, int]]:
    root = where(values["source_dir"])
    if not root.is_dir():
        raise Refusal(f"could not archive missing directory: {values['source_dir']}")
    left_out = [_pattern(glob) for glob in values.get("excludes") or []]
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        parents = [name, *(parent.as_posix() for parent in path.relative_to(root).parents)]
        if path.is_file() and not any(pattern.fullmatch(part) for pattern in left_out for part in parents):
            yield name, path.read_bytes(), forced or path.stat().st_mode & 0o777


def _pattern(glob: str) -> re.Pattern[str]:
    """A glob in which ** crosses folders and * does not."""
    parts = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(parts.get(part) or re.escape(part) for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob)))
