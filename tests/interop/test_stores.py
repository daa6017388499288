"""Runs with artifacts in S3, Azure Blob or Google Cloud Storage, and metadata in files or in the service: both libraries
write and read the same.

Stock Metaflow talks to azurite and fake-gcs-server unchanged: it only wants TLS and a login from Azure, and a key from
Google, which `tests.logins` gives. Its Python needs the packages of the clouds (see .ci/run).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.interop.test_interop import STOCK, call, described, differences, run_flow
from tests.servers import Server, azurite_with_logins, fake_gcs_with_logins, ministack
from tests.service.servers import Program

SHAPES = ("branch_in_foreach", "parameters", "retry_catch", "switch")
#: Every shape with both kinds of metadata in S3, each with one of them in the others: stock takes seconds for each.
CASES = [("s3", kind, shape) for kind in ("local", "service") for shape in SHAPES]
CASES += [(store, kind, shape) for store in ("azure", "gs") for kind, shape in zip(("local", "service") * 2, SHAPES)]
STORES: dict[str, Any] = {"s3": ministack, "azure": azurite_with_logins, "gs": fake_gcs_with_logins}
#: What stock Metaflow imports for each store, and the package that brings it.
NEEDED = {"s3": ("boto3", "boto3"), "azure": ("azure.storage.blob, azure.identity", "azure-storage-blob azure-identity"),
          "gs": ("google.cloud.storage", "google-cloud-storage")}  # fmt: skip

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not STOCK, reason="MFINFRA_STOCK_PYTHON names no Python with stock metaflow==2.19.39"),
]


@pytest.fixture(scope="module", params=list(STORES))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    modules, packages = NEEDED[request.param]
    if subprocess.run([STOCK, "-c", f"import {modules}"], capture_output=True).returncode:
        pytest.fail(f"stock Metaflow needs more for this store. Type: {STOCK} -m pip install {packages}")
    with STORES[request.param](tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("service")
    program = Program(f"sqlite:///{folder}/m.db", folder / "log")
    program.start()
    yield program
    program.stop()


@pytest.fixture
def environment(server: Server) -> Callable[..., dict[str, str]]:
    """The settings of a datastore of its own in the server."""
    root, name = server.fresh_root(), server.kind.upper()

    def made(**more: str) -> dict[str, str]:
        return {
            **server.environment,
            "AWS_DEFAULT_REGION": "us-east-1",
            "METAFLOW_DEFAULT_DATASTORE": server.kind,
            f"METAFLOW_DATASTORE_SYSROOT_{name}": root,
            f"METAFLOW_DATATOOLS_{name}ROOT": f"{root}/data",
            **more,
        }

    return made


@pytest.mark.parametrize("writer", ["metaflow", "mfruntime"])
@pytest.mark.parametrize(("server", "kind", "shape"), CASES, indirect=["server"])
def test_both_clients_show_the_same_of_a_run(
    environment: Callable[..., dict[str, str]], service: Program, tmp_path: Path, kind: str, writer: str, shape: str
) -> None:
    more = environment(METAFLOW_DEFAULT_METADATA=kind, METAFLOW_SERVICE_URL=service.url)
    pathspec = run_flow(tmp_path, shape, writer, **more)
    theirs, ours = (described(tmp_path, pathspec, library, **more) for library in ("metaflow", "mfruntime"))
    found = differences(ours, theirs)
    assert not found, "\n".join(found)


CODE = """
import importlib, json, sys
library = importlib.import_module(sys.argv[1])
library.namespace(None)
code = library.Run(sys.argv[2]).code
script = code.script_name
print(json.dumps([script, code.flowspec, code.info["script"], script in code.tarball.getnames()]))
"""


@pytest.mark.parametrize("writer", ["metaflow", "mfruntime"])
def test_both_clients_read_the_code_of_a_run(
    environment: Callable[..., dict[str, str]], tmp_path: Path, writer: str
) -> None:
    more = environment(METAFLOW_FEAT_ALWAYS_UPLOAD_CODE_PACKAGE="1")
    pathspec = run_flow(tmp_path, "linear", writer, **more)
    shown = [
        json.loads(call(tmp_path, python, "-c", CODE, library, pathspec, **more))
        for python, library in ((STOCK, "metaflow"), (sys.executable, "mfruntime"))
    ]
    assert shown[0] == shown[1]
    assert shown[0][0] == "linear.py" and shown[0][3]


@pytest.mark.parametrize("writer", ["metaflow", "mfruntime"])
def test_included_files_lie_where_the_setting_says(
    server: Server, environment: Callable[..., dict[str, str]], tmp_path: Path, writer: str
) -> None:
    place = f"{server.fresh_root()}/included"
    more = environment(**{f"METAFLOW_DATATOOLS_{server.kind.upper()}ROOT": place})
    pathspec = run_flow(tmp_path, "parameters", writer, **more)
    theirs, ours = (described(tmp_path, pathspec, library, **more) for library in ("metaflow", "mfruntime"))
    assert not differences(ours, theirs)
    read = "import sys; from mfruntime import *; TOOL; print([(o.key, o.size) for o in t.list_recursive()])"
    tool = {
        "s3": "t = S3(s3root=sys.argv[1])",
        "azure": "t = AzureBlob(azureroot=sys.argv[1])",
        "gs": "t = GS(gsroot=sys.argv[1])",
    }
    listed = call(tmp_path, sys.executable, "-c", read.replace("TOOL", tool[server.kind]), place, **more)
    assert "Parameters/" in listed
