"""What charts are told are keys that they have: a typo in a key would be taken by Helm and mean nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.fixtures import TfCloud

from .kubernetes_modules import PASSWORD, WISHES, planned, releases

KEYS = Path(__file__).parents[1] / "doubles" / "helm" / "keys.txt"
CASES = [(noun, number) for noun, wishes in WISHES.items() for number in range(len(wishes))]


def documented() -> dict[str, set[str]]:
    """Keys by chart."""
    found: dict[str, set[str]] = {}
    for line in KEYS.read_text().splitlines():
        if line.startswith("["):
            keys = found.setdefault(line[1 : line.index("]")], set())
        elif line and not line.startswith("#"):
            keys.add(line)
    return found


def paths(values: dict[str, Any], above: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from paths(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"


def known_as(path: str, keys: set[str]) -> str | None:
    """The documented key that a path is, or lies below; None for none."""
    if path in keys:
        return path
    parts = path.split(".")
    above = (f"{'.'.join(parts[:length])}*" for length in range(len(parts), 0, -1))
    return next((key for key in above if key in keys), None)


@pytest.fixture(scope="module")
def told() -> dict[str, set[str]]:
    """Which documented keys were used, by chart."""
    return {}


@pytest.mark.parametrize(("noun", "number"), CASES)
def test_charts_are_told_what_they_know(
    noun: str, number: int, tfcloud: TfCloud, tmp_path: Path, told: dict[str, set[str]]
) -> None:
    found = releases(planned(noun, WISHES[noun][number], tmp_path / noun, tfcloud.environment))
    assert found
    for chart, values, release in found:
        keys = documented()[Path(chart).name if chart != "chart" else "flow-events"]
        unknown = [path for path in paths(values) if known_as(path, keys) is None]
        assert unknown == [], f"{chart} knows no {', '.join(unknown)}"
        assert PASSWORD not in release["values"][0]
        told.setdefault(chart, set()).update(known_as(path, keys) or "" for path in paths(values))


def test_the_list_has_no_keys_that_nobody_uses(told: dict[str, set[str]]) -> None:
    if not told:
        pytest.skip("the tests above were left out")
    listed = documented()
    listed["chart"] = listed.pop("flow-events")
    unused = {f"{chart}: {key}" for chart, keys in listed.items() for key in keys - told.get(chart, set())}
    assert unused == set()


def test_a_typo_is_found() -> None:
    keys = documented()["argo-workflows"]
    assert known_as("controller.replicas", keys) == "controller.replicas"
    assert known_as("controller.persistence.postgresql.host", keys) == "controller.persistence*"
    assert known_as("controller.replica", keys) is None
    assert known_as("controllers.replicas", keys) is None
