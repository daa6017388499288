"""`python -m mfinfra.kube STACK SERVICE=PORT...`: tunnels of a stack, until told to end. Its supervisor starts it."""

from __future__ import annotations

import signal
import sys
import threading

from .. import clouds
from ..errors import MfinfraError, NotFound, UsageError
from ..machine import record
from ..machine.record import Record
from ..stackfile.schema import StackConfig
from . import services
from .access import api_of
from .services import Service
from .tunnel import Tunnel


def main(argv: list[str]) -> int:
    """0: ended as told. 1: could not run; the reason is in one line on stderr."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        stack = record.need(argv[0] if argv else "")
        tunnel = _tunnel(stack, _ports(argv[1:]))
        tunnel.open()
    except MfinfraError as exc:
        _say(exc.message)
        return 1
    ended.wait()
    tunnel.close()
    return 0


def _ports(words: list[str]) -> dict[int, Service]:
    try:
        pairs = [word.split("=") for word in words if "=" in word]
        return {int(port): services.ALL[word] for word, port in pairs}
    except (ValueError, KeyError) as exc:
        raise UsageError(f"{' '.join(words)} names no services.") from exc


def _tunnel(stack: Record, ports: dict[int, Service]) -> Tunnel:
    """Fails where there are no credentials: listening would promise what cannot be kept."""
    if stack.config is None:
        raise NotFound(f"The stack '{stack.name}' is in no cloud.")
    config = StackConfig.model_validate_json(stack.config)
    api = api_of(stack, clouds.clusters(config), repeats=0)  # a tunnel has a patience of its own
    api.tokens.current()
    return Tunnel(api, ports, _say)


def _say(text: str) -> None:
    """One line for the log, with its time. No text of ours holds a token."""
    print(f"{record.now()} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
