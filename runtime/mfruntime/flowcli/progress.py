"""Progress bars for wide foreaches, printed by rich below the messages."""

from __future__ import annotations

from typing import IO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class ProgressLines:
    """One line per wide step: done of queued, running, failed attempts."""

    def __init__(self, out: IO[str]):
        self._console = Console(file=out, highlight=False, soft_wrap=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn(
                "{task.completed:.0f} of {task.total:.0f} done, "
                "{task.fields[running]} running, {task.fields[failed]} failed"
            ),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            refresh_per_second=8,
        )
        self._steps: dict[str, TaskID] = {}
        self._progress.start()

    def update(self, step: str, counts: dict[str, int]) -> None:
        """Show the counts of a step: queued, started, done, failed."""
        running = counts["started"] - counts["done"] - counts["failed"]
        if step not in self._steps:
            self._steps[step] = self._progress.add_task(step, total=counts["queued"], running=0, failed=0)
        self._progress.update(
            self._steps[step],
            total=counts["queued"],
            completed=counts["done"],
            running=running,
            failed=counts["failed"],
        )

    def print(self, line: str) -> None:
        """Print a message above the progress lines."""
        from rich.text import Text

        self._console.print(Text.from_ansi(line.rstrip("\n")))

    def close(self) -> None:
        self._progress.stop()
