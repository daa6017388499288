"""All providers in one process, for TF_REATTACH_PROVIDERS: no process per command, no download, no mirror.

    python -m tests.doubles.tfcloud.serve FOLDER

prints one line of JSON, the value of TF_REATTACH_PROVIDERS, and serves until its standard input ends.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from .provider import Provider, environment_path, server

SCHEMAS = Path(__file__).parent / "schemas"


def main(folder: Path) -> None:
    reattach: dict[str, Any] = {}
    running = []
    for path in sorted(SCHEMAS.glob("*.json")):
        socket = folder / f"{path.stem}.sock"
        provider = Provider(path, environment_path("TFCLOUD_CONTROL"), environment_path("TFCLOUD_LOG"))
        running.append(server(provider, f"unix:{socket}"))
        running[-1].start()
        reattach[f"registry.terraform.io/hashicorp/{path.stem}"] = {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "unix", "String": str(socket)},
        }
    sys.stdout.write(json.dumps(reattach) + "\n")
    sys.stdout.flush()
    sys.stdin.read()  # ends with whoever started us
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
