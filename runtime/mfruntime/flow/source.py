"""Reads the source of a step: its `self.next` call, its line, its arguments. Files are parsed once."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ..errors import MetaflowException


@dataclass(frozen=True)
class NextCall:
    """A `self.next(...)`; `is_valid` is False if its form is not supported for graphs."""

    line: int
    targets: tuple[str, ...] = ()
    foreach: str | None = None
    condition: str | None = None
    cases: dict[str, str] = field(default_factory=dict)
    num_parallel: bool = False
    is_valid: bool = True


@dataclass(frozen=True)
class StepSource:
    """The source of a step function; `tail` is its last statement, if that is a `self.next`."""

    file: str
    line: int
    num_args: int
    tail: NextCall | None


def step_source(function: Callable[..., Any]) -> StepSource:
    """Find and read the definition of a step. Raises MetaflowException if there is no source file."""
    original = _unwrapped(function)
    code = original.__code__
    definition = _definitions(code.co_filename).get((code.co_name, code.co_firstlineno))
    if definition is None:
        raise MetaflowException(
            f"The source of step '{code.co_name}' was not found in {code.co_filename}.",
            hint="Define steps in a file; restart Python if the file changed after its import.",
        )
    last = definition.body[-1]
    return StepSource(code.co_filename, definition.lineno, code.co_argcount, _next_call(last))


def _unwrapped(function: Any) -> Any:
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


@cache
def _definitions(path: str) -> dict[tuple[str, int], ast.FunctionDef]:
    """Every function of a file by name and first line, including decorators, as in code objects."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read(), path)
    except (OSError, SyntaxError, ValueError) as exc:
        raise MetaflowException(f"The flow's source {path} cannot be read: {exc}.") from exc
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found[(node.name, first)] = node
    return found


def _next_call(statement: ast.stmt) -> NextCall | None:
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return None
    call = statement.value
    if _self_attribute(call.func) != "next":
        return None
    keywords = {k.arg: k.value for k in call.keywords}
    invalid = NextCall(call.lineno, is_valid=False)
    if "condition" in keywords:
        return _switch(call, keywords) or invalid
    targets = tuple(_self_attribute(a) or "" for a in call.args)
    if not targets or "" in targets or not set(keywords) <= {"foreach", "num_parallel"}:
        return invalid
    foreach = _text(keywords["foreach"]) if "foreach" in keywords else None
    if "foreach" in keywords and (foreach is None or len(targets) != 1):
        return invalid
    return NextCall(call.lineno, targets, foreach, num_parallel="num_parallel" in keywords)


def _switch(call: ast.Call, keywords: dict[str | None, ast.expr]) -> NextCall | None:
    condition = _text(keywords["condition"])
    if condition is None or len(keywords) != 1 or len(call.args) != 1 or not isinstance(call.args[0], ast.Dict):
        return None
    cases: dict[str, str] = {}
    for key, value in zip(call.args[0].keys, call.args[0].values):
        target = _self_attribute(value)
        if key is None or target is None:
            return None
        cases[_case(key)] = target
    targets = tuple(dict.fromkeys(cases.values()))
    return NextCall(call.lineno, targets, condition=condition, cases=cases) if cases else None


def _case(key: ast.expr) -> str:
    return str(key.value) if isinstance(key, ast.Constant) else ast.unparse(key)


def _self_attribute(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return node.attr
    return None


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
