"""The time that `mfinfra up` adds to plain terraform in the same workspace, and the time of rendering.

    python tests/benchmarks/deploy.py

Both deploy and delete the sandbox of the examples with the provider double of the tests; terraform must be on the PATH.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.doubles import programs

from mfinfra.engines.terraform.program import Terraform
from mfinfra.render import files as render
from mfinfra.render import workspace
from mfinfra.stackfile import load
from mfinfra.stackfile.yaml_reader import read

ROOT = Path(__file__).parents[2]
PAIRS = 5


def timed(argv: list[str], cwd: Path) -> float:
    began = time.perf_counter()
    subprocess.run(argv, cwd=cwd, check=True, capture_output=True)
    return time.perf_counter() - began


def bare(folder: Path) -> float:
    """init, plan and apply with terraform directly."""
    steps = (["init"], ["plan", "-out=p"], ["apply", "p"], ["output", "-json"])
    return sum(timed(["terraform", *step, "-no-color"], folder) for step in steps)


def wrapped(folder: Path) -> float:
    """The same with the engine of mfinfra, including events, the classification of the plan and outputs."""
    began = time.perf_counter()
    terraform = Terraform(folder)
    terraform.init()
    plan = terraform.plan("demo", folder / "p")
    terraform.apply(Path(plan.handle), lambda _: None)
    terraform.outputs()
    return time.perf_counter() - began


def main() -> None:
    python = programs.programs("tfcloud") / "python"
    with tempfile.TemporaryDirectory(prefix="tfc") as sockets, tempfile.TemporaryDirectory() as name:
        argv = [str(python), "-m", "tests.doubles.tfcloud.serve", sockets]
        server = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        os.environ |= {"TF_REATTACH_PROVIDERS": server.stdout.readline().strip(), "TF_CLI_CONFIG_FILE": os.devnull}
        config = load.validated(read(ROOT / "examples" / "stacks" / "aws-sandbox.yaml"))
        began = time.perf_counter()
        files = render.render(config)
        print(f"render {time.perf_counter() - began:.3f} s")
        folders = Path(name)
        pairs = []
        for index in range(PAIRS):
            for kind, deploy in (("bare", bare), ("ours", wrapped)):
                folder = folders / f"{kind}{index}"
                workspace.write(files, folder)
                pairs.append((kind, deploy(folder)))
                shutil.rmtree(folder)
        ours, plain = (statistics.median(s for kind, s in pairs if kind == wanted) for wanted in ("ours", "bare"))
        print(f"terraform {plain:.2f} s, mfinfra {ours:.2f} s: {ours - plain:+.2f} s ({ours / plain:.2f} times)")
        assert server.stdin is not None
        server.stdin.close()
        server.wait()


if __name__ == "__main__":
    main()
