"""archive."""

from __future__ import annotations

from .base import Overlay


class Archive(Overlay):
    pass
