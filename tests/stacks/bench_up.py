"""What a whole `mfinfra up` takes beside bare terraform on the same files: pytest -s tests/stacks/bench_up.py

Not collected by itself. Both deploy the sandbox on the doubles of the tests; the runtime is installed already.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.doubles.fixtures import TfCloud
from tests.programs import Call

STACK = "name: {}\ncloud: aws\nregion: us-east-1\nengine: terraform\nruntime:\n  examples: false\n"
PAIRS = 3


def test_up_beside_bare_terraform(cloud: Callable[..., Call], tfcloud: TfCloud, tmp_path: Path) -> None:
    cloud("plan", "--cloud", "aws", "--name", "warm", "--region", "us-east-1")  # makes the bucket for states
    whole, plain = [], []
    for number in range(PAIRS):
        (tmp_path / "mfinfra.yaml").write_text(STACK.format(f"bench{number}"))
        began = time.perf_counter()
        call = cloud("up", "--yes", "--no-smoke")
        whole.append(time.perf_counter() - began)
        assert call.code == 0, call.text
        assert cloud("render", "--out", str(tmp_path / f"w{number}")).code == 0
        plain.append(bare(tmp_path / f"w{number}", tfcloud))
        assert cloud("down", "--yes").code == 0
    ours, theirs = statistics.median(whole), statistics.median(plain)
    print(
        f"\nbare terraform {theirs:.2f} s, mfinfra up {ours:.2f} s: {ours - theirs:+.2f} s ({ours / theirs:.2f} times)"
    )


def bare(folder: Path, tfcloud: TfCloud) -> float:
    began = time.perf_counter()
    for step in (["init"], ["plan", "-out=p"], ["apply", "p"], ["output", "-json"]):
        argv = ["terraform", *step, "-no-color"]
        done = subprocess.run(
            argv, cwd=folder, env={**os.environ, **tfcloud.environment}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return time.perf_counter() - began
