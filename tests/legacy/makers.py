"""What `make.py` runs as a test of the earlier build, in `tests/infra` of its checkout: each test makes one archive."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra import legacy_archives as archives

HERE = Path(os.environ.get("LEGACY_SOURCE", "."))
INTO = Path(os.environ.get("LEGACY_INTO", "."))
STATES = "mfinfra-state-123456789012-us-east-1"


@pytest.fixture
def work() -> Iterator[Path]:
    """Where the owner of the stack works. Tracebacks in artifacts name it, so it is the same on every machine."""
    folder = Path(archives.COMMON)
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def keep(name: str, home: Path, work: Path, tmp_path: Path) -> None:
    """Pack a home and the folder in which its owner worked."""
    made = tmp_path / "made"
    made.mkdir()
    shutil.copytree(home, made / "home", symlinks=True, ignore=shutil.ignore_patterns(".terraform", "*.tfplan"))
    shutil.copytree(work, made / "work", symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    places = {"@HOME@": str(home), "@WORK@": str(work), "@PYTHON@": sys.executable, "@PREFIX@": sys.prefix}
    archives.pack(made, INTO / f"{name}.tar.xz", places)


@pytest.mark.parametrize("preset", ["files", "sandbox"])
def test_local(preset: str, home: Path, work: Path, tmp_path: Path) -> None:
    """A stack with a finished run, one that failed, and one that was killed with all its processes."""
    shutil.copy(HERE / "flow.py", work)

    def run(*argv: str, before: tuple[str, ...] = (), code: int = 0, **env: str) -> None:
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), **env}
        done = subprocess.run([*before, sys.executable, *argv], cwd=work, env=environment)
        assert done.returncode == code

    run("-m", "mfinfra", "up", "--name", "old", "--preset", preset, "--no-examples")
    run("flow.py", "run", "--tag", "kept", "--alpha", "0.25", "--run-id-file", "finished")
    run("flow.py", "tag", "add", "--run-id", (work / "finished").read_text(), "added")
    run("flow.py", "run", "--tag", "broken", "--run-id-file", "failed", code=1, FAIL="1")
    run("flow.py", "run", "--run-id-file", "killed", before=("sh", "-c", 'KILL=$$ exec "$@"', "sh"), code=-9)
    if preset != "files":
        run("-m", "mfinfra", "stop", "old")
    keep(f"local-{preset}", home, work, tmp_path)


@pytest.mark.parametrize("engine", ["terraform", "cloudformation"])
def test_aws(engine: str, cloud: Callable[..., Any], home: Path, work: Path, tmp_path: Path, aws: Any) -> None:
    """A stack on AWS, with what lies of it in the bucket for states."""
    shutil.copy(HERE / f"aws-{engine}.yaml", work / "mfinfra.yaml")
    call = cloud("-C", str(work), "up", "--yes", "--no-smoke")
    assert call.code == 0, call.text
    name = f"old-{engine}"
    s3 = aws.client("s3")
    for entry in s3.list_objects_v2(Bucket=STATES, Prefix=f"stacks/{name}/")["Contents"]:
        path = work / "states" / entry["Key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.get_object(Bucket=STATES, Key=entry["Key"])["Body"].read())
    if engine == "cloudformation":
        (found,) = aws.client("cloudformation").describe_stacks(StackName=f"mfinfra-{name}")["Stacks"]
        (work / "stack.json").write_text(json.dumps({key: found[key] for key in ("StackName", "Parameters", "Tags")}))
    keep(f"aws-{engine}", home, work, tmp_path)


def test_pickles(home: Path, work: Path) -> None:
    """What flows may keep as artifacts of the classes that mfruntime exports."""
    shutil.copy(HERE / "flow.py", work)
    environment = {**os.environ, "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(work)}
    for argv in (("flow.py", "run"), (str(HERE / "make_pickles.py"), str(INTO / "pickles.json"))):
        subprocess.run([sys.executable, *argv], cwd=work, env=environment, check=True)
