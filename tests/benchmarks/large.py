"""One object of 1 GB to and from S3: our storage, our S3 class, and obstore by itself: python large.py [ROUNDS] [MB]

One server, one run, each program in a process of its own, in turn; what cannot be compressed is sent, so that the wire
counts. The median of the rounds' ratios to obstore is what counts: a machine that slows down slows all of a round.
obstore is called as its documentation shows: `put` with bytes, `get(...).bytes()`, and for files `put` with a path and
`get(...).stream()`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "runtime")]
from tests.servers import ministack, seaweedfs  # noqa: E402

START = """
import os, sys, time
size = int(sys.argv[1]) << 20
root = "s3://tests/" + sys.argv[2]
data = os.urandom(1 << 20) * (size >> 20)

def timed(name, work):
    began = time.perf_counter()
    found = work()
    print(name, time.perf_counter() - began, flush=True)
    return found
"""

CLIENT = """
import obstore
from mfruntime import settings
from mfruntime.store.storage.s3 import make_client
client, _ = make_client(settings.load(), "tests")
key = sys.argv[2] + "/large"
"""

OBSTORE = """
timed("put", lambda: obstore.put(client, key, data))
found = timed("get", lambda: obstore.get(client, key).bytes())
assert len(found) == size and bytes(found[-100:]) == data[-100:]
"""

STORAGE = """
from mfruntime import settings
from mfruntime.store.storage.base import Item
from mfruntime.store.storage.s3 import S3Storage
storage = S3Storage.from_settings(settings.load(), root)
timed("put", lambda: storage.save([Item("F/data/ab/large", data)]))
found = timed("get", lambda: next(iter(storage.load(["F/data/ab/large"]))).data)
assert sum(map(len, found)) == size and bytes(found[-1][-100:]) == data[-100:]
"""

OBSTORE_FILES = """
from pathlib import Path
Path("here").write_bytes(data)
timed("put", lambda: obstore.put(client, key, Path("here")))

def fetch():
    with open("there", "wb") as file:
        for chunk in obstore.get(client, key).stream():
            file.write(chunk)

timed("get", fetch)
assert os.path.getsize("there") == size
os.unlink("here"), os.unlink("there")
"""

S3_CLASS = """
from mfruntime import S3
open("here", "wb").write(data)
with S3(s3root=root) as s3:
    timed("put", lambda: s3.put_files([("large", "here")]))
    found = timed("get", lambda: s3.get("large"))
    assert os.path.getsize(found.path) == size
os.unlink("here")
"""

#: What is measured, and what it is compared with.
PROGRAMS = {
    "obstore": (CLIENT + OBSTORE, ""),
    "storage": (STORAGE, "obstore"),
    "obstore, files": (CLIENT + OBSTORE_FILES, ""),
    "S3 class": (S3_CLASS, "obstore, files"),
}


def main() -> None:
    rounds, size = map(int, (*sys.argv[1:3], "5", "1024")[:2] if len(sys.argv) != 2 else (sys.argv[1], "1024"))
    for name, start in (("seaweedfs", partial(seaweedfs, megabytes=4096)), ("ministack", ministack)):
        with tempfile.TemporaryDirectory() as folder, start(Path(folder)) as server:
            env = {**os.environ, **server.environment, "HOME": folder, "MFINFRA_CACHE_BYTES": "0"}
            env["PYTHONPATH"] = str(Path(__file__).parents[2] / "runtime")
            measured = [one_round(env, folder, size) for _ in range(rounds)]
        report(name, measured, size)


def one_round(env: dict[str, str], folder: str, size: int) -> dict[tuple[str, str], float]:
    seconds = {}
    for number, (program, (code, _)) in enumerate(PROGRAMS.items()):
        argv = [sys.executable, "-c", START + code, str(size), f"program{number}"]
        said = subprocess.run(argv, env=env, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout
        for line in said.splitlines():
            verb, took = line.split()
            seconds[program, verb] = float(took)
        remove(env, f"program{number}/")
    return seconds


def remove(env: dict[str, str], prefix: str) -> None:
    import boto3

    s3 = boto3.client(
        "s3", endpoint_url=env["METAFLOW_S3_ENDPOINT_URL"], region_name="us-east-1",
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )  # fmt: skip
    for found in s3.list_objects_v2(Bucket="tests", Prefix=prefix)["Contents"]:
        s3.delete_object(Bucket="tests", Key=found["Key"])


def report(server: str, measured: list[dict[tuple[str, str], float]], size: int) -> None:
    for program, (_, base) in PROGRAMS.items():
        for verb in ("put", "get"):
            middle = statistics.median(one[program, verb] for one in measured)
            text = f"{server:10} {program:15} {verb} {middle:6.2f} s {size / middle:6.0f} MB/s"
            if base:
                ratios = sorted(one[base, verb] / one[program, verb] for one in measured)
                text += f"  {statistics.median(ratios):.0%} of {base} ({ratios[0]:.0%} to {ratios[-1]:.0%})"
            print(text, flush=True)


if __name__ == "__main__":
    main()
