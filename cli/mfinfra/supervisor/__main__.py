"""`python -m mfinfra.supervisor FOLDER`: run the servers of a folder until told to end. `mfinfra up` starts it."""

from __future__ import annotations

import sys
from pathlib import Path

from ..errors import MfinfraError
from .loop import Supervisor


def main(argv: list[str]) -> int:
    """0: ended as told. 1: could not run; the reason is in one line on stderr. 2: no folder was named."""
    if len(argv) != 1:
        sys.stderr.write("usage: python -m mfinfra.supervisor FOLDER\n")
        return 2
    try:
        Supervisor(Path(argv[0])).run()
    except MfinfraError as exc:
        sys.stderr.write(f"{exc.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
