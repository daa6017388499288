"""The entry point: an expected error becomes one line and its exit code, an unexpected one a report in a file."""

from __future__ import annotations

import io
import signal
import sys
from typing import NoReturn

from .errors import Interrupted, MfinfraError


def run() -> None:
    """The `mfinfra` command."""
    try:
        code = _guarded()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        code = _discard_output()
    except OSError as exc:
        code = _discard_output(f"The output cannot be written: {exc.strerror}.")
    sys.exit(code)


def _guarded() -> int:
    import typer

    from .app import app
    from .commands import usage
    from .commands.state import State

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot display is not an error
    # Ctrl-C raises Interrupted: the command line library would turn KeyboardInterrupt into a bare "Aborted".
    signal.signal(signal.SIGINT, _interrupted)
    program = typer.main.get_command(app)
    try:
        return _exit_code_of(program.main(standalone_mode=False))
    except SystemExit as exc:
        return _exit_code_of(exc.code)
    except usage.UsageError as exc:
        return _error_code(usage.report(exc, program, sys.argv[1:]))
    except typer.Abort:
        State.console.error(MfinfraError("Aborted."))
        return _error_code(1)
    except MfinfraError as exc:
        State.console.error(exc)
        return _error_code(exc.exit_code)
    except BrokenPipeError:
        raise  # the reader closed the pipe: not an error of mfinfra
    except Exception as exc:
        State.console.error(_unexpected_error(exc))
        return 1


def _exit_code_of(code: object) -> int:
    """The exit code of a call without an error: that of the command line library, else that of the command."""
    from .commands.state import State

    return _error_code(code) if isinstance(code, int) and code else State.code


#: Commands whose exit codes 2 and 3 are results. Their errors exit with 1, so that CI can tell them from results.
_RESULT_COMMANDS = ("plan", "drift")


def _error_code(code: int) -> int:
    from .commands.state import State

    return 1 if State.command in _RESULT_COMMANDS and code != Interrupted.exit_code else code


def _interrupted(_number: int, _frame: object) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # cleaning up is short; a second Ctrl-C must not interrupt it
    raise Interrupted("Interrupted. Completed changes are kept.", hint="Run the command again to continue")


def _discard_output(message: str | None = None) -> int:
    """Discard buffered output that cannot be written (closed pipe, full disk), so that it causes no second error."""
    import os

    from .commands.state import State

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if message is not None:
        State.console.error(MfinfraError(message))
    return 1


def _unexpected_error(exc: Exception) -> MfinfraError:
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
