"""The console: the only module of the runtime that writes to the terminal.

Results are printed to stdout, all other messages to stderr; the lines of a run are results. In a terminal, hidden and
control characters are escaped, and a wide foreach has one progress line per step instead of thousands of start and
finish messages.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import IO, Any

from ..printable import escaped, escaped_with_colors, for_stream, without_credentials

#: Minimum number of tasks of a step for a progress line instead of messages for each task's start and end.
WIDE = 20


class Console:
    """Prints messages, errors and results of one command. With `quiet`, only results and errors."""

    def __init__(self, quiet: bool = False, out: IO[str] | None = None, err: IO[str] | None = None):
        self.quiet = quiet
        self._out = out
        self._err = err

    @property
    def out(self) -> IO[str]:
        return self._out or sys.stdout

    @property
    def err(self) -> IO[str]:
        return self._err or sys.stderr

    def result(self, text: str) -> None:
        """Print a line of the result."""
        self.out.write(for_stream(text, self.out) + "\n")

    def output(self, line: str) -> None:
        """Print a line that a task printed, in its colors."""
        self.out.write((_task_line(line) if self.out.isatty() else line) + "\n")

    def info(self, text: str, indent: int = 0) -> None:
        """Print a message about what the command does."""
        if not self.quiet:
            self.err.write("    " * indent + for_stream(without_credentials(text), self.err) + "\n")

    def error(self, headline: str, message: str, hint: str | None = None) -> None:
        """Print an error: headline, message with the cause, and hint."""
        self.err.write(f"    {self._red(headline)}:\n")
        for line in (message or headline).splitlines():
            self.err.write(f"    {for_stream(line, self.err)}\n")
        if hint:
            self.err.write(f"    {for_stream(hint, self.err)}\n")
        self.err.flush()

    def _red(self, text: str) -> str:
        return f"\x1b[31m{text}\x1b[0m" if _colors(self.err) else text


def _colors(stream: IO[str]) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


class RunReporter:
    """Prints a run in Metaflow's format: time, [run/step/task (pid N)], text."""

    def __init__(self, console: Console):
        self._console = console
        self._escapes = console.out.isatty()
        self._terminal = not console.quiet and self._escapes
        self._colors = _colors(console.out)
        self._wide: dict[str, dict[str, int]] = {}
        self._live: Any = None

    def message(self, text: str, *, error: bool = False) -> None:
        self._line(self._styled(self._shown(text), "1;31" if error else "1"), error)

    def task_message(self, pathspec: str, label: str | None, text: str, *, error: bool = False) -> None:
        if not error and self._hidden(pathspec):
            return
        self._line(f"{self._head(pathspec, label)} {self._styled(self._shown(text), '31' if error else '32')}", error)

    def task_output(self, pathspec: str, label: str | None, stream: str, line: str) -> None:
        shown = _task_line(line) if self._escapes else line
        self._line(f"{self._head(pathspec, label)} {shown}", force=True)

    def progress(self, step: str, *, queued: int = 0, started: int = 0, done: int = 0, failed: int = 0) -> None:
        if not self._terminal:
            return
        counts = self._wide.setdefault(step, {"queued": 0, "started": 0, "done": 0, "failed": 0})
        for name, more in (("queued", queued), ("started", started), ("done", done), ("failed", failed)):
            counts[name] += more
        # Only for a foreach is the number of tasks known in advance.
        counts["queued"] = max(counts["queued"], counts["started"] - counts["failed"])
        if counts["queued"] >= WIDE:
            self._draw(step, counts)

    def _hidden(self, pathspec: str) -> bool:
        step = pathspec.split("/")[1]
        return self._terminal and self._wide.get(step, {}).get("queued", 0) >= WIDE

    def _draw(self, step: str, counts: dict[str, int]) -> None:
        if self._live is None:
            from .progress import ProgressLines

            self._live = ProgressLines(self._console.out)
        self._live.update(step, counts)
        if counts["done"] >= counts["queued"] and self._all_done():
            self.close()

    def _all_done(self) -> bool:
        return all(c["done"] >= c["queued"] for c in self._wide.values() if c["queued"] >= WIDE)

    def close(self) -> None:
        """Remove the progress lines and restore the terminal."""
        if self._live is not None:
            self._live.close()
            self._live = None

    def _head(self, pathspec: str, label: str | None) -> str:
        where = f" ({label})" if label else ""
        return self._styled(self._shown(f"[{pathspec}{where}]"), "2")

    def _shown(self, text: str) -> str:
        return escaped(text) if self._escapes else text

    def _styled(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colors else text

    def _line(self, text: str, error: bool = False, force: bool = False) -> None:
        if self._console.quiet and not error and not force:
            return
        stamp = datetime.now().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        line = f"{self._styled(stamp, '35')} {text}\n"
        if self._live is not None:
            self._live.print(line)
        else:
            self._console.out.write(line)
            self._console.out.flush()


def _task_line(line: str) -> str:
    """A task's line for a terminal. After a carriage return, a task prints a new state of the same line."""
    return escaped_with_colors(line.rstrip("\r").rsplit("\r", 1)[-1])
