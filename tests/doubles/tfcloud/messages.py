"""The messages of Terraform's plugin protocol 6 that a provider needs, built from a table of their fields.

Field numbers are those of the published protocol (tfplugin6.proto, 6.7); fields that no test needs are omitted.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_TYPES = {"string": 9, "bytes": 12, "bool": 8, "int64": 3, "int": 3}
_D = "Diagnostic*"
#: Message -> fields: (name, number, type); a star makes it a list, a map is "map:Type".
TABLE: dict[str, list[tuple[str, int, str]]] = {
    "Empty": [],
    "DynamicValue": [("msgpack", 1, "bytes"), ("json", 2, "bytes")],
    "Step": [("attribute_name", 1, "string"), ("element_key_string", 2, "string"), ("element_key_int", 3, "int64")],
    "AttributePath": [("steps", 1, "Step*")],
    "Diagnostic": [("severity", 1, "int64"), ("summary", 2, "string"), ("detail", 3, "string"), ("attribute", 4, "AttributePath")],
    "RawState": [("json", 1, "bytes")],
    "Attribute": [("name", 1, "string"), ("type", 2, "bytes"), ("required", 4, "bool"), ("optional", 5, "bool"),
                  ("computed", 6, "bool"), ("sensitive", 7, "bool"), ("nested_type", 10, "Object"), ("write_only", 11, "bool")],
    "Object": [("attributes", 1, "Attribute*"), ("nesting", 3, "int64")],
    "NestedBlock": [("type_name", 1, "string"), ("block", 2, "Block"), ("nesting", 3, "int64"), ("min_items", 4, "int64"), ("max_items", 5, "int64")],
    "Block": [("version", 1, "int64"), ("attributes", 2, "Attribute*"), ("block_types", 3, "NestedBlock*")],
    "Schema": [("version", 1, "int64"), ("block", 2, "Block")],
    "Capabilities": [("plan_destroy", 1, "bool"), ("get_provider_schema_optional", 2, "bool")],
    "SchemaResponse": [("provider", 1, "Schema"), ("resource_schemas", 2, "map:Schema"), ("data_source_schemas", 3, "map:Schema"),
                       ("diagnostics", 4, _D), ("server_capabilities", 6, "Capabilities"), ("ephemeral_resource_schemas", 8, "map:Schema")],
    "ConfigRequest": [("config", 1, "DynamicValue")],
    "ConfigResponse": [("diagnostics", 2, _D)],
    "TypedConfigRequest": [("type_name", 1, "string"), ("config", 2, "DynamicValue")],
    "DiagnosticsResponse": [("diagnostics", 1, _D)],
    "ConfigureRequest": [("terraform_version", 1, "string"), ("config", 2, "DynamicValue")],
    "UpgradeRequest": [("type_name", 1, "string"), ("version", 2, "int64"), ("raw_state", 3, "RawState")],
    "UpgradeResponse": [("upgraded_state", 1, "DynamicValue"), ("diagnostics", 2, _D)],
    "ReadRequest": [("type_name", 1, "string"), ("current_state", 2, "DynamicValue"), ("private", 3, "bytes")],
    "ReadResponse": [("new_state", 1, "DynamicValue"), ("diagnostics", 2, _D), ("private", 3, "bytes")],
    "PlanRequest": [("type_name", 1, "string"), ("prior_state", 2, "DynamicValue"), ("proposed_new_state", 3, "DynamicValue"), ("config", 4, "DynamicValue")],
    "PlanResponse": [("planned_state", 1, "DynamicValue"), ("requires_replace", 2, "AttributePath*"), ("diagnostics", 4, _D), ("legacy_type_system", 5, "bool")],
    "ApplyRequest": [("type_name", 1, "string"), ("prior_state", 2, "DynamicValue"), ("planned_state", 3, "DynamicValue"), ("config", 4, "DynamicValue")],
    "ApplyResponse": [("new_state", 1, "DynamicValue"), ("diagnostics", 3, _D), ("legacy_type_system", 4, "bool")],
    "ImportRequest": [("type_name", 1, "string"), ("id", 2, "string")],
    "Imported": [("type_name", 1, "string"), ("state", 2, "DynamicValue")],
    "ImportResponse": [("imported_resources", 1, "Imported*"), ("diagnostics", 2, _D)],
    "DataResponse": [("state", 1, "DynamicValue"), ("diagnostics", 2, _D)],
    "OpenResponse": [("diagnostics", 1, _D), ("result", 3, "DynamicValue")],
    "CloseRequest": [("type_name", 1, "string")],
}  # fmt: skip

#: Messages of which one field is meant, also where it is 0.
_CHOICES = {"Step"}

#: RPC -> request and response. MoveResourceState, functions and renewal are refused by gRPC as not implemented.
RPCS: dict[str, tuple[str, str]] = {
    "GetProviderSchema": ("Empty", "SchemaResponse"),
    "ValidateProviderConfig": ("ConfigRequest", "ConfigResponse"),
    "ValidateResourceConfig": ("TypedConfigRequest", "DiagnosticsResponse"),
    "ValidateDataResourceConfig": ("TypedConfigRequest", "DiagnosticsResponse"),
    "ValidateEphemeralResourceConfig": ("TypedConfigRequest", "DiagnosticsResponse"),
    "UpgradeResourceState": ("UpgradeRequest", "UpgradeResponse"),
    "ConfigureProvider": ("ConfigureRequest", "DiagnosticsResponse"),
    "ReadResource": ("ReadRequest", "ReadResponse"),
    "PlanResourceChange": ("PlanRequest", "PlanResponse"),
    "ApplyResourceChange": ("ApplyRequest", "ApplyResponse"),
    "ImportResourceState": ("ImportRequest", "ImportResponse"),
    "ReadDataSource": ("TypedConfigRequest", "DataResponse"),
    "OpenEphemeralResource": ("TypedConfigRequest", "OpenResponse"),
    "CloseEphemeralResource": ("CloseRequest", "DiagnosticsResponse"),
    "StopProvider": ("Empty", "Empty"),
}


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="tfcloud.proto", package="tfcloud", syntax="proto3")
    for name, fields in TABLE.items():
        message = file.message_type.add(name=name)
        if name in _CHOICES:
            message.oneof_decl.add(name="choice")
        for field_name, number, kind in fields:
            field = message.field.add(name=field_name, number=number, label=1)
            if name in _CHOICES:
                field.oneof_index = 0
            if kind.startswith("map:"):
                entry = message.nested_type.add(name=f"{field_name.title().replace('_', '')}Entry")
                entry.options.map_entry = True
                entry.field.add(name="key", number=1, label=1, type=9)
                entry.field.add(name="value", number=2, label=1, type=11, type_name=f".tfcloud.{kind[4:]}")
                field.label, field.type, field.type_name = 3, 11, f".tfcloud.{name}.{entry.name}"
                continue
            if kind.endswith("*"):
                field.label, kind = 3, kind[:-1]
            if kind in _TYPES:
                field.type = _TYPES[kind]
            else:
                field.type, field.type_name = 11, f".tfcloud.{kind}"
    return file


_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_file())
M: dict[str, Any] = {
    name: message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"tfcloud.{name}")) for name in TABLE
}
