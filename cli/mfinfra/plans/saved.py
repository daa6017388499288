"""Plan files, so that `up` applies exactly the plan that was reviewed: a zip of a manifest and the engine's plan."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import MfinfraError, NotFound, Refused
from ..machine.paths import write_bytes
from ..machine.record import now
from .changes import Change, Plan

VERSION = 1
_MANIFEST, _PAYLOAD = "manifest.json", "plan"
_MOST_BYTES = 200_000_000


@dataclass(frozen=True)
class Saved:
    """A plan that was read from a file."""

    plan: Plan
    payload: bytes
    context: Mapping[str, str]
    path: Path

    def check(self, stack: str, context: Mapping[str, str]) -> None:
        """Raise Refused if the plan is for another stack, or if the stack has changed since."""
        if self.plan.stack != stack:
            raise Refused(
                f"{self.path} is a plan of stack '{self.plan.stack}', not of stack '{stack}'.", hint=_again(stack)
            )
        for key, value in context.items():
            if self.context.get(key) != value:
                raise Refused(
                    f"{self.path} cannot be applied: {_MOVED.get(key, key)}. Nothing was changed.", _again(stack)
                )


_MOVED = {
    "engine": "it was created by another engine",
    "account": "it was created for another account",
    "region": "it was created for another region",
    "digest": "the stack file, or mfinfra, has changed since it was created",
}


def _again(stack: str) -> str:
    return f"Run: mfinfra plan --name {stack} --out FILE"


def write(path: Path, plan: Plan, payload: bytes, context: Mapping[str, str]) -> None:
    """Write a plan to a file that only its owner can read."""
    manifest = {"version": VERSION, "created_at": now(), "facts": dict(context), "plan": plan.document()}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_MANIFEST, json.dumps(manifest, indent=2, sort_keys=True))
        archive.writestr(_PAYLOAD, payload)
    write_bytes(path, content.getvalue(), 0o600)


def read(path: Path) -> Saved:
    """Read a plan. Raises NotFound if the file does not exist, MfinfraError if it is not a plan."""
    if not path.is_file():
        raise NotFound(f"Plan file {path} does not exist.", hint=f"Run: mfinfra plan --out {path}")
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = json.loads(_member(archive, _MANIFEST))
            payload = _member(archive, _PAYLOAD)
        if manifest["version"] != VERSION:
            raise MfinfraError(
                f"{path} was written by another version of mfinfra.", hint="Run: mfinfra plan --out FILE"
            )
        return Saved(_plan(manifest["plan"]), payload, dict(manifest["facts"]), path)
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, TypeError, NotImplementedError, RuntimeError) as exc:
        raise MfinfraError(f"{path} is not a plan file of mfinfra.", hint="Run: mfinfra plan --out FILE") from exc


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MOST_BYTES:
        raise ValueError(f"{name} is too large")
    return archive.read(name)


def _plan(document: dict[str, Any]) -> Plan:
    changes = tuple(Change(**entry) for entry in document["changes"])
    return Plan(str(document["stack"]), str(document["engine"]), changes, "")
