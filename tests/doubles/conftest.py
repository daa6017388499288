"""Tests of the doubles themselves."""

from __future__ import annotations

from tests.doubles.fixtures import (  # noqa: F401 - fixtures
    _aws,
    _tfcloud,
    aws,
    cloud,
    configuration,
    stack,
    terraform,
    tfcloud,
)
