"""Stock Metaflow uses the profiles that `mfinfra up` writes, and its runs land in the stack.

Needs a Python with metaflow==2.19.39, named by MFINFRA_STOCK_PYTHON.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.programs import Call, run_program

STOCK = os.environ.get("MFINFRA_STOCK_PYTHON", "")

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not STOCK, reason="MFINFRA_STOCK_PYTHON names no Python with stock metaflow==2.19.39"),
]

FLOW = """
from metaflow import FlowSpec, step

class Tiny(FlowSpec):
    @step
    def start(self):
        self.x = 42
        self.next(self.end)

    @step
    def end(self):
        pass

if __name__ == "__main__":
    Tiny()
"""


@pytest.mark.parametrize("way", ["default", "named"])
def test_stock_metaflow_runs_into_the_stack(mfinfra: Callable[..., Call], home: Path, tmp_path: Path, way: str) -> None:
    assert mfinfra("up", "--name", "first", "--no-examples", "--no-smoke").code == 0
    assert mfinfra("up", "--name", "second", "--no-examples", "--no-smoke").code == 0
    stack, environment = ("first", {}) if way == "default" else ("second", {"METAFLOW_PROFILE": "second"})
    (tmp_path / "tiny.py").write_text(FLOW)
    done = run_program([STOCK, "tiny.py", "--no-pylint", "run"], tmp_path, **environment)
    assert done.code == 0, done.text
    assert not (tmp_path / ".metaflow").exists()
    assert json.loads(mfinfra("--json", "status", stack).out)["data"]["runs"] == {"Tiny": 1}
    read = "from mfruntime import Flow, namespace; namespace(None); print(Flow('Tiny').latest_run.data.x)"
    ours = json.loads(mfinfra("--json", "status", stack).out)["runtime"]["python"]
    assert run_program([ours, "-c", read], tmp_path, **environment).out == "42\n"
