"""A provider with the schemas of the real one and a cloud in memory.

It plans as the real ones do (what a provider decides is unknown until it is made), fills in what a cloud would, and
keeps nothing but the secrets that were written and what a test says through the control file:

    {"fail": {"aws_db_instance:create": "message"}, "delay": {"aws_db_instance:create": 0.5},
     "deleted": ["aws_db_instance"], "mutated": {"aws_db_instance": {"instance_class": "db.r6g.large"}}}

Keys are a type, or a type and an operation (create, update, delete, read).
"""

from __future__ import annotations

import json
import os
import threading
import time
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc

from . import overlay
from .messages import RPCS, M
from .values import UNKNOWN, decode, encode, is_known

_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}


class Refusal(Exception):
    """What the cloud says no to."""


def write_only(name: str) -> bool:
    """The naming of all providers: NAME_wo is written and never kept."""
    return name.endswith("_wo")


class Provider:
    """One provider; every method is called by many threads at once."""

    def __init__(self, schemas: dict[str, Any], control: Path | None = None, log: Path | None = None) -> None:
        self.schemas = schemas
        self.region = "us-east-1"
        self.secrets: dict[str, str] = {}
        self._control, self._log, self._lock = control, log, threading.Lock()
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
        self._fill_block(
            message.block,
            schema["block"],
            overlay.SENSITIVE.get(kind, set()),
            not kind.startswith(("data.", "ephemeral.")),
        )
        return message

    def _fill_block(self, message: Any, block: dict[str, Any], sensitive: set[str], managed: bool) -> None:
        message.SetInParent()  # an empty block is a block too
        for name, attribute in (block.get("attributes") or {}).items():
            flags = {flag: True for flag in ("required", "optional", "computed") if attribute.get(flag)}
            message.attributes.add(
                name=name,
                type=json.dumps(attribute["type"]).encode(),
                sensitive=name in sensitive,
                write_only=managed and write_only(name),
                **flags,
            )
        for name, nested in (block.get("block_types") or {}).items():
            entry = message.block_types.add(
                type_name=name,
                nesting=_NESTING[nested["nesting_mode"]],
                min_items=nested.get("min_items", 0),
                max_items=nested.get("max_items", 0),
            )
            self._fill_block(entry.block, nested["block"], sensitive, managed)

    def _block(self, kind: str, part: str = "resource_schemas") -> dict[str, Any]:
        return self.schemas[part][kind]["block"]  # type: ignore[no-any-return]

    # Configuration

    def ConfigureProvider(self, request: Any) -> Any:
        config = decode(request.config) or {}
        if isinstance(config.get("region"), str):
            self.region = config["region"]
        allowed = config.get("allowed_account_ids")
        if isinstance(allowed, list) and allowed and overlay.ACCOUNT not in allowed:
            return _failed("DiagnosticsResponse", f"AWS account ID not allowed: {overlay.ACCOUNT}")
        return M["DiagnosticsResponse"]()

    def ValidateProviderConfig(self, _: Any) -> Any:
        return M["ConfigResponse"]()

    def ValidateResourceConfig(self, request: Any) -> Any:
        config = decode(request.config)
        wrong = [*_unconfigurable(self._block(request.type_name), config), *overlay.refusals(request.type_name, config)]
        return _failed("DiagnosticsResponse", *wrong)

    def ValidateDataResourceConfig(self, request: Any) -> Any:
        return _failed(
            "DiagnosticsResponse",
            *_unconfigurable(self._block(request.type_name, "data_source_schemas"), decode(request.config)),
        )

    def ValidateEphemeralResourceConfig(self, request: Any) -> Any:
        return _failed(
            "DiagnosticsResponse",
            *_unconfigurable(self._block(request.type_name, "ephemeral_resource_schemas"), decode(request.config)),
        )

    # Resources

    def UpgradeResourceState(self, request: Any) -> Any:
        return M["UpgradeResponse"](upgraded_state=M["DynamicValue"](json=request.raw_state.json))

    def PlanResourceChange(self, request: Any) -> Any:
        prior, proposed, config = (decode(v) for v in (request.prior_state, request.proposed_new_state, request.config))
        response = M["PlanResponse"](legacy_type_system=True)
        if proposed is None:
            response.planned_state.CopyFrom(request.proposed_new_state)
            return response
        block = self._block(request.type_name)
        planned = _planned(block, proposed, config, prior)
        if prior is not None:
            for name in sorted(planned):
                if (
                    planned[name] != prior.get(name)
                    and overlay.forces_new(request.type_name, name)
                    and _is_set(block, name, config)
                ):
                    response.requires_replace.add(steps=[M["Step"](attribute_name=name)])
        response.planned_state.msgpack = encode(planned)
        return response

    def ApplyResourceChange(self, request: Any) -> Any:
        prior, planned, config = (decode(v) for v in (request.prior_state, request.planned_state, request.config))
        kind = request.type_name
        operation = "create" if prior is None else "delete" if planned is None else "update"
        response = M["ApplyResponse"](legacy_type_system=True)
        self._record(operation, kind, (prior or {}).get("id"))
        try:
            self._obey(kind, operation)
        except Refusal as exc:
            response.diagnostics.add(severity=1, summary=str(exc))
            response.new_state.msgpack = encode(prior)
            return response
        if planned is None:
            response.new_state.msgpack = encode(None)
            return response
        made = overlay.made_up(kind, planned, self.region) if prior is None else {}
        state = _filled(self._block(kind), planned, made, overlay.digest(kind, planned))
        if kind == "aws_secretsmanager_secret_version" and isinstance(config.get("secret_string_wo"), str):
            self.secrets[str(state["secret_id"])] = config["secret_string_wo"]
        response.new_state.msgpack = encode(state)
        return response

    def ReadResource(self, request: Any) -> Any:
        kind, state = request.type_name, decode(request.current_state)
        self._record("read", kind, (state or {}).get("id"))
        control = self._controls()
        response = M["ReadResponse"]()
        try:
            self._obey(kind, "read")
        except Refusal as exc:
            response.diagnostics.add(severity=1, summary=str(exc))
        if kind in control.get("deleted", ()):
            state = None
        elif state is not None:
            state = {**state, **control.get("mutated", {}).get(kind, {})}
        response.new_state.msgpack = encode(state)
        return response

    def ImportResourceState(self, request: Any) -> Any:
        state = dict.fromkeys(self._block(request.type_name).get("attributes") or {})
        for name, nested in (self._block(request.type_name).get("block_types") or {}).items():
            state[name] = None if nested["nesting_mode"] == "single" else []  # type: ignore[assignment]
        response = M["ImportResponse"]()
        response.imported_resources.add(
            type_name=request.type_name, state=M["DynamicValue"](msgpack=encode({**state, "id": request.id}))
        )
        return response

    # Data and ephemeral resources

    def ReadDataSource(self, request: Any) -> Any:
        kind, config = request.type_name, decode(request.config)
        known = overlay.data(kind, config, self.region)
        state = _filled(
            self._block(kind, "data_source_schemas"),
            _open(self._block(kind, "data_source_schemas"), config),
            known,
            overlay.digest(kind, config),
        )
        return M["DataResponse"](state=M["DynamicValue"](msgpack=encode(state)))

    def OpenEphemeralResource(self, request: Any) -> Any:
        kind, config = request.type_name, decode(request.config)
        self._record("open", kind, None)
        known = overlay.ephemeral(kind, config, self.secrets)
        block = self._block(kind, "ephemeral_resource_schemas")
        state = _filled(block, _open(block, config), known, overlay.digest(kind, config))
        return M["OpenResponse"](result=M["DynamicValue"](msgpack=encode(state)))

    def CloseEphemeralResource(self, _: Any) -> Any:
        return M["DiagnosticsResponse"]()

    def StopProvider(self, _: Any) -> Any:
        return M["Empty"]()

    # Tests

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

    def _record(self, operation: str, kind: str, id: Any) -> None:
        if self._log is not None:
            line = json.dumps({"op": operation, "type": kind, "id": id}) + "\n"
            with self._lock, open(self._log, "a", encoding="utf-8") as file:
                file.write(line)


