"""Calls that the user's modules made at import and whose results belong to one process.

A fork copies what the import computed: a seed, a random number, a unique name, a time, a temporary directory. With a
new interpreter for each task, every task has its own, as in Metaflow. The calls are found in the source, because their
results, such as a text made from a UUID, do not show where they come from.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from ... import registry
from ...flow.spec import FlowSpec

_SEEDERS = frozenset({"seed", "manual_seed", "set_seed", "seed_everything", "set_random_seed", "PRNGKey"})
#: Functions with another result in every process, as module and qualified name.
_PER_PROCESS = frozenset(
    f"{module}.{name}"
    for module, names in {
        "time": "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns ctime gmtime localtime strftime",
        "uuid": "uuid1 uuid4",
        "posix": "getpid urandom getrandom",
        "secrets": "token_bytes token_hex token_urlsafe randbelow choice randbits",
        "tempfile": "mkdtemp mkstemp mktemp TemporaryDirectory TemporaryFile NamedTemporaryFile SpooledTemporaryFile",
        "random": "Random SystemRandom",
    }.items()
    for name in names.split()
)
_TORCH = frozenset({"rand", "randn", "randint", "randperm", "normal", "bernoulli"})
#: A module without any of these words makes no such call itself, and need not be parsed.
_WORDS = re.compile(
    rb"seed|manual_seed|PRNGKey|\btime\b|uuid|getpid|urandom|getrandom|secrets|tempfile|random|torch|\bnow\b|utcnow|today"
)
_DEPTH = 5


def shared_by_forks() -> str | None:
    """What the import computed for one process only, as the end of a sentence; None if there is nothing."""
    modules = list(_user_modules())
    return _shared_generator(modules) or _per_process_call(modules)


def _per_process_call(modules: list[ModuleType]) -> str | None:
    names = {module.__name__ for module in modules}
    for module in modules:
        for call in _calls_at_import(module):
            if _called_name(call) in _SEEDERS:
                return f"{_shown(module)} seeds random numbers at import (line {call.lineno})"
            function = _resolved(call.func, vars(module))
            if _is_per_process(function, names, _DEPTH) and not _is_seeded(function, call):
                what = f"{ast.unparse(call.func)}() in line {call.lineno} of {_shown(module)}"
                return f"{what} runs at import, and forked tasks would share its result"
    return None


def _shared_generator(modules: list[ModuleType]) -> str | None:
    for module in modules:
        for name, value in list(vars(module).items()):
            if _is_generator(value):
                return f"the random generator '{name}' of {_shown(module)} would be the same in every task"
    return None


def _user_modules() -> Iterator[ModuleType]:
    paths = sysconfig.get_paths()
    libraries = tuple(os.path.realpath(paths[k]) + os.sep for k in ("stdlib", "platstdlib", "purelib", "platlib"))
    skipped = (*libraries, os.path.dirname(os.path.realpath(registry.__file__)) + os.sep)
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.endswith(".py"):
            if file.startswith(skipped) or os.path.realpath(file).startswith(skipped):
                continue
            yield module


def _shown(module: ModuleType) -> str:
    return os.path.basename(module.__file__ or module.__name__)


def _is_generator(value: object) -> bool:
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None and isinstance(value, (numpy_random.Generator, numpy_random.RandomState)):
        return True
    random = sys.modules.get("random")
    if random is not None and isinstance(value, random.Random) and not isinstance(value, random.SystemRandom):
        return value is not random._inst
    torch = sys.modules.get("torch")
    generator = getattr(torch, "Generator", None)
    return generator is not None and isinstance(value, generator)


# -- the calls of a module ---------------------------------------------------------------------------------------------


def _calls_at_import(module: ModuleType) -> Iterator[ast.Call]:
    """The calls that ran when the module was imported, apart from those in functions."""
    try:
        with open(module.__file__ or "", "rb") as file:
            source = file.read()
        tree = ast.parse(source) if _WORDS.search(source) else None
    except (OSError, SyntaxError, ValueError):
        return
    if tree is not None:
        for statement in tree.body:
            if not _is_main_block(statement):
                yield from _calls(statement, vars(module))


def _is_main_block(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


def _calls(node: ast.AST, scope: dict[str, Any]) -> Iterator[ast.Call]:
    """The calls below a node, without the bodies of functions, which did not run."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        children: list[ast.AST] = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
    elif isinstance(node, ast.Lambda):
        children = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    elif isinstance(node, ast.ClassDef) and _is_flow(scope.get(node.name)):
        children = [child for child in node.body if not _is_constant(child)]
    else:
        children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Call):
        yield node
    for child in children:
        yield from _calls(child, scope)


def _is_flow(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, FlowSpec)


def _is_constant(statement: ast.AST) -> bool:
    """Whether a statement in a flow class defines a constant, whose value all tasks read from the run."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return all(isinstance(target, ast.Name) and not target.id.startswith("_") for target in targets)


def _called_name(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", None) or getattr(call.func, "id", ""))


def _resolved(node: ast.AST, scope: dict[str, Any]) -> Any:
    """The object that a dotted name stands for; None for other expressions."""
    if isinstance(node, ast.Name):
        return scope.get(node.id)
    if not isinstance(node, ast.Attribute):
        return None
    base = _resolved(node.value, scope)
    return getattr(base, node.attr, None) if isinstance(base, (ModuleType, type)) else None


# -- what a function does ----------------------------------------------------------------------------------------------


def _is_per_process(function: Any, user_modules: set[str], depth: int) -> bool:
    if isinstance(function, type) and function.__module__ in user_modules:
        function = vars(function).get("__init__")
    if isinstance(function, FunctionType) and function.__module__ in user_modules:
        return depth > 0 and any(
            _is_per_process(used, user_modules, depth - 1) for used in _used(function.__code__, function.__globals__)
        )
    return _is_known(function)


def _is_known(function: Any) -> bool:
    name = getattr(function, "__qualname__", None)
    if f"{getattr(function, '__module__', None)}.{name}" in _PER_PROCESS or name == "default_rng":
        return True
    bound = getattr(function, "__self__", None)
    if isinstance(bound, type):
        return bound.__module__.startswith(("datetime", "pandas")) and str(name).endswith((".now", ".utcnow", ".today"))
    if bound is not None and bound is getattr(sys.modules.get("random"), "_inst", None):
        return True
    state = getattr(sys.modules.get("numpy.random"), "RandomState", None)
    if state is not None and isinstance(bound, state):
        return True
    torch = sys.modules.get("torch")
    return torch is not None and any(function is getattr(torch, name, None) for name in _TORCH)


def _is_seeded(function: Any, call: ast.Call) -> bool:
    """Whether the call makes a generator from a given seed, which is the same in every process."""
    return bool(call.args or call.keywords) and getattr(function, "__name__", "") in ("Random", "default_rng")


def _used(code: CodeType, scope: dict[str, Any]) -> Iterator[Any]:
    """The objects that the names in a function can stand for."""
    found = [scope[name] for name in code.co_names if name in scope]
    yield from found
    for holder in found:
        if isinstance(holder, (ModuleType, type)):
            yield from (getattr(holder, name) for name in code.co_names if hasattr(holder, name))
