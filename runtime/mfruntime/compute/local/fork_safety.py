"""Checks whether the process can be forked safely, after the import of the flow and before the first task.

A fork copies memory and the state of every random generator, and shares what is open, but has no threads and no GPU
context. If that could make a task hang, or silently give all tasks the same random numbers or one connection, tasks run
in new interpreters instead.
"""

from __future__ import annotations

import os
import sys

from . import import_calls, open_files

#: Packages that recreate their thread pools after a fork (OpenBLAS and MKL register fork handlers).
_FORK_SAFE_POOLS = ("numpy", "scipy", "sklearn")


def unsafe_to_fork() -> str | None:
    """Why tasks of this process cannot be forked, as the end of a sentence; None if they can."""
    if not hasattr(os, "fork"):
        return "this platform does not support fork"
    if sys.platform == "darwin":
        return "macOS frameworks do not survive a fork"
    return (
        _threads()
        or _accelerator()
        or open_files.not_forkable(list(open_files.opened()))
        or _process_state()
        or import_calls.shared_by_forks()
    )


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


def _process_state() -> str | None:
    """What only one process can have: children, timers, and temporary files that are deleted when it ends."""
    if _has_children():
        return "importing the flow started a process, which forked tasks would share"
    import signal

    if signal.getitimer(signal.ITIMER_REAL)[0]:
        return "importing the flow set a timer, which a fork does not have"
    weakref = sys.modules.get("weakref")
    for pending in list(weakref.finalize._registry.values()) if weakref else ():
        if pending.atexit and getattr(pending.func, "__module__", "") in ("tempfile", "shutil"):
            return "importing the flow created temporary files, which the first task would delete"
    return None


def _has_children() -> bool:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb") as file:
            return bool(file.read().strip())
    except OSError:
        return False
