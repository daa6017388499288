"""`python -m mfinfra.kube STACK SERVICE=PORT...`: runs the tunnels of a stack until it gets a signal. The supervisor of
the stack starts it.
"""

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
    """Exit code: 0 stopped by a signal, 1 could not run; the reason is one line on stderr."""
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
        raise UsageError(f"Invalid services: {' '.join(words)}. Expected SERVICE=PORT for known services.") from exc


def _tunnel(stack: Record, ports: dict[int, Service]) -> Tunnel:
    """The tunnel of a stack. Raises CloudError before it listens if there are no credentials."""
    if stack.config is None:
        raise NotFound(f"Stack '{stack.name}' is not in a cloud.")
    config = StackConfig.model_validate_json(stack.config)
    api = api_of(stack, clouds.clusters(config), repeats=0)  # a tunnel has its own timeout
    api.tokens.current()
    return Tunnel(api, ports, _say)


def _say(text: str) -> None:
    """Print one line with the time to the log. No message contains a token."""
    print(f"{record.now()} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
