"""Functions for the tests of testcloud itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

Document = dict[str, Any]

WAIT_SECONDS = 30.0


def until(look: Callable[[], Any]) -> Any:
    """Poll until a function returns a value."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{look} did not come true in {WAIT_SECONDS} s")


def code_of(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """The code and the message of a call that fails."""
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