def _failed(response: str, *messages: str) -> Any:
    found = M[response]()
    for message in messages:
        found.diagnostics.add(severity=1, summary=message)
    return found


def _unconfigurable(block: dict[str, Any], config: Any) -> list[str]:
    if not isinstance(config, dict):
        return []
    attributes = block.get("attributes") or {}
    return [
        f'Value for unconfigurable attribute: can\'t configure a value for "{name}"'
        for name, attribute in attributes.items()
        if config.get(name) is not None and not attribute.get("optional") and not attribute.get("required")
    ]


def _is_set(block: dict[str, Any], name: str, config: dict[str, Any]) -> bool:
    return config.get(name) not in (None, []) or not ((block.get("attributes") or {}).get(name) or {}).get("computed")


def _planned(block: dict[str, Any], proposed: dict[str, Any], config: Any, prior: Any) -> dict[str, Any]:
    """What will be: as proposed, with what the provider decides unknown on creation."""
    result = dict(proposed)
    config = config if isinstance(config, dict) else {}
    for name, attribute in (block.get("attributes") or {}).items():
        if write_only(name):
            result[name] = None
        elif attribute.get("computed") and config.get(name) is None and prior is None:
            result[name] = UNKNOWN
    for name, nested in (block.get("block_types") or {}).items():
        given = config.get(name)
        if nested["nesting_mode"] == "single" or prior is not None or given is UNKNOWN:
            continue
        if given:
            result[name] = [
                _planned(nested["block"], item, item, None) if isinstance(item, dict) else item for item in given
            ]
        elif not nested.get("min_items") and _decides(nested["block"]):
            result[name] = UNKNOWN
    return result


