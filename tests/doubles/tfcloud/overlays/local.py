"""local: files are really written and deleted."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from tests.doubles.tfcloud import caller

from .base import Overlay, Refusal, Values, text


class Local(Overlay):
    sensitive = {
        "local_file": {"sensitive_content"},
        "local_sensitive_file": {"content", "content_base64"},
        "data.local_sensitive_file": {"content", "content_base64"},
    }
    defaults = {
        "local_file": {"file_permission": "0777", "directory_permission": "0777"},
        "local_sensitive_file": {"file_permission": "0700", "directory_permission": "0700"},
    }

    def forces_new(self, kind: str, attribute: str) -> bool:
        return True

    def refusals(self, kind: str, config: Values) -> list[str]:
        if kind.startswith("data."):
            return []
        ways = ("content", "content_base64", "sensitive_content", "source")
        given = [name for name in ways if config.get(name) is not None]
        return [] if len(given) == 1 else [f"exactly one of {', '.join(ways)} must be given, not {len(given)}"]

    def made(self, kind: str, values: Values, config: Values) -> Values:
        return hashes(_content(values))

    def done(self, kind: str, state: Values, config: Values) -> None:
        path = where(state["filename"])
        if path.exists() and not path.is_file():
            raise Refusal(f"{path} is no regular file")
        for folder in [folder for folder in reversed(path.parents) if not folder.exists()]:
            folder.mkdir(exist_ok=True)
            folder.chmod(int(state["directory_permission"], 8))
        path.write_bytes(_content(state))
        path.chmod(int(state["file_permission"], 8))

    def gone(self, kind: str, state: Values) -> None:
        where(state["filename"]).unlink(missing_ok=True)

    def still(self, kind: str, state: Values) -> bool:
        path = where(state["filename"])
        return path.exists() and hashlib.sha1(path.read_bytes()).hexdigest() == state["id"]

    def identity(self, kind: str, state: Values) -> str | None:
        return None  # the disk remembers

    def data(self, kind: str, config: Values) -> Values:
        found = read(config["filename"])
        return {
            "content": found.decode(errors="replace"),
            "content_base64": base64.b64encode(found).decode(),
            **hashes(found),
        }


def where(name: str) -> Path:
    """A path relative to the working directory of the calling terraform."""
    return Path(name) if Path(name).is_absolute() else caller.folder() / name


def read(name: str) -> bytes:
    try:
        return where(name).read_bytes()
    except OSError as exc:
        raise Refusal(f"Read local file data source error: open {name}: {exc.strerror}") from exc


def _content(values: Values) -> bytes:
    if isinstance(values.get("content_base64"), str):
        return base64.b64decode(values["content_base64"])
    if isinstance(values.get("source"), str):
        return read(values["source"])
    return (text(values, "content") or text(values, "sensitive_content")).encode()


def hashes(content: bytes) -> Values:
    found: Values = {"id": hashlib.sha1(content).hexdigest()}
    for name in ("md5", "sha1", "sha256", "sha512"):
        found[f"content_{name}"] = hashlib.new(name, content).hexdigest()
    for name in ("sha256", "sha512"):
        found[f"content_base64{name}"] = base64.b64encode(hashlib.new(name, content).digest()).decode()
    return found
