"""Messages for invalid values of a stack file: where, what was found, what is allowed."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

from ..machine.names import NAME_RULE

_RULES: dict[tuple[Any, ...], str] = {
    ("name",): f"a valid stack name: {NAME_RULE}",
    ("runtime", "python"): "a valid Python: the path or name of a program",
    ("runtime", "packages"): "a valid package: a requirement in the syntax of pip, such as 'pandas>=2'",
    ("region",): "a region, such as us-east-1",
    ("account",): "an account: 12 digits (AWS), a subscription ID (Azure), a project ID (GCP)",
    ("permissions_boundary",): "a policy ARN",
    ("people",): "a principal: an ARN (AWS), an object ID (Azure), or a member such as user:ada@example.com (GCP)",
    ("tags",): "a tag: letters, digits, spaces and _.:/=+@-",
    ("network", "cidr"): "a CIDR range, such as 10.20.0.0/16",
    (
        "network",
        "vpc",
    ): "a network: a VPC ID (AWS), a virtual network resource ID (Azure), a VPC network name (GCP)",
    ("network", "subnets"): "a subnet: its ID, resource ID or name",
    ("network", "public_subnets"): "a subnet ID, such as subnet-0123456789abcdef0",
    ("datastore", "bucket"): "a bucket name: lower-case letters, digits and dashes",
    ("datastore", "kms"): "an encryption: create, managed, or a key ID",
    ("metadata", "instance_class"): "a database instance class, such as db.t4g.micro, B_Standard_B1ms, db-g1-small",
    ("metadata", "postgres_version"): "a PostgreSQL version: 14 to 18, such as '17' or '17.6'",
    ("metadata", "image"): "an image, such as repository/name:tag",
    ("metadata", "allow"): "a CIDR range, such as 192.0.2.0/24",
    ("kubernetes", "version"): "a Kubernetes version, such as '1.34'",
    ("kubernetes", "allow"): "a CIDR range, such as 192.0.2.0/24",
    ("kubernetes", "namespaces"): "a namespace name: lower-case letters, digits and dashes",
    ("kubernetes", "default_namespace"): "a namespace name: lower-case letters, digits and dashes",
    ("orchestrator", "airflow_repository"): "the https URL of a Git repository",
    ("orchestrator", "airflow_secret"): "the ARN, Key Vault URL or resource ID, or path of a secret",
    ("orchestrator", "airflow_branch"): "a branch name",
    ("orchestrator", "airflow_folder"): "a directory in the repository",
    ("compute", "default"): "a pool name: lower-case letters and digits",
    ("ui", "allow"): "a CIDR range, such as 192.0.2.0/24",
    ("ui", "certificate"): "a certificate ARN",
    ("ui", "domain"): "a host name, such as ui.example.com",
    ("ui", "oidc"): "valid: it needs https URLs, a client ID, the ARN of a secret",
    ("registry", "image"): "an image tag",
    ("secrets", "allow"): "a secret: its ARN, Key Vault URL, resource ID or name",
}
_POOL_RULES = {
    "[key]": "a pool name: lower-case letters and digits",
    "instance_types": "a machine type, such as c6i.large, Standard_D4s_v5, n2-standard-4",
    "ami": "an AMI ID, such as ami-0123456789abcdef0",
}
#: The expected kind of value, by the error type of pydantic.
_KINDS = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text (put it in quotes)",
    "list_type": "a list, such as [a, b]",
    "dict_type": "a section, with keys below it",
    "model_type": "a section, with keys below it",
    "model_attributes_type": "a section, with keys below it",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
    "greater_than": ("gt", "more than"),
    "less_than": ("lt", "less than"),
}

#: The reasons for limits that are lower than those of the clouds.
_WHY_SO_FEW = {("tags",): ", because AWS and Azure allow 50 tags, and the stack adds its own"}


def key(place: tuple[Any, ...]) -> str:
    """The path of a key in a stack file as text: compute.pools.cpu."""
    return ".".join(str(part) for part in place)


def of(error: dict[str, Any], root: type[BaseModel]) -> str:
    """The message for one error of a ValidationError of `root`, without a full stop at its end."""
    place, kind, found = tuple(part for part in error["loc"] if part != "[key]"), error["type"], error["input"]
    name = key(place)
    if kind == "extra_forbidden":
        return f"unknown key {shown(name)}{_closest(place, root)}"
    if kind == "missing":
        return f"{name} is missing"
    if kind == "string_pattern_mismatch":
        start = f"{name}: " if len(place) > 1 else ""
        return f"{start}{shown(found)} is not {_rule(tuple(error['loc']))}"
    if found is None:
        return f"{name} must be {_wanted(error)}; it is empty"
    if kind == "too_long":
        return f"{name} has {len(found)} entries; it must have {_wanted(error)}{_WHY_SO_FEW.get(place, '')}"
    return f"{name} must be {_wanted(error)}, not {shown(found)}{_meant(error)}"


def _wanted(error: dict[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "literal_error":
        return f"one of {_choices(error)}"
    if kind in _BOUNDS:
        limit, words = _BOUNDS[kind]
        return f"{words} {context[limit]}"
    if kind == "too_long":
        return f"at most {context['max_length']} entries"
    return _KINDS.get(kind) or f"something else ({error['msg']})"


def _choices(error: dict[str, Any]) -> str:
    return str(error["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")


def _meant(error: dict[str, Any]) -> str:
    if error["type"] != "literal_error" or not isinstance(error["input"], str):
        return ""
    close = get_close_matches(error["input"], _choices(error).split(", "), n=1)
    return f"; did you mean '{close[0]}'" if close else ""


def _rule(place: tuple[Any, ...]) -> str:
    """A description of the allowed values at a place."""
    in_pools = place[:2] == ("compute", "pools")
    known = (_POOL_RULES.get(part) for part in place[3:4]) if in_pools else (_RULES.get(place[:2]),)
    return next((text for text in known if text), "allowed here: `mfinfra schema` prints the pattern")


def _closest(place: tuple[Any, ...], root: type[BaseModel]) -> str:
    known = list(_model_at(place[:-1], root).model_fields)
    close = get_close_matches(str(place[-1]), known, n=1)
    return f"; did you mean '{close[0]}'" if close else f" (known: {', '.join(known)})"


def _model_at(place: tuple[Any, ...], root: type[BaseModel]) -> type[BaseModel]:
    """The model of a section; names of pools and list indexes lead to the model of their items."""
    model = root
    for part in place:
        field = model.model_fields.get(str(part))
        model = _model_in(field.annotation) or model if field is not None else model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)


def shown(value: Any) -> str:
    """A value as in the file, truncated if it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
