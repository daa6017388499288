"""Run the same flows with mfruntime and with stock Metaflow in turn, and print how many times faster mfruntime is.

    python tests/benchmarks/compare.py --stock /path/to/python-with-metaflow [--only NAME,...] [--rounds N]

Every figure is the wall time of a whole process. For artifacts it is the time from the last line of the step
that creates them until the next step has loaded them, including the start of that step's task. The two runs of a pair
follow each other directly, so that a busy machine slows both. The result is the median of the ratios, with its range.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
STOCK_ARGS = ["--no-pylint"]


@dataclass(frozen=True)
class Side:
    """One of the two runtimes: its interpreter, its name, and its working directory."""

    name: str
    python: str
    folder: Path

    def flow(self, flow: str) -> str:
        """The flow file with the import statement of this runtime."""
        target = self.folder / f"{flow}.py"
        source = (HERE / "flows" / f"{flow}.py").read_text()
        target.write_text(source if self.name == "ours" else source.replace("from mfruntime", "from metaflow"))
        return target.name

    def run(self, args: list[str], expect: int = 0, **environment: str) -> float:
        """Wall time of one process in seconds, or the time that the flow itself measured."""
        env = {**os.environ, "USER": "bench", "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(self.folder), **environment}
        env.pop("METAFLOW_PROFILE", None)
        began = time.perf_counter()
        done = subprocess.run([self.python, *args], cwd=self.folder, env=env, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        if done.returncode != expect:
            sys.exit(f"{self.name}: {args} exited with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        measured = re.search(r"MEASURED ([\d.e-]+)", done.stdout)
        return float(measured.group(1)) if measured else seconds

    def clear(self) -> None:
        """Move old runs aside. They are deleted at the end: deleting now would slow down the file system for a while."""
        old = self.folder / ".metaflow"
        if old.exists():
            old.rename(self.folder / f"old-{time.monotonic_ns()}")


def import_time(side: Side) -> float:
    module = "mfruntime" if side.name == "ours" else "metaflow"
    return side.run(["-c", f"from {module} import FlowSpec, step"])


def run_flow(flow: str, *args: str) -> Callable[[Side], float]:
    def measure(side: Side) -> float:
        script = side.flow(flow)
        side.clear()
        return side.run([script, *STOCK_ARGS, "run", *args])

    return measure


def resume_wide(side: Side) -> float:
    script = side.flow("wide")
    side.clear()
    limits = ["--max-workers", "2", "--max-num-splits", "1000"]
    side.run([script, *STOCK_ARGS, "run", *limits], expect=1, FAIL_AT_END="1")
    return side.run([script, *STOCK_ARGS, "resume", *limits])


@dataclass(frozen=True)
class Benchmark:
    name: str
    measure: Callable[[Side], float]
    goal: float
    rounds: int


BENCHMARKS = [
    Benchmark("import", import_time, 4.0, 7),
    Benchmark("linear5", run_flow("linear5"), 6.0, 5),
    Benchmark("small_artifacts", run_flow("small_artifacts"), 4.0, 5),
    Benchmark("big_artifacts", run_flow("big_artifacts"), 5.0, 3),
    Benchmark("foreach1000", run_flow("wide", "--max-workers", "2", "--max-num-splits", "1000"), 40.0, 1),
    Benchmark("resume1000", resume_wide, 5.0, 1),
]


def compare(benchmark: Benchmark, ours: Side, stock: Side, rounds: int) -> str:
    """One line: medians, the median ratio, and its range."""
    benchmark.measure(ours)
    pairs = [(benchmark.measure(ours), benchmark.measure(stock)) for _ in range(rounds)]
    ratios = sorted(theirs / own for own, theirs in pairs)
    own, theirs = (statistics.median(values) for values in zip(*pairs))
    ratio = statistics.median(ratios)
    verdict = "reached" if ratio >= benchmark.goal else "MISSED"
    return (
        f"{benchmark.name:16} ours {own:8.3f} s   stock {theirs:8.3f} s   {ratio:6.1f} times faster "
        f"({ratios[0]:.1f} to {ratios[-1]:.1f} in {rounds})   goal {benchmark.goal:g}: {verdict}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stock", required=True, help="Python with metaflow==2.19.39 installed")
    parser.add_argument("--ours", default=sys.executable, help="Python with mfruntime installed. Default: this Python")
    parser.add_argument("--only", help="comma-separated names of benchmarks. Default: all")
    parser.add_argument("--rounds", type=int, help="number of pairs of each benchmark")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else [b.name for b in BENCHMARKS]
    with tempfile.TemporaryDirectory() as temporary:
        sides = [Side(n, p, Path(temporary) / n) for n, p in (("ours", options.ours), ("stock", options.stock))]
        for side in sides:
            side.folder.mkdir()
        for benchmark in BENCHMARKS:
            if benchmark.name in wanted:
                print(compare(benchmark, *sides, rounds=options.rounds or benchmark.rounds), flush=True)


if __name__ == "__main__":
    main()
