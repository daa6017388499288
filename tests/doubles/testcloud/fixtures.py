"""The fixture `testcloud`: an AWS account on the loopback address, empty at the start of each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .cloud import TestCloud, running


@pytest.fixture(scope="session")
def _testcloud() -> Iterator[TestCloud]:
    with running() as cloud:
        yield cloud


@pytest.fixture
def testcloud(_testcloud: TestCloud) -> TestCloud:
    """The cloud of this test session, emptied."""
    _testcloud.reset()
    return _testcloud
