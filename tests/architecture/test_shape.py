"""The shape of the two packages: no import cycle, a command line tool with few modules at its root, small functions."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]
PACKAGES = {"mfinfra": ROOT / "cli" / "mfinfra", "mfruntime": ROOT / "runtime" / "mfruntime"}


def cycles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, directly or through others (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in edges[module]:
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            group = [stack.pop()]
            while group[-1] != module:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for module in edges:
        if module not in index:
            visit(module)
    return found


def test_a_cycle_is_found() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_no_module_imports_itself_through_others() -> None:
    """Imports in functions and under TYPE_CHECKING count too: they hide a cycle, they do not open it."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None, exclude_type_checking_imports=False)
    edges = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(edges) > 250
    assert cycles(edges) == []


def test_the_tool_has_few_modules_at_its_root() -> None:
    modules = {path.stem for path in PACKAGES["mfinfra"].glob("*.py")} - {"__init__", "__main__"}
    assert modules == {"app", "console", "errors", "printable"}


def functions() -> Iterator[tuple[str, int]]:
    """Every function with its number of lines."""
    for folder in PACKAGES.values():
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    name = f"{path.relative_to(ROOT)}:{node.name}"
                    yield name, (node.end_lineno or node.lineno) - node.lineno + 1


def code_lines(path: Path) -> int:
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return sum(1 for line in lines if line and not line.startswith("#"))


def test_functions_stay_small() -> None:
    sizes = list(functions())
    lengths = [length for _, length in sizes]
    assert statistics.median(lengths) <= 5
    assert statistics.quantiles(lengths, n=10)[8] <= 14
    assert len([name for name, length in sizes if length > 40]) <= 3


def test_files_stay_small() -> None:
    sizes = [code_lines(path) for folder in PACKAGES.values() for path in folder.rglob("*.py")]
    assert statistics.quantiles(sizes, n=10)[8] <= 207
