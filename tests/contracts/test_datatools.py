"""The data tools against servers of every store: what is put comes back, and what cannot be is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.doubles.object_stores import SERVERS, Server

from mfruntime import GS, S3, AzureBlob
from mfruntime.datatools import addresses, azure, gs, s3
from mfruntime.datatools.errors import (
    AccessDenied,
    DataToolsException,
    InvalidAddress,
    InvalidObject,
    InvalidRange,
    NameClash,
    ObjectNotFound,
)
from mfruntime.datatools.objects import GetObject, PutObject
from mfruntime.datatools.provider import Provider
from mfruntime.settings import Settings
from mfruntime.store import locate

TOOLS: dict[str, Any] = {"s3": S3, "azure": AzureBlob, "gs": GS}
KINDS = [s3.PROVIDER, azure.PROVIDER, gs.PROVIDER]
ENDPOINTS = {"METAFLOW_S3_ENDPOINT_URL", "METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT", "STORAGE_EMULATOR_HOST"}
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=[kind.type for kind in KINDS])


class Tools:
    """The tools of a server, and a root that nobody else uses."""

    def __init__(self, server: Server):
        self.kind: Provider = TOOLS[server.kind].PROVIDER
        self.server = server
        self.root = f"{self.kind.scheme}{server.fresh_root().removeprefix(self.kind.scheme)}"

    def at(self, root: str | None = None, **more: Any) -> Any:
        """The tools at their root, or at another."""
        return TOOLS[self.kind.type](**{self.kind.root_argument: self.root if root is None else root}, **more)

    def anywhere(self) -> Any:
        return TOOLS[self.kind.type]()


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture
def tools(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tools:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return Tools(server)


@pytest.fixture
def root(tools: Tools) -> str:
    return tools.root


def test_a_text_is_one_key_and_not_its_letters(tools: Tools, root: str) -> None:
    with tools.at() as place:
        place.put_many([("ab", "1"), ("a", "2"), ("b/c", "3")])
        assert [one.text for one in place.get_many("ab")] == ["1"]
        assert [one.key for one in place.info_many("ab")] == ["ab"]
        assert [one.url for one in place.list_paths("b")] == [f"{root}/b/c"]
        assert [one.url for one in place.list_recursive("b")] == [f"{root}/b/c"]
        assert [one.url for one in place.get_recursive("b/")] == [f"{root}/b/c"]
        for put in (place.put_many, place.put_files):
            with pytest.raises(tools.kind.errors.invalid_object, match="contains the text 'key'"):
                put(("key", "value"))


def test_what_is_put_comes_back(tools: Tools, root: str, tmp_path: Path) -> None:
    with tools.at() as place:
        assert place.put("text", "größe", content_type="text/x", metadata={"a": {"b": [1]}}) == f"{root}/text"
        found = place.get("text")
        assert (found.text, found.size, found.key) == ("größe", 7, "text")
        assert (found.prefix, found.url) == (root, f"{root}/text")
        assert (found.content_type, found.metadata) == ("text/x", {"a": {"b": [1]}})
        assert found.path is not None
        assert Path(found.path).parent.parent == tmp_path
        info = place.info("text")
        assert (info.size, info.downloaded, info.metadata) == (7, False, found.metadata)
        assert abs((info.last_modified or 0) - os.stat(found.path).st_mtime) < 120
        assert (info.etag, info.version) == (found.etag, found.version)
    assert not os.path.exists(found.path)
    assert list(tmp_path.iterdir()) == []


def test_many_objects_and_their_order(tools: Tools, root: str) -> None:
    names = [f"folder/{number:04}" for number in range(300)]
    with tools.at() as place:
        assert place.put_many((name, name * 2) for name in names) == [(name, f"{root}/{name}") for name in names]
        assert [o.text for o in place.get_many(reversed(names))] == [name * 2 for name in reversed(names)]
        assert [o.size for o in place.info_many(names)] == [22] * 300
        assert [o.key for o in place.list_recursive()] == names
        assert [(o.key, o.exists) for o in place.list_paths()] == [("folder", False)]
        assert len(place.get_all()) == 300
        assert [o.url for o in place.get_recursive(["folder/000"])] == [f"{root}/{name}" for name in names[:10]]


def test_a_large_object_in_parts(tools: Tools, tmp_path: Path) -> None:
    content = os.urandom(1 << 20) * 40
    (tmp_path / "large").write_bytes(content)
    with tools.at() as place:
        place.put_files([("large", "large"), PutObject("typed", path="large", content_type="x/y")])
        assert place.get("large").blob == content
        assert place.get("typed").content_type == "x/y"
        part = place.get(GetObject("large", 5 << 20, 20 << 20))
        assert part.blob == content[5 << 20 : 25 << 20]
        assert part.range_info == (len(content), 5 << 20, 20 << 20)


@pytest.mark.parametrize(
    ("offset", "length", "text"),
    [(0, 1, "0"), (3, 4, "3456"), (9, 5, "9"), (2, None, "23456789"), (-3, None, "789"), (-3, 3, "789"),
     (None, None, "0123456789"), (0, 0, "0123456789"), (0, 100, "0123456789")],
)  # fmt: skip
def test_parts_of_an_object(tools: Tools, offset: int | None, length: int | None, text: str) -> None:
    with tools.at() as place:
        place.put("r", "0123456789")
        assert place.get(GetObject("r", offset, length)).text == text
        assert [o.text for o in place.get_many([GetObject("r", offset, length), "r"])] == [text, "0123456789"]


def test_parts_that_are_not_there(tools: Tools) -> None:
    with tools.at() as place:
        place.put_many([("r", "0123456789"), ("empty", "")])
        for wanted in (
            GetObject("r", 10, 1),
            GetObject("r", 20, None),
            GetObject("r", 3, 0),
            GetObject("empty", 0, 1),
        ):
            with pytest.raises(InvalidRange):
                place.get(wanted)
        assert place.get("empty").blob == b""
        assert len(os.listdir(place._folder or "")) == 1  # nothing half-written is left


def test_what_is_there_can_be_kept(tools: Tools, root: str) -> None:
    with tools.at() as place:
        place.put("a", "old")
        assert place.put("a", "new", overwrite=False) == f"{root}/a"
        assert place.put_many([("a", "new"), ("b", "new")], overwrite=False) == [("b", f"{root}/b")]
        assert (place.get("a").text, place.get("b").text) == ("old", "new")


def test_what_is_missing(tools: Tools, root: str) -> None:
    with tools.at() as place:
        place.put("there", "v")
        for call in (lambda: place.get("no"), lambda: place.info("no"), lambda: place.get_many(["there", "no"])):
            with pytest.raises(ObjectNotFound):
                call()
        found = place.get_many(["no", "there"], return_missing=True)
        assert [(o.exists, o.size, o.text) for o in found] == [(False, None, None), (True, 1, "v")]
        assert str(found[0]) == f"<{tools.at().OBJECT.__name__} {root}/no (object does not exist)>"
        with pytest.raises(ObjectNotFound):
            place.put_files([("x", "no-such-file")])
        assert place.list_paths(["no"]) == place.list_recursive(["no"]) == place.get_many([]) == []


def test_markers_of_folders_are_no_objects(tools: Tools, root: str) -> None:
    prefix = root.removeprefix(tools.kind.scheme).partition("/")[2]
    for name in ("mk/", "mk/a", "mk/sub/", "mk/sub/b"):
        tools.server.put(f"{prefix}/{name}", b"" if name.endswith("/") else b"x")
    with tools.at() as place:
        assert [o.key for o in place.list_recursive(["mk"])] == ["a", "sub/b"]
        assert [o.key for o in place.list_paths(["mk"])] == ["a", "sub"]
        assert [o.text for o in place.get_recursive(["mk/"])] == ["x", "x"]


def test_whole_addresses(tools: Tools, root: str) -> None:
    with tools.anywhere() as place:
        assert place.put(f"{root}/a", "v") == f"{root}/a"
        assert (place.get(f"{root}/a").key, place.get(f"{root}/a").prefix) == (f"{root}/a", None)
        for key in ("plain", None, "", f"{tools.kind.scheme}name", "https://b/k"):
            with pytest.raises(InvalidAddress):
                place.get(key)
        with pytest.raises(InvalidAddress):
            place.get_all()
        with pytest.raises(DataToolsException, match=f"is a {tools.kind.container}"):
            place.get(f"{tools.kind.scheme}tests/")


@pytest.mark.parametrize("value", [7, None, ["a"], {"a": 1}, bytearray(b"x")])
def test_values_that_cannot_be_saved(tools: Tools, value: object) -> None:
    with tools.at() as place:
        for call in (lambda: place.put("a", value), lambda: place.put_many([("b", "fine"), ("a", value)])):
            with pytest.raises(InvalidObject):
                call()
        assert place.list_recursive() == []


def test_refusals_say_what_to_do(tools: Tools, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with tools.at(f"{tools.kind.scheme}no-such-place/x") as place:
        for call in (place.list_paths, place.get_all):
            with pytest.raises(ObjectNotFound, match=f"{tools.kind.container} .*no-such-place does not exist"):
                call()
        with pytest.raises(ObjectNotFound, match="no-such-place"):
            place.get("a")
        with pytest.raises((ObjectNotFound, AccessDenied), match="no-such-place"):  # SeaweedFS calls it denied
            place.put("a", "v")
    closed = tools.at()
    closed.close()
    closed.close()
    with pytest.raises(DataToolsException, match="is closed"):
        closed.get("a")
    with pytest.raises(FileNotFoundError):
        tools.at(tmproot=str(tmp_path / "nowhere"))
    (endpoint,) = set(tools.server.environment) & ENDPOINTS
    monkeypatch.setenv(endpoint, "http://127.0.0.1:1/account")
    monkeypatch.setenv("METAFLOW_S3_RETRY_COUNT", "0")
    with tools.at() as place, pytest.raises(DataToolsException, match="cannot be reached"):
        place.get("a")


def test_several_threads_share_one_place(tools: Tools) -> None:
    with tools.at() as place, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: place.put(f"t{number}", str(number)), range(40)))
        assert [o.text for o in threads.map(place.get, [f"t{n}" for n in range(40)])] == [str(n) for n in range(40)]


@pytest.mark.parametrize(
    "key", ["what?x=1&y=2", "a#b", "50%25 %zz", 'it\'s "q"', "[x]{y}(z)<w>|^`~!$*", "größe/日本語/😀", " a b "]
)
def test_names_of_any_kind(tools: Tools, key: str) -> None:
    with tools.at() as place:
        place.put(key, key)
        assert place.get(key).text == key
        assert [o.key for o in place.list_recursive()] == [key]


@pytest.mark.parametrize("key", ["a//b", "./a", "a/../b", "a\nb"])
def test_names_that_are_refused(tools: Tools, key: str) -> None:
    with tools.at() as place, pytest.raises(InvalidAddress, match="use another object name"):
        place.put(key, "v")


def test_an_object_and_a_folder_of_one_name(tools: Tools, root: str) -> None:
    """Most stores know no folders, so that both are there; one that does refuses what it would have to hide."""
    with tools.at() as place:
        place.put("a/b", "inner")
        try:
            place.put("a", "outer")
        except NameClash as exc:
            assert f"{root}/a" in str(exc)
            assert "\n" not in str(exc)
            assert place.get("a/b").text == "inner"
            return
        assert [o.text for o in place.get_many(["a", "a/b"])] == ["outer", "inner"]


def test_a_changed_object_has_another_mark(tools: Tools) -> None:
    with tools.at() as place:
        place.put("a", "old")
        old = place.info("a")
        place.put("a", "new")
        assert old.etag
        assert place.info("a").etag != old.etag
        assert place.list_recursive()[0].etag is None


@EACH_KIND
@pytest.mark.parametrize("root", ["", "http://tests/x", "SCHEME", "SCHEME/x/", "other://tests/x"])
def test_places_that_are_none(kind: Provider, root: str) -> None:
    with pytest.raises(kind.errors.invalid_address, match=kind.root_argument):
        addresses.checked_root(kind, root.replace("SCHEME", kind.scheme))


def test_a_place_in_azure_may_be_named_as_in_the_settings() -> None:
    assert addresses.checked_root(azure.PROVIDER, "tests/x/") == "azure://tests/x"
    with pytest.raises(InvalidAddress, match="gsroot"):
        addresses.checked_root(gs.PROVIDER, "tests/x")


@EACH_KIND
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=100)
@given(key=st.text(min_size=1))
def test_an_address_below_a_root_stays_below_it(kind: Provider, key: str) -> None:
    root = f"{kind.scheme}bucket/root"
    try:
        made = addresses.address(kind, root, key)
        bucket, name = addresses.parts(kind, made)
    except InvalidAddress:
        return
    assert made.startswith(root)
    assert bucket == "bucket"
    assert ".." not in name.split("/")


@EACH_KIND
def test_runs_lie_in_data_of_the_datastore_unless_told_otherwise(kind: Provider) -> None:
    datastore = f"METAFLOW_DATASTORE_SYSROOT_{kind.type.upper()}"
    assert locate.data_root(Settings({datastore: "b/x/"}, {}), kind.type) == "b/x/data"
    assert locate.data_root(Settings({datastore: "b/x", kind.root_setting: "b/y"}, {}), kind.type) == "b/y"
    assert locate.data_root(Settings({}, {}), kind.type) is None


@EACH_KIND
def test_every_error_is_one_of_the_general_ones(kind: Provider) -> None:
    for error, general in zip(kind.errors, type(kind.errors)()):
        assert issubclass(error, general)
        assert issubclass(error, DataToolsException)
