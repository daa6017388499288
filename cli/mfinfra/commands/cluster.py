"""Commands for the servers, tunnels and cluster of a stack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ..errors import UsageError
from .options import StackName
from .state import State, stack_name


def start(name: StackName = None) -> None:
    """Start the servers of a local stack, or the tunnels of a cloud stack."""
    from ..reports.servers import report_servers
    from ..stacks import select

    stack = select.named(stack_name(name), State.console)
    report_servers(stack.name, stack.start(), State.console)


def stop(name: StackName = None) -> None:
    """Stop the servers of a local stack, or the tunnels of a cloud stack. No data is deleted."""
    from ..reports.servers import report_servers
    from ..stacks import select

    stack = select.named(stack_name(name), State.console)
    report_servers(stack.name, stack.stop(), State.console)


def open_service(
    service: Annotated[str, typer.Argument(help="Service: ui, argo, airflow or metadata.", show_default=False)],
    name: StackName = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the URL in a browser, on a terminal.")
    ] = True,
    show_secret: Annotated[bool, typer.Option("--show-secret", help="Also print the password or token.")] = False,
) -> None:
    """Open the Metaflow UI, Argo, Airflow or metadata service, and print its URL. Starts a tunnel if needed."""
    from ..reports.cluster import report_open
    from ..stacks import cluster

    if service not in ("ui", "argo", "airflow", "metadata"):
        raise UsageError(f"Unknown service '{service}'.", hint="Available services: ui, argo, airflow, metadata")
    found = cluster.address(stack_name(name), service, show_secret, State.console)
    shows = browser and State.console.is_terminal and typer.launch(found["url"]) == 0
    report_open(found, shows, State.console)


def kubeconfig(
    name: StackName = None,
    out: Annotated[
        Optional[Path], typer.Option("--out", help="Kubeconfig file to write. Default: the file that kubectl uses.")
    ] = None,
    native: Annotated[
        bool, typer.Option("--native", help="Get tokens from the command line tool of the cloud.")
    ] = False,
) -> None:
    """Write the cluster of a stack to a kubeconfig file. The file contains no token."""
    from ..reports.cluster import report_kubeconfig
    from ..stacks import cluster

    report_kubeconfig(cluster.write_kubeconfig(stack_name(name), out, native), State.console)


def kube_token(
    name: Annotated[str, typer.Argument(help="Name of the stack.")],
    region: Annotated[
        Optional[str], typer.Option("--region", help="AWS region of a cluster whose stack is not recorded yet.")
    ] = None,
) -> None:
    """Print a token for the cluster of a stack, in the format of kubectl credential plugins."""
    from ..stacks import cluster

    found = cluster.credential(name) if region is None else cluster.eks_credential(name, region)
    State.console.document(found)
