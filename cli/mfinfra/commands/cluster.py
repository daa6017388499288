"""Commands on what runs: servers, tunnels, and the cluster of a stack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ..errors import UsageError
from .options import StackName
from .state import State, stack_name


def start(name: StackName = None) -> None:
    """Start the servers of a local stack again, or the tunnels to a cluster."""
    from ..reports.servers import report_servers
    from ..stacks import select

    stack = select.named(stack_name(name), State.console)
    report_servers(stack.name, stack.start(), State.console)


def stop(name: StackName = None) -> None:
    """Stop the servers of a local stack, or the tunnels to a cluster; everything behind them is kept."""
    from ..reports.servers import report_servers
    from ..stacks import select

    stack = select.named(stack_name(name), State.console)
    report_servers(stack.name, stack.stop(), State.console)


def open_service(
    service: Annotated[str, typer.Argument(help="ui, argo, airflow or metadata.", show_default=False)],
    name: StackName = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it, on a terminal.")] = True,
    show_secret: Annotated[bool, typer.Option("--show-secret", help="Print the password or token too.")] = False,
) -> None:
    """Print where a stack's UI, Argo, Airflow or metadata service is, and open it. May start a tunnel."""
    from ..reports.cluster import report_open
    from ..stacks import cluster

    if service not in ("ui", "argo", "airflow", "metadata"):
        raise UsageError(f"'{service}' cannot be opened.", hint="What can: ui, argo, airflow, metadata")
    found = cluster.address(stack_name(name), service, show_secret, State.console)
    shows = browser and State.console.is_terminal and typer.launch(found["url"]) == 0
    report_open(found, shows, State.console)


def kubeconfig(
    name: StackName = None,
    out: Annotated[Optional[Path], typer.Option("--out", help="The file; default: that of kubectl.")] = None,
    native: Annotated[bool, typer.Option("--native", help="With the cloud's own program for tokens.")] = False,
) -> None:
    """Write the cluster of a stack into a kubeconfig. No token is in the file."""
    from ..reports.cluster import report_kubeconfig
    from ..stacks import cluster

    report_kubeconfig(cluster.write_kubeconfig(stack_name(name), out, native), State.console)


def kube_token(name: Annotated[str, typer.Argument(help="Name of the stack.")]) -> None:
    """Print a token for the cluster of a stack, as kubectl asks for it."""
    from ..stacks import cluster

    State.console.document(cluster.credential(name))
