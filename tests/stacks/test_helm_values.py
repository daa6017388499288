"""What charts are told are keys that they have: a typo in a key would be taken by Helm and mean nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.fixtures import TfCloud
from tests.doubles.helm import pods
from tests.doubles.helm.pods import Node

from .kubernetes_modules import PASSWORD, SYSTEM, WISHES, planned, releases

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


def nodes(noun: str) -> list[Node]:
    """The nodes of a stack whose other pools are at zero: those of the system pool, and one with a GPU for its plugin."""
    if noun == "gpu":
        return [Node({"mfinfra.dev/gpu": "true"}, {"nvidia.com/gpu": "present"})]
    return [Node({"mfinfra.dev/pool": "system"}, {"CriticalAddonsOnly": "true"})]


@pytest.mark.parametrize("noun", WISHES)
def test_every_pod_of_a_chart_fits_on_the_nodes_that_exist(noun: str, tfcloud: TfCloud, tmp_path: Path) -> None:
    wish = {**WISHES[noun][-1], **({} if noun == "gpu" else SYSTEM)}
    found = releases(planned(noun, wish, tmp_path / noun, tfcloud.environment))
    problems = [pods.problem(pod, values, nodes(noun)) for chart, values, _ in found for pod in pods.of(chart, values)]
    assert problems
    assert [one for one in problems if one is not None] == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"controller": {"tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}]}}, None),
        ({"controller": {"tolerations": [{"operator": "Exists"}]}}, None),
        ({"controller": {"tolerations": [{"key": "CriticalAddonsOnly", "value": "true"}]}}, None),
        ({"controller": {"tolerations": [{"key": "CriticalAddonsOnly", "value": "other"}]}}, "fits on no node"),
        ({"controller": {"nodeSelector": {"pool": "other"}, "tolerations": [{"operator": "Exists"}]}}, "fits on no node"),
        ({}, "fits on no node"),
    ],
)  # fmt: skip
def test_a_pod_that_fits_nowhere_is_found(values: dict[str, Any], expected: str | None) -> None:
    found = pods.problem(pods.PODS["argo-workflows"][0], values, nodes("argo_workflows"))
    assert (expected or "None") in str(found)


def test_a_hook_that_downloads_is_found() -> None:
    names = [pod.name for pod in pods.of("argo-workflows", {"crds": {"install": True, "keep": False}})]
    assert "crd-install" in names
    hook = next(pod for pod in pods.PODS["argo-workflows"] if pod.name == "crd-install")
    assert "not pinned" in str(pods.problem(hook, {}, []))
