"""The passwords and keys of a local stack: generated once, stored in its data directory, never printed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ...errors import MfinfraError
from ...machine.paths import write_text

FILE_NAME = "secrets.json"


@dataclass(frozen=True)
class Secrets:
    """`api_key` is for the metadata service; the S3 keys have the format of AWS."""

    api_key: str
    database_password: str
    s3_access_key: str
    s3_secret_key: str


def secrets_in(data: Path) -> Secrets:
    """The secrets in a data directory, generated on first use. Raises MfinfraError if the file is corrupt."""
    path = data / FILE_NAME
    try:
        return Secrets(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        import secrets  # slow to import, and needed once in the life of a stack

        made = Secrets(
            secrets.token_urlsafe(32), secrets.token_urlsafe(24), f"MF{secrets.token_hex(9).upper()}",
            secrets.token_urlsafe(30),
        )  # fmt: skip
        write_text(path, json.dumps(asdict(made), indent=2) + "\n", 0o600)
        return made
    except (OSError, ValueError, TypeError) as exc:
        hint = "Restore it from a backup, or delete the stack, run: mfinfra down"
        raise MfinfraError(
            f"{path} is corrupt; the servers of the stack cannot be used without it.", hint=hint
        ) from exc
