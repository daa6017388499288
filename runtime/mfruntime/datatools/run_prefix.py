"""Runs that have a folder of their own among the data of flows."""

from __future__ import annotations

from typing import Any

from .provider import Kind


def run_names(kind: Kind, run: Any) -> tuple[str, str]:
    """Flow and run id: of the flow whose step this is, or of a Run of the client. Others raise the store's error."""
    from ..client.runs import Run
    from ..flow.current import current
    from ..flow.spec import FlowSpec

    if isinstance(run, Run):
        flow, number = run.pathspec.split("/")
        return flow, number
    if isinstance(run, FlowSpec):
        if current.flow_name is None or current.run_id is None:
            raise kind.errors.invalid_address(f"{kind.tool}(run=self) works inside of a step.")
        return str(current.flow_name), str(current.run_id)
    raise kind.errors.invalid_address("run must be the flow of a step (self) or a Run of the client.")
