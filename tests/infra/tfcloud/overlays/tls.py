"""tls."""

from __future__ import annotations

from .base import Overlay


class Tls(Overlay):
    pass
