"""`runtime info`: asked of the runtime itself, in the environment where it lives."""

from __future__ import annotations

import json
from typing import Any

from . import process, runtime_install
from .errors import MfinfraError, NotFound

_ASK = """
import json
from mfruntime import settings
s = settings.load()
found = [(x.name, s.get(x.name), s.source(x.name)) for x in settings.SETTINGS]
print(json.dumps([f for f in found if f[1] is not None and f[1] != ""]))
"""


def gather(python: str) -> dict[str, Any]:
    """Version, place and settings in force. Raises NotFound where the runtime is not installed."""
    found = runtime_install.installed(python)
    if found is None:
        raise NotFound(f"The runtime is not installed in {python}.", hint="Type: mfinfra runtime install")
    done = process.run([python, "-c", _ASK])
    if done.code != 0:
        raise MfinfraError(f"The settings in force cannot be read: {done.errors.strip().splitlines()[-1]}")
    settings = {name: {"value": value, "source": source} for name, value, source in json.loads(done.output)}
    return {
        "version": found.version,
        "path": found.path,
        "python": found.python,
        "python_version": found.python_version,
        "settings": settings,
    }


def rows(facts: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The same for people."""
    head = [(key, str(facts[key]), "") for key in ("version", "path", "python", "python_version")]
    return head + [(name, s["value"], s["source"]) for name, s in facts["settings"].items()]
