"""Artifacts of tasks: Python values pickled into blobs, and the map of names to blob keys of each attempt.

An attempt is complete when its DONE marker exists next to its artifact map; readers use the last complete attempt.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..errors import DataCorrupt, MetaflowDataMissing, UnpicklableArtifact
from ..flow import pickled_names
from ..ids import check_component, split_pathspec
from . import layout, log_lines
from .blobs import BlobStore
from .storage.base import Item, Storage

Info = dict[str, Any]

_PROTOCOL = 4
_ENCODING = "pickle-v4"
_READABLE = ("pickle-v2", "pickle-v4", "gzip+pickle-v2", "gzip+pickle-v4")
_VERSION = "1.0"
_SMALL = 1 << 16  # blobs up to this size are cached in memory,
_KEPT = 16 << 20  # up to this total size
_LARGE = 1 << 20
_LEAST_LIMIT = 16 << 20  # other writers can record small sizes inexactly; the check of the SHA-1 is always exact


class FlowStore:
    """The tasks of one flow in one storage."""

    def __init__(self, storage: Storage, flow_name: str):
        self.storage = storage
        self.flow_name = flow_name
        self.blobs = BlobStore(storage, flow_name)
        self._small: dict[str, bytes] = {}
        self._small_bytes = 0

    def task(self, run: str, step: str, task: str, attempt: int | None = None) -> TaskReader:
        """A task's results: of one attempt, or of the last complete one."""
        return TaskReader(self, (run, step, task), attempt)

    def tasks(self, paths: Iterable[str]) -> list[TaskReader]:
        """The tasks with these `run/step/task` paths; they are read when first used."""
        return [self.task(*_ids(path)) for path in paths]

    def step_tasks(self, run: str, step: str) -> list[TaskReader]:
        """All tasks of a step, sorted by number."""
        prefix = layout.step(self.flow_name, run, step)
        names = [e.path.rsplit("/", 1)[1] for e in self.storage.list([prefix]) if e.is_dir]
        numbers = sorted((n for n in names if n != "_meta"), key=_numeric)
        return [self.task(run, step, name) for name in numbers]

    def parameters(self, run: str) -> TaskReader | None:
        """The pseudo task that contains a run's parameters; None if the run has none."""
        return next(iter(self.step_tasks(run, "_parameters")), None)

    def writer(self, run: str, step: str, task: str, attempt: int) -> TaskWriter:
        return TaskWriter(self, (run, step, task), attempt)

    def precompute(self, value: Any) -> tuple[str, Info]:
        """Save, once, a value that many tasks have; the result is an argument of TaskWriter.preset."""
        payload = pickled("", "", value)
        (saved,) = self.blobs.save([payload])
        return saved.key, describe(value, payload)

    def load_blobs(self, keys: Sequence[str], sizes: Mapping[str, int] | None = None) -> dict[str, bytes | bytearray]:
        """Contents by key; small ones are cached in memory. Raises DataCorrupt for one larger than its size."""
        found: dict[str, bytes | bytearray] = {key: self._small[key] for key in keys if key in self._small}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        for key, content in self.blobs.load(missing, sizes):
            found[key] = content
            if len(content) <= _SMALL:
                self._cache_content(key, bytes(content))
        return found

    def _cache_content(self, key: str, content: bytes) -> None:
        self._small[key] = content
        self._small_bytes += len(content)
        while self._small_bytes > _KEPT:
            self._small_bytes -= len(self._small.pop(next(iter(self._small))))


def _ids(path: str) -> tuple[str, str, str]:
    run, step, task = split_pathspec(path, ("run id", "step name", "task id"))
    return run, step, task


def _numeric(name: str) -> tuple[int, int, str]:
    return (0, int(name), "") if name.isdigit() else (1, 0, name)


