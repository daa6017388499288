"""A foreach of 10,000 tasks: whether it finishes, time per task compared with 1,000 tasks, memory of the scheduler.

python tests/benchmarks/wide_memory.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

FLOW = Path(__file__).parent / "flows" / "wide.py"


def run(width: int) -> tuple[float, float]:
    """Seconds per task, and the largest resident size of the scheduler process in MB."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "METAFLOW_DATASTORE_SYSROOT_LOCAL": folder, "USER": "bench"}
        args = ["run", "--width", str(width), "--max-workers", "2", "--max-num-splits", str(width)]
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, str(FLOW), *args], env=env, cwd=folder, stdout=subprocess.DEVNULL)
        peaks = [0.0]
        watcher = threading.Thread(target=_watch, args=(process, peaks))
        watcher.start()
        code = process.wait()
        seconds = time.perf_counter() - began
        watcher.join()
        if code:
            sys.exit(f"the run with {width} tasks exited with {code}")
        return seconds / width, peaks[0]


def _watch(process: subprocess.Popen[bytes], peaks: list[float]) -> None:
    while process.poll() is None:
        try:
            text = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            return
        for line in text.splitlines():
            if line.startswith("VmHWM"):
                peaks[0] = max(peaks[0], int(line.split()[1]) / 1024)
        time.sleep(0.1)


def main() -> None:
    small, _ = run(1000)
    large, peak = run(10000)
    print(
        f"1,000 tasks: {small * 1000:.2f} ms each; 10,000 tasks: {large * 1000:.2f} ms each ({large / small:.2f} times)"
    )
    print(f"scheduler memory at 10,000: {peak:.0f} MB (allowed: 150)")


if __name__ == "__main__":
    main()
