"""Stock Metaflow and this runtime read each other's runs, and write the same ones.

Needs a Python with metaflow==2.19.39, named by MFINFRA_STOCK_PYTHON.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

STOCK = os.environ.get("MFINFRA_STOCK_PYTHON", "")
HERE = Path(__file__).parent
SHAPES = sorted(p.stem for p in (HERE.parent / "flows" / "shapes").glob("*.py"))
FAILING = {"failing"}

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not STOCK, reason="MFINFRA_STOCK_PYTHON names no Python with stock metaflow==2.19.39"),
]


def call(folder: Path, *args: str, expect: int = 0, **more: str) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("METAFLOW_", "MFINFRA_"))}
    env.update(USER="tester", METAFLOW_HOME=str(folder / "home"), METAFLOW_DATASTORE_SYSROOT_LOCAL=str(folder))
    env.update(more)
    done = subprocess.run(args, cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == expect, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def run_flow(folder: Path, shape: str, library: str, **more: str) -> str:
    """Run a shape and return Flow/run."""
    python = STOCK if library == "metaflow" else sys.executable
    source = (HERE.parent / "flows" / "shapes" / f"{shape}.py").read_text()
    (folder / "included.txt").write_text("an included text\nwith two lines\n")
    script = folder / f"{shape}.py"
    script.write_text(source.replace("from mfruntime", f"from {library}"))
    args = [
        python,
        script.name,
        "--no-pylint",
        "run",
        "--tag",
        "shape",
        "--run-id-file",
        "run_id",
        "--max-workers",
        "1",
    ]
    call(folder, *args, expect=1 if shape in FAILING else 0, **more)
    name = "".join(part.title() for part in shape.split("_"))
    return f"{name}/{(folder / 'run_id').read_text()}"


def described(folder: Path, pathspec: str, library: str, **more: str) -> dict[str, Any]:
    python = STOCK if library == "metaflow" else sys.executable
    text = call(folder, python, str(HERE / "describe.py"), library, pathspec, **more)
    return json.loads(text)  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs are that tests only look at, one folder for all workers."""
    own = tmp_path_factory.getbasetemp()
    found = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "interop"
    found.mkdir(exist_ok=True)
    return found


