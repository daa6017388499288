"""What every test gets: a home of its own, so that no test sees or changes the account it runs in."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from .programs import Call, end_servers, run_program

#: A loaded machine is slow; what is slow is measured elsewhere.
hypothesis.settings.register_profile("timeless", deadline=None)
hypothesis.settings.load_profile("timeless")

KEPT = ("MFINFRA_STOCK_PYTHON", "MFINFRA_REGENERATE", "MFINFRA_TEST_CACHE")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home folder; settings of the machine do not reach the test."""
    folder = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("METAFLOW_", "XDG_", "AWS_", "TF_")) or (name.startswith("MFINFRA_") and name not in KEPT):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    monkeypatch.setenv("METAFLOW_HOME", str(folder / "profiles"))
    monkeypatch.setenv("USER", "tester")
    monkeypatch.setenv("METAFLOW_USER", "tester")
    monkeypatch.setenv("NO_COLOR", "1")
    yield folder
    end_servers(folder)


@pytest.fixture
def mfinfra(tmp_path: Path) -> Callable[..., Call]:
    """Call the real program: mfinfra("up", "--name", "x")."""
    return lambda *args, **env: run_program([sys.executable, "-m", "mfinfra", *args], tmp_path, **env)


@pytest.fixture
def flow(tmp_path: Path) -> Callable[..., Call]:
    """Write a flow file and call it: flow(source, "run"). A path to a file is called as it is."""

    def call(source: str | Path, *args: str, **environment: str) -> Call:
        script = source
        if isinstance(source, str):
            script = tmp_path / "flow.py"
            script.write_text(source)
        return run_program([sys.executable, str(script), *args], tmp_path, **environment)

    return call
