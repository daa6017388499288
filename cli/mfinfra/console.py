"""The only place that prints. Results go to stdout, the way there to stderr; with --json stdout holds one document."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from .errors import MfinfraError


class Console:
    """How this call talks: `as_json` and `color` come from the global options."""

    def __init__(self, as_json: bool = False, color: bool = True):
        self.as_json = as_json
        self.color = color and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    @property
    def is_terminal(self) -> bool:
        """Whether a person can be asked."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.as_json

    def step(self, text: str) -> None:
        """One step on the way to the result."""
        print(f"{self._styled('•', '36', sys.stderr)} {text}", file=sys.stderr, flush=True)

    def done(self, text: str) -> None:
        print(f"{self._styled('✓', '32', sys.stderr)} {text}", file=sys.stderr, flush=True)

    def warn(self, text: str, hint: str | None = None) -> None:
        print(f"{self._styled('!', '33', sys.stderr)} {text}", file=sys.stderr)
        if hint:
            print(f"  {hint}", file=sys.stderr)

    def error(self, error: MfinfraError) -> None:
        """What happened, and what to type next."""
        if self.as_json:
            self.document({"error": {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}})
        print(f"{self._styled('Error:', '31', sys.stderr)} {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)

    def line(self, text: str = "") -> None:
        """A line of the result."""
        print(text)

    def document(self, value: Any) -> None:
        """The result as JSON."""
        import json

        print(json.dumps(value, indent=2, sort_keys=True))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None) -> None:
        """The result as a table: drawn on a terminal, tab-separated for programs."""
        if not sys.stdout.isatty():
            for row in rows:
                print("\t".join(row))
            return
        from rich.console import Console as Rich
        from rich.table import Table

        table = Table(*columns, title=title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        Rich(no_color=not self.color, highlight=False).print(table, markup=False)

    def confirm(self, question: str) -> bool:
        """Ask a person; anything but yes is no."""
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def _styled(self, text: str, code: str, stream: Any) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and stream.isatty() else text
