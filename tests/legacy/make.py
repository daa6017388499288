"""Make the archives of this folder with an earlier build; they are made once and kept.

    git worktree add /tmp/earlier 2f6f0b4
    python3.11 -m venv /tmp/earlier-venv
    (cd /tmp/earlier && /tmp/earlier-venv/bin/pip install -e '.[test]' -e runtime)
    python tests/legacy/make.py /tmp/earlier /tmp/earlier-venv/bin/python [-k NAME]

The earlier build's own tests have the doubles of the clouds, so what makes the archives runs among them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(checkout: Path, python: str, more: list[str]) -> int:
    tests = checkout / "tests" / "infra"
    copies = {"makers.py": tests / "test_legacy_makers.py", "archives.py": tests / "legacy_archives.py"}
    for source, target in copies.items():
        shutil.copy(HERE / source, target)
    environment = {**os.environ, "LEGACY_SOURCE": str(HERE), "LEGACY_INTO": str(HERE)}
    argv = [python, "-m", "pytest", "-p", "no:cacheprovider", str(copies["makers.py"]), *more]
    try:
        return subprocess.run(argv, cwd=checkout, env=environment).returncode
    finally:
        for target in copies.values():
            target.unlink()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
