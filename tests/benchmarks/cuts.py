"""Interrupted connections to S3: 200 tasks with 1 % of the connections cut, and without: python cuts.py [PAIRS]

One server and one proxy. The runs of a pair follow each other directly, in alternating order; cuts happen in requests,
before responses and inside of their bodies. The result is the median of the ratios; more than 1.3 is exit code 1.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "runtime")]
from tests.doubles.cutting_proxy import Cutter, in_front  # noqa: E402
from tests.doubles.object_stores import Server, seaweedfs  # noqa: E402

GOAL = 1.3
RATE = 0.01
FLOW = """
from mfruntime import FlowSpec, step

class Wide(FlowSpec):
    @step
    def start(self):
        self.items = list(range(200))
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.result = self.input
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(found.result for found in inputs)
        self.next(self.end)

    @step
    def end(self):
        assert self.total == 19900

if __name__ == "__main__":
    Wide()
"""


def seconds(server: Server, folder: Path) -> float:
    """Wall time of one run, with a new root and an empty local cache."""
    env = {**os.environ, **server.environment, "HOME": str(folder), "USER": "bench", "METAFLOW_DEFAULT_DATASTORE": "s3"}
    env |= {"METAFLOW_DATASTORE_SYSROOT_S3": server.fresh_root(), "MFINFRA_CACHE_BYTES": "0"}
    env["PYTHONPATH"] = str(Path(__file__).parents[2] / "runtime")
    argv = [sys.executable, "wide.py", "run", "--max-num-splits", "200", "--max-workers", "8"]
    began = time.perf_counter()
    done = subprocess.run(argv, env=env, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    return time.perf_counter() - began


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    cutter = Cutter()
    with tempfile.TemporaryDirectory() as name, seaweedfs(Path(name)) as direct, in_front(direct, cutter) as server:
        folder = Path(name)
        (folder / "wide.py").write_text(FLOW)
        seconds(server, folder)
        ratios = []
        for number in range(pairs):
            found, cuts = {}, 0
            for rate in (0.0, RATE) if number % 2 else (RATE, 0.0):
                cutter.restart(rate, number)
                found[rate] = seconds(server, folder)
                cuts = max(cuts, len(cutter.cuts))
            ratios.append(found[RATE] / found[0.0])
            print(f"without {found[0.0]:6.2f} s   with {cuts} cuts {found[RATE]:6.2f} s   {ratios[-1]:.2f}", flush=True)
    ratio = statistics.median(ratios)
    print(f"median {ratio:.2f}, at most {GOAL}: {'reached' if ratio <= GOAL else 'MISSED'}")
    sys.exit(ratio > GOAL)


if __name__ == "__main__":
    main()
