"""The prefix of a run in the data of flows."""

from __future__ import annotations

from typing import Any

from .provider import Provider


def run_names(provider: Provider, run: Any) -> tuple[str, str]:
    """Flow and run id of the running flow (`self` in a step) or of a client Run. Other values raise the store's
    error."""
    from ..client.runs import Run
    from ..flow.current import current
    from ..flow.spec import FlowSpec

    if isinstance(run, Run):
        flow, number = run.pathspec.split("/")
        return flow, number
    if isinstance(run, FlowSpec):
        if current.flow_name is None or current.run_id is None:
            raise provider.errors.invalid_address(f"{provider.tool}(run=self) can only be used inside a step.")
        return str(current.flow_name), str(current.run_id)
    raise provider.errors.invalid_address("run must be the flow inside a step (self) or a Run object of the client.")
