"""Installs the bundled runtime into the Python environment of flows.

The wheel of mfinfra contains the runtime; in a checkout it is installed from its directory. A package index is used
only for its dependencies. An environment is checked by the content of its files: if it has exactly this runtime,
nothing is installed, and no separate record can be out of date.
"""

from __future__ import annotations

import json
import os
import sys
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
    """The path that the runtime is installed from. `digest` is that of its files."""

    path: Path
    digest: str


@dataclass(frozen=True)
class Environment:
    """A Python environment: its runtime, if any, the dependencies of the runtime, and those that are missing.
    `unsatisfied` are the additional requirements that it does not meet."""

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
        """The Python version as two numbers, such as (3, 11)."""
        major, minor = self.python_version.split(".")[:2]
        return int(major), int(minor)

    @property
    def is_supported(self) -> bool:
        """Whether the runtime supports this Python."""
        return self.minor >= OLDEST_PYTHON


@dataclass(frozen=True)
class Installed:
    """The runtime in a Python environment. `changed`: this call installed packages. `has_examples`: the dependencies of
    all examples are installed."""

    python: str
    python_version: str
    version: str
    path: str
    changed: bool = False
    has_examples: bool = False


def source() -> Source:
    """The runtime of this mfinfra. Raises NotFound if the installation is incomplete."""
    here = Path(__file__).parents[1]
    wheels = sorted((here / "_bundled").glob("mfinfra_runtime-*.whl"))
    if wheels:
        return Source(wheels[-1], digest(_wheel_files(wheels[-1])))
    checkout = here.parent.parent / "runtime"
    if (checkout / "pyproject.toml").is_file():
        return Source(checkout, digest(folder_files(str(checkout / _PACKAGE))))
    raise NotFound("This installation of mfinfra is incomplete: the runtime is missing.", hint="Reinstall mfinfra")


def _wheel_files(wheel: Path) -> list[tuple[str, bytes]]:
    start = f"{_PACKAGE}/"
    import zipfile

    with zipfile.ZipFile(wheel) as archive:
        return [(name[len(start) :], archive.read(name)) for name in archive.namelist() if name.startswith(start)]


def default_python() -> str:
    """The Python that runs mfinfra itself."""
    return sys.executable


def located(python: str) -> str:
    """The path of a Python: a path is made absolute (without resolving links, which environments are), a name is
    searched on the PATH."""
    if os.path.dirname(python) or python.startswith("~"):
        return os.path.abspath(os.path.expanduser(python))
    return which(python) or python


def look(python: str, packages: Sequence[str] = ()) -> Environment:
    """Inspect a Python environment, also for `packages`. Raises NotFound if it has no working Python."""
    target = located(python)
    try:
        done = process.run([target, str(_PROBE), *packages], env=_environment())
        found = json.loads(done.output)
        lists = {key: tuple(value) for key, value in found.items() if isinstance(value, list)}
        return Environment(**{**found, **lists})
    except (MfinfraError, ValueError, TypeError, AttributeError) as exc:
        hint = "Select one with --python, for example .venv/bin/python"
        raise NotFound(f"{python} is not a working Python.", hint=hint) from exc


def installed(python: str) -> Installed | None:
    """The runtime in an environment, None if it is not installed."""
    return _as_installed(look(python))


def _as_installed(found: Environment, changed: bool = False) -> Installed | None:
    if found.version is None or found.path is None:
        return None
    version, has_examples = found.python_version, not found.missing_examples
    return Installed(found.python, version, found.version, found.path, changed, has_examples)


def is_current(found: Environment) -> bool:
    """Whether an environment has exactly the runtime of this mfinfra."""
    return found.digest == source().digest


def supported(python: str, packages: Sequence[str] = ()) -> Environment:
    """Like look, but raises InstallFailed if the runtime does not support this Python."""
    found = look(python, packages)
    if not found.is_supported:
        raise InstallFailed(
            f"{found.python} is Python {found.python_version}; the runtime needs 3.10 or newer.",
            hint="Select another one with --python",
        )
    return found


def ensure(python: str, packages: Sequence[str], report: Callable[[str], None]) -> Installed:
    """Install exactly this runtime, its dependencies, and `packages`, unless the environment has them."""
    found = supported(python, packages)
    complete = _as_installed(found)
    if complete is not None and is_current(found) and not found.missing and not found.unsatisfied:
        return complete
    with lock.awaited(_lock_path(found.python), f"The environment of {found.python}", report):
        changed = _ensure_runtime(look(found.python), report)  # inspected again, now that no other process changes it
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
        _install(found, needs, "the dependencies of the runtime")
    return is_other or bool(needs)


def ensure_examples(python: str, report: Callable[[str], None]) -> str | None:
    """Install the dependencies of the examples; returns the command to run if that fails, None if all are installed."""
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
    """The lock of an environment: two commands can install into it at once, and installers do not lock it."""
    import hashlib  # loads OpenSSL

    return data_home() / "locks" / f"{hashlib.sha256(python.encode()).hexdigest()[:16]}.lock"


def _installer(found: Environment) -> list[str]:
    if found.has_pip:
        return [found.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    uv = which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", found.python]
    raise InstallFailed(
        f"{found.python} has no pip, and uv is not on the PATH.",
        hint=f"Run: {found.python} -m ensurepip, or select another Python with --python",
    )


#: Texts that installers print, their meaning, and a hint. The first match is used.
_REASONS = (
    (
        ("externally-managed-environment", "externally managed"),
        "{python} is managed by the operating system, which does not allow installing packages into it.",
        "Run: python3 -m venv .venv && . .venv/bin/activate; then install mfinfra in it",
    ),
    (
        ("Permission denied", "not writeable", "Read-only file system", "Access is denied"),
        "{what} could not be installed: no write access to the environment of {python}.",
        "Select a Python that you own with --python, for example that of a virtual environment",
    ),
    (
        ("No space left on device",),
        "{what} could not be installed: the disk is full.",
        "Free disk space, then run the command again",
    ),
    (
        ("NewConnectionError", "Failed to establish a new connection", "Temporary failure in name resolution",
         "ConnectTimeout", "ProxyError", "Max retries exceeded", "dns error", "Failed to fetch", "tcp connect error"),
        "{what} could not be installed: the package index cannot be reached.",
        "Check the network, or set a reachable index: export PIP_INDEX_URL=URL (for uv: UV_INDEX_URL)",
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
        _capital(f"{what} could not be installed: {last[0] if last else 'the installer exited without a message.'}"),
        hint=f"To see the complete output, run: {' '.join([*installer, *arguments]).replace(' --quiet', '')}",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _environment() -> dict[str, str]:
    """The environment variables, without those that change where Python imports from."""
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__")}
