"""Starts the cloud: ministack with the plugin, on the loopback address, in the Python that ministack is installed in.

`python server.py` prints its URL and serves until its parent exits, on the port in GATEWAY_PORT or on a free
one. It writes only to a temporary directory that it deletes, and stops its jobs when it exits.
If TESTCLOUD_CONTROL names a file, its settings apply (`Control` in control.py), in addition to those made over HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
ACCOUNT = "123456789012"
LOG_LEVEL = os.environ.get("TESTCLOUD_LOG", "CRITICAL")
PARENT_CHECK_SECONDS = 0.25


def main() -> None:
    parent = os.getppid()
    listener = socket.create_server((HOST, int(os.environ.get("GATEWAY_PORT", "0"))), backlog=512)
    folder = tempfile.mkdtemp(prefix="testcloud-")
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    _configure(listener.getsockname()[1], folder)

    from tests.doubles.testcloud import jobs, plugin

    application = plugin.install(url)

    def end() -> None:
        jobs.end_all()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)

    threading.Thread(target=_end_with, args=(parent, end), daemon=True).start()
    asyncio.run(_serve(application, listener, url, end))


def _configure(port: int, folder: str) -> None:
    """ministack reads its settings at import. Docker is never used, whatever the machine has."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MINISTACK_"))]:
        del os.environ[name]
    os.environ.update(
        BIND_HOST=HOST,
        DOCKER_HOST=f"unix://{folder}/no-docker",
        GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0",
        LOG_LEVEL=LOG_LEVEL,
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        SFTP_ENABLED="0",
        TMPDIR=folder,
    )
    tempfile.tempdir = None
    logging.disable(logging.getLevelName(LOG_LEVEL) - 1)


def _end_with(parent: int, end: Callable[[], None]) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_SECONDS)
    end()


async def _serve(application: Any, listener: socket.socket, url: str, end: Callable[[], None]) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.loglevel = LOG_LEVEL
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    print(url, flush=True)
    await serve(application, config, shutdown_trigger=asyncio.Event().wait)


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[3])  # the modules of the plugin are imported by their full names
    main()
