"""The reports of `start` and `stop`: servers and tunnels on this machine."""

from __future__ import annotations

from typing import Any

from ..console import Console


def server_text(server: dict[str, Any]) -> str:
    """The status of a server as text."""
    again = (
        f", restarted {server['restarts']} times, last because it {server['last_end']}" if server["restarts"] else ""
    )
    process = f" (process {server['pid']})" if server["pid"] is not None else ""
    return f"{server['name']} on {server['address']}: {server['state']}{process}{again}"


def report_servers(name: str, servers: list[dict[str, Any]], console: Console) -> None:
    """Print the servers of a stack after `start` and `stop`."""
    if console.as_json:
        console.document({"stack": name, "servers": servers})
        return
    for server in servers:
        console.done(server_text(server))
