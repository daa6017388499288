"""Putting the bundled runtime into the Python that flows run with.

The runtime travels inside our own wheel; from a checkout it is installed from its folder. No index is asked for our own
code, only for what it needs. An environment that already has exactly this runtime is left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from . import process
from .errors import InstallFailed, NotFound
from .paths import data_home, write_text

DISTRIBUTION = "mfinfra-runtime"
EXAMPLES = ("scikit-learn>=1.4,<2",)

_PROBE = """
import json, sys
try:
    import mfruntime, mfruntime.version as v
    found = {"version": v.__version__, "path": list(mfruntime.__path__)[0]}
except ImportError:
    found = {}
try:
    import pip
    found["pip"] = True
except ImportError:
    found["pip"] = False
found["python"] = sys.executable
found["python_version"] = ".".join(map(str, sys.version_info[:3]))
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Source:
    """Where the runtime is installed from. `digest` changes when its content does."""

    path: Path
    digest: str
    is_wheel: bool


@dataclass(frozen=True)
class Installed:
    """The runtime in a Python environment; `changed` tells whether this call installed it."""

    python: str
    python_version: str
    version: str
    path: str
    changed: bool = False


def source() -> Source:
    """The runtime that belongs to this mfinfra. Raises NotFound where an installation lost it."""
    here = Path(__file__).parent
    wheels = sorted((here / "_bundled").glob("mfinfra_runtime-*.whl"))
    if wheels:
        return Source(wheels[-1], hashlib.sha256(wheels[-1].read_bytes()).hexdigest(), True)
    checkout = here.parent.parent / "runtime"
    if (checkout / "pyproject.toml").is_file():
        return Source(checkout, _digest(checkout), False)
    raise NotFound("The bundled runtime is missing from this installation of mfinfra.", hint="Install mfinfra again.")


def _digest(folder: Path) -> str:
    """One hash over every source file of the runtime."""
    total = hashlib.sha256()
    for path in sorted([folder / "pyproject.toml", *folder.glob("mfruntime/**/*.py")]):
        total.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def probe(python: str) -> dict[str, object]:
    """What a Python environment has: runtime version and path, pip, its own version. Raises NotFound for no Python."""
    done = process.run([python, "-c", _PROBE], env=_environment(), cwd=str(Path.home()))
    if done.code != 0:
        raise NotFound(f"{python} is not a working Python: {done.tail or 'it printed nothing'}")
    return dict(json.loads(done.output))


def installed(python: str) -> Installed | None:
    """The runtime in an environment, None where there is none."""
    found = probe(python)
    if "version" not in found:
        return None
    return Installed(str(found["python"]), str(found["python_version"]), str(found["version"]), str(found["path"]))


def ensure(python: str, packages: Sequence[str], report: Callable[[str], None]) -> Installed:
    """Install the runtime and `packages` where they are missing or another version is there."""
    wanted = source()
    found = probe(python)
    if found.get("version") and (_stamp(python) == wanted.digest or _is_linked(str(found["path"]), wanted)):
        return _finish(python, changed=False)
    report(f"Installing the runtime into {python}")
    installer = _installer(python, bool(found["pip"]))
    _install(installer, ["--force-reinstall", "--no-deps", str(wanted.path)], "the runtime")
    _install(installer, [str(wanted.path)], "what the runtime needs")
    if packages:
        _install(installer, list(packages), "the packages of the stack file")
    _save_stamp(python, wanted.digest)
    return _finish(python, changed=True)


def _is_linked(path: str, wanted: Source) -> bool:
    """Whether an editable installation reads the very files that would be installed."""
    return not wanted.is_wheel and Path(path).resolve().parent == wanted.path.resolve()


def ensure_examples(python: str, report: Callable[[str], None]) -> str | None:
    """Install what the examples need; returns the command to type where that fails, None where all is there."""
    if process.run([python, "-c", "import sklearn"], env=_environment()).code == 0:
        return None
    report("Installing scikit-learn, which the examples use")
    installer = _installer(python, bool(probe(python)["pip"]))
    try:
        _install(installer, list(EXAMPLES), "scikit-learn")
    except InstallFailed:
        return " ".join([*installer, *(f"'{e}'" for e in EXAMPLES)])
    return None


def _finish(python: str, changed: bool) -> Installed:
    found = installed(python)
    if found is None:
        raise InstallFailed(f"The runtime was installed into {python}, but it cannot be imported there.")
    return Installed(found.python, found.python_version, found.version, found.path, changed)


def _installer(python: str, has_pip: bool) -> list[str]:
    if has_pip:
        return [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    uv = which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", python]
    raise InstallFailed(
        f"{python} has no pip, and uv is not on the PATH.",
        hint=f"Type: {python} -m ensurepip, or name another Python with --python",
    )


def _install(installer: Sequence[str], arguments: Sequence[str], what: str) -> None:
    done = process.run([*installer, *arguments], env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"})
    if done.code == 0:
        return
    text = done.output + done.errors
    if "externally-managed-environment" in text:
        raise InstallFailed(
            f"{installer[0]} belongs to the operating system, which does not want packages installed into it.",
            hint="Type: python3 -m venv .venv && . .venv/bin/activate, and install mfinfra there",
        )
    if any(word in text for word in ("Permission denied", "not writeable", "Read-only file system")):
        raise InstallFailed(
            f"{what} could not be installed: no write access to the environment of {installer[0]}.",
            hint="Name a Python that you own with --python, for example one of a virtual environment.",
        )
    last = [line for line in text.strip().splitlines() if line.strip()][-1:]
    raise InstallFailed(
        f"{what} could not be installed: {last[0].strip() if last else 'the installer ended without a message'}",
        hint=f"See the whole output with: {' '.join([*installer, *arguments]).replace(' --quiet', '')}",
    )


def _environment() -> dict[str, str]:
    """Our own environment, without what would make a Python import from elsewhere."""
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONSTARTUP")}


def _stamp_path(python: str) -> Path:
    key = hashlib.sha256(os.path.abspath(python).encode()).hexdigest()[:16]
    return data_home() / "runtimes" / f"{key}.json"


def _stamp(python: str) -> str | None:
    try:
        content = json.loads(_stamp_path(python).read_text(encoding="utf-8"))
        return str(content["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _save_stamp(python: str, digest: str) -> None:
    write_text(_stamp_path(python), json.dumps({"python": os.path.abspath(python), "digest": digest}) + "\n")


def default_python() -> str:
    """The Python that runs mfinfra itself."""
    return sys.executable
