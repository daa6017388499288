"""Start-up time of two builds, in CPU seconds of the started process: `import mfruntime`, `mfinfra --help`, and
short commands on a machine without stacks.

    python tests/benchmarks/startup.py OLD NEW [--python PYTHON] [--pairs N] [--at-most RATIO]

OLD and NEW are each a checkout, which PYTHON runs with its libraries, or a Python that has that build installed. They
run in turn, in alternating order, so that a busy machine slows both. The result is the median of the
pairs' ratios. The exit code is 1 if a ratio is above RATIO.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CALLS = {
    "import mfruntime": ("-c", "import mfruntime"),
    **{
        f"mfinfra {words}": ("-m", "mfinfra", words)
        for words in ("--help", "version", "ls", "use", "status", "outputs")
    },
}


@dataclass(frozen=True)
class Build:
    """One of the two builds: its interpreter, and the directory from which its packages are imported."""

    python: str
    path: str

    def cpu(self, arguments: tuple[str, ...], folder: str) -> float:
        """CPU seconds of one process, user and system."""
        env = {**os.environ, "PYTHONPATH": self.path, "HOME": folder}
        argv = [self.python, *arguments]
        with subprocess.Popen(argv, cwd=folder, env=env, stdout=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 4):  # 4: there is no stack
            sys.exit(f"{argv} exited with {process.returncode}")
        return usage.ru_utime + usage.ru_stime


def build(place: Path, python: str) -> Build:
    if place.is_dir():
        return Build(python, os.pathsep.join(str(place.resolve() / name) for name in ("cli", "runtime")))
    return Build(str(place.absolute()), "")


def measured(builds: tuple[Build, Build], arguments: tuple[str, ...], pairs: int) -> list[tuple[float, float]]:
    """CPU seconds of old and new, pair by pair."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for one in builds:
            one.cpu(arguments, folder)  # writes the compiled files
        for turn in range(pairs):
            order = (0, 1) if turn % 2 == 0 else (1, 0)
            seconds = {which: builds[which].cpu(arguments, folder) for which in order}
            found.append((seconds[0], seconds[1]))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--python", default=sys.executable, help="Python that runs checkouts. Default: this Python")
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--at-most", type=float, default=1.05, metavar="RATIO")
    options = parser.parse_args()
    builds = (build(options.old, options.python), build(options.new, options.python))
    worst = 0.0
    for name, arguments in CALLS.items():
        pairs = measured(builds, arguments, options.pairs)
        old, new = (statistics.median(side) for side in zip(*pairs))
        ratios = sorted(after / before for before, after in pairs)
        ratio = statistics.median(ratios)
        print(f"{name:17} old {old:.4f} s   new {new:.4f} s   ratio {ratio:.3f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
        worst = max(worst, ratio)
    return int(worst > options.at_most)


if __name__ == "__main__":
    sys.exit(main())
