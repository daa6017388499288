"""Stock Metaflow's S3 class and ours: 672 calls answered alike, and each reads what the other put."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.object_stores import SERVERS, Server

pytestmark = pytest.mark.interop
CALLS = Path(__file__).with_name("datatools_calls.py")

#: Where ours answers otherwise, and why.
OTHERWISE = {
    r"(newline|tab|dot|dots|double slash|other scheme|trailing slash|slash)$": "names that are refused, or end in a slash",
    r"(empty|none|no key|t|case)$": "listings that such names are in; an upper-case scheme",
    r"(number|list|tuple as a key|bytes as root)$": "TypeError instead of AttributeError, text of bytes",
    r"^constructor: (root of no bucket|client parameters)": "told at once; arguments of a client library that is not used",
    r"^get_recursive: question": "stock cuts the address at the question mark",
    r"^range get(_many)? \S+ -\d+$|^range get_many (10|20) 1$|^range get_many 3 0$|^whole of an empty": "a negative length means to"
    " the end; a part that is not there is MetaflowS3InvalidRange in a batch too",
    r"^stream is closed by put": "ours leaves streams open",
    r"^(closed|left behind|open, name|headlines)": "a closed object is refused and leaves nothing; one more error",
    r"^S3Object\('s3://b/k', 's3://b/k', None, 0\)": "an empty object exists",
    r"^no bucket: get_all": "one reason, two ways to say it",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with SERVERS["ministack"](tmp_path_factory.mktemp("ministack")) as running:
        yield running


@pytest.fixture
def stock() -> str:
    python = os.environ.get("MFINFRA_STOCK_PYTHON")
    if python is None:
        pytest.skip("needs MFINFRA_STOCK_PYTHON")
    return python


def answers(python: str, library: str, server: Server, folder: Path) -> list[list[Any]]:
    folder.mkdir()
    root, env = f"s3://tests/{uuid.uuid4().hex}", {**os.environ, **server.environment}
    done = subprocess.run([python, str(CALLS), library, root], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def is_known(label: str) -> bool:
    return any(re.search(pattern, label) for pattern in OTHERWISE)


@pytest.mark.slow
def test_every_call_is_answered_alike(stock: str, server: Server, tmp_path: Path) -> None:
    """Slow because stock starts processes for each batch."""
    theirs = answers(stock, "metaflow", server, tmp_path / "stock")
    ours = answers(sys.executable, "mfruntime", server, tmp_path / "ours")
    assert [label for label, _ in ours] == [label for label, _ in theirs]
    other = [label for (label, mine), (_, stocks) in zip(ours, theirs) if mine != stocks]
    assert [label for label in other if not is_known(label)] == []
    assert len(ours) - len(other) > 500


TALK = """
import sys
from {} import S3
with S3(s3root=sys.argv[1]) as s3:
    if sys.argv[2] == "put":
        s3.put("a b/ü", "größe", content_type="text/x", metadata={{"k": ["v", 1]}})
        s3.put_many([("many/1", "1"), ("many/2", "2")])
    else:
        o = s3.get("a b/ü")
        print(o.text, o.content_type, o.metadata, o.size, o.key, [m.text for m in s3.get_many(["many/2", "many/1"])])
"""


def test_each_reads_what_the_other_put(stock: str, server: Server, tmp_path: Path) -> None:
    sides = [(sys.executable, "mfruntime"), (stock, "metaflow")]
    env, told = {**os.environ, **server.environment}, set()
    for writer in sides:
        root = server.fresh_root()
        for (python, library), verb in ((writer, "put"), *((side, "get") for side in sides)):
            argv = [python, "-c", TALK.format(library), root, verb]
            done = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr
            told.add(done.stdout)
    assert told == {"", "größe text/x {'k': ['v', 1]} 7 a b/ü ['2', '1']\n"}
