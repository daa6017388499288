"""The parameters of the CloudFormation template: the definition, console group and value of each.

Most parameters are declared with the fields of the stack file (stackfile/targets.py). This module formats them for
CloudFormation, and adds those that are computed from several fields.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..machine.names import stack_tags
from ..stackfile import machine_types, targets
from ..stackfile.schema import StackConfig
from ..stackfile.sections import Pool
from ..stackfile.targets import Parameter

Values = dict[str, Any]
#: Parameter -> its definition, its group in the console, its value.
Described = dict[str, tuple[dict[str, Any], str, str]]

_LIST = "CommaDelimitedList"
#: In the order of the console; pools and the UI follow.
_GROUPS = ("Stack", "Compute", "Network", "Datastore", "Metadata", "Database")


def pascal(text: str) -> str:
    """A name as logical ids have it."""
    return "".join(part.capitalize() for part in text.replace("-", ".").replace("_", ".").split("."))


def described(values: Values, has: dict[str, bool], pools: list[dict[str, Any]]) -> Described:
    """All parameters of a stack's template."""
    found = _of_section(StackConfig, values, has) | _of_tags(values) | _of_network(values, has)
    ordered = {name: one for group in _GROUPS for name, one in found.items() if one[1] == group}
    for pool, spec in zip(pools, values["compute"]["pools"].values()):
        ordered |= _of_pool(pool, spec)
    return ordered | (_of_ui(values["ui"], found, has) if has["ui"] else {})


def groups(described: Described) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, (_, group, _) in described.items():
        found.setdefault(group, []).append(name)
    return found


# Parameters of fields


def _of_section(model: type[BaseModel], values: Values, has: Mapping[str, Any]) -> Described:
    """The parameters of the fields of a section, and of the sections in it."""
    found: Described = {}
    for name, field in model.model_fields.items():
        value, parameter = values[name], targets.marker(field, Parameter)
        section = targets.section_in(field.annotation)
        if parameter is not None and parameter.fits(has):
            found[parameter.name] = (_spec(field, parameter), parameter.group, _text(value))
        elif section is not None and isinstance(value, dict) and not targets.is_map(field.annotation):
            found |= _of_section(section, value, has)
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else str(value)


def _spec(field: FieldInfo, parameter: Parameter) -> dict[str, Any]:
    """A parameter in the format of the template, with the limits of the field."""
    described = {"Description": parameter.description or field.description}
    if parameter.kind is not None:
        return {"Type": parameter.kind, **described}
    if parameter.pattern:
        return {"Type": "String", **described, "AllowedPattern": parameter.pattern}
    plain = _plain(field.annotation)
    if get_origin(plain) is list:
        return {"Type": _LIST, **described}
    allowed = ("true", "false") if plain is bool else get_args(plain) if get_origin(plain) is Literal else ()
    if allowed:
        return {"Type": "String", **described, "AllowedValues": [str(value) for value in allowed]}
    if plain is int:
        return {"Type": "Number", **described, "MinValue": _limit(field, "ge"), "MaxValue": _limit(field, "le")}
    pattern = None if parameter.pattern == "" else _limit(field, "pattern")
    return {"Type": "String", **described, **({"AllowedPattern": pattern} if pattern else {})}


def _plain(annotation: Any) -> Any:
    """A type without annotations and without None."""
    parts = [part for part in get_args(annotation) if part is not NoneType]
    if get_origin(annotation) is Annotated or (get_origin(annotation) not in (list, Literal) and parts):
        return _plain(parts[0])
    return annotation


def _limit(field: FieldInfo, name: str) -> Any:
    """A limit that the schema sets for a field."""
    limits = (getattr(one, name, None) for one in field.metadata if not isinstance(one, Parameter))
    return next((limit for limit in limits if limit is not None), None)


# Computed parameters


def _parameter(description: str, kind: str, value: str, group: str) -> tuple[dict[str, Any], str, str]:
    return {"Type": kind, "Description": description}, group, value


def _of_tags(values: Values) -> Described:
    tags = json.dumps(stack_tags(values["name"], values["tags"]), sort_keys=True, separators=(",", ":"))
    return {"BatchDefaultTags": _parameter("Tags of jobs, as JSON.", "String", tags, "Compute")}


def _of_network(values: Values, has: dict[str, bool]) -> Described:
    network = values["network"]
    if not has["network"]:
        found = {
            "VpcId": _parameter("Existing VPC.", "AWS::EC2::VPC::Id", network["vpc"], "Network"),
            "PrivateSubnetIds": _parameter(
                "Private subnets of the VPC.", "List<AWS::EC2::Subnet::Id>", ",".join(network["subnets"]), "Network"
            ),
        }
        if has["ui"] and not has["ui_internal"]:
            found["PublicSubnetIds"] = _parameter(
                "Public subnets of the VPC.",
                "List<AWS::EC2::Subnet::Id>",
                ",".join(network["public_subnets"]),
                "Network",
            )
        return found
    private, public = subnets(network["cidr"], network["zones"])
    spec, group, value = _parameter("CIDR range of the network.", "String", network["cidr"], "Network")
    return {
        "VpcCidr": ({**spec, "AllowedPattern": r"^[0-9./]{9,18}$"}, group, value),
        "PrivateSubnetCidrs": _parameter("CIDR ranges of the private subnets.", _LIST, ",".join(private), "Network"),
        "PublicSubnetCidrs": _parameter("CIDR ranges of the public subnets.", _LIST, ",".join(public), "Network"),
    }


def subnets(cidr: str, zones: int) -> tuple[list[str], list[str]]:
    """The private subnets in the lower half of a block, the public ones in its last quarter, as in Terraform."""
    block = ipaddress.IPv4Network(cidr)
    bits = (zones - 1).bit_length() + 1
    private = list(block.subnets(prefixlen_diff=bits))[:zones]
    public = list(list(block.subnets(prefixlen_diff=2))[3].subnets(prefixlen_diff=4))[:zones]
    return [str(subnet) for subnet in private], [str(subnet) for subnet in public]


def _of_pool(pool: dict[str, Any], spec: Values) -> Described:
    id, group = pool["id"], f"Pool {pool['name']}"
    found = {f"{id}{name}": (what, group, value) for name, (what, _, value) in _of_section(Pool, spec, pool).items()}
    if pool["machines"]:
        types = ",".join(spec["instance_types"] or machine_types.BATCH)
        found[f"{id}InstanceTypes"] = _parameter("Instance types or families.", _LIST, types, group)
    if pool["limited"]:
        text, seconds = "Cancel a job that waits this long for an instance.", str(spec["runnable_minutes"] * 60)
        what = {"Type": "Number", "Description": text, "MinValue": 600, "MaxValue": 86400}
        found[f"{id}RunnableSeconds"] = (what, group, seconds)
    return found


def _of_ui(ui: Values, fields: Described, has: dict[str, bool]) -> Described:
    """The parameters of the UI: those of fields, and computed ones."""
    found = {name: one for name, one in fields.items() if one[1] == "UI"}
    found["UiAllow"] = _parameter(
        "CIDR ranges with access to the UI.", _LIST, ",".join(ui["allow"]) or "0.0.0.0/0", "UI"
    )
    if not has["cognito"]:
        for key, value in ui["oidc"].items():
            found[f"Oidc{pascal(key)}"] = _parameter(f"OIDC: {key.replace('_', ' ')}.", "String", value, "UI")
    return found
