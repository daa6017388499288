"""The report of `outputs`: settings in formats for other programs."""

from __future__ import annotations

import json
import shlex

from ..errors import UsageError

FORMS = ("json", "env", "metaflow")


def rendered(settings: dict[str, str], form: str) -> str:
    """`json` and `metaflow` (the content of a profile file) as JSON, `env` as shell assignments."""
    if form not in FORMS:
        raise UsageError(f"Unknown format {form!r}.", hint=f"Available formats: {', '.join(FORMS)}")
    if form == "env":
        return "\n".join(f"export {key}={shlex.quote(value)}" for key, value in sorted(settings.items()))
    return json.dumps(settings, indent=2, sort_keys=True)
