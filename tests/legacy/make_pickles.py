"""Objects of the classes that mfruntime exports, as the earlier build pickles them: `python make_pickles.py FILE`."""

import json
import pickle
import sys

from mfruntime import Flow, namespace
from mfruntime.datatools.errors import ObjectNotFound
from mfruntime.datatools.objects import GetObject, PutObject
from mfruntime.exception import MetaflowException, MetaflowNotFound

namespace(None)
flow = Flow("LegacyFlow")
run = flow.latest_run
objects = {
    "Flow": flow,
    "Run": run,
    "Step": run["start"],
    "Task": run["start"].task,
    "DataArtifact": run["start"].task["alpha"],
    "GetObject": GetObject("key", 1, 2),
    "PutObject": PutObject("key", b"value"),
    "ObjectNotFound": ObjectNotFound("not there"),
    "MetaflowException": MetaflowException("no"),
    "MetaflowNotFound": MetaflowNotFound("not found"),
}
with open(sys.argv[1], "w") as file:
    json.dump({name: pickle.dumps(value, protocol=4).hex() for name, value in objects.items()}, file, indent=1)
