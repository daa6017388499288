"""Numbers of YAML files together with their text: account 020222070707 is an identifier, version 1.30 is not 1.3."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor


class Integer(int):
    """A whole number; `written` is its text in the file."""

    written: str


class Decimal(float):
    """A number with a fraction; `written` is its text in the file."""

    written: str


class _Constructor(RoundTripConstructor):
    """Keeps the text of numbers, and reads dates as text: no option of a stack file is a date."""

    def integer(self, node: Any) -> Integer:
        found = Integer(self.construct_yaml_int(node))
        found.written = str(node.value)
        return found

    def decimal(self, node: Any) -> Decimal:
        found = Decimal(self.construct_yaml_float(node))
        found.written = str(node.value)
        return found

    def date(self, node: Any) -> str:
        return str(node.value)


_Constructor.add_constructor("tag:yaml.org,2002:int", _Constructor.integer)
_Constructor.add_constructor("tag:yaml.org,2002:float", _Constructor.decimal)
_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _Constructor.date)


def loader() -> YAML:
    """A YAML loader whose numbers have an attribute `written`."""
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    return yaml
