"""The passwords and keys of a local stack: made once, kept beside the data that they open, shown to nobody."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from ...errors import MfinfraError
from ...machine.paths import write_text

FILE_NAME = "secrets.json"


@dataclass(frozen=True)
class Secrets:
    """`api_key` is the metadata service's, the S3 pair is in AWS's form."""

    api_key: str
    database_password: str
    s3_access_key: str
    s3_secret_key: str


def secrets_in(data: Path) -> Secrets:
    """Those in a stack's data folder, made where there are none. Raises MfinfraError where the file is damaged."""
    path = data / FILE_NAME
    try:
        return Secrets(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        made = Secrets(
            secrets.token_urlsafe(32), secrets.token_urlsafe(24), f"MF{secrets.token_hex(9).upper()}",
            secrets.token_urlsafe(30),
        )  # fmt: skip
        write_text(path, json.dumps(asdict(made), indent=2) + "\n", 0o600)
        return made
    except (OSError, ValueError, TypeError) as exc:
        hint = "Put it back from a copy, or remove the stack with: mfinfra down"
        raise MfinfraError(f"{path} is damaged; the stack's servers cannot be opened without it.", hint=hint) from exc
