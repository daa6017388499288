"""Functions for processes: signals to process groups, orphans, and descriptions of exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36
#: A process with this environment variable outlives the run that started it, for example a server of a local stack.
DETACHED_VARIABLE = "MFINFRA_DETACHED"
_ROUNDS = 20


def signal_group(pid: int, number: int) -> None:
    """Send a signal to the process group of `pid`; a group that does not exist is no error."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def signal_task(pid: int, number: int) -> None:
    """Send a signal to a task that can still be running, also directly after its start.

    A forked process has no group at first: until then only the process itself gets the signal.
    """
    try:
        leads_group = hasattr(os, "killpg") and os.getpgid(pid) == pid
        (os.killpg if leads_group else os.kill)(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def die_with(parent: int) -> None:
    """Make the kernel end this process when its parent `parent` ends. On other systems than Linux it does nothing."""
    if not sys.platform.startswith("linux"):
        return
    _prctl()(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # the parent ended before the request took effect
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parent ends, also of those that called setsid (Linux)."""
    if sys.platform.startswith("linux"):
        _prctl()(_PR_SET_CHILD_SUBREAPER, 1)


def kill_adopted(variable: str = "") -> None:
    """Kill the child processes of this process, and theirs, which it then adopts (Linux). With `variable`, a text such
    as NAME=VALUE, only those that have it in their environment."""
    for _ in range(_ROUNDS):
        found = [pid for pid in _children() if _may_kill(pid, variable)]
        for pid in found:
            _kill_child(pid)
        if not found:
            return


def _children() -> set[int]:
    found: set[int] = set()
    try:
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children") as file:
                found.update(map(int, file.read().split()))
    except OSError:  # another system, or a kernel without these files
        pass
    return found


def _may_kill(pid: int, variable: str) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            environment = file.read().split(b"\0")
    except OSError:
        return not variable
    is_detached = any(entry.startswith(f"{DETACHED_VARIABLE}=".encode()) for entry in environment)
    return not is_detached and (not variable or variable.encode() in environment)


def _kill_child(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError, PermissionError):
        return


_cached_prctl: Callable[[int, int], int] | None = None


def _prctl() -> Callable[[int, int], int]:
    global _cached_prctl
    if _cached_prctl is None:
        import ctypes

        _cached_prctl = ctypes.CDLL(None, use_errno=True).prctl
    assert _cached_prctl is not None
    return _cached_prctl


def preload() -> None:
    """Load the library of die_with, so that forked processes need not."""
    if sys.platform.startswith("linux"):
        _prctl()


def describe_exit(returncode: int, peak_kib: int | None = None) -> str:
    """The cause of a process's failure, for the log line of its task."""
    if returncode >= 0:
        return f"Task failed with exit code {returncode}." if returncode > 1 else "Task failed."
    number = -returncode
    if number == getattr(signal, "SIGSEGV", -1):
        return "Task failed with a segmentation fault."
    if number == getattr(signal, "SIGKILL", -1):
        return f"Task was killed (SIGKILL){_peak(peak_kib)}. The usual cause is that the machine ran out of memory."
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    return f"Task was killed by {name}{_peak(peak_kib)}."


def _peak(peak_kib: int | None) -> str:
    if not peak_kib:
        return ""
    return f" after using {peak_kib / 1024:,.0f} MB of memory"


def file_limit(wanted: int) -> int:
    """Increase this process's limit of open files up to `wanted`, and return the new limit."""
    try:
        import resource
    except ImportError:
        return wanted  # Windows has no such limit
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))
    return ceiling
