"""What an earlier build left, laid into the test's home."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from . import archives


@pytest.fixture
def left(home: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Lay an archive into this home: left("local-files"); gives the folder in which its owner worked."""

    def lay(name: str) -> Path:
        places = {"@HOME@": str(home), "@WORK@": str(tmp_path / "work"), "@PYTHON@": sys.executable, "@PREFIX@": sys.prefix}  # fmt: skip
        archives.unpack(Path(__file__).parent / f"{name}.tar.xz", tmp_path, places)
        for path in (tmp_path / "home").iterdir():
            path.rename(home / path.name)
        return tmp_path / "work"

    return lay
