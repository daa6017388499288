"""Tokens of a cluster, asked for again before they end. They are in memory only."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..clouds.base import ClusterToken
from ..errors import MfinfraError

#: A token that ends sooner than this is not used any more: clocks differ, and requests take a while.
_MARGIN_SECONDS = 120.0


class Tokens:
    """The token of one cluster; `ask` gets one from the cloud. May be used by several threads."""

    def __init__(self, ask: Callable[[], ClusterToken], clock: Callable[[], float] = time.time) -> None:
        self._ask, self._clock = ask, clock
        self._lock = threading.Lock()
        self._kept: ClusterToken | None = None

    def current(self) -> str:
        """A token that is valid for a while yet. Raises MfinfraError where the cloud gives none."""
        with self._lock:
            kept = self._kept
            if kept is not None and kept.expires_at - self._clock() > _MARGIN_SECONDS:
                return kept.text
            try:
                self._kept = self._ask()
            except MfinfraError:
                if kept is None or kept.expires_at <= self._clock():
                    raise
                return kept.text  # it is valid for a moment yet
            return self._kept.text

    def refused(self, token: str) -> None:
        """Forget a token that the cluster does not accept."""
        with self._lock:
            if self._kept is not None and self._kept.text == token:
                self._kept = None
