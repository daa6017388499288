"""One object of 1 GB in S3: mfruntime compared with obstore by itself: python large.py [ROUNDS] [MB] [SERVER]

One server, one run, each program in a separate process, in turn. Data is incompressible, so that the transfer
dominates. Two ratios to obstore are printed: that of the best times, which vary least with the server, and the
median of the rounds' ratios. SeaweedFS accepts the same upload at one of two speeds, a third apart, from every client.
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
from tests.doubles.object_stores import ministack, seaweedfs  # noqa: E402

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


#: Where the servers keep what they are sent: memory, so that no disk that writes behind is measured.
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None


def main() -> None:
    given = dict(enumerate(sys.argv))
    rounds, size = int(given.get(1, "5")), int(given.get(2, "1024"))
    servers = {"seaweedfs": partial(seaweedfs, megabytes=4096), "ministack": ministack}
    for name in [given[3]] if 3 in given else servers:
        start = servers[name]
        measured = []
        for turn in range(rounds):  # a new server each time: one that deleted gigabytes is another
            with tempfile.TemporaryDirectory(dir=MEMORY) as folder, start(Path(folder)) as server:
                env = {**os.environ, **server.environment, "HOME": folder, "MFINFRA_CACHE_BYTES": "0"}
                env["PYTHONPATH"] = str(Path(__file__).parents[2] / "runtime")
                measured.append(one_round(env, folder, size, turn))
        report(name, measured, size)


def one_round(env: dict[str, str], folder: str, size: int, turn: int) -> dict[tuple[str, str], float]:
    seconds = {}
    programs = list(enumerate(PROGRAMS.items()))
    turn %= len(programs)  # each begins a round in its turn: the first meets a server that is still empty
    for number, (program, (code, _)) in programs[turn:] + programs[:turn]:
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
            best = min(one[program, verb] for one in measured)
            text = f"{server:10} {program:15} {verb} {best:6.2f} s {size / best:6.0f} MB/s"
            if base:
                ratios = sorted(one[base, verb] / one[program, verb] for one in measured)
                text += f"  {min(one[base, verb] for one in measured) / best:.0%} of {base}; by rounds"
                text += f" {statistics.median(ratios):.0%} ({ratios[0]:.0%} to {ratios[-1]:.0%})"
            print(text, flush=True)


if __name__ == "__main__":
    main()
