"""`runtime info`: the output of the runtime itself, in its environment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import MfinfraError, NotFound
from ..machine import process
from ..machine.paths import shown
from ..printable import without_credentials
from . import install

_SETTINGS = Path(__file__).parent / "inside" / "settings.py"


def gather(python: str) -> dict[str, Any]:
    """Version, path and effective settings. Raises NotFound if the runtime is not installed."""
    found = install.look(python)
    if found.version is None:
        raise NotFound(f"The runtime is not installed in {found.python}.", hint="Run: mfinfra runtime install")
    done = process.run([found.python, str(_SETTINGS)])
    if done.code != 0:
        last = done.errors.strip().splitlines()[-1:]
        raise MfinfraError(f"The effective settings cannot be read: {' '.join(last)}", hint="Run: mfinfra doctor")
    settings = {
        name: {"value": without_credentials(value), "source": source} for name, value, source in json.loads(done.output)
    }
    return {
        "version": found.version,
        "is_current": install.is_current(found),
        "path": found.path,
        "python": found.python,
        "python_version": found.python_version,
        "settings": settings,
    }


def rows(info: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The output of gather as table rows."""
    current = "" if info["is_current"] else "not the version of this mfinfra"
    head = [("version", str(info["version"]), current)]
    head += [(key, shown(info[key]), "") for key in ("path", "python", "python_version")]
    return head + [(name, shown(s["value"]), shown(s["source"])) for name, s in info["settings"].items()]
