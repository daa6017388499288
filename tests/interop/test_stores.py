"""Runs with artifacts in S3, Azure Blob or Google Cloud Storage, and metadata in files or in the service: both libraries
write and read the same.

Stock Metaflow talks to azurite and fake-gcs-server unchanged: it only wants TLS and a login from Azure, and a key from
Google, which `tests.logins` gives. Its Python needs the packages of the clouds (see .ci/run).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.metadata_service import Program
from tests.doubles.object_stores import Server, azurite_with_logins, fake_gcs_with_logins, ministack
from tests.interop.test_interop import STOCK, described, differences, run_flow

SHAPES = ("branch_in_foreach", "parameters", "retry_catch", "switch")
#: Every shape with both kinds of metadata in S3, each with one of them in the others; stock takes seconds for each, so that
#: most run at night. `parameters` has an included file, `branch_in_foreach` everything else. By day each kind of metadata is
#: tested once, each in another store.
CASES: list[Any] = [("s3", kind, shape) for kind in ("local", "service") for shape in SHAPES]
for store in ("azure", "gs"):
    CASES += [(store, kind, shape) for kind, shape in zip(("local", "service") * 2, SHAPES)]
    CASES += [(store, "local", "parameters")]
DAILY = {("s3", "service", "branch_in_foreach"), ("gs", "local", "parameters")}
CASES = [pytest.param(*case, marks=[] if case in DAILY else [pytest.mark.slow]) for case in CASES]
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


@pytest.mark.parametrize("writer", ["metaflow", "mfruntime"])
@pytest.mark.parametrize(("server", "kind", "shape"), CASES, indirect=["server"])
def test_both_clients_show_the_same_of_a_run(
    server: Server, service: Program, tmp_path: Path, kind: str, writer: str, shape: str
) -> None:
    root, name = server.fresh_root(), server.kind.upper()
    included = f"{root}/data" if kind == "service" else f"{server.fresh_root()}/included"
    more = {
        **server.environment,
        "AWS_DEFAULT_REGION": "us-east-1",
        "MFINFRA_CACHE_BYTES": "0",  # what is read comes from the server
        "METAFLOW_DEFAULT_DATASTORE": server.kind,
        f"METAFLOW_DATASTORE_SYSROOT_{name}": root,
        f"METAFLOW_DATATOOLS_{name}ROOT": included,
        "METAFLOW_DEFAULT_METADATA": kind,
        "METAFLOW_SERVICE_URL": service.url,
        "METAFLOW_FEAT_ALWAYS_UPLOAD_CODE_PACKAGE": "1",
    }
    pathspec = run_flow(tmp_path, shape, writer, **more)
    theirs, ours = (described(tmp_path, pathspec, library, **more) for library in ("metaflow", "mfruntime"))
    found = differences(ours, theirs)
    assert not found, "\n".join(found)
    assert ours["code"][:1] == [f"{shape}.py"]