def _decides(block: dict[str, Any]) -> bool:
    """Whether a block has something that only the provider decides: such blocks appear by themselves."""
    return any(a.get("computed") and not a.get("optional") for a in (block.get("attributes") or {}).values())


def _open(block: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a data source, with what it will say unknown."""
    attributes = block.get("attributes") or {}
    return {
        name: UNKNOWN if value is None and name in attributes and attributes[name].get("computed") else value
        for name, value in config.items()
    }


def _filled(block: dict[str, Any], planned: dict[str, Any], made: dict[str, Any], seed: str) -> dict[str, Any]:
    """The plan with nothing unknown left in it."""
    result = dict(planned)
    for name, attribute in (block.get("attributes") or {}).items():
        value = planned.get(name)
        if not is_known(value):
            result[name] = (
                made[name] if name in made and is_known(made[name]) else _value(attribute["type"], name, seed, planned)
            )
    for name, nested in (block.get("block_types") or {}).items():
        value = planned.get(name)
        if value is UNKNOWN:
            result[name] = made.get(name, [])
        elif isinstance(value, list):
            result[name] = [
                _filled(nested["block"], item, {}, f"{seed}{name}{index}") for index, item in enumerate(value)
            ]
    return result


def _value(kind: Any, name: str, seed: str, planned: dict[str, Any]) -> Any:
    if name == "tags_all":
        return planned.get("tags") if isinstance(planned.get("tags"), dict) else {}
    if name.endswith("_prefix"):
        return None
    simple = {"string": f"{name}-{overlay.digest(seed, name, length=8)}", "number": 1, "bool": False, "dynamic": None}
    if isinstance(kind, str):
        return simple[kind]
    if kind[0] == "object":
        return {key: _value(inner, key, seed + name, {}) for key, inner in kind[1].items()}
    return {} if kind[0] == "map" else []


def server(provider: Provider, address: str, credentials: Any = None, *more: grpc.GenericRpcHandler) -> grpc.Server:
    """A gRPC server of a provider, not started yet."""
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


def load(path: Path) -> dict[str, Any]:
    """Schemas from a file."""
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def environment_path(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value) if value else None
