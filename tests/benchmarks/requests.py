"""S3 requests of one empty task, with mfruntime and with stock Metaflow: python requests.py STOCK_PYTHON

Both run the same linear flow of 4 and of 14 steps through a counting proxy; the difference, divided by ten, is
the number for one task. mfruntime runs with and without its local cache.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "runtime")]
from tests.doubles.object_stores import Counted, counting, ministack  # noqa: E402


def flow(library: str, steps: int) -> str:
    names = ["start", *(f"s{n}" for n in range(steps - 2)), "end"]
    lines = [f"from {library} import FlowSpec, step", "", f"class Linear{steps}(FlowSpec):"]
    for name, after in zip(names, [*names[1:], None]):
        lines += [
            "    @step",
            f"    def {name}(self):",
            f"        self.next(self.{after})" if after else "        pass",
        ]
    return "\n".join([*lines, f"if __name__ == '__main__': Linear{steps}()", ""])


def counted(proxy: Counted, python: str, library: str, steps: int, folder: Path, env: dict[str, str]) -> Counter[str]:
    script = folder / f"{library}{steps}.py"
    script.write_text(flow(library, steps))
    proxy.requests.clear()
    done = subprocess.run(
        [python, str(script), "--datastore", "s3", "--no-pylint", "run"],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return Counter(method for method, _ in proxy.requests)


def main() -> None:
    stock = sys.argv[1]
    with tempfile.TemporaryDirectory() as name, ministack(Path(name)) as found, counting(found) as proxy:
        folder = Path(name)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("METAFLOW_", "AWS_"))}
        env: dict[str, str] = {**kept, **proxy.environment, "USER": "bench", "HOME": name}
        env |= {"AWS_DEFAULT_REGION": "us-east-1"}
        for python, library, cache in (
            (sys.executable, "mfruntime", "5000000000"),
            (sys.executable, "mfruntime", "0"),
            (stock, "metaflow", "0"),
        ):
            env |= {"MFINFRA_CACHE_BYTES": cache, "METAFLOW_DATASTORE_SYSROOT_S3": f"s3://tests/{library}{cache}"}
            few = counted(proxy, python, library, 4, folder, env)
            many = counted(proxy, python, library, 14, folder, env)
            per_task = {k: (many[k] - few[k]) / 10 for k in sorted(many)}
            name = f"{library} {'with' if cache != '0' else 'without'} a cache"
            print(f"{name}: {sum(per_task.values()):.1f} requests per task: {per_task}", flush=True)


if __name__ == "__main__":
    main()
