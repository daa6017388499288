"""random."""

from __future__ import annotations

from .base import Overlay


class Random(Overlay):
    pass
