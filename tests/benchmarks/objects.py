"""Small objects in S3: mfruntime, boto3 with 16 threads, stock metaflow.S3: python objects.py STOCK_PYTHON

One server, one run, each program in a separate process; wall and CPU seconds (including children) of saving and of
loading 1,000 objects of 1 KB, without the start of the program.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "runtime")]
from tests.doubles.object_stores import ministack  # noqa: E402

CLOCK = """
import os, resource, sys, time
from concurrent.futures import ThreadPoolExecutor

def cpu():
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))

def timed(name, work):
    wall, busy = time.perf_counter(), cpu()
    work()
    print(f"{sys.argv[1]:12} {name:5} {time.perf_counter() - wall:6.2f} s wall {cpu() - busy:6.2f} s CPU", flush=True)

data = os.urandom(1024)
names = [f"n{number}" for number in range(1000)]
"""

OURS = """
from mfruntime import settings
from mfruntime.store.storage.base import Item
from mfruntime.store.storage.s3 import S3Storage
storage = S3Storage.from_settings(settings.load(), "s3://tests/ours")
timed("save", lambda: storage.save(Item(name, data) for name in names))
timed("load", lambda: [item.data for item in storage.load(names)])
"""

OUR_CLASS = """
from mfruntime import S3
with S3(s3root="s3://tests/class") as s3:
    timed("save", lambda: s3.put_many([(name, data) for name in names]))
    timed("load", lambda: [found.blob for found in s3.get_many(names)])
"""

BOTO3 = """
import boto3
from botocore.config import Config
s3 = boto3.client("s3", endpoint_url=os.environ["METAFLOW_S3_ENDPOINT_URL"], config=Config(max_pool_connections=16))
def put(name): s3.put_object(Bucket="tests", Key=f"boto3/{name}", Body=data)
def get(name): return s3.get_object(Bucket="tests", Key=f"boto3/{name}")["Body"].read()
with ThreadPoolExecutor(16) as threads:
    timed("save", lambda: list(threads.map(put, names)))
    timed("load", lambda: list(threads.map(get, names)))
"""

STOCK = """
from metaflow import S3
with S3(s3root="s3://tests/stock") as s3:
    timed("save", lambda: s3.put_many([(name, data) for name in names]))
    timed("load", lambda: [found.blob for found in s3.get_many(names)])
"""


def main() -> None:
    stock = sys.argv[1]
    with tempfile.TemporaryDirectory() as name, ministack(Path(name)) as server:
        env = {**os.environ, **server.environment, "AWS_DEFAULT_REGION": "us-east-1", "HOME": name}
        env["PYTHONPATH"] = str(Path(__file__).parents[2] / "runtime")
        for library, python, code in (
            ("mfruntime", sys.executable, OURS),
            ("mfruntime.S3", sys.executable, OUR_CLASS),
            ("boto3 x 16", sys.executable, BOTO3),
            ("metaflow.S3", stock, STOCK),
        ):
            subprocess.run([python, "-c", CLOCK + code, library], env=env, cwd=name, check=True)


if __name__ == "__main__":
    main()
