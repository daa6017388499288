"""The effective settings and the source of each: `python settings.py` prints one JSON document."""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != here]  # flows do not have this directory
    from mfruntime import settings

    found = settings.load()
    rows = [(s, found.get(s.name)) for s in settings.SETTINGS]
    shown = [(s.name, "(set, not shown)" if s.is_secret else value, found.source(s.name)) for s, value in rows if value]
    print(json.dumps(shown))


if __name__ == "__main__":
    main()