class TaskReader:
    """The results of one attempt; `reader["name"]` is an artifact's value."""

    def __init__(self, store: FlowStore, ids: tuple[str, str, str], attempt: int | None):
        self._store = store
        self._ids = ids
        self._wanted = attempt
        self._folder = layout.task(store.flow_name, *ids)
        self._content: dict[str, Any] | None = None
        self._attempt: int | None = attempt
        self._looked = False
        self._files: set[str] = set()
        self._kept: dict[str, Any] = {}

    @property
    def pathspec(self) -> str:
        """`Flow/run/step/task`."""
        return "/".join((self._store.flow_name, *self._ids))

    @property
    def attempt(self) -> int | None:
        """The number of the attempt; None if no attempt is complete."""
        self._open()
        return self._attempt

    @property
    def is_done(self) -> bool:
        self._open()
        return self._content is not None

    @property
    def was_executed(self) -> bool:
        """Whether a process executed the last complete attempt; False for a clone."""
        self._open()
        return layout.attempt_file(self._attempt or 0, "task_begin") in self._files

    @property
    def objects(self) -> dict[str, str]:
        """Artifact names to blob keys."""
        return self._map()["objects"]  # type: ignore[no-any-return]

    @property
    def info(self) -> dict[str, Info]:
        """Artifact names to size, type and encoding."""
        return self._map().get("info", {})  # type: ignore[no-any-return]

    def names(self) -> list[str]:
        return list(self.objects)

    def sha(self, name: str) -> str:
        return self.objects[name]

    def __contains__(self, name: str) -> bool:
        return self.is_done and name in self.objects

    def __getitem__(self, name: str) -> Any:
        return self._kept[name] if name in self._kept else self.load_many([name])[name]

    def preload(self, names: Sequence[str]) -> None:
        """Load values now, and return the same objects to all later readers: for values that are not changed."""
        self._kept.update(self.load_many(names))

    def load_many(self, names: Sequence[str]) -> dict[str, Any]:
        """Values by name; blobs are read in one batch."""
        keys = [self.objects[name] for name in names]
        self._check_encodings(names)
        contents = self._store.load_blobs(keys, self._sizes(names))
        return {name: self._value(name, contents[key]) for name, key in zip(names, keys)}

    def _value(self, name: str, content: bytes | bytearray) -> Any:
        unpickle = unpickled_own if name in pickled_names.OWN_ARTIFACTS else unpickled
        return unpickle(content, f"{self.pathspec}/{name}")

    def _sizes(self, names: Sequence[str]) -> dict[str, int]:
        """The limits of decompression by key: the recorded sizes of the blobs."""
        found: dict[str, int] = {}
        for name in names:
            size = self.info.get(name, {}).get("size")
            if isinstance(size, int):
                found[self.objects[name]] = max(size, found.get(self.objects[name], _LEAST_LIMIT))
        return found

    def _check_encodings(self, names: Sequence[str]) -> None:
        info = self.info
        for name in names:
            encoding = info.get(name, {}).get("encoding", "gzip+pickle-v2")
            if encoding not in _READABLE:
                raise DataCorrupt(f"The artifact {self.pathspec}/{name} has the unknown encoding {encoding!r}.")

    def _map(self) -> dict[str, Any]:
        self._open()
        if self._content is None:
            raise MetaflowDataMissing(f"The task {self.pathspec} has no results: no attempt is complete.")
        return self._content

    def _open(self) -> None:
        if self._looked:
            return
        self._looked = True
        if self._wanted is None:
            self._attempt = self._last_done()
        if self._attempt is None:
            return
        path = f"{self._folder}/{layout.attempt_file(self._attempt, 'data.json')}"
        marker = f"{self._folder}/{layout.attempt_file(self._attempt, 'DONE.lock')}"
        data = next(self._store.storage.load([path])).data
        if data is None or (self._wanted is not None and not self._store.storage.exists([marker])[0]):
            return
        self._content = _parsed(data, f"{self._store.storage.root}/{path}")

    def _last_done(self) -> int | None:
        self._files = {entry.path.rsplit("/", 1)[1] for entry in self._store.storage.list([self._folder])}
        files = (layout.parse_attempt_file(name) for name in self._files if name.endswith(".DONE.lock"))
        return max((file.attempt for file in files if file), default=None)

    def log(self, stream: str, attempt: int | None = None) -> bytes:
        """The merged log of a stream in the store's line format; b"" if it does not exist."""
        number = self.attempt if attempt is None else attempt
        return b"".join(line.stored() for line in log_lines.merge(self.raw_logs(stream, number or 0)))

    def raw_logs(self, stream: str, attempt: int) -> list[bytes]:
        """The log files of a stream, one per source, unmerged."""
        names = [layout.log_file(attempt, source, stream) for source in layout.SOURCES]
        names.append(layout.legacy_log_file(attempt, stream))
        loaded = self._store.storage.load([f"{self._folder}/{name}" for name in names])
        return [item.data for item in loaded if item.data]

    def log_files(self) -> dict[tuple[str, str], bytes]:
        """The log files of the attempt that are not empty, by source and stream."""
        keys = [(source, stream) for source in layout.SOURCES for stream in ("stdout", "stderr")]
        names = [layout.log_file(self.attempt or 0, *key) for key in keys]
        loaded = self._store.storage.load([f"{self._folder}/{name}" for name in names])
        return {key: bytes(item.data) for key, item in zip(keys, loaded) if item.data}


