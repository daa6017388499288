"""A provider with the schemas of the real one and an in-memory cloud.

It plans as the real one does (computed values are unknown until apply), computes the values of the cloud,
stores resources, and applies the settings that a test makes in the control file:

    {"cloud": "name", "fail": {"aws_db_instance:create": "message"}, "delay": {"aws_db_instance:create": 0.5},
     "deleted": ["aws_db_instance"], "mutated": {"aws_db_instance": {"instance_class": "db.r6g.large"}},
     "made": {"google_container_cluster": {"endpoint": "127.0.0.1:8443"}}}

Keys are a type, or a type and an operation (create, update, delete, read). A new cloud name is an empty cloud.
The behavior of each provider is in `overlays`.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from functools import partial
from pathlib import Path
from typing import Any

import grpc

from .. import names
from . import planning
from .memory import Memory, shaped
from .messages import RPCS, M
from .overlays import of
from .overlays.base import Refusal, digest
from .values import decode, encode

#: As our modules have them made.
_PASSWORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{40}(?![A-Za-z0-9])")
_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}


class Provider:
    """One provider; every method is called by many threads at once."""

    def __init__(self, path: Path, control: Path | None = None, log: Path | None = None) -> None:
        self.schemas: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.overlay, self.memory = of(path.stem), Memory()
        self._control, self._log = control, log
        self._lock, self._making = threading.Lock(), threading.Lock()
        self._schema = self._schema_response()

    # Schemas

    def GetProviderSchema(self, _: Any) -> Any:
        return self._schema

    def _schema_response(self) -> Any:
        response = M["SchemaResponse"]()
        response.provider.CopyFrom(self._message("", self.schemas.get("provider") or {"block": {}}))
        for part, prefix in (
            ("resource_schemas", ""),
            ("data_source_schemas", "data."),
            ("ephemeral_resource_schemas", "ephemeral."),
        ):
            for kind, schema in (self.schemas.get(part) or {}).items():
                getattr(response, part)[kind].CopyFrom(self._message(prefix + kind, schema))
        return response

    def _message(self, kind: str, schema: dict[str, Any]) -> Any:
        message = M["Schema"](version=schema.get("version", 0))
        _fill_block(message.block, schema["block"], self.overlay.sensitive.get(kind, set()))
        return message

    def _block(self, kind: str, part: str = "resource_schemas") -> dict[str, Any]:
        return self.schemas[part][kind]["block"]  # type: ignore[no-any-return]

    # Configuration

    def ConfigureProvider(self, request: Any) -> Any:
        config = decode(request.config) or {}
        plugin = self.overlay.exec_plugin(config)
        if plugin:
            self._record("configure", type(self.overlay).__name__.lower(), None, exec=plugin)
        return _failed("DiagnosticsResponse", *self.overlay.configure(config))

    def ValidateProviderConfig(self, request: Any) -> Any:
        return _failed("ConfigResponse", *self.overlay.provider_refusals(decode(request.config) or {}))

    def ValidateResourceConfig(self, request: Any) -> Any:
        return self._validated(request, "resource_schemas", "")

    def ValidateDataResourceConfig(self, request: Any) -> Any:
        return self._validated(request, "data_source_schemas", "data.")

    def ValidateEphemeralResourceConfig(self, request: Any) -> Any:
        return self._validated(request, "ephemeral_resource_schemas", "ephemeral.")

    def _validated(self, request: Any, part: str, prefix: str) -> Any:
        kind, config = request.type_name, decode(request.config)
        wrong = planning.unconfigurable(self._block(kind, part), config)
        return _failed("DiagnosticsResponse", *wrong, *self.overlay.refusals(prefix + kind, config))

    # Resources

    def UpgradeResourceState(self, request: Any) -> Any:
        return M["UpgradeResponse"](upgraded_state=M["DynamicValue"](json=request.raw_state.json))

    def PlanResourceChange(self, request: Any) -> Any:
        prior, proposed, config = (decode(v) for v in (request.prior_state, request.proposed_new_state, request.config))
        kind, block = request.type_name, self._block(request.type_name)
        response = M["PlanResponse"](legacy_type_system=self.overlay.legacy)
        if proposed is None:
            response.planned_state.CopyFrom(request.proposed_new_state)
            return response
        planned = planning.planned(block, proposed, config, prior, partial(self._appears, kind))
        for name, value in self.overlay.defaults.get(kind, {}).items():
            planned[name] = value if config.get(name) is None else planned[name]
        try:
            self.overlay.plan(kind, prior, planned, config)
        except Refusal as exc:
            return _failed("PlanResponse", str(exc))
        if prior is None and (wrong := names.refusals(kind, planned)):
            return _failed("PlanResponse", *wrong)
        for path in self._replacing(kind, planned, prior, config) if prior is not None else ():
            response.requires_replace.add(steps=path)
        response.planned_state.msgpack = encode(planned)
        return response

    def _appears(self, kind: str, path: str, block: dict[str, Any]) -> bool:
        known = self.overlay.appearing
        return planning.decides(block) if known is None else path in known.get(kind, ())

    def _replacing(self, kind: str, planned: Any, prior: Any, config: Any) -> Iterator[list[Any]]:
        """The paths of changes that force replacement."""
        block = self._block(kind)
        for name in sorted(planned):
            if planned[name] == prior.get(name) or not planning.is_given(block, name, config):
                continue
            if self.overlay.forces_new(kind, name):
                yield [M["Step"](attribute_name=name)]
            for inner in _names_in(planned[name]):
                changed = _first(planned[name]).get(inner) != _first(prior.get(name)).get(inner)
                if changed and self.overlay.forces_new(kind, f"{name}.{inner}"):
                    yield [
                        M["Step"](attribute_name=name),
                        M["Step"](element_key_int=0),
                        M["Step"](attribute_name=inner),
                    ]

    def ApplyResourceChange(self, request: Any) -> Any:
        prior, planned, config = (decode(v) for v in (request.prior_state, request.planned_state, request.config))
        kind = request.type_name
        operation = "create" if prior is None else "delete" if planned is None else "update"
        response = M["ApplyResponse"](legacy_type_system=self.overlay.legacy)
        self._record(operation, kind, (prior or {}).get("id"), **self._written(kind, config))
        try:
            self._obey(kind, operation)
            state = self._deleted(kind, prior) if planned is None else self._made(kind, prior, planned, config)
        except Refusal as exc:
            response.diagnostics.add(severity=1, summary=str(exc))
            state = prior
        response.new_state.msgpack = encode(state)
        return response

    def _written(self, kind: str, config: Any) -> dict[str, Any]:
        """The passwords that a resource received as write-only arguments. They are in no state, and the log contains
        their digests, with which tests trace each password."""
        known = planning.attributes(self._block(kind)).items()
        values = [(config or {}).get(name) for name, attribute in known if attribute.get("write_only")]
        found = sorted({digest(word) for word in _PASSWORD.findall(json.dumps(values))})
        return {"written": found} if found else {}

    def _made(self, kind: str, prior: Any, planned: Any, config: Any) -> Any:
        """The state of a created or updated resource."""
        self.overlay.cloud = self._cloud
        problem = None if prior is None else self.overlay.impossible(kind, prior, planned)
        if problem is not None:
            raise Refusal(problem)
        create = self.overlay.made if prior is None else self.overlay.changed
        made = {**create(kind, planned, config), **self._controls().get("made", {}).get(kind, {})}
        state = planning.filled(self._block(kind), planned, made, digest(kind, planned))
        with self._making:  # of two with one name in one configuration, one is refused
            self._remembered(kind, prior is None, state, config)
        return state

    def _remembered(self, kind: str, new: bool, state: Any, config: Any) -> None:
        identity, family = self.overlay.identity(kind, state), self.overlay.family(kind)
        if identity is not None and new and self.memory.get(self._cloud, family, identity):
            said = self.overlay.taken(kind, identity)
            if said is not None:
                raise Refusal(said)
        self.overlay.done(kind, state, config)
        if identity is not None:
            self.memory.keep(self._cloud, family, identity, state, new)

    def _deleted(self, kind: str, prior: Any) -> None:
        self.overlay.cloud = self._cloud
        self.overlay.gone(kind, prior)
        identity = self.overlay.identity(kind, prior)
        if identity is not None:
            self.memory.drop(self._cloud, self.overlay.family(kind), identity)

    def ReadResource(self, request: Any) -> Any:
        kind, state = request.type_name, decode(request.current_state)
        self._record("read", kind, (state or {}).get("id"))
        control = self._controls()
        response = M["ReadResponse"]()
        try:
            self._obey(kind, "read")
            if state is not None and (kind in control.get("deleted", ()) or not self._is_there(kind, state)):
                state = None
        except Refusal as exc:
            response.diagnostics.add(severity=1, summary=str(exc))
        if state is not None:
            state = {**self.overlay.refreshed(kind, state), **control.get("mutated", {}).get(kind, {})}
        response.new_state.msgpack = encode(state)
        return response

    def _is_there(self, kind: str, state: Any) -> bool:
        identity = self.overlay.identity(kind, state)
        if identity is not None and self.memory.was_deleted(self._cloud, self.overlay.family(kind), identity):
            return False
        return self.overlay.still(kind, state)

    def ImportResourceState(self, request: Any) -> Any:
        """The stored resource with this id; otherwise a resource with only its id."""
        kind = request.type_name
        state = self.memory.get(self._cloud, self.overlay.family(kind), request.id)
        state = state or {**planning.empty(self._block(kind)), "id": request.id}
        response = M["ImportResponse"]()
        response.imported_resources.add(type_name=kind, state=M["DynamicValue"](msgpack=encode(state)))
        return response

    # Data and ephemeral resources

    def ReadDataSource(self, request: Any) -> Any:
        kind, config = request.type_name, decode(request.config)
        block = self._block(kind, "data_source_schemas")
        made = self.memory.find(self._cloud, self.overlay.family(kind), config) or {}
        response = M["DataResponse"]()
        try:
            known = {**self.overlay.data(kind, config), **shaped(block, made)}
        except Refusal as exc:
            return _failed("DataResponse", str(exc))
        state = planning.filled(
            block, _with_blocks(block, planning.opened(block, config), known), known, digest(kind, config)
        )
        response.state.msgpack = encode(state)
        return response

    def OpenEphemeralResource(self, request: Any) -> Any:
        kind, config = request.type_name, decode(request.config)
        self._record("open", kind, None)
        block = self._block(kind, "ephemeral_resource_schemas")
        self.overlay.cloud = self._cloud
        try:
            known = self.overlay.ephemeral(kind, config)
        except Refusal as exc:
            return _failed("OpenResponse", str(exc))
        state = planning.filled(block, planning.opened(block, config), known, digest(kind, config))
        return M["OpenResponse"](result=M["DynamicValue"](msgpack=encode(state)))

    def CloseEphemeralResource(self, _: Any) -> Any:
        return M["DiagnosticsResponse"]()

    def StopProvider(self, _: Any) -> Any:
        return M["Empty"]()

    # Tests

    @property
    def _cloud(self) -> str:
        return str(self._controls().get("cloud", ""))

    def _controls(self) -> dict[str, Any]:
        try:
            return json.loads(self._control.read_text()) if self._control else {}  # type: ignore[no-any-return]
        except (OSError, ValueError):
            return {}

    def _obey(self, kind: str, operation: str) -> None:
        control = self._controls()
        for key in (f"{kind}:{operation}", kind):
            if operation != "read" or key.endswith(":read"):
                time.sleep(control.get("delay", {}).get(key, 0))
                message = control.get("fail", {}).get(key)
                if message:
                    raise Refusal(message)

    def _record(self, operation: str, kind: str, id: Any, **more: Any) -> None:
        if self._log is not None:
            line = json.dumps({"op": operation, "type": kind, "id": id, **more}) + "\n"
            with self._lock, open(self._log, "a", encoding="utf-8") as file:
                file.write(line)


def _failed(response: str, *messages: str) -> Any:
    found = M[response]()
    for message in messages:
        found.diagnostics.add(severity=1, summary=message)
    return found


def _fill_block(message: Any, block: dict[str, Any], sensitive: set[str], path: str = "") -> None:
    message.SetInParent()  # an empty block is a block too
    for name, attribute in planning.attributes(block).items():
        _fill_attribute(message.attributes.add(name=name), attribute, sensitive, path + name)
    for name, nested in planning.blocks(block).items():
        entry = message.block_types.add(
            type_name=name,
            nesting=_NESTING[nested["nesting_mode"]],
            min_items=nested.get("min_items", 0),
            max_items=nested.get("max_items", 0),
        )
        _fill_block(entry.block, nested["block"], sensitive, f"{path}{name}.")


def _fill_attribute(message: Any, attribute: dict[str, Any], sensitive: set[str], path: str) -> None:
    for flag in ("required", "optional", "computed", "write_only"):
        setattr(message, flag, bool(attribute.get(flag)))
    message.sensitive = path in sensitive
    if "type" in attribute:
        message.type = json.dumps(attribute["type"]).encode()
        return
    nested = attribute["nested_type"]
    message.nested_type.nesting = _NESTING[nested["nesting_mode"]]
    for name, member in nested["attributes"].items():
        _fill_attribute(message.nested_type.attributes.add(name=name), member, sensitive, f"{path}.{name}")


def _first(value: Any) -> dict[str, Any]:
    """The only block of its name."""
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}


def _names_in(value: Any) -> list[str]:
    return sorted(_first(value))


def _with_blocks(block: dict[str, Any], config: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a data source, with its computed blocks."""
    said = {name: known[name] for name in planning.blocks(block) if known.get(name)}
    return {**config, **said}


def server(provider: Provider, address: str, credentials: Any = None, *more: grpc.GenericRpcHandler) -> grpc.Server:
    """A gRPC server of a provider, not yet started."""
    handlers = {}
    for name, (request, response) in RPCS.items():
        method = getattr(provider, name)
        handlers[name] = grpc.unary_unary_rpc_method_handler(
            lambda message, _context, method=method: method(message),
            request_deserializer=M[request].FromString,
            response_serializer=M[response].SerializeToString,
        )
    limits = [("grpc.max_receive_message_length", 256 << 20), ("grpc.max_send_message_length", 256 << 20)]
    found = grpc.server(futures.ThreadPoolExecutor(16), options=limits)
    found.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tfplugin6.Provider", handlers), *more))
    if credentials is None:
        found.add_insecure_port(address)
    else:
        found.add_secure_port(address, credentials)
    return found


def environment_path(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value) if value else None
