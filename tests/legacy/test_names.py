"""Names that flows may use, and that pickles of an earlier build hold, stay where they were."""

from __future__ import annotations

import importlib
import importlib.util
import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import mfruntime
from tests.programs import ROOT

#: What `mfruntime` exported in version 0.1.0: what it exports today may be more, never less.
EXPORTED = [
    "AzureBlob",
    "DataArtifact",
    "Flow",
    "FlowSpec",
    "GS",
    "IncludeFile",
    "JSONType",
    "JSONTypeClass",
    "Metaflow",
    "Parameter",
    "Run",
    "S3",
    "Step",
    "Task",
    "__version__",
    "catch",
    "current",
    "default_metadata",
    "default_namespace",
    "environment",
    "get_metadata",
    "get_namespace",
    "metadata",
    "namespace",
    "resources",
    "retry",
    "step",
    "timeout",
]
#: Names of its modules in the docs of 0.1.0.
NAMED = {
    "mfruntime.datatools.objects": ["GetObject", "PutObject"],
    "mfruntime.datatools.errors": [
        "AccessDenied", "DataToolsException", "InsufficientDiskSpace", "InvalidAddress", "InvalidObject",
        "InvalidRange", "NameClash", "ObjectNotFound",
    ],
    "mfruntime.datatools.s3": ["S3", "S3GetObject", "S3PutObject"],
    "mfruntime.exception": ["MetaflowException", "MetaflowExceptionWrapper", "MetaflowNotFound"],
    "mfruntime.service": [],
    "mfruntime.service.__main__": [],
}  # fmt: skip
PICKLES = json.loads((Path(__file__).parent / "pickles.json").read_text())


@pytest.mark.parametrize("name", EXPORTED)
def test_a_name_that_mfruntime_exported_is_exported(name: str) -> None:
    assert name in mfruntime.__all__
    assert getattr(mfruntime, name) is not None


@pytest.mark.parametrize(("module", "name"), [(module, name) for module in NAMED for name in NAMED[module] or [""]])
def test_a_documented_name_can_be_imported(module: str, name: str) -> None:
    if not name:
        assert importlib.util.find_spec(module) is not None
        return
    assert getattr(importlib.import_module(module), name) is not None


def dotted_names() -> Iterator[str]:
    """Modules that README and docs name today: `mfruntime.x` and `mfinfra.x`, and not files or addresses."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for name in re.findall(r"\b(?:mfruntime|mfinfra)(?:\.[A-Za-z_]+)+", path.read_text(encoding="utf-8")):
            if not name.startswith("mfinfra.") or name.split(".")[1] not in ("yaml", "dev", "toml", "json"):
                yield name


def test_every_module_that_docs_name_can_be_imported() -> None:
    found = sorted(set(dotted_names()))
    assert "mfruntime.datatools.objects" in found
    for name in found:
        module, _, attribute = name.rpartition(".")
        if importlib.util.find_spec(name) is None:
            assert hasattr(importlib.import_module(module), attribute), name


@pytest.mark.parametrize("name", ["Flow", "Run", "Step", "Task", "DataArtifact"])
def test_an_object_of_the_client_that_was_pickled_is_read(name: str) -> None:
    found = pickle.loads(bytes.fromhex(PICKLES[name]))
    assert type(found) is getattr(mfruntime, name)
    assert found.pathspec.split("/")[0] == "LegacyFlow"
    assert found.pathspec.count("/") == ["Flow", "Run", "Step", "Task", "DataArtifact"].index(name)


@pytest.mark.parametrize(("name", "fields"), [("GetObject", ("key", 1, 2)), ("PutObject", ("key", b"value"))])
def test_an_object_of_datatools_that_was_pickled_is_read(name: str, fields: tuple[object, ...]) -> None:
    found = pickle.loads(bytes.fromhex(PICKLES[name]))
    assert type(found) is getattr(importlib.import_module("mfruntime.datatools.objects"), name)
    assert found[: len(fields)] == fields


@pytest.mark.parametrize(
    ("name", "module", "message"),
    [
        ("ObjectNotFound", "mfruntime.datatools.errors", "not there"),
        ("MetaflowException", "mfruntime.exception", "no"),
        ("MetaflowNotFound", "mfruntime.exception", "not found"),
    ],
)
def test_an_error_that_was_pickled_is_read(name: str, module: str, message: str) -> None:
    found = pickle.loads(bytes.fromhex(PICKLES[name]))
    assert type(found) is getattr(importlib.import_module(module), name)
    assert found.message == message
