"""The entry point: an expected error becomes one line and its exit code, an unexpected one a report in a file."""

from __future__ import annotations

import io
import signal
import sys
from typing import NoReturn

from .errors import Interrupted, MfinfraError


def run() -> None:
    """The `mfinfra` command."""
    sys.exit(_guarded())


def _guarded() -> int:
    from .app import app
    from .commands.state import State

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot display is not an error
    # Ctrl-C raises Interrupted: the command line library would turn KeyboardInterrupt into a bare "Aborted".
    signal.signal(signal.SIGINT, _interrupted)
    try:
        app(standalone_mode=True)
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else 0
        return _answer(code) if code else State.code
    except MfinfraError as exc:
        State.console.error(exc)
        return _answer(exc.exit_code)
    except BrokenPipeError:
        _discard_output()
        return 1
    except Exception as exc:
        State.console.error(_reported(exc))
        return 1
    return 0


#: Commands whose exit codes 2 and 3 are answers: CI must not take an error for one.
_ANSWERING = ("plan", "drift")


def _answer(code: int) -> int:
    from .commands.state import State

    return 1 if State.command in _ANSWERING and code != Interrupted.exit_code else code


def _interrupted(_number: int, _frame: object) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # cleaning up is short; a second Ctrl-C must not interrupt it
    raise Interrupted("Interrupted. Completed changes are kept.", hint="Run the command again to continue")


def _discard_output() -> None:
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _reported(exc: Exception) -> MfinfraError:
    """An unexpected error: one line for the user, details in a file."""
    import traceback
    from datetime import datetime

    from .machine.paths import crash_home, write_text

    message = f"mfinfra failed unexpectedly: {type(exc).__name__}: {exc}"
    try:
        path = crash_home() / f"{datetime.now():%Y%m%d-%H%M%S}.txt"
        write_text(path, f"{sys.argv}\n{sys.version}\n{traceback.format_exc()}")
    except MfinfraError:
        return MfinfraError(message)
    return MfinfraError(message, hint=f"Details: {path}")


if __name__ == "__main__":
    run()
