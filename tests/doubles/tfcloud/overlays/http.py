"""http: there is no network here, and the answer says so."""

from __future__ import annotations

from .base import Overlay, Refusal, Values


class Http(Overlay):
    def data(self, kind: str, config: Values) -> Values:
        raise Refusal(f"Error making request: {config.get('url')} cannot be reached: tests have no network")
