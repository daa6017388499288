"""What is wrong with a value of a stack file, in words: where, what was found, what is allowed."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

from ..machine.names import NAME_RULE

_RULES: dict[tuple[Any, ...], str] = {
    ("name",): f"the name of a stack: {NAME_RULE}",
    ("runtime", "python"): "a Python: the path or the name of a program",
    ("runtime", "packages"): "a package: a name as pip has it, with versions if you like, as in 'pandas>=2'",
    ("region",): "a region, as in us-east-1",
    ("account",): "an account: 12 digits in quotes (AWS), the id of a subscription (Azure), the id of a project (GCP)",
    ("permissions_boundary",): "the ARN of a policy",
    (
        "people",
    ): "somebody: an ARN (AWS), an object id (Azure), or user:, group: or serviceAccount: with an address (GCP)",
    ("tags",): "a tag: letters, digits, spaces and _.:/=+@-",
    ("network", "cidr"): "a block of addresses, as in 10.20.0.0/16",
    ("network", "vpc"): "a network: the id of a VPC, the resource id of a virtual network, the name of a VPC network",
    ("network", "subnets"): "a subnet: its id, resource id or name",
    ("network", "public_subnets"): "the id of a subnet, as in subnet-0123456789abcdef0",
    ("datastore", "bucket"): "the name of a bucket: lower-case letters, digits and dashes",
    ("datastore", "kms"): "an encryption: create, managed, or the id of a key",
    ("metadata", "instance_class"): "a size of database, as in db.t4g.micro, B_Standard_B1ms, db-g1-small",
    ("metadata", "postgres_version"): "a version of PostgreSQL: 14 to 18, as in '17' or '17.6'",
    ("metadata", "image"): "an image, as in repository/name:tag",
    ("metadata", "allow"): "a block of addresses, as in 192.0.2.0/24",
    ("kubernetes", "version"): "a version of Kubernetes, as in '1.34'",
    ("kubernetes", "allow"): "a block of addresses, as in 192.0.2.0/24",
    ("kubernetes", "namespaces"): "the name of a namespace: lower-case letters, digits and dashes",
    ("kubernetes", "default_namespace"): "the name of a namespace: lower-case letters, digits and dashes",
    ("orchestrator", "airflow_repository"): "the https address of a Git repository",
    ("orchestrator", "airflow_branch"): "the name of a branch",
    ("orchestrator", "airflow_folder"): "a folder in the repository",
    ("compute", "default"): "the name of a pool: lower-case letters and digits",
    ("ui", "allow"): "a block of addresses, as in 192.0.2.0/24",
    ("ui", "certificate"): "the ARN of a certificate",
    ("ui", "domain"): "a host name, as in ui.example.com",
    ("ui", "oidc"): "that: https addresses, a client id, the ARN of a secret",
    ("registry", "image"): "the tag of an image",
    ("secrets", "allow"): "a secret: its ARN, Key Vault address, resource id or name",
}
_POOL_RULES = {
    "[key]": "the name of a pool: lower-case letters and digits",
    "instance_types": "a machine type, as in c6i.large, Standard_D4s_v5, n2-standard-4",
    "ami": "the id of a machine image, as in ami-0123456789abcdef0",
}
#: What a value should have been, by what pydantic calls the failure.
_KINDS = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text (put it in quotes)",
    "list_type": "a list, as in [a, b]",
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


def key(place: tuple[Any, ...]) -> str:
    """A place in a stack file as people write it: compute.pools.cpu."""
    return ".".join(str(part) for part in place)


def of(error: dict[str, Any], root: type[BaseModel]) -> str:
    """One of the errors of a ValidationError of `root`, without a full stop at its end."""
    place, kind, found = tuple(part for part in error["loc"] if part != "[key]"), error["type"], error["input"]
    name = key(place)
    if kind == "extra_forbidden":
        return f"there is no key {shown(name)}{_closest(place, root)}"
    if kind == "missing":
        return f"{name} is missing"
    if kind == "string_pattern_mismatch":
        start = f"{name}: " if len(place) > 1 else ""
        return f"{start}{shown(found)} cannot be {_rule(tuple(error['loc']))}"
    if found is None:
        return f"{name} must be {_wanted(error)}; it is empty"
    return f"{name} must be {_wanted(error)}, not {shown(found)}{_meant(error)}"


def _wanted(error: dict[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "literal_error":
        return f"one of {_choices(error)}"
    if kind in _BOUNDS:
        limit, words = _BOUNDS[kind]
        return f"{words} {context[limit]}"
    if kind == "too_long":
        return f"no more than {context['max_length']} entries (there are {context['actual_length']})"
    return _KINDS.get(kind) or f"something else ({error['msg']})"


def _choices(error: dict[str, Any]) -> str:
    return str(error["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")


def _meant(error: dict[str, Any]) -> str:
    if error["type"] != "literal_error" or not isinstance(error["input"], str):
        return ""
    close = get_close_matches(error["input"], _choices(error).split(", "), n=1)
    return f"; did you mean '{close[0]}'" if close else ""


def _rule(place: tuple[Any, ...]) -> str:
    """What can stand at a place where something else stands."""
    in_pools = place[:2] == ("compute", "pools")
    known = (_POOL_RULES.get(part) for part in place[3:4]) if in_pools else (_RULES.get(place[:2]),)
    return next((text for text in known if text), "a value here: `mfinfra schema` prints the pattern")


def _closest(place: tuple[Any, ...], root: type[BaseModel]) -> str:
    known = list(_model_at(place[:-1], root).model_fields)
    close = get_close_matches(str(place[-1]), known, n=1)
    return f"; did you mean '{close[0]}'" if close else f" (known: {', '.join(known)})"


def _model_at(place: tuple[Any, ...], root: type[BaseModel]) -> type[BaseModel]:
    """The model of a section; names of pools and places in lists lead to the model of what is there."""
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
    """A value as the file has it, cut where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
