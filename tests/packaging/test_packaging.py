"""From source to a flow that ran: wheels are built, installed into empty environments, and the README's way is walked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def call(*argv: object, cwd: Path, code: int = 0) -> str:
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run([str(a) for a in argv], cwd=cwd, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == code, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout


def environment(folder: Path) -> Path:
    """A fresh virtual environment; returns its Python."""
    venv.create(folder, with_pip=True)
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for source in (ROOT, ROOT / "runtime", ROOT / "runtime" / "metaflow-alias"):
        call(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, source, cwd=folder)
    return folder


def test_every_distribution_builds_with_one_version(wheels: Path) -> None:
    names = sorted(p.name.split("-")[:2] for p in wheels.glob("*.whl"))
    assert [name for name, _ in names] == ["mfinfra", "mfinfra_metaflow_alias", "mfinfra_runtime"]
    assert len({version for _, version in names}) == 1


def test_the_tool_carries_the_runtime_and_its_templates(wheels: Path) -> None:
    (wheel,) = wheels.glob("mfinfra-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    (bundled,) = [n for n in names if n.startswith("mfinfra/_bundled/") and n.count("/") == 2]
    assert bundled.endswith(".whl")
    assert "mfinfra/_bundled/terraform/modules/aws/metadata/service.tf" in names
    assert "mfinfra/_bundled/cloudformation/parts/batch.yaml.j2" in names
    assert "mfinfra/_bundled/terraform/stacks/kubernetes/cluster.tf.j2" in names
    assert {"mfinfra/runtime/smoke/flow.py", "mfinfra/runtime/inside/probe.py"} <= set(names)
    assert "mfinfra/py.typed" in names
    assert any(n.endswith("licenses/LICENSE") for n in names)


def test_the_bundled_runtime_is_the_one_of_the_source(wheels: Path, tmp_path: Path) -> None:
    (wheel,) = wheels.glob("mfinfra-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (bundled,) = [n for n in archive.namelist() if n.startswith("mfinfra/_bundled/") and n.endswith(".whl")]
        runtime = zipfile.ZipFile(archive.extract(bundled, tmp_path))
    carried = {n: runtime.read(n) for n in runtime.namelist() if n.startswith("mfruntime/")}
    source = ROOT / "runtime"
    files = [p for p in source.glob("mfruntime/**/*") if p.is_file() and "__pycache__" not in p.parts]
    assert carried == {p.relative_to(source).as_posix(): p.read_bytes() for p in files}


def test_the_alias_is_the_runtime_under_metaflows_name(wheels: Path, tmp_path: Path) -> None:
    for kind in ("mfinfra_runtime", "mfinfra_metaflow_alias"):
        (wheel,) = wheels.glob(f"{kind}-*.whl")
        zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "import mfruntime\n"
        "from metaflow import FlowSpec, Parameter, current, step\n"
        "assert FlowSpec is mfruntime.FlowSpec and 'Run' in dir(__import__('metaflow'))\n"
    )
    call(sys.executable, "-c", code, cwd=tmp_path)


def test_a_wheel_built_from_the_source_distribution_is_whole(tmp_path: Path) -> None:
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    assert any(n.startswith("mfinfra/_bundled/") for n in zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize(
    "way", ["plain", *(pytest.param(way, marks=pytest.mark.slow) for way in ("wheel", "editable"))]
)
def test_an_installation_runs_the_first_command_of_the_readme(tmp_path: Path, wheels: Path, way: str) -> None:
    python = environment(tmp_path / "venv")
    target = {"wheel": [next(wheels.glob("mfinfra-*.whl"))], "plain": [ROOT], "editable": ["-e", ROOT]}[way]
    call(python, "-m", "pip", "install", "-q", *target, cwd=tmp_path)
    tool = python.parent / "mfinfra"
    call(tool, "up", "--no-examples", cwd=tmp_path)
    status = json.loads(call(tool, "--json", "status", cwd=tmp_path))
    assert status["state"] == "ready"
    assert status["proof"]["run"].startswith("SmokeFlow/")
    call(python, ROOT / "examples" / "flows" / "foreach.py", "run", cwd=tmp_path)
    call(tool, "up", "--no-examples", cwd=tmp_path)
    call(tool, "down", "--yes", cwd=tmp_path)
    assert "mfinfra" in call(tool, "version", cwd=tmp_path)
