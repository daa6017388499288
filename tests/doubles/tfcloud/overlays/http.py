"""http: every request fails, because tests have no network."""

from __future__ import annotations

from .base import Overlay, Refusal, Values


class Http(Overlay):
    def data(self, kind: str, config: Values) -> Values:
        raise Refusal(f"Error making request: {config.get('url')} cannot be reached: tests have no network")
