"""A process that is killed in the middle of a large upload leaves nothing that anybody sees."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.object_stores import SERVERS, Counted, Server, counting

SIZE = 160 << 20

STORAGE = """
import sys
from mfruntime import settings
from mfruntime.store.storage.base import Item
from mfruntime.store.storage.s3 import S3Storage
data = bytes(range(256)) * (%d // 256)
S3Storage.from_settings(settings.load(), sys.argv[1]).save([Item("F/data/ab/large", data, {"cas_raw": True})])
"""

CLASS = """
import sys
from mfruntime import S3
with S3(s3root=sys.argv[1]) as s3:
    s3.put("F/data/ab/large", bytes(range(256)) * (%d // 256))
"""


@pytest.fixture(scope="module", params=["ministack", pytest.param("seaweedfs", marks=pytest.mark.slow)])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def counted(server: Server) -> Iterator[Counted]:
    with counting(server) as found:
        yield found


def client(environment: dict[str, str]) -> Any:
    import boto3

    return boto3.client(
        "s3", endpoint_url=environment["METAFLOW_S3_ENDPOINT_URL"], region_name="us-east-1",
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"], aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )  # fmt: skip


@pytest.mark.parametrize("code", [STORAGE, CLASS], ids=["artifacts", "S3 class"])
def test_an_upload_that_is_killed_shows_no_object_and_goes_through_the_next_time(
    server: Server, counted: Counted, code: str, tmp_path: Path
) -> None:
    root = server.fresh_root()
    argv = [sys.executable, "-c", code % SIZE, root]
    env = {**os.environ, **counted.environment}
    with subprocess.Popen(argv, env=env, cwd=tmp_path) as process:
        while not any("partNumber=" in path for _, path in counted.requests):
            assert process.poll() is None
            time.sleep(0.001)
        process.kill()
    sent = [path for method, path in counted.requests if "partNumber=" in path]
    assert 0 < len(sent) < SIZE / (5 << 20)
    assert not any(method == "POST" and "uploadId=" in path for method, path in counted.requests)
    s3, prefix = client(server.environment), root.removeprefix("s3://tests/")
    assert s3.list_objects_v2(Bucket="tests", Prefix=prefix)["KeyCount"] == 0
    left = s3.list_multipart_uploads(Bucket="tests", Prefix=prefix).get("Uploads", [])
    assert [upload["Key"] for upload in left] == [f"{prefix}/F/data/ab/large"]  # what the lifecycle rule ends
    subprocess.run(argv, env={**os.environ, **server.environment}, cwd=tmp_path, check=True)
    (found,) = s3.list_objects_v2(Bucket="tests", Prefix=prefix)["Contents"]
    assert found["Size"] == SIZE
    s3.abort_multipart_upload(Bucket="tests", Key=left[0]["Key"], UploadId=left[0]["UploadId"])
    assert s3.head_object(Bucket="tests", Key=found["Key"])["ContentLength"] == SIZE
