"""What is said of stacks in a cloud."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from mfinfra.cloud_report import _ago


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(seconds=90), "1 minute ago"),
        (timedelta(hours=3, minutes=5), "3 hours ago"),
        (timedelta(days=12), "12 days ago"),
        (timedelta(seconds=-30), "just now"),
    ],
)
def test_how_long_ago_something_was(passed: timedelta, said: str) -> None:
    assert _ago((datetime.now(timezone.utc) - passed).strftime("%Y-%m-%dT%H:%M:%SZ")) == said
