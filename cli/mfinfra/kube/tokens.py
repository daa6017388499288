"""Tokens of a cluster, renewed before they expire. They are in memory only."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..clouds.base import ClusterToken
from ..errors import MfinfraError

#: A token that expires sooner than this is renewed: clocks differ, and requests take time.
_MARGIN_SECONDS = 120.0


class Tokens:
    """The token of one cluster; `request` gets one from the cloud. Thread-safe."""

    def __init__(self, request: Callable[[], ClusterToken], clock: Callable[[], float] = time.time) -> None:
        self._request, self._clock = request, clock
        self._lock = threading.Lock()
        self._kept: ClusterToken | None = None

    def current(self) -> str:
        """A token that is valid for at least two minutes. Raises MfinfraError if the cloud returns none."""
        with self._lock:
            kept = self._kept
            if kept is not None and kept.expires_at - self._clock() > _MARGIN_SECONDS:
                return kept.text
            try:
                self._kept = self._request()
            except MfinfraError:
                if kept is None or kept.expires_at <= self._clock():
                    raise
                return kept.text  # it has not expired yet
            return self._kept.text

    def refused(self, token: str) -> None:
        """Discard a token that the cluster rejected."""
        with self._lock:
            if self._kept is not None and self._kept.text == token:
                self._kept = None
