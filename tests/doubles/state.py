"""A terraform with a local state, for clouds whose backend cannot be directed to loopback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path


def with_local_state(folder: Path) -> Path:
    """A terraform with a local backend, because its Azure backend always signs in at Microsoft."""
    folder.mkdir()
    path = folder / "terraform"
    override = json.dumps({"terraform": {"backend": {"local": {}}}})
    found = shutil.which("terraform")
    path.write_text(f"#!/bin/sh\n[ -f main.tf ] && echo '{override}' > zz_override.tf.json\nexec {found} \"$@\"\n")
    path.chmod(0o755)
    return path
