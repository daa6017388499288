"""The log: one JSON object per line on stderr. Headers and bodies are never logged, because they contain secrets."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone
from typing import Any

LOG = logging.getLogger("mfruntime.service")


class JSONFormatter(logging.Formatter):
    """Formats time, level, message, and the fields of `extra={"data": {...}}`."""

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
    """Write log records of the service and of uvicorn, from `level` up, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONFormatter())
    libraries = ("asyncio", "asyncpg")
    for name in ("mfruntime.service", "uvicorn", *libraries):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel("WARNING" if name in libraries else level.upper())
    logging.getLogger("uvicorn.error").setLevel(level.upper())