def run_of(runs: Path, shape: str, writer: str) -> dict[str, Any]:
    """What a library wrote when it ran a shape: folder, pathspec and the descriptions of both clients. It runs once."""
    answer = runs / f"{shape}-{writer}.json"
    with open(runs / f"{shape}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answer.exists():
            answer.write_text(json.dumps(_written(runs / shape, shape, writer)))
    return json.loads(answer.read_text())  # type: ignore[no-any-return]


def _written(folder: Path, shape: str, writer: str) -> dict[str, Any]:
    folder.mkdir()  # the same for both libraries: artifacts hold it
    pathspec = run_flow(folder, shape, writer)
    found = {client: described(folder, pathspec, client) for client in ("metaflow", "mfruntime")}
    folder.rename(folder.parent / f"{shape}-{writer}")
    return {"folder": str(folder), "pathspec": pathspec, **found}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("writer", ["metaflow", "mfruntime"])
def test_both_clients_show_the_same_of_a_run(runs: Path, shape: str, writer: str) -> None:
    run = run_of(runs, shape, writer)
    found = differences(run["mfruntime"], run["metaflow"])
    assert not found, "\n".join(found)


def differences(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """Every place at which two descriptions differ, one line each."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = sorted({*ours, *theirs})
        return [d for k in keys for d in differences(ours.get(k, "-"), theirs.get(k, "-"), f"{where}/{k}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return [d for i, (a, b) in enumerate(zip(ours, theirs)) for d in differences(a, b, f"{where}[{i}]")]
    if theirs == "unknown":  # stock's client cannot answer; ours may
        return []
    return [] if ours == theirs else [f"{where}: ours {ours!r}, stock {theirs!r}"]


#: What belongs to one execution: ids, times, versions, processes, and the text of tracebacks.
def comparable(described: dict[str, Any], folder: Path, run: str) -> Any:
    text = json.dumps(described, sort_keys=True)
    text = text.replace(run, "RUN").replace(str(folder), "FOLDER")
    text = re.sub(r"metaflow_version:[^\"]*", "metaflow_version", text)
    data = json.loads(text)
    for step in data["steps"].values():
        step.pop("finished_at")
        step["tasks"] = sorted((_comparable_task(task) for task in step["tasks"]), key=lambda t: int(t["id"]))
    for key in ("created_at", "finished_at"):
        data.pop(key)
    return data


def _comparable_task(task: dict[str, Any]) -> dict[str, Any]:
    for key in ("created_at", "finished_at", "loglines", "stderr", "stdout_size", "exception", "metadata"):
        task.pop(key)
    for name in ("metaflow_version",):
        task["metadata_dict"].pop(name)
    for artifact in task["artifacts"].values():
        if "Traceback" in artifact["value"]:
            artifact.update(value="a traceback", sha="", size=0)
        if artifact["pathspec"].endswith(("/source", "/raw")):
            artifact.update(sha="", size=0)  # the pickle holds the folder's path
    for name in ("_exception", "_catch_exception"):
        if "Traceback" in task["internal"].get(name, ""):
            task["internal"][name] = "a traceback"
    if "caught an exception" in task["stdout"] + str(task.get("stderr", "")):
        task["stdout"] = "caught"
    return task


@pytest.mark.parametrize("shape", SHAPES)
def test_both_runtimes_write_the_same_run(runs: Path, shape: str) -> None:
    results = {}
    for library in ("metaflow", "mfruntime"):
        run = run_of(runs, shape, library)
        results[library] = comparable(run["metaflow"], Path(run["folder"]), run["pathspec"].split("/")[1])
    found = differences(results["mfruntime"], results["metaflow"])
    assert not found, "\n".join(found)


def test_stock_resumes_a_run_of_ours_and_ours_one_of_stocks(tmp_path: Path) -> None:
    for first, second in (("metaflow", "mfruntime"), ("mfruntime", "metaflow")):
        folder = tmp_path / first
        folder.mkdir()
        origin = run_flow(folder, "failing", first).split("/")[1]
        script = folder / "failing.py"
        text = script.read_text().replace(f"from {first}", f"from {second}")
        script.write_text(text.replace('raise RuntimeError("broken on purpose")', "pass"))
        python = STOCK if second == "metaflow" else sys.executable
        call(
            folder, python, script.name, "--no-pylint", "resume", "--origin-run-id", origin, "--run-id-file", "resumed"
        )
        resumed = (folder / "resumed").read_text()
        for reader in ("metaflow", "mfruntime"):
            shown = described(folder, f"Failing/{resumed}", reader)
            assert shown["successful"]
            assert shown["steps"]["start"]["tasks"][0]["origin_pathspec"] == f"Failing/{origin}/start/1"


def test_stock_follows_a_profile_that_the_tool_wrote(tmp_path: Path) -> None:
    home = {"XDG_DATA_HOME": str(tmp_path / "data"), "METAFLOW_HOME": str(tmp_path / "profiles"), "USER": "tester"}
    env = {k: v for k, v in os.environ.items() if not k.startswith(("METAFLOW_", "MFINFRA_"))} | home
    up = [sys.executable, "-m", "mfinfra", "up", "--name", "demo", "--no-examples", "--no-smoke"]
    subprocess.run(up, cwd=tmp_path, env=env, check=True, capture_output=True)
    source = (HERE.parent / "flows" / "shapes" / "linear.py").read_text()
    (tmp_path / "linear.py").write_text(source.replace("from mfruntime", "from metaflow"))
    for profile in ({}, {"METAFLOW_PROFILE": "demo"}):
        subprocess.run(
            [STOCK, "linear.py", "--no-pylint", "run"], cwd=tmp_path, env=env | profile, check=True, capture_output=True
        )
    status = [sys.executable, "-m", "mfinfra", "--json", "status", "demo"]
    shown = subprocess.run(status, cwd=tmp_path, env=env, check=True, capture_output=True, text=True)
    assert json.loads(shown.stdout)["data"]["runs"] == {"Linear": 2}
    assert not (tmp_path / ".metaflow").exists()
    down = [sys.executable, "-m", "mfinfra", "down", "demo", "--yes"]
    subprocess.run(down, cwd=tmp_path, env=env, check=True, capture_output=True)
