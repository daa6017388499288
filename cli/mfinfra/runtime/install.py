"""Putting the bundled runtime into the Python that flows run with.

The runtime travels inside our own wheel; from a checkout it is installed from its folder. No index is asked for our own
code, only for what it needs. What an environment has is judged by the content of its files: one that has exactly this
runtime is left alone, and no note kept elsewhere can be wrong.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from ..errors import InstallFailed, MfinfraError, NotFound
from ..machine import lock, process
from ..machine.paths import data_home
from .inside.probe import digest, folder_files

OLDEST_PYTHON, NEWEST_PYTHON = (3, 10), (3, 13)
_PROBE = Path(__file__).parent / "inside" / "probe.py"
_PACKAGE = "mfruntime"


@dataclass(frozen=True)
class Source:
    """Where the runtime is installed from. `digest` is that of its files."""

    path: Path
    digest: str


@dataclass(frozen=True)
class Environment:
    """A Python environment: the runtime it has, if any, what that needs, and what of it is missing. `unsatisfied` are
    the requirements, among those it was asked about, that it does not meet."""

    python: str
    python_version: str
    has_pip: bool
    version: str | None = None
    path: str | None = None
    digest: str | None = None
    needs: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    missing_examples: tuple[str, ...] = ()
    unsatisfied: tuple[str, ...] = ()
    metaflow: str | None = None

    @property
    def minor(self) -> tuple[int, int]:
        """The Python's version in two numbers, as (3, 11)."""
        major, minor = self.python_version.split(".")[:2]
        return int(major), int(minor)

    @property
    def is_supported(self) -> bool:
        """Whether the runtime works with this Python."""
        return self.minor >= OLDEST_PYTHON


@dataclass(frozen=True)
class Installed:
    """The runtime in a Python environment; `changed` tells whether this call installed something, `has_examples`
    whether every example runs there."""

    python: str
    python_version: str
    version: str
    path: str
    changed: bool = False
    has_examples: bool = False


def source() -> Source:
    """The runtime that belongs to this mfinfra. Raises NotFound where an installation lost it."""
    here = Path(__file__).parents[1]
    wheels = sorted((here / "_bundled").glob("mfinfra_runtime-*.whl"))
    if wheels:
        return Source(wheels[-1], digest(_wheel_files(wheels[-1])))
    checkout = here.parent.parent / "runtime"
    if (checkout / "pyproject.toml").is_file():
        return Source(checkout, digest(folder_files(str(checkout / _PACKAGE))))
    raise NotFound("The bundled runtime is missing from this installation of mfinfra.", hint="Install mfinfra again.")


def _wheel_files(wheel: Path) -> list[tuple[str, bytes]]:
    start = f"{_PACKAGE}/"
    with zipfile.ZipFile(wheel) as archive:
        return [(name[len(start) :], archive.read(name)) for name in archive.namelist() if name.startswith(start)]


def default_python() -> str:
    """The Python that runs mfinfra itself."""
    return sys.executable


def located(python: str) -> str:
    """A Python as it was named: a path is made absolute (links stay, environments are links), a name is looked up."""
    if os.path.dirname(python) or python.startswith("~"):
        return os.path.abspath(os.path.expanduser(python))
    return which(python) or python


def look(python: str, packages: Sequence[str] = ()) -> Environment:
    """What a Python environment has, also of `packages`. Raises NotFound where there is no Python."""
    target = located(python)
    try:
        done = process.run([target, str(_PROBE), *packages], env=_environment())
        found = json.loads(done.output)
        lists = {key: tuple(value) for key, value in found.items() if isinstance(value, list)}
        return Environment(**{**found, **lists})
    except (MfinfraError, ValueError, TypeError, AttributeError) as exc:
        hint = "Name one with --python, for example .venv/bin/python"
        raise NotFound(f"{python} is not a working Python.", hint=hint) from exc


def installed(python: str) -> Installed | None:
    """The runtime in an environment, None where there is none."""
    return _as_installed(look(python))


def _as_installed(found: Environment, changed: bool = False) -> Installed | None:
    if found.version is None or found.path is None:
        return None
    version, has_examples = found.python_version, not found.missing_examples
    return Installed(found.python, version, found.version, found.path, changed, has_examples)


def is_current(found: Environment) -> bool:
    """Whether an environment has exactly the runtime that belongs to this mfinfra."""
    return found.digest == source().digest


def supported(python: str, packages: Sequence[str] = ()) -> Environment:
    """As look, for a Python that the runtime works with. Raises InstallFailed for an older one."""
    found = look(python, packages)
    if not found.is_supported:
        raise InstallFailed(
            f"{found.python} is Python {found.python_version}; the runtime needs 3.10 or newer.",
            hint="Name another one with --python.",
        )
    return found


