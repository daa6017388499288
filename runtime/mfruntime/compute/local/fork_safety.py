"""Checks whether the process can be forked safely, after the import of the flow and before the first task.

A fork copies memory and the state of every random generator, but no threads and no GPU context. If that could make a
task hang, or silently give all tasks the same random numbers, tasks run in new interpreters instead.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from types import ModuleType

from ... import registry

#: Packages that recreate their thread pools after a fork (OpenBLAS and MKL register fork handlers).
_FORK_SAFE_POOLS = ("numpy", "scipy", "sklearn")
_SEEDERS = frozenset({"seed", "manual_seed", "set_seed", "seed_everything", "set_random_seed", "PRNGKey"})


def unsafe_to_fork() -> str | None:
    """Why tasks of this process cannot be forked, as the end of a sentence; None if they can."""
    if not hasattr(os, "fork"):
        return "this platform does not support fork"
    if sys.platform == "darwin":
        return "macOS frameworks do not survive a fork"
    return _threads() or _accelerator() or _module_state()


def _threads() -> str | None:
    threading = sys.modules.get("threading")
    others = [t.name for t in threading.enumerate() if t is not threading.current_thread()] if threading else []
    if others:
        return f"importing the flow started a thread ({others[0]})"
    native = _native_threads()
    if native > 1 and not any(name in sys.modules for name in _FORK_SAFE_POOLS):
        return f"importing the flow started {native - 1} native threads"
    return None


def _native_threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


def _accelerator() -> str | None:
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is not None and cuda.is_initialized():
        return "importing the flow initialized CUDA"
    if _opens_device("/dev/nvidia"):
        return "importing the flow opened a GPU"
    bridge = sys.modules.get("jax._src.xla_bridge")
    if bridge is not None and getattr(bridge, "_backends", None):
        return "importing the flow started a JAX backend"
    if "tensorflow" in sys.modules:
        return "TensorFlow does not survive a fork"
    return None


def _opens_device(prefix: str) -> bool:
    try:
        descriptors = os.listdir("/proc/self/fd")
    except OSError:
        return False
    return any(_target(fd).startswith(prefix) for fd in descriptors)


def _target(fd: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return ""


def _module_state() -> str | None:
    for module in _user_modules():
        for name, value in list(vars(module).items()):
            if _is_generator(value):
                return f"the random generator '{name}' of {_shown(module)} would be the same in every task"
        seeder = _seeds_at_import(module)
        if seeder:
            return f"{_shown(module)} seeds random numbers at import ({seeder})"
    return None


def _user_modules() -> Iterator[ModuleType]:
    paths = sysconfig.get_paths()
    libraries = tuple(os.path.realpath(paths[k]) + os.sep for k in ("stdlib", "platstdlib", "purelib", "platlib"))
    own = os.path.dirname(os.path.realpath(registry.__file__)) + os.sep
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.endswith(".py"):
            path = os.path.realpath(file)
            if not path.startswith((*libraries, own)):
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


def _seeds_at_import(module: ModuleType) -> str | None:
    """The first call at module level with the name of a function that seeds a generator."""
    try:
        with open(module.__file__ or "", "rb") as file:
            source = file.read()
    except OSError:
        return None
    if not any(word.encode() in source for word in _SEEDERS):
        return None
    import ast

    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and _call_name(node) in _SEEDERS:
                return f"line {node.lineno}"
    return None


def _call_name(call: object) -> str:
    func = getattr(call, "func", None)
    return str(getattr(func, "attr", None) or getattr(func, "id", ""))
