"""The version of a stack's database, as it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...stackfile.schema import StackConfig


def with_running_version(session: Any, config: StackConfig) -> StackConfig:
    """The stack with the minor version that its database runs, if that is later than the one of the stack file."""
    wanted = config.metadata.postgres_version
    if "." not in wanted or config.metadata.database is not None:
        return config
    running = _running(session, f"{config.name}-metadata")
    if running is None or not _is_later_minor(running, wanted):
        return config
    metadata = config.metadata.model_copy(update={"postgres_version": running})
    return config.model_copy(update={"metadata": metadata})


def _running(session: Any, identifier: str) -> str | None:
    """The engine version of a database, None if it does not exist."""
    from botocore.exceptions import BotoCoreError, ClientError

    from .errors import explained

    try:
        found = session.client("rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    except ClientError as exc:
        if "DBInstanceNotFound" in exc.response["Error"]["Code"]:
            return None
        raise explained(exc) from exc
    except BotoCoreError as exc:
        raise explained(exc) from exc
    return str(found[0]["EngineVersion"]) if found else None


def _is_later_minor(running: str, wanted: str) -> bool:
    have, want = ([int(part) for part in text.split(".") if part.isdigit()] for text in (running, wanted))
    return have[:1] == want[:1] and have > want
