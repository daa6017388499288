"""The code package: what is in it, that it is stored and recorded, and what the client makes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.programs import Call

from mfruntime import Flow, namespace
from mfruntime.client.code import MetaflowCode
from mfruntime.errors import DataCorrupt, MetaflowDataMissing
from mfruntime.tasks import package

SOURCE = """
from mfruntime import FlowSpec, step
import helper

class CodeFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        print(helper.x)

if __name__ == "__main__":
    CodeFlow()
"""
ALWAYS = {"METAFLOW_FEAT_ALWAYS_UPLOAD_CODE_PACKAGE": "1"}
READ = """
from {} import Flow, namespace
namespace(None)
code = Flow("CodeFlow").latest_run.code
with code.extract() as folder:
    import os
    files = sorted(n for n in os.listdir(folder) if not n.startswith(".mf_"))  # stock leaves its notes there
    print(files, code.script_name, len(code.flowspec), code.info["username"])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text("x = 1\n")
    (tmp_path / "data.csv").write_text("1,2\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "__init__.py").write_text("")
    (tmp_path / "more" / "up").symlink_to(tmp_path)
    (tmp_path / ".secret").mkdir()
    (tmp_path / ".secret" / "key.py").write_text("")
    return tmp_path


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_run_that_is_told_to_records_its_code(
    flow: Callable[..., Call], folder: Path, isolation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = flow(SOURCE, "run", "--isolation", isolation, **ALWAYS)
    assert call.code == 0, call.text
    monkeypatch.chdir(folder)
    namespace(None)
    run = Flow("CodeFlow").latest_run
    code = run.code
    assert code is not None
    assert (code.script_name, code.flowspec) == ("flow.py", SOURCE)
    assert code.info["username"] == "tester"
    assert [run[step].task.code.path for step in ("start", "end")] == [code.path] * 2
    assert run["end"].environment_info == code.info
    with code.extract() as target:
        assert sorted(p.name for p in Path(target).rglob("*")) == ["__init__.py", "flow.py", "helper.py", "more"]


def test_a_run_that_is_not_told_to_has_none(
    flow: Callable[..., Call], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert flow(SOURCE, "run", MFINFRA_CODE_PACKAGE="{}").code == 0
    monkeypatch.chdir(folder)
    namespace(None)
    run = Flow("CodeFlow").latest_run
    assert (run.code, run["end"].task.code, run["end"].environment_info) == (None, None, None)


@pytest.mark.interop
def test_both_clients_read_both_packages(flow: Callable[..., Call], folder: Path) -> None:
    stock = os.environ.get("MFINFRA_STOCK_PYTHON")
    if stock is None:
        pytest.skip("needs MFINFRA_STOCK_PYTHON")
    answers = set()
    for writer, source in ((sys.executable, SOURCE), (stock, SOURCE.replace("mfruntime", "metaflow"))):
        (folder / "flow.py").write_text(source)
        env = {**os.environ, **ALWAYS, "USERNAME": "tester"}
        done = subprocess.run([writer, "flow.py", "run"], cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        for reader, name in ((sys.executable, "mfruntime"), (stock, "metaflow")):
            read = subprocess.run(
                [reader, "-c", READ.format(name)], cwd=folder, env=env, capture_output=True, text=True
            )
            assert read.returncode == 0, read.stderr
            answers.add(read.stdout.replace(str(len(source)), "N"))
    assert answers == {"['flow.py', 'helper.py', 'more'] flow.py N tester\n"}


def test_the_package_commands(flow: Callable[..., Call], folder: Path) -> None:
    listed = flow(SOURCE, "package", "list").out.splitlines()
    assert str(folder / "helper.py") in listed
    assert str(folder / "data.csv") not in listed
    assert str(folder / "data.csv") in flow(SOURCE, "--package-suffixes", "csv", "package", "list").out.splitlines()
    saved = flow(SOURCE, "package", "save", "here.tgz")
    assert saved.code == 0, saved.text
    with tarfile.open(folder / "here.tgz") as tar:
        names = tar.getnames()
    assert {".mf_install", ".mf_meta/INFO", ".mf_code/mfruntime/__init__.py", "flow.py", "more/__init__.py"} <= set(
        names
    )
    assert not [name for name in names if "secret" in name or "__pycache__" in name]
    assert "Number of files" in flow(SOURCE, "package", "info").out
    refused = flow(SOURCE, "package", "save", "no/such/folder/here.tgz")
    assert refused.code == 1
    assert "cannot be written: No such file or directory" in refused.err


def test_equal_files_make_equal_packages(folder: Path) -> None:
    script = folder / "flow.py"
    script.write_text(SOURCE)
    first = package.archive(package.members(str(script), "me", package.DEFAULT_SUFFIXES))
    os.utime(script, (1, 1))
    assert package.archive(package.members(str(script), "me", package.DEFAULT_SUFFIXES)) == first


@pytest.mark.parametrize("text", [None, "", "csv", ".csv", " .csv , txt "])
def test_suffixes_with_and_without_dots(text: str | None) -> None:
    found = package.suffixes(text)
    assert found[:3] == package.DEFAULT_SUFFIXES
    assert all(suffix.startswith(".") and " " not in suffix for suffix in found)


def test_too_much_is_refused_by_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "LARGEST_BYTES", 3)
    with pytest.raises(Exception, match=r"reached at the file helper\.py"):
        package.archive(package.user_files(str(folder), [".py"]))


def test_a_package_cannot_write_outside_of_its_folder(tmp_path: Path) -> None:
    evil = [package.Member("../evil.py", content=b"x"), package.Member("/abs.py", content=b"x"),
            package.Member("good.py", content=b"x")]  # fmt: skip
    from mfruntime.store.artifacts import FlowStore
    from mfruntime.store.storage.local import LocalStorage

    record = package.save(FlowStore(LocalStorage(str(tmp_path / "store")), "F"), package.archive(evil))
    with MetaflowCode("F", json.dumps(record)).extract() as folder:
        assert os.listdir(folder) == ["good.py"]
    assert not list(tmp_path.parent.glob("evil.py"))


def test_records_and_archives_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(DataCorrupt, match="cannot be read"):
        MetaflowCode("F", "{}")
    gone = {"ds_type": "local", "location": f"{tmp_path}/F/data/ab/abc", "sha": "abc"}
    with pytest.raises(MetaflowDataMissing):
        _ = MetaflowCode("F", json.dumps(gone)).tarball
