"""`python -m mfinfra.machine.supervisor FOLDER`: runs the servers of a folder until it is told to stop.

`mfinfra up` starts it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ...errors import MfinfraError
from .loop import Supervisor


def main(argv: list[str]) -> int:
    """0: ended as told. 1: could not run; the reason is in one line on stderr. 2: no folder was named."""
    if len(argv) != 1:
        print("usage: python -m mfinfra.machine.supervisor FOLDER", file=sys.stderr)
        return 2
    try:
        Supervisor(Path(argv[0]), lambda text: print(text, file=sys.stderr)).run()
    except MfinfraError as exc:
        print(exc.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
