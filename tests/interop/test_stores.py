"""Runs with artifacts in S3 and metadata in files or in the service: both libraries write and read the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.interop.test_interop import STOCK, described, differences, run_flow
from tests.servers import Server, ministack
from tests.service.servers import Program

SHAPES = ("branch_in_foreach", "parameters", "retry_catch", "switch")

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not STOCK, reason="MFINFRA_STOCK_PYTHON names no Python with stock metaflow==2.19.39"),
]


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with ministack(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("service")
    program = Program(f"sqlite:///{folder}/m.db", folder / "log")
    program.start()
    yield program
    program.stop()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("writer", ["metaflow", "mfruntime"])
@pytest.mark.parametrize("kind", ["local", "service"])
def test_both_clients_show_the_same_of_a_run_in_s3(
    s3: Server, service: Program, tmp_path: Path, kind: str, writer: str, shape: str
) -> None:
    root = s3.fresh_root()
    more = {
        **s3.environment,
        "AWS_DEFAULT_REGION": "us-east-1",
        "MFINFRA_CACHE_BYTES": "0",  # what is read comes from the server
        "METAFLOW_DEFAULT_DATASTORE": "s3",
        "METAFLOW_DATASTORE_SYSROOT_S3": root,
        "METAFLOW_DATATOOLS_S3ROOT": f"{root}/data",
        "METAFLOW_DEFAULT_METADATA": kind,
        "METAFLOW_SERVICE_URL": service.url,
    }
    pathspec = run_flow(tmp_path, shape, writer, **more)
    theirs, ours = (described(tmp_path, pathspec, library, **more) for library in ("metaflow", "mfruntime"))
    found = differences(ours, theirs)
    assert not found, "\n".join(found)
