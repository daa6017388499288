"""What every test gets: a home of its own, so that no test sees or changes the account it runs in."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from .programs import Call, end_servers, run_mfinfra, run_program

#: A loaded machine is slow; what is slow is measured elsewhere.
hypothesis.settings.register_profile("timeless", deadline=None)
hypothesis.settings.load_profile("timeless")

KEPT = ("MFINFRA_STOCK_PYTHON", "MFINFRA_REGENERATE", "MFINFRA_TEST_CACHE")


#: Where the long tests are: they start first, so that no worker ends long after the others.
LONGEST = ("tests/stacks", "tests/kube", "tests/docs", "tests/interop", "tests/cli/test_local_servers")


def pytest_configure() -> None:
    """Modules are compiled once: without this a machine that forbids it compiles them for each program and worker."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The ten folders that took longest; with several workers, the sum of theirs."""
    seconds: Counter[str] = Counter()
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        if isinstance(report, pytest.TestReport):
            seconds[report.nodeid.split("::")[0].rpartition("/")[0]] += report.duration
    if sum(seconds.values()) > 60:
        terminalreporter.section("slowest folders", "-")
        for folder, took in seconds.most_common(10):
            terminalreporter.line(f"{took:7.0f} s  {folder}")


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
    """Call the program: mfinfra("up", "--name", "x")."""
    return lambda *args, **env: run_mfinfra(args, tmp_path, **env)


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
