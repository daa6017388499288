"""Metrics in Prometheus text format 0.0.4."""

from __future__ import annotations

import time

#: Upper bounds of the response time histogram, in seconds.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counters since the start of the service. Labels are only methods, path patterns and status codes."""

    def __init__(self) -> None:
        self._started = time.time()
        self._requests: dict[tuple[str, str, int], int] = {}
        self._times: dict[tuple[str, str], list[float]] = {}
        self._groups = 0
        self._grouped = 0
        self.in_flight = 0

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        key = (method, path, status)
        self._requests[key] = self._requests.get(key, 0) + 1
        times = self._times.get((method, path))
        if times is None:
            times = self._times[method, path] = [0.0] * (len(BOUNDS) + 2)
        for n, bound in enumerate(BOUNDS):
            if seconds <= bound:
                times[n] += 1
                break
        times[-2] += 1
        times[-1] += seconds

    def grouped(self, writes: int) -> None:
        """Count a group of writes that was sent to the database."""
        self._groups += 1
        self._grouped += writes

    def exposition(self) -> str:
        lines = ["# TYPE mf_metadata_requests_total counter"]
        for (method, path, status), count in sorted(self._requests.items()):
            lines.append(f'mf_metadata_requests_total{{{_labels(method, path)},status="{status}"}} {count}')
        lines.append("# TYPE mf_metadata_request_seconds histogram")
        for (method, path), times in sorted(self._times.items()):
            lines += _histogram(_labels(method, path), times)
        singles = (
            ("requests_in_flight", "gauge", self.in_flight),
            ("write_groups_total", "counter", self._groups),
            ("writes_total", "counter", self._grouped),
            ("start_time_seconds", "gauge", round(self._started, 3)),
        )
        for name, kind, value in singles:
            lines += [f"# TYPE mf_metadata_{name} {kind}", f"mf_metadata_{name} {value}"]
        return "\n".join(lines) + "\n"


def _labels(method: str, path: str) -> str:
    return f'method="{method}",path="{path}"'


def _histogram(labels: str, times: list[float]) -> list[str]:
    name, total, lines = "mf_metadata_request_seconds", 0.0, []
    for bound, count in zip(BOUNDS, times):
        total += count
        lines.append(f'{name}_bucket{{{labels},le="{bound:g}"}} {total:g}')
    lines.append(f'{name}_bucket{{{labels},le="+Inf"}} {times[-2]:g}')
    return [*lines, f"{name}_sum{{{labels}}} {times[-1]:.6f}", f"{name}_count{{{labels}}} {times[-2]:g}"]
