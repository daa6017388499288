"""One sequence of S3 calls and what each answers, as JSON: python datatools_calls.py metaflow|mfruntime ROOT

Both libraries run it against one server; what is bound to a run of it (the root, temporary names, times) is taken out.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
from collections.abc import Callable
from typing import Any

LIBRARY, ROOT = sys.argv[1], sys.argv[2]
S3 = importlib.import_module(LIBRARY).S3
_MODULE = "metaflow.plugins.datatools.s3" if LIBRARY == "metaflow" else "mfruntime.datatools.s3"
tools = importlib.import_module(_MODULE)
S3GetObject, S3PutObject = tools.S3GetObject, tools.S3PutObject

answers: list[list[Any]] = []


def told(value: Any) -> Any:
    """A value as JSON, without what differs between two runs."""
    if isinstance(value, tools.S3Object):
        return {
            **{name: told(getattr(value, name)) for name in (
                "url", "key", "prefix", "size", "exists", "downloaded", "content_type", "metadata", "range_info",
                "encryption", "has_info", "text",
            )},
            "path": value.path is not None and os.path.isfile(value.path),
            "blob": None if value.blob is None else [len(value.blob), value.blob[:40].hex()],
            "last_modified": type(value.last_modified).__name__,
            "str": told(str(value)),
        }  # fmt: skip
    if isinstance(value, (list, tuple)):
        return [told(item) for item in value]
    if isinstance(value, dict):
        return {told(k): told(v) for k, v in value.items()}
    if isinstance(value, str):
        return value.replace(ROOT, "ROOT").replace(LIBRARY, "LIBRARY")[:200]
    return value


def ask(label: str, call: Callable[[], Any], ordered: bool = True) -> None:
    try:
        answer = told(call())
        if not ordered:
            answer = sorted(answer, key=json.dumps)
    except Exception as exc:
        answer = {"error": type(exc).__name__, "headline": getattr(exc, "headline", None)}
    answers.append([label, answer])
    if os.environ.get("TRACE"):
        import time

        print(f"{time.time():.1f}", label, file=sys.stderr, flush=True)


class FakeRun:
    """Neither a FlowSpec nor a Run."""

    id = pathspec = "F/1"


# -- constructors ------------------------------------------------------------------------------------------------------

for name, more in {
    "nothing": {},
    "root": {"s3root": ROOT},
    "root with a slash": {"s3root": ROOT + "/"},
    "root without scheme": {"s3root": "tests/x"},
    "root of another scheme": {"s3root": "gs://tests/x"},
    "root of a bucket": {"s3root": "s3://tests"},
    "root of a bucket with a slash": {"s3root": "s3://tests/"},
    "root of no bucket": {"s3root": "s3://"},
    "root and bucket": {"s3root": ROOT, "bucket": "tests"},
    "root and prefix": {"s3root": ROOT, "prefix": "p"},
    "bucket alone": {"bucket": "tests"},
    "prefix alone": {"prefix": "p"},
    "bucket and prefix": {"bucket": "tests", "prefix": "p"},
    "run that is none": {"run": FakeRun()},
    "unknown argument": {"nonsense": 1},
    "number as root": {"s3root": 7},
    "bytes as root": {"s3root": ROOT.encode()},
    "tmproot that is not there": {"s3root": ROOT, "tmproot": "/nowhere/at/all"},
    "client parameters": {"s3root": ROOT, "client_params": {"region_name": "us-east-1"}},
}.items():

    def made(more: dict[str, Any] = more) -> Any:
        with S3(**more) as s3:
            return [type(s3).__name__, s3.put("ctor", "v") if "s3root" in more else None]

    ask(f"constructor: {name}", made)

# -- keys without and with a root --------------------------------------------------------------------------------------

KEYS: dict[str, Any] = {
    "plain": "plain",
    "folder": "a/b/c",
    "unicode": "größe/日本語/😀",
    "space": "with space",
    "plus": "a+b",
    "percent": "50%25 %zz %",
    "question": "what?x=1&y=2",
    "hash": "a#b",
    "colon": "a:b;c,d@e=f",
    "quote": 'it\'s "quoted"',
    "brackets": "[x]{y}(z)<w>|^`~!$*",
    "backslash": "a\\b",
    "tilde": "~home/.hidden",
    "trailing slash": "folder/",
    "leading slash": "/leading",
    "double slash": "a//b",
    "dot": "./dot",
    "dots": "a/../b",
    "empty": "",
    "slash": "/",
    "long": "x" * 500,
    "newline": "a\nb",
    "tab": "a\tb",
    "full url": ROOT + "/full",
    "other full url": "s3://tests/elsewhere",
    "other scheme": "gs://tests/x",
    "number": 7,
    "bytes": b"bytes",
    "none": None,
    "list": ["x"],
}

for name, key in KEYS.items():
    with S3(s3root=ROOT) as s3:
        ask(f"put: {name}", lambda key=key: s3.put(key, f"<{key}>"))
        ask(f"get: {name}", lambda key=key: s3.get(key))
        ask(f"get_many: {name}", lambda key=key: s3.get_many([key]))
        ask(f"info: {name}", lambda key=key: s3.info(key))
        ask(f"info_many: {name}", lambda key=key: s3.info_many([key]))
        ask(f"put_many: {name}", lambda key=key: s3.put_many([(key, f"<{key}>")]))
        ask(f"list_paths: {name}", lambda key=key: s3.list_paths([key]))
        ask(f"list_recursive: {name}", lambda key=key: s3.list_recursive([key]))
        ask(f"get_recursive: {name}", lambda key=key: s3.get_recursive([key]))

for name, key in {
    "url": ROOT + "/norooturl", "key": "plain", "none": None, "empty": "", "bucket": "s3://tests", "no key": "s3://tests/",
    "scheme": "s3://", "other scheme": "https://tests/x", "encoded": ROOT + "/with%20space", "slash": ROOT + "/folder/",
    "query": ROOT + "/q?versionId=x", "fragment": ROOT + "/h#ash", "case": ROOT.replace("s3", "S3", 1) + "/case",
}.items():  # fmt: skip
    with S3() as s3:
        ask(f"no root, put: {name}", lambda key=key: s3.put(key, "v"))
        ask(f"no root, get: {name}", lambda key=key: s3.get(key))
        ask(f"no root, get_many: {name}", lambda key=key: s3.get_many([key]))
        ask(f"no root, info: {name}", lambda key=key: s3.info(key, return_missing=True))
        ask(f"no root, put_many: {name}", lambda key=key: s3.put_many([(key, "v")]))
        ask(f"no root, list_recursive: {name}", lambda key=key: len(s3.list_recursive([key])) >= 0)
with S3() as s3:
    ask("no root: get_all", lambda: s3.get_all())
    ask("no root: list_paths", lambda: s3.list_paths())
    ask("no root: list_recursive", lambda: s3.list_recursive())

# -- values ------------------------------------------------------------------------------------------------------------

VALUES: dict[str, Any] = {
    "text": "größe", "bytes": b"\x00\xff", "empty": b"", "empty text": "", "number": 7, "none": None, "list": [1],
    "bytearray": bytearray(b"ba"), "memoryview": memoryview(b"mv"), "dict": {"a": 1}, "float": 1.5, "bool": True,
}  # fmt: skip
STREAMS: dict[str, Callable[[], Any]] = {
    "BytesIO": lambda: io.BytesIO(b"stream"),
    "BytesIO half read": lambda: _seeked(io.BytesIO(b"0123456789"), 4),
    "StringIO": lambda: io.StringIO("stream"),
    "BufferedReader": lambda: io.BufferedReader(io.BytesIO(b"buffered")),
    "file": lambda: _file(b"of a file"),
    "text file": lambda: _text_file("of a text file"),
    "closed": lambda: _closed(io.BytesIO(b"x")),
}


def _seeked(stream: io.BytesIO, to: int) -> io.BytesIO:
    stream.seek(to)
    return stream


def _closed(stream: io.BytesIO) -> io.BytesIO:
    stream.close()
    return stream


def _file(content: bytes) -> Any:
    with open("value.bin", "wb") as file:
        file.write(content)
    return open("value.bin", "rb")


def _text_file(content: str) -> Any:
    with open("value.txt", "w") as file:
        file.write(content)
    return open("value.txt")


with S3(s3root=ROOT + "/values") as s3:
    for name, value in VALUES.items():
        ask(f"value {name}: put", lambda name=name, value=value: s3.put(name, value))
        ask(f"value {name}: get", lambda name=name: s3.get(name, return_missing=True))
        ask(f"value {name}: put_many", lambda name=name, value=value: s3.put_many([(name + "m", value)]))
        ask(f"value {name}: get_many", lambda name=name: s3.get_many([name + "m"], return_missing=True))
    for name, make in STREAMS.items():
        ask(f"stream {name}: put", lambda name=name, make=make: s3.put(name, make()))
        ask(f"stream {name}: get", lambda name=name: s3.get(name, return_missing=True))
        ask(f"stream {name}: put_many", lambda name=name, make=make: s3.put_many([(name + "m", make())]))
        ask(f"stream {name}: get_many", lambda name=name: s3.get_many([name + "m"], return_missing=True))
    used = io.BytesIO(b"used")
    ask("stream: put", lambda: s3.put("used", used))
    ask("stream is closed by put", lambda: [used.closed, used.tell()])

# -- attributes, overwriting -------------------------------------------------------------------------------------------

with S3(s3root=ROOT + "/attributes") as s3:
    ask("attributes: put", lambda: s3.put("m", "v", content_type="text/x", metadata={"a": "1", "ü": "größe"}))
    ask("attributes: get", lambda: s3.get("m"))
    ask("attributes: get without info", lambda: s3.get("m", return_info=False))
    ask("attributes: info", lambda: s3.info("m"))
    ask("attributes: get_many", lambda: s3.get_many(["m"]))
    ask("attributes: get_many without info", lambda: s3.get_many(["m"], return_info=False))
    ask("attributes: info_many", lambda: s3.info_many(["m"]))
    ask("attributes: get_all", lambda: s3.get_all())
    ask("attributes: get_all with info", lambda: s3.get_all(return_info=True))
    ask("attributes: get_recursive with info", lambda: s3.get_recursive([""], return_info=True))
    ask("attributes: list_paths", lambda: s3.list_paths())
    ask("attributes: kept", lambda: [s3.put("m", "w", overwrite=False), s3.get("m").text])
    ask("attributes: replaced", lambda: [s3.put("m", "w"), s3.get("m")])
    ask("attributes: nested", lambda: [s3.put("n", "v", metadata={"a": {"b": [1, None, True]}, "c": 2}), s3.get("n")])
    ask("attributes: empty", lambda: [s3.put("e", "v", metadata={}), s3.get("e")])
    ask("attributes: empty type", lambda: [s3.put("t", "v", content_type=""), s3.get("t").text])
    ask("attributes: not JSON", lambda: s3.put("x", "v", metadata={"a": object()}))
    ask("attributes: not a dict", lambda: [s3.put("nd", "v", metadata=["a"]), s3.get("nd")])
    ask("attributes: put_many", lambda: s3.put_many([
        S3PutObject("p", "v", content_type="text/y", metadata={"k": "v"}), S3PutObject(key="q", value=b"v"), ("r", "v"),
    ]))  # fmt: skip
    ask("attributes: put_many read", lambda: s3.get_many(["p", "q", "r"]))
    ask("attributes: put_many read by info", lambda: s3.info_many(["p", "q", "r"]))
    ask(
        "attributes: S3PutObject in put",
        lambda: [s3.put(S3PutObject("z", "v", content_type="t/z", metadata={"z": "1"}), "w"), s3.get("z")],
    )
    ask("attributes: S3PutObject without value", lambda: s3.put_many([S3PutObject("p")]))
    ask(
        "attributes: put_many kept",
        lambda: [s3.put_many([("p", "new"), ("new", "new")], overwrite=False), s3.get("p").text],
    )
    ask("attributes: encryption", lambda: [s3.put(S3PutObject("enc", encryption="AES256"), "v"), s3.get("enc").text])
    ask(
        "attributes: twice in a batch",
        lambda: [s3.put_many([("twice", "1"), ("twice", "1")]), s3.get_many(["twice", "twice"])],
    )

# -- files -------------------------------------------------------------------------------------------------------------

with open("one.txt", "w") as out:
    out.write("one")
with open("empty.txt", "w") as out:
    pass
os.makedirs("folder", exist_ok=True)
with S3(s3root=ROOT + "/files") as s3:
    ask("files: put", lambda: s3.put_files([("one", "one.txt"), ("empty", "empty.txt")]))
    ask("files: read", lambda: s3.get_many(["one", "empty"]))
    ask("files: absolute", lambda: s3.put_files([("abs", os.path.abspath("one.txt"))]))
    ask(
        "files: objects",
        lambda: s3.put_files([S3PutObject("o", path="one.txt", content_type="t/o", metadata={"a": "b"})]),
    )
    ask("files: objects read", lambda: s3.get("o"))
    ask("files: missing", lambda: s3.put_files([("gone", "nothing.txt")]))
    ask("files: folder", lambda: s3.put_files([("folder", "folder")]))
    ask("files: none", lambda: s3.put_files([]))
    ask(
        "files: kept",
        lambda: [s3.put_files([("one", "empty.txt"), ("two", "one.txt")], overwrite=False), s3.get("one").text],
    )
    ask("files: generator", lambda: s3.put_files((k, "one.txt") for k in "xy"))
    ask("files: path object", lambda: s3.put_files([("po", __import__("pathlib").Path("one.txt"))]))
    ask("files: no path", lambda: s3.put_files([S3PutObject("np")]))

# -- ranges ------------------------------------------------------------------------------------------------------------

with S3(s3root=ROOT + "/ranges") as s3:
    s3.put("r", "0123456789", metadata={"a": "b"})
    s3.put("empty", "")
    for offset, length in [
        (0, 1), (0, 10), (0, 100), (3, 4), (9, 1), (9, 5), (10, 1), (20, 1), (3, -1), (0, -1), (-3, 3), (-3, -1),
        (-20, -1), (0, 0), (3, 0), (-1, 1), (None, None), (0, None), (2, None), (-20, 5), (0, -5), (1.5, 2), ("1", 2),
    ]:  # fmt: skip
        where = S3GetObject("r", offset, length)  # type: ignore[arg-type]
        ask(f"range get {offset} {length}", lambda where=where: s3.get(where))
        ask(f"range get_many {offset} {length}", lambda where=where: s3.get_many([where]))
    ask("range without info", lambda: s3.get(S3GetObject("r", 1, 2), return_info=False))
    ask("range without info, many", lambda: s3.get_many([S3GetObject("r", 1, 2)], return_info=False))
    ask("range of an empty object", lambda: s3.get(S3GetObject("empty", 0, 1)))
    ask("whole of an empty object by range", lambda: s3.get(S3GetObject("empty", 0, -1)))
    ask("range of a missing object", lambda: s3.get(S3GetObject("nothing", 0, 1)))
    ask("range of a missing object, returned", lambda: s3.get(S3GetObject("nothing", 0, 1), return_missing=True))
    ask("ranges of one object", lambda: s3.get_many([S3GetObject("r", 0, 2), S3GetObject("r", 2, 2), "r"]))
    ask("the same range twice", lambda: [o.text for o in s3.get_many([S3GetObject("r", 0, 2)] * 2)])
    ask("range by url", lambda: s3.get(S3GetObject(ROOT + "/ranges/r", 0, 2)))
    ask("range given to info", lambda: s3.info(S3GetObject("r", 0, 2)))
    ask("range given to info_many", lambda: s3.info_many([S3GetObject("r", 0, 2)]))
    ask("tuple as a key", lambda: s3.get(("r", 0, 2)))

# -- missing -----------------------------------------------------------------------------------------------------------

with S3(s3root=ROOT + "/missing") as s3:
    s3.put("there", "v")
    for verb in ("get", "info"):
        ask(f"missing {verb}", lambda verb=verb: getattr(s3, verb)("nothing"))
        ask(f"missing {verb} returned", lambda verb=verb: getattr(s3, verb)("nothing", return_missing=True))
        ask(f"missing {verb}_many", lambda verb=verb: getattr(s3, f"{verb}_many")(["there", "nothing"]))
        ask(
            f"missing {verb}_many returned",
            lambda verb=verb: getattr(s3, f"{verb}_many")(["nothing", "there", "no"], return_missing=True),
        )
        ask(f"none of {verb}_many", lambda verb=verb: getattr(s3, f"{verb}_many")([]))
        ask(f"generator in {verb}_many", lambda verb=verb: getattr(s3, f"{verb}_many")(k for k in ["there", "there"]))
        ask(f"text in {verb}_many", lambda verb=verb: getattr(s3, f"{verb}_many")("there"))
    ask("without info, missing, returned", lambda: s3.get_many(["nothing"], return_missing=True, return_info=False))
    ask("put_many of none", lambda: s3.put_many([]))
    ask("put_many of a generator", lambda: s3.put_many((k, k) for k in "ab"))
    ask("put_many of a dict", lambda: s3.put_many({"a": "b"}))
    ask("recursive of none", lambda: s3.get_recursive([]))
    ask("recursive of nothing", lambda: s3.get_recursive(["nothing"]))
    ask("listing of none", lambda: s3.list_paths([]))
    ask("listing of nothing", lambda: s3.list_paths(["nothing"]))
    ask("recursive listing of none", lambda: s3.list_recursive([]))
    ask("recursive listing of nothing", lambda: s3.list_recursive(["nothing"]))
with S3(s3root=ROOT + "/empty") as s3:
    ask("get_all of nothing", lambda: s3.get_all())
    ask("get of the root", lambda: s3.get())
    ask("info of the root", lambda: s3.info())
    ask("info of the root, returned", lambda: s3.info(return_missing=True))
    ask("list of the root", lambda: s3.list_paths())
with S3(s3root="s3://no-such-bucket-anywhere/x") as s3:
    ask("no bucket: get", lambda: s3.get("a"))
    ask("no bucket: get returned", lambda: s3.get("a", return_missing=True))
    ask("no bucket: get_many", lambda: s3.get_many(["a"]))
    ask("no bucket: get_many returned", lambda: s3.get_many(["a"], return_missing=True))
    ask("no bucket: info", lambda: s3.info("a"))
    ask("no bucket: info_many", lambda: s3.info_many(["a"]))
    ask("no bucket: list_paths", lambda: s3.list_paths())
    ask("no bucket: list_recursive", lambda: s3.list_recursive())
    ask("no bucket: get_all", lambda: s3.get_all())

# -- trees -------------------------------------------------------------------------------------------------------------

with S3(s3root=ROOT + "/tree") as s3:
    s3.put_many([(k, k) for k in ("a/0.txt", "a/b/1.txt", "a/c/2.txt", "a/d/e/3.txt", "f/4.txt", "ab", "top", "a")])
    for name, keys in {
        "all": None, "a f": ["a", "f"], "a/": ["a/"], "f a": ["f", "a"], "top": ["top"], "a b": ["a/b"], "twice": ["f", "f"],
        "nested": ["a", "a/b"], "t": ["t"], "ab": ["ab"], "file": ["f/4.txt"], "file/": ["f/4.txt/"], "empty": [""],
        "a/.": ["a/d/e"], "url": [ROOT + "/tree/f"], "generator": (k for k in ["f"]), "none": [None], "text": "f",
    }.items():  # fmt: skip
        kept = list(keys) if name == "generator" else keys
        ask(f"tree list_paths {name}", lambda kept=kept: s3.list_paths(kept))
        ask(f"tree list_recursive {name}", lambda kept=kept: s3.list_recursive(kept))
        if kept is not None:
            ask(f"tree get_recursive {name}", lambda kept=kept: s3.get_recursive(kept))
    ask("tree get_all", lambda: s3.get_all())
    ask("tree get_recursive by generator", lambda: s3.get_recursive(k for k in ["f", "a/b"]))
    ask("tree list_paths by generator", lambda: s3.list_paths(k for k in ["f", "a/b"]))
with S3(s3root=ROOT + "/tre") as s3:
    ask("tree of a prefix that is no folder", lambda: s3.list_recursive())
    ask("tree of a prefix that is no folder: get_all", lambda: s3.get_all())
with S3() as s3:
    ask("tree by url: list_paths", lambda: s3.list_paths([ROOT + "/tree"]))
    ask("tree by url: list_recursive", lambda: s3.list_recursive([ROOT + "/tree/f"]))
    ask("tree by url: get_recursive", lambda: s3.get_recursive([ROOT + "/tree/a/", ROOT + "/tree/f"]))
    ask("tree by url: keys with a slash", lambda: s3.list_paths([ROOT + "/tree/a/"]))

# -- closing -----------------------------------------------------------------------------------------------------------

closed = S3(s3root=ROOT + "/tree")
kept = closed.get("top")
ask(
    "open",
    lambda: [os.path.isfile(kept.path), os.path.dirname(os.path.dirname(os.path.abspath(kept.path))) == os.getcwd()],
)
ask("open, name", lambda: [os.path.basename(os.path.dirname(kept.path)).rsplit(".", 1)[0], os.path.isabs(kept.path)])
ask("close", lambda: closed.close())
ask("closed: the file", lambda: os.path.exists(kept.path))
ask("closed: blob", lambda: kept.blob)
ask("closed: get", lambda: closed.get("top"))
ask("closed: get_many", lambda: closed.get_many(["top"]))
ask("closed: put", lambda: closed.put("late", "v"))
ask("closed: put_many", lambda: closed.put_many([("late", "v")]))
ask("closed: info", lambda: closed.info("top"))
ask("closed: info_many", lambda: closed.info_many(["top"]))
ask("closed: list_paths", lambda: closed.list_paths())
ask("closed: again", lambda: closed.close())
ask("left behind", lambda: sorted(name for name in os.listdir(".") if "metaflow" in name))


def failing() -> None:
    with S3(s3root=ROOT) as s3:
        s3.get("plain")
        raise KeyError("x")


ask("error inside", failing)
ask("left behind by an error", lambda: sorted(name for name in os.listdir(".") if "metaflow" in name))

# -- plain values ------------------------------------------------------------------------------------------------------

ask("S3GetObject", lambda: [S3GetObject("a", 1, 2), S3GetObject._fields])
ask("S3GetObject needs all", lambda: S3GetObject("a"))  # type: ignore[call-arg]
ask("S3PutObject", lambda: [S3PutObject("a"), S3PutObject._fields])
ask("RangeInfo", lambda: [tools.RangeInfo(5), tools.RangeInfo._fields])
ask(
    "headlines",
    lambda: [[name, getattr(tools, name).headline] for name in sorted(dir(tools)) if name.startswith("MetaflowS3")],
)
ask("TYPE", lambda: S3.TYPE)
for case in (
    (None, "s3://b/k", None), ("s3://b", "s3://b/k", None, 5), ("s3://b/k", "s3://b/k", None, 0),
    ("s3://b/", "s3://b/k/", None, 5, "t", {"metaflow-user-attributes": '{"a": 1}'}), ("s3://b", "s3://b/k", None, 5, None, {"x": "y"}),
):  # fmt: skip
    ask(f"S3Object{case!r}", lambda case=case: tools.S3Object(*case))
ask("S3Object range", lambda: tools.S3Object("s3://b", "s3://b/k", None, 5, range_info=tools.RangeInfo(9, 2)))

print(json.dumps(answers, ensure_ascii=False, indent=1))
