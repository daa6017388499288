"""REST paths of the API: get, list, create, replace, patch, delete, watch, logs, tokens."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .store import Conflict, Key, Object, Store, now, selected

if TYPE_CHECKING:
    from .machines import Machines

_PATH = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/(?P<version>v[^/]+))(?:/namespaces/(?P<namespace>[^/]+))?"
    r"/(?P<plural>[a-z]+)(?:/(?P<name>[^/]+)(?:/(?P<sub>[a-z]+))?)?"
)


class Answer(NamedTuple):
    status: int
    body: Any


class Place(NamedTuple):
    group: str
    version: str
    namespace: str
    plural: str
    name: str
    sub: str

    @property
    def key(self) -> Key:
        return Key(self.group, self.plural, self.namespace, self.name)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else "v1"


class Rest:
    def __init__(self, store: Store, machines: Machines) -> None:
        self._store, self._machines = store, machines

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        if path == "/version":
            return Answer(200, {"major": "1", "minor": "35", "gitVersion": "v1.35.0"})
        place = self._place(path)
        kind = None if place is None else self._store.kind(place.group, place.plural)
        if place is None or kind is None:
            return _failure(404, "the server could not find the requested resource")
        try:
            return self._done(method, place, query, json.loads(body) if body else {}, kind[0])
        except Conflict as exc:
            return _failure(409, str(exc))

    def _place(self, path: str) -> Place | None:
        match = _PATH.fullmatch(path)
        if match is None:
            bare = re.fullmatch(r"/api/v1/namespaces(?:/([^/]+))?", path)
            return Place("", "v1", "", "namespaces", bare[1] or "", "") if bare else None
        parts = {name: value or "" for name, value in match.groupdict().items()}
        return Place(*(parts[name] for name in Place._fields))

    def _done(self, method: str, place: Place, query: dict[str, str], body: Object, kind: str) -> Answer:
        if place.sub == "token" and method == "POST":
            token = f"token-of-{place.name}-{uuid.uuid4().hex}"
            return Answer(
                201, {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "status": {"token": token}}
            )
        if method == "POST":
            return Answer(
                201, self._shown(self._store.add(place.group, place.plural, place.namespace, body), place, kind)
            )
        if not place.name:
            return self._list(place, query, kind) if method == "GET" else self._delete_all(place, query)
        found = self._store.get(place.key)
        if found is None:
            return _failure(404, f'{place.plural} "{place.name}" not found')
        if place.sub == "log":
            return Answer(200, self._machines.log(place.key).encode())
        if method == "DELETE":
            self._machines.delete(place.key)
            return Answer(200, self._shown(found, place, kind))
        if method in ("PUT", "PATCH"):
            found = copy.deepcopy(body) if method == "PUT" else _merged(copy.deepcopy(found), body)
            self._store.put(place.key, found)
        return Answer(200, self._shown(found, place, kind))

    def _list(self, place: Place, query: dict[str, str], kind: str) -> Answer:
        found = [one for _, one in self._chosen(place, query)]
        begin, limit = int(query.get("continue") or 0), int(query.get("limit") or 0) or len(found) or 1
        page = [self._shown(one, place, kind) for one in found[begin : begin + limit]]
        more = str(begin + limit) if begin + limit < len(found) else ""
        metadata = {"resourceVersion": str(self._store.version), "continue": more}
        return Answer(
            200, {"kind": f"{kind}List", "apiVersion": place.api_version, "metadata": metadata, "items": page}
        )

    def _chosen(self, place: Place, query: dict[str, str]) -> list[tuple[Key, Object]]:
        labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
        every = self._store.list(place.group, place.plural, place.namespace)
        return [(key, one) for key, one in every if selected(one, labels, fields)]

    def _delete_all(self, place: Place, query: dict[str, str]) -> Answer:
        for key, _ in self._chosen(place, query):
            self._machines.delete(key)
        return Answer(200, {"kind": "Status", "apiVersion": "v1", "status": "Success"})

    @staticmethod
    def _shown(found: Object, place: Place, kind: str) -> Object:
        return {"kind": kind, "apiVersion": place.api_version, **found}

    async def stream(self, path: str, query: dict[str, str]) -> AsyncIterator[bytes]:
        """The lines of a watch or a followed log."""
        place = self._place(path)
        assert place is not None
        if place.sub == "log":
            async for line in self._machines.follow(place.key):
                yield line
            return
        kind = (self._store.kind(place.group, place.plural) or ("", False))[0]
        seen = int(query.get("resourceVersion") or 0)
        seconds = float(query.get("timeoutSeconds") or 3600)
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            for number, event, key, body in list(self._store.changes):
                if number <= seen:
                    continue
                seen = number
                same = (key.group, key.plural) == (place.group, place.plural) and place.namespace in ("", key.namespace)
                if same and selected(body, query.get("labelSelector", ""), query.get("fieldSelector", "")):
                    yield json.dumps({"type": event, "object": self._shown(body, place, kind)}).encode() + b"\n"
            await asyncio.sleep(0.02)


def _merged(node: Object, change: Object) -> Object:
    """A JSON merge patch."""
    for key, value in change.items():
        if value is None:
            node.pop(key, None)
        elif isinstance(value, dict) and isinstance(node.get(key), dict):
            node[key] = _merged(node[key], value)
        else:
            node[key] = value
    return node


def _failure(code: int, message: str) -> Answer:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message, "at": now()}
    return Answer(code, body)
