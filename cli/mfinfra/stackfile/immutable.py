"""Options of a stack that cannot be changed after it has been created, and the reasons."""

from __future__ import annotations

from typing import Any

from ..errors import StackFileError
from . import messages
from .schema import StackConfig

#: Options that cannot be changed after a stack has been created, and the reasons.
IMMUTABLE: dict[tuple[str, ...], str] = {
    ("cloud",): "a stack cannot move to another cloud",
    ("engine",): "one engine cannot manage the resources of another",
    ("region",): "its data is stored there",
    ("account",): "a stack cannot move to another account",
    ("network", "vpc"): "instances and database, with their data, cannot move",
    ("network", "cidr"): "the network and everything in it would be replaced",
    ("datastore", "bucket"): "runs and artifacts are stored there",
    ("datastore", "kms"): "the database, which is encrypted with it, would be replaced",
    ("metadata", "database"): "the metadata of all runs is stored there",
    ("compute", "backend"): "the compute backend, and with it the production orchestrator, would be replaced",
}
#: Values that records of earlier versions contain, and their present names.
_EARLIER: dict[tuple[str, ...], dict[Any, str]] = {("datastore", "kms"): {"aws": "managed"}}
#: Options that can be unset in a stack file: they are determined when the stack is deployed.
_FOUND = (("engine",), ("account",))


def check_unmoved(before: dict[str, Any], config: StackConfig) -> None:
    """Raise StackFileError if an immutable option has changed; `before` is the earlier config as plain values."""
    after = config.model_dump()
    _check_database_version(before, after, config.name)
    for place, why in IMMUTABLE.items():
        was, now = (
            _EARLIER.get(place, {}).get(_at_place(before, place), _at_place(before, place)),
            _at_place(after, place),
        )
        is_open = place in _FOUND and None in (was, now)
        if was != now and not is_open:
            raise StackFileError(
                f"{messages.key(place)} of stack '{config.name}' is {messages.shown(was)} and cannot be changed to"
                f" {messages.shown(now)}: {why}.",
                hint="Restore the value, or create a second stack with another name",
            )
    _check_queues(before, config)


def _check_queues(before: dict[str, Any], config: StackConfig) -> None:
    """Raise StackFileError if a queue of a CloudFormation stack gains or loses its scheduling policy: AWS Batch cannot
    change it, and CloudFormation does not replace a queue that keeps its name. A Terraform plan replaces the queue."""
    if config.engine != "cloudformation" or config.compute.backend != "batch":
        return
    for name, pool in config.compute.pools.items():
        was = _at_place(before, ("compute", "pools", name, "fair_share"))
        if was is not None and was != pool.fair_share:
            place, now = ("compute", "pools", name, "fair_share"), pool.fair_share
            raise StackFileError(
                f"{messages.key(place)} of stack '{config.name}' is {messages.shown(was)} and cannot be changed to"
                f" {messages.shown(now)}: AWS Batch sets the scheduling policy of a queue when it creates the queue.",
                hint=f"Set {messages.key(place)}: {str(was).lower()}, or give the pool another name",
            )


def _check_database_version(before: dict[str, Any], after: dict[str, Any], name: str) -> None:
    """Raise StackFileError if the version of the database gets lower: no cloud downgrades a PostgreSQL database."""
    place = ("metadata", "postgres_version")
    was, now = str(_at_place(before, place) or ""), str(_at_place(after, place))
    length = min(was.count("."), now.count(".")) + 1
    older, newer = ([int(part) for part in text.split(".")[:length] if part] for text in (was, now))
    if older and newer < older and after["metadata"]["database"] is None:
        raise StackFileError(
            f"metadata.postgres_version of stack '{name}' is {was} and cannot be changed to {now}: no cloud"
            " downgrades a PostgreSQL database.",
            hint="Restore the value, or create a second stack with another name",
        )


def _at_place(values: dict[str, Any], place: tuple[str, ...]) -> Any:
    node: Any = values
    for part in place:
        node = node.get(part) if isinstance(node, dict) else None
    return node
