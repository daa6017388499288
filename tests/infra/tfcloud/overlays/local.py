"""local."""

from __future__ import annotations

from .base import Overlay


class Local(Overlay):
    pass
