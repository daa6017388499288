"""Names that a service does not accept fail the creation of a resource, as in AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

from .. import names


def install() -> None:
    for kind in names.PROPERTIES:
        handlers = provisioners._RESOURCE_HANDLERS[kind]
        handlers["create"] = _checked(kind, handlers["create"])


def _checked(kind: str, create: Callable[..., Any]) -> Callable[..., Any]:
    def checked(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        wrong = names.of_cloudformation(kind, properties)
        if wrong:
            raise ValueError(f"Resource handler returned message: {wrong[0]}")
        return create(logical_id, properties, stack)

    return checked
