"""Make the README's pictures from real commands on a real terminal: `python docs/images/make.py`."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path

import pexpect
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
WIDTH = 124


def record(command: list[str], shown: str, name: str, env: dict[str, str], keep: int | None = None) -> None:
    """Run a command on a terminal and draw what it printed, its last `keep` lines where given."""
    output, code = pexpect.run(
        " ".join(command), withexitstatus=True, env=env, timeout=300, dimensions=(50, WIDTH), encoding="utf-8"
    )
    if code:
        sys.exit(f"{command} ended with {code}:\n{output}")
    lines = [line for line in output.replace("\r\n", "\n").split("\n") if line.strip()]
    if keep is not None and len(lines) > keep:
        lines = [*lines[:6], "...", *lines[-keep:]]
    text = "\n".join(lines)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f"$ {shown}\n{text}"))
    (HERE / f"{name}.svg").write_text(console.export_svg(title=shown), encoding="utf-8")


def main() -> None:
    root = HERE.parent.parent
    with tempfile.TemporaryDirectory() as home:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("METAFLOW_", "MFINFRA_", "NO_COLOR"))}
        env = {k: v for k, v in env.items() if not k.startswith("XDG_")}
        env.update(HOME=home, METAFLOW_USER="ada", COLUMNS=str(WIDTH), TERM="xterm-256color")
        env["PATH"] = f"{home}/venv/bin:{env['PATH']}"
        (Path(home) / "venv").symlink_to(sys.prefix)
        python = f"{home}/venv/bin/python"
        record([python, "-m", "mfinfra", "up"], "mfinfra up", "up", env)
        flow = "examples/flows/train_digits.py"
        record([python, str(root / flow), "run"], f"python {flow} run", "run", env, keep=18)
        pexpect.run(f"{python} -m mfinfra down --yes", env=env, timeout=60)


if __name__ == "__main__":
    main()
