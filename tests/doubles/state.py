"""Programs that start terraform with a backend for tests: mfinfra drops the variables that would configure it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.doubles.configuration import OTHER_PROJECT


def with_local_state(folder: Path) -> Path:
    """A terraform with a local backend, because its Azure backend always signs in at Microsoft."""
    folder.mkdir()
    path = folder / "terraform"
    override = json.dumps({"terraform": {"backend": {"local": {}}}})
    found = shutil.which("terraform")
    path.write_text(f"#!/bin/sh\n[ -f main.tf ] && echo '{override}' > zz_override.tf.json\nexec {found} \"$@\"\n")
    path.chmod(0o755)
    return path


#: What the providers of the tests cannot read from terraform's environment, because they run beside it.
_OF_PROVIDERS = "".join(f"${name}" for name in OTHER_PROJECT if not name.startswith(("TF_CLI", "TF_VAR")))
#: Checks of the S3 backend that a server on loopback does not support.
_UNCHECKED = ("use_path_style", "skip_credentials_validation", "skip_requesting_account_id", "skip_region_validation", "skip_metadata_api_check")  # fmt: skip

_ON_LOOPBACK = """#!/bin/sh
if [ -n "{variables}" ]; then
    echo "Error: a variable of the shell reached the providers or the backend"
    exit 1
fi
[ "$1" = init ] && [ -f backend.tf.json ] && exec {terraform} "$@" {options}
exec {terraform} "$@"
"""


def with_s3_on_loopback(folder: Path) -> Path:
    """A terraform whose S3 backend does without the APIs of AWS for accounts and instances."""
    path, found = folder / "terraform", shutil.which("terraform") or "terraform"
    options = " ".join(f"-backend-config={option}=true" for option in _UNCHECKED)
    path.write_text(_ON_LOOPBACK.format(variables=_OF_PROVIDERS, terraform=found, options=options))
    path.chmod(0o755)
    return path
