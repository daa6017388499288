"""The only module that prints. Results go to stdout, progress to stderr; with --json, stdout is one document."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from .errors import MfinfraError
from .printable import escaped, without_credentials


class Console:
    """The output of one command; `as_json` and `color` come from the global options."""

    def __init__(self, as_json: bool = False, color: bool = True):
        self.as_json = as_json
        self._has_document = False
        self.color = color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    @property
    def is_terminal(self) -> bool:
        """Whether the terminal is interactive."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.as_json

    def step(self, text: str) -> None:
        """Print one progress line."""
        self._print_marked(_mark("•", "-"), "36", text)

    def note(self, text: str) -> None:
        """Print a line of progress without a mark."""
        print(_message(text), file=sys.stderr, flush=True)

    def done(self, text: str) -> None:
        self._print_marked(_mark("✓", "+"), "32", text)

    def warn(self, text: str, hint: str | None = None) -> None:
        self._print_marked("!", "33", text, hint)

    def error(self, error: MfinfraError) -> None:
        """Print an error and its hint."""
        if self.as_json and not self._has_document:
            self.document({"error": {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}})
        self._print_marked("Error:", "31", error.message, error.hint)

    def _print_marked(self, mark: str, color: str, text: str, hint: str | None = None) -> None:
        print(f"{self._styled(mark, color, sys.stderr)} {_message(text)}", file=sys.stderr, flush=True)
        if hint:
            print(f"  {_message(hint)}", file=sys.stderr, flush=True)

    def line(self, text: str = "") -> None:
        """Print a line of the result, escaped on a terminal."""
        print(escaped(text) if sys.stdout.isatty() else text)

    def document(self, value: Any) -> None:
        """Print the result as JSON."""
        import json

        print(json.dumps(value, indent=2, sort_keys=True))
        self._has_document = True

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print the result as a table: formatted on a terminal, tab-separated for programs."""
        if not sys.stdout.isatty():
            for row in rows:
                print("\t".join(row))
            return
        from rich.console import Console as Rich
        from rich.table import Table
        from rich.text import Text

        console = Rich(color_system="auto" if self.color else None, highlight=False)
        table = Table(*columns)
        # Names, and text to copy, are not wrapped if the other columns still fit.
        last, first = (max((len(row[column]) for row in rows), default=0) for column in (-1, 0))
        table.columns[-1].no_wrap = last <= console.width * 0.6
        table.columns[0].no_wrap = first + last <= console.width * 0.75
        for row in rows:
            table.add_row(*(Text(escaped(cell), overflow="fold") for cell in row))  # Text: brackets are no markup here
        console.print(table)

    def confirm(self, question: str) -> bool:
        """Ask for confirmation; any answer except yes means no."""
        print(f"{escaped(question)} [y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def _styled(self, text: str, code: str, stream: Any) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and stream.isatty() else text


def _message(text: str) -> str:
    """A text for stderr, which is also read in logs: escaped, and without passwords."""
    return escaped(without_credentials(text))


def _mark(sign: str, plain: str) -> str:
    try:
        sign.encode(sys.stderr.encoding or "ascii")
    except UnicodeEncodeError:
        return plain
    return sign
