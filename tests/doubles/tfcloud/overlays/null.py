"""null: ids, and a new resource when a trigger changes."""

from __future__ import annotations

from .base import Overlay, Values, digest


class Null(Overlay):
    force_new = {"null_resource": {"triggers"}}

    def made(self, kind: str, values: Values, config: Values) -> Values:
        return {"id": str(int(digest(kind, values), 16))[:19]}

    def data(self, kind: str, config: Values) -> Values:
        return {
            "id": "static",
            "random": digest(config, length=19),
            "outputs": config.get("inputs"),
            "has_computed_default": config.get("has_computed_default") or "default",
        }
