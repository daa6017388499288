"""`python -m mfinfra.machine.supervisor FOLDER`: runs the servers of a directory until it gets a signal.

`mfinfra up` starts it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ...errors import MfinfraError
from .loop import Supervisor


def main(argv: list[str]) -> int:
    """Exit code: 0 stopped by a signal, 1 could not run; the reason is one line on stderr, 2 usage error."""
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