def _parsed(data: bytes, where: str) -> dict[str, Any]:
    try:
        content = json.loads(data)
        content["objects"]
    except (ValueError, KeyError, TypeError) as exc:
        raise DataCorrupt(
            f"The artifact map {where} is corrupt: {exc}.", hint="Resume the run to create it again."
        ) from exc
    return content  # type: ignore[no-any-return]


class TaskWriter:
    """Writes one attempt. Order: begin, reuse and save, commit (which completes the attempt), end."""

    def __init__(self, store: FlowStore, ids: tuple[str, str, str], attempt: int):
        self._store = store
        self._ids = ids
        self._attempt = attempt
        self._folder = layout.task(store.flow_name, *ids)
        self.objects: dict[str, str] = {}
        self.info: dict[str, Info] = {}

    def begin(self, package: Mapping[str, Any] | None = None, marker: bool = True) -> None:
        """Register the attempt. `package` describes the code package; `marker` also writes task_begin."""
        self._put("attempt.json", b'{"time": %.7f}' % time.time())
        if marker:
            self._put("task_begin", json.dumps(_begin_marker(package, self._attempt)).encode())

    def reuse(self, objects: Mapping[str, str], info: Mapping[str, Info]) -> None:
        """Reuse artifacts of other tasks by key, without loading them."""
        self.objects.update(objects)
        self.info.update(info)

    def preset(self, name: str, key: str, info: Info) -> None:
        """Add an artifact whose blob already exists."""
        self.objects[name] = key
        self.info[name] = info

    def save(self, values: Mapping[str, Any]) -> None:
        """Pickle and save values in one batch. Raises UnpicklableArtifact naming the one that cannot be."""
        for name in values:
            self._check_name(name)
        with pickled_names.defined_names():
            saved = self._store.blobs.save(self._payloads(values))
        for name, blob in zip(values, saved):
            self.objects[name] = blob.key

    def _payloads(self, values: Mapping[str, Any]) -> Iterator[bytes]:
        """The pickles, one after the other; their descriptions are added to the artifact map."""
        for name, value in values.items():
            payload = pickled(self._ids[1], name, value)
            self.info[name] = describe(value, payload)
            yield payload

    def _check_name(self, name: str) -> None:
        check_component("artifact name", name)
        check_component("artifact name", layout.artifact_meta(self._attempt, name))

    def commit(self) -> None:
        """Make the attempt's result valid."""
        content = {
            "datastore": self._store.storage.type,
            "version": _VERSION,
            "attempt": self._attempt,
            "python_version": sys.version,
            "objects": self.objects,
            "info": self.info,
        }
        self._put("data.json", json.dumps(content).encode())
        self._put("DONE.lock", b'""')

    def end(self) -> None:
        """Mark the task's process as finished."""
        self._put("task_end", b"{}")

    def save_runtime(self, return_code: int, killed: bool, success: bool) -> None:
        """Save the exit status of the process, written by the scheduler."""
        facts = {"return_code": return_code, "killed": killed, "success": success}
        self._put("runtime", json.dumps(facts).encode())

    def save_log(self, source: str, stream: str, content: bytes) -> None:
        self._save_file(layout.log_file(self._attempt, source, stream), content)

    def save_logs(self, files: Mapping[tuple[str, str], bytes]) -> None:
        """Save log files, as returned by `TaskReader.log_files`, in one batch."""
        items = [Item(f"{self._folder}/{layout.log_file(self._attempt, *key)}", files[key]) for key in files]
        if items:
            self._store.storage.save(items, overwrite=True)

    def _put(self, name: str, data: bytes) -> None:
        self._save_file(layout.attempt_file(self._attempt, name), data)

    def _save_file(self, name: str, data: bytes) -> None:
        self._store.storage.save([Item(f"{self._folder}/{name}", data)], overwrite=True)


