"""time: real points in time; a sleep does not sleep."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta, timezone

from tests.doubles.tfcloud.values import UNKNOWN

from .base import Overlay, Values, text

_UNITS = ("years", "months", "days", "hours", "minutes", "seconds")
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})")
_DURATION = re.compile(r"(\d+(\.\d+)?(ms|s|m|h))+")


class Time(Overlay):
    always_new = {"triggers"}
    force_new = {
        "time_static": {"rfc3339"},
        "time_rotating": {"rfc3339", "rotation_rfc3339"},
        "time_offset": {"base_rfc3339"},
    }

    def refusals(self, kind: str, config: Values) -> list[str]:
        wrong = [
            f'"{name}": Invalid RFC3339 String Value: {value}'
            for name, value in config.items()
            if name.endswith("rfc3339") and isinstance(value, str) and not _RFC3339.fullmatch(value)
        ]
        wrong += [
            f'"{name}": must be a string containing a number and a unit, such as 10s: {config[name]}'
            for name in ("create_duration", "destroy_duration")
            if isinstance(config.get(name), str) and not _DURATION.fullmatch(config[name])
        ]
        return wrong + _missing(kind, config)

    def plan(self, kind: str, prior: Values | None, planned: Values, config: Values) -> None:
        """Other offsets and rotations change the time without replacing the resource."""
        moved = [name for name in planned if name.startswith(("offset_", "rotation_")) and not name.endswith("rfc3339")]
        if prior is not None and any(planned[name] != prior.get(name) for name in moved):
            told = ("rotation_rfc3339",) if kind == "time_rotating" else ("rfc3339", "unix", *_PARTS)
            planned.update({name: UNKNOWN for name in told if config.get(name) is None})

    def made(self, kind: str, values: Values, config: Values) -> Values:
        now = datetime.now(timezone.utc).replace(microsecond=0)
        if kind == "time_sleep":
            return {"id": written(now)}
        start = _read(text(values, "base_rfc3339") or text(values, "rfc3339")) or now
        return self._told(kind, values, start)

    def changed(self, kind: str, values: Values, config: Values) -> Values:
        start = _read(text(values, "base_rfc3339") or text(values, "rfc3339"))
        return self._told(kind, values, start) if start else {}

    def _told(self, kind: str, values: Values, start: datetime) -> Values:
        first = text(values, "base_rfc3339") or text(values, "rfc3339") or written(start)
        later = _moved(start, values, "offset" if kind == "time_offset" else "rotation")
        shown = later if kind == "time_offset" else start
        return {
            "id": first,
            "base_rfc3339": first,
            "rfc3339": written(later) if kind == "time_offset" else first,
            "rotation_rfc3339": written(later),
            "unix": int(shown.timestamp()),
            **{part: getattr(shown.astimezone(timezone.utc), part) for part in _PARTS},
        }

    def still(self, kind: str, state: Values) -> bool:
        until = _read(text(state, "rotation_rfc3339"))
        return kind != "time_rotating" or until is None or until > datetime.now(timezone.utc)


def _missing(kind: str, config: Values) -> list[str]:
    prefix = {"time_offset": "offset_", "time_rotating": "rotation_"}.get(kind)
    if prefix is None or any(value is not None for name, value in config.items() if name.startswith(prefix)):
        return []
    return [f"Missing Attribute Configuration: at least one of {prefix}... must be set"]


def _read(value: str) -> datetime | None:
    return datetime.fromisoformat(value.replace("Z", "+00:00")) if value else None


def written(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _moved(start: datetime, values: Values, prefix: str) -> datetime:
    """A time plus an offset of years, months and so on."""
    by = {unit: int(values[f"{prefix}_{unit}"]) for unit in _UNITS if isinstance(values.get(f"{prefix}_{unit}"), int)}
    months = start.month - 1 + by.pop("months", 0) + 12 * by.pop("years", 0)
    year, month = start.year + months // 12, months % 12 + 1
    over = max(0, start.day - calendar.monthrange(year, month)[1])  # the 31st of a shorter month is in the next
    return start.replace(year=year, month=month, day=start.day - over) + timedelta(days=over + by.pop("days", 0), **by)
