"""The log: one JSON object a line, on the error stream. Headers and bodies, where secrets are, never get here."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone
from typing import Any

LOG = logging.getLogger("mfruntime.service")


class JSONFormatter(logging.Formatter):
    """time, level, message, and what the caller gave as `extra={"data": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry.update(getattr(record, "data", {}))
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def configure(level: str) -> None:
    """Send the service's and the server's records, from `level` up, to the error stream."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONFormatter())
    libraries = ("asyncio", "asyncpg")
    for name in ("mfruntime.service", "uvicorn", *libraries):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel("WARNING" if name in libraries else level.upper())
    logging.getLogger("uvicorn.error").setLevel(level.upper())