def ensure(python: str, packages: Sequence[str], report: Callable[[str], None]) -> Installed:
    """Make an environment have exactly this runtime, what it needs, and `packages`."""
    found = supported(python, packages)
    whole = _as_installed(found)
    if whole is not None and is_current(found) and not found.missing and not found.unsatisfied:
        return whole
    with lock.awaited(_lock_path(found.python), f"The environment of {found.python}", report):
        changed = _ensure_runtime(look(found.python), report)  # as it is now that nobody else changes it
        missing = look(found.python, packages).unsatisfied
        if missing:
            report("Installing packages for the flows")
            _install(found, missing, "the packages for the flows")
    after = _as_installed(look(found.python), changed)
    if after is None:
        raise InstallFailed(f"The runtime was installed into {found.python}, but it cannot be imported there.")
    return after


def _ensure_runtime(found: Environment, report: Callable[[str], None]) -> bool:
    wanted, needs = source(), found.missing
    is_other = found.digest != wanted.digest
    if is_other:
        report(f"Installing the runtime into {found.python}")
        _install(found, ["--force-reinstall", "--no-deps", str(wanted.path)], "the runtime")
        needs = look(found.python).needs
    if needs:
        _install(found, needs, "what the runtime needs")
    return is_other or bool(needs)


def ensure_examples(python: str, report: Callable[[str], None]) -> str | None:
    """Install what the examples need; returns the command to type where that fails, None where all is there."""
    found = look(python)
    if not found.missing_examples:
        return None
    report("Installing scikit-learn, which the examples use")
    try:
        with lock.awaited(_lock_path(found.python), f"The environment of {found.python}", report):
            _install(found, found.missing_examples, "scikit-learn")
    except InstallFailed:
        return " ".join([*_installer(found), *(f"'{e}'" for e in found.missing_examples)])
    return None


def _lock_path(python: str) -> Path:
    """Two stacks may be set up at once in one environment; installers do not keep each other out."""
    return data_home() / "locks" / f"{hashlib.sha256(python.encode()).hexdigest()[:16]}.lock"


def _installer(found: Environment) -> list[str]:
    if found.has_pip:
        return [found.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    uv = which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", found.python]
    raise InstallFailed(
        f"{found.python} has no pip, and uv is not on the PATH.",
        hint=f"Type: {found.python} -m ensurepip, or name another Python with --python",
    )


#: What installers print, the reason it stands for, and what to do about it. The first that is found counts.
_REASONS = (
    (
        ("externally-managed-environment", "externally managed"),
        "{python} belongs to the operating system, which does not want packages installed into it.",
        "Type: python3 -m venv .venv && . .venv/bin/activate, and install mfinfra there",
    ),
    (
        ("Permission denied", "not writeable", "Read-only file system", "Access is denied"),
        "{what} could not be installed: no write access to the environment of {python}.",
        "Name a Python that you own with --python, for example one of a virtual environment.",
    ),
    (
        ("No space left on device",),
        "{what} could not be installed: the disk is full.",
        "Free some space, then type the same command again.",
    ),
    (
        ("NewConnectionError", "Failed to establish a new connection", "Temporary failure in name resolution",
         "ConnectTimeout", "ProxyError", "Max retries exceeded", "dns error", "Failed to fetch", "tcp connect error"),
        "{what} could not be installed: the package index cannot be reached.",
        "Connect, or name a reachable index: export PIP_INDEX_URL=URL (for uv: UV_INDEX_URL)",
    ),
)  # fmt: skip


def _install(found: Environment, arguments: Sequence[str], what: str) -> None:
    installer = _installer(found)
    done = process.run([*installer, *arguments], env={**_environment(), "PIP_ROOT_USER_ACTION": "ignore"})
    if done.code == 0:
        return
    text = done.output + done.errors
    for signs, reason, hint in _REASONS:
        if any(sign in text for sign in signs):
            raise InstallFailed(_capital(reason.format(python=found.python, what=what)), hint)
    last = [line.strip() for line in text.splitlines() if line.strip()][-1:]
    raise InstallFailed(
        _capital(f"{what} could not be installed: {last[0] if last else 'the installer ended without a message.'}"),
        hint=f"See the whole output with: {' '.join([*installer, *arguments]).replace(' --quiet', '')}",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _environment() -> dict[str, str]:
    """Our own environment, without what would make a Python import from elsewhere."""
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__")}
