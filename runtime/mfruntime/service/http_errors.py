"""What is answered when a request cannot be served: a status, one sentence, and the way out."""

from __future__ import annotations

import json
from http import HTTPStatus


class Fault(Exception):
    """An answer other than success. `headers` go with it."""

    def __init__(self, status: int, message: str, hint: str = "", headers: tuple[tuple[str, str], ...] = ()):
        super().__init__(message)
        self.status, self.message, self.hint, self.headers = status, message, hint, headers

    def body(self) -> str:
        """The answer as JSON; its members are those of the other service's errors, and `message` and `hint`."""
        record: dict[str, object] = {
            "message": self.message,
            "detail": self.message,
            "status": self.status,
            "title": HTTPStatus(self.status).phrase,
            "type": "about:blank",
        }
        if self.hint:
            record["hint"] = self.hint
        if self.status == 500:
            record["traceback"] = ""  # the program's inside is the log's matter
        return json.dumps(record)


def malformed(message: str, hint: str = "") -> Fault:
    return Fault(400, message, hint)


def not_found(what: str) -> Fault:
    return Fault(404, f"{what} does not exist.")
