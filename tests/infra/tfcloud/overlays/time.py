"""time."""

from __future__ import annotations

from .base import Overlay


class Time(Overlay):
    pass
