"""The S3 class against servers that speak S3: what is put comes back, and what cannot be is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.servers import SERVERS, Server

from mfruntime import S3
from mfruntime.datatools import addresses
from mfruntime.datatools.s3 import (
    MetaflowS3AccessDenied,
    MetaflowS3Exception,
    MetaflowS3InvalidObject,
    MetaflowS3InvalidRange,
    MetaflowS3NotFound,
    MetaflowS3URLException,
    S3GetObject,
    S3PutObject,
)


@pytest.fixture(scope="module", params=["ministack", "seaweedfs"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture
def root(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return server.fresh_root()


def test_what_is_put_comes_back(root: str, tmp_path: Path) -> None:
    with S3(s3root=root) as s3:
        assert s3.put("text", "größe", content_type="text/x", metadata={"a": {"b": [1]}}) == f"{root}/text"
        found = s3.get("text")
        assert (found.text, found.size, found.key, found.prefix, found.url) == (
            "größe",
            7,
            "text",
            root,
            f"{root}/text",
        )
        assert (found.content_type, found.metadata) == ("text/x", {"a": {"b": [1]}})
        assert found.path is not None
        assert Path(found.path).parent.parent == tmp_path
        info = s3.info("text")
        assert (info.size, info.downloaded, info.metadata) == (7, False, found.metadata)
        assert abs((info.last_modified or 0) - os.stat(found.path).st_mtime) < 120
    assert not os.path.exists(found.path)
    assert list(tmp_path.iterdir()) == []


def test_many_objects_and_their_order(root: str) -> None:
    names = [f"folder/{number:04}" for number in range(300)]
    with S3(s3root=root) as s3:
        assert s3.put_many((name, name * 2) for name in names) == [(name, f"{root}/{name}") for name in names]
        assert [o.text for o in s3.get_many(reversed(names))] == [name * 2 for name in reversed(names)]
        assert [o.size for o in s3.info_many(names)] == [22] * 300
        assert [o.key for o in s3.list_recursive()] == names
        assert [(o.key, o.exists) for o in s3.list_paths()] == [("folder", False)]
        assert len(s3.get_all()) == 300
        assert [o.url for o in s3.get_recursive(["folder/000"])] == [f"{root}/{name}" for name in names[:10]]


def test_a_large_object_in_parts(root: str, tmp_path: Path) -> None:
    content = os.urandom(1 << 20) * 40
    (tmp_path / "large").write_bytes(content)
    with S3(s3root=root) as s3:
        s3.put_files([("large", "large"), S3PutObject("typed", path="large", content_type="x/y")])
        assert s3.get("large").blob == content
        assert s3.get("typed").content_type == "x/y"
        part = s3.get(S3GetObject("large", 5 << 20, 20 << 20))
        assert part.blob == content[5 << 20 : 25 << 20]
        assert part.range_info == (len(content), 5 << 20, 20 << 20)


@pytest.mark.parametrize(
    ("offset", "length", "text"),
    [(0, 1, "0"), (3, 4, "3456"), (9, 5, "9"), (2, None, "23456789"), (-3, None, "789"), (-3, 3, "789"),
     (None, None, "0123456789"), (0, 0, "0123456789"), (0, 100, "0123456789")],
)  # fmt: skip
def test_parts_of_an_object(root: str, offset: int | None, length: int | None, text: str) -> None:
    with S3(s3root=root) as s3:
        s3.put("r", "0123456789")
        assert s3.get(S3GetObject("r", offset, length)).text == text
        assert [o.text for o in s3.get_many([S3GetObject("r", offset, length), "r"])] == [text, "0123456789"]


def test_parts_that_are_not_there(root: str) -> None:
    with S3(s3root=root) as s3:
        s3.put_many([("r", "0123456789"), ("empty", "")])
        for wanted in (
            S3GetObject("r", 10, 1),
            S3GetObject("r", 20, None),
            S3GetObject("r", 3, 0),
            S3GetObject("empty", 0, 1),
        ):
            with pytest.raises(MetaflowS3InvalidRange):
                s3.get(wanted)
        assert s3.get("empty").blob == b""
        assert len(os.listdir(s3._folder or "")) == 1  # nothing half-written is left


def test_what_is_there_can_be_kept(root: str) -> None:
    with S3(s3root=root) as s3:
        s3.put("a", "old")
        assert s3.put("a", "new", overwrite=False) == f"{root}/a"
        assert s3.put_many([("a", "new"), ("b", "new")], overwrite=False) == [("b", f"{root}/b")]
        assert (s3.get("a").text, s3.get("b").text) == ("old", "new")


def test_what_is_missing(root: str) -> None:
    with S3(s3root=root) as s3:
        s3.put("there", "v")
        for call in (lambda: s3.get("no"), lambda: s3.info("no"), lambda: s3.get_many(["there", "no"])):
            with pytest.raises(MetaflowS3NotFound):
                call()
        found = s3.get_many(["no", "there"], return_missing=True)
        assert [(o.exists, o.size, o.text) for o in found] == [(False, None, None), (True, 1, "v")]
        assert str(found[0]) == f"<S3Object {root}/no (object does not exist)>"
        with pytest.raises(MetaflowS3NotFound):
            s3.put_files([("x", "no-such-file")])
        assert s3.list_paths(["no"]) == s3.list_recursive(["no"]) == s3.get_many([]) == []


def test_markers_of_folders_are_no_objects(root: str, server: Server) -> None:
    import boto3

    bucket, _, prefix = root.removeprefix("s3://").partition("/")
    client = boto3.client("s3", endpoint_url=server.environment["METAFLOW_S3_ENDPOINT_URL"])
    for name in ("mk/", "mk/a", "mk/sub/", "mk/sub/b"):
        client.put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=b"" if name.endswith("/") else b"x")
    with S3(s3root=root) as s3:
        assert [o.key for o in s3.list_recursive(["mk"])] == ["a", "sub/b"]
        assert [o.key for o in s3.list_paths(["mk"])] == ["a", "sub"]
        assert [o.text for o in s3.get_recursive(["mk/"])] == ["x", "x"]


def test_whole_addresses(root: str) -> None:
    with S3() as s3:
        assert s3.put(f"{root}/a", "v") == f"{root}/a"
        assert (s3.get(f"{root}/a").key, s3.get(f"{root}/a").prefix) == (f"{root}/a", None)
        for key in ("plain", None, "", "s3://bucket", "gs://b/k"):
            with pytest.raises(MetaflowS3URLException):
                s3.get(key)
        with pytest.raises(MetaflowS3URLException):
            s3.get_all()
        with pytest.raises(MetaflowS3Exception, match="is a bucket"):
            s3.get("s3://tests/")


@pytest.mark.parametrize("value", [7, None, ["a"], {"a": 1}, bytearray(b"x")])
def test_values_that_cannot_be_saved(root: str, value: object) -> None:
    with S3(s3root=root) as s3:
        for call in (lambda: s3.put("a", value), lambda: s3.put_many([("b", "fine"), ("a", value)])):
            with pytest.raises(MetaflowS3InvalidObject):
                call()
        assert s3.list_recursive() == []


def test_refusals_say_what_to_do(root: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with S3(s3root="s3://no-such-bucket-anywhere/x") as s3, pytest.raises(MetaflowS3NotFound, match="no-such-bucket"):
        s3.list_paths()
    closed = S3(s3root=root)
    closed.close()
    closed.close()
    with pytest.raises(MetaflowS3Exception, match="is closed"):
        closed.get("a")
    with pytest.raises(FileNotFoundError):
        S3(s3root=root, tmproot=str(tmp_path / "nowhere"))
    monkeypatch.setenv("METAFLOW_S3_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("METAFLOW_S3_RETRY_COUNT", "0")
    with S3(s3root=root) as s3, pytest.raises(MetaflowS3Exception, match="cannot be reached"):
        s3.get("a")
    assert issubclass(MetaflowS3AccessDenied, Exception)


def test_several_threads_share_one_place(root: str) -> None:
    with S3(s3root=root) as s3, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: s3.put(f"t{number}", str(number)), range(40)))
        assert [o.text for o in threads.map(s3.get, [f"t{n}" for n in range(40)])] == [str(n) for n in range(40)]


@pytest.mark.parametrize(
    "key", ["what?x=1&y=2", "a#b", "50%25 %zz", 'it\'s "q"', "[x]{y}(z)<w>|^`~!$*", "größe/日本語/😀", " a b "]
)
def test_names_of_any_kind(root: str, key: str) -> None:
    with S3(s3root=root) as s3:
        s3.put(key, key)
        assert s3.get(key).text == key
        assert [o.key for o in s3.list_recursive()] == [key]


@pytest.mark.parametrize("key", ["a//b", "./a", "a/../b", "a\nb"])
def test_names_that_are_refused(root: str, key: str) -> None:
    with S3(s3root=root) as s3, pytest.raises(MetaflowS3URLException, match="name the object otherwise"):
        s3.put(key, "v")


@pytest.mark.parametrize("place", ["tests/x", "gs://tests/x", "s3://", "", "s3:///x/"])
def test_places_that_are_none(place: str) -> None:
    with pytest.raises(MetaflowS3URLException):
        addresses.checked_root(place)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=200)
@given(st.text(min_size=1))
def test_an_address_below_a_root_stays_below_it(key: str) -> None:
    try:
        made = addresses.address("s3://bucket/root", key)
        bucket, name = addresses.parts(made)
    except MetaflowS3URLException:
        return
    assert made.startswith("s3://bucket/root")
    assert bucket == "bucket"
    assert ".." not in name.split("/")
