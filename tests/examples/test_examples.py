"""Every example runs, and says what it should."""

from __future__ import annotations

from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "flows"
EXPECTED = {
    "hello": "Hello from a flow",
    "branch_join": "9 words, 35 letters",
    "foreach": "  3   6   9  12",
    "parameters": "the included file has",
    "retry_catch": "caught: builtins.ZeroDivisionError: division by zero",
    "train_digits": "validation 0.9",
}


def test_every_example_is_tested() -> None:
    assert {p.stem for p in EXAMPLES.glob("*.py")} - {"read_winner"} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_runs(flow, name: str) -> None:  # type: ignore[no-untyped-def]
    call = flow(EXAMPLES / f"{name}.py", "run")
    assert call.code == 0, call.text
    assert EXPECTED[name] in call.out


def test_the_winner_is_read_back(flow) -> None:  # type: ignore[no-untyped-def]
    missing = flow(EXAMPLES / "read_winner.py")
    assert missing.code == 1
    assert flow(EXAMPLES / "train_digits.py", "run").code == 0
    call = flow(EXAMPLES / "read_winner.py")
    assert call.code == 0, call.text
    assert "of 360 test images right" in call.out
