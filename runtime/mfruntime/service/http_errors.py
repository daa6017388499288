"""HTTP errors: a status code, one sentence, and a hint."""

from __future__ import annotations

import json
from http import HTTPStatus


class HttpError(Exception):
    """A response other than success. `headers` are sent with it."""

    def __init__(self, status: int, message: str, hint: str = "", headers: tuple[tuple[str, str], ...] = ()):
        super().__init__(message)
        self.status, self.message, self.hint, self.headers = status, message, hint, headers

    def body(self) -> str:
        """The response body as JSON: the fields of errors of Metaflow's service, with `message` and `hint` added."""
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
            record["traceback"] = ""  # a field of Metaflow's service; tracebacks are only logged
        return json.dumps(record)


def malformed(message: str, hint: str = "") -> HttpError:
    return HttpError(400, message, hint)


def not_found(what: str) -> HttpError:
    return HttpError(404, f"{what} does not exist.")