def _begin_marker(package: Mapping[str, Any] | None, attempt: int) -> dict[str, Any]:
    given = package or {}
    return {
        "code_package_metadata": given.get("metadata", ""),
        "code_package_sha": given.get("sha"),
        "code_package_ds": given.get("ds_type"),
        "code_package_url": given.get("url"),
        "retry_count": attempt,
    }


def pickled(step: str, name: str, value: Any) -> bytes:
    """The pickle of a value. Raises UnpicklableArtifact with the artifact, the step and the reason."""
    try:
        return pickle.dumps(value, _PROTOCOL)
    except RecursionError as exc:
        raise _unpicklable(step, name, value, "it is nested too deeply") from exc
    except Exception as exc:  # a user's __reduce__ can raise anything
        raise _unpicklable(step, name, value, str(exc) or type(exc).__name__) from exc


def _unpicklable(step: str, name: str, value: Any, why: str) -> UnpicklableArtifact:
    kind = type(value).__qualname__
    hint = f"Store a value that can be pickled, or use a local variable instead of self.{name}."
    return UnpicklableArtifact(f"The artifact '{name}' of step '{step}', a {kind}, cannot be saved: {why}.", hint=hint)


def describe(value: Any, payload: bytes) -> Info:
    """The description of a value in the artifact map, without its key."""
    return {
        "size": len(payload),
        "type": str(type(value)),
        "encoding": _ENCODING,
        "serializer_info": {"source": "metaflow"},
    }


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        known = pickled_names.find_class(module, name)
        return super().find_class(module, name) if known is None else known


class _OwnUnpickler(pickle.Unpickler):
    """For artifacts that are read without the user's request: a pickle of someone else must not run code then."""

    def find_class(self, module: str, name: str) -> Any:
        known = pickled_names.own_class(module, name)
        if known is None:
            raise pickle.UnpicklingError(f"{module}.{name} is not a type of the runtime")
        return known


def unpickled_own(content: bytes | bytearray, pathspec: str) -> Any:
    """The value of one of the runtime's own artifacts. Raises DataCorrupt if it contains other types."""
    import io

    try:
        return _OwnUnpickler(io.BytesIO(content)).load()
    except Exception as exc:  # a forged pickle can raise anything
        raise DataCorrupt(f"The artifact {pathspec} cannot be unpickled: {exc}.") from exc


def _loaded(content: bytes | bytearray) -> Any:
    if len(content) >= _LARGE:  # pickle.loads reads the buffer in place, a file-like object would copy it
        try:
            with pickled_names.defined_names():
                return pickle.loads(content)
        except (ImportError, AttributeError):
            pass  # a class under a Metaflow name that only find_class resolves
    import io

    return _Unpickler(io.BytesIO(content)).load()


def unpickled(content: bytes | bytearray, pathspec: str) -> Any:
    """The value in a blob's content. Raises DataCorrupt, with the artifact's name, if it cannot be unpickled."""
    try:
        return _loaded(content)
    except (ImportError, AttributeError) as exc:
        message = f"The artifact {pathspec} needs a module that cannot be imported: {exc}."
        raise DataCorrupt(
            message, hint="Install the module, or add it to the Python path, then read the artifact again."
        ) from exc
    except (pickle.UnpicklingError, EOFError, ValueError, IndexError, KeyError) as exc:
        raise DataCorrupt(f"The artifact {pathspec} cannot be unpickled: {exc}.") from exc
