"""Inspects the runtime in a Python environment: `python probe.py` prints one JSON document.

Also runs on Python 3.7, so that an unsupported Python gives a clear error.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from typing import Any

DISTRIBUTION = "mfinfra-runtime"


def digest(files: Iterable[tuple[str, bytes]]) -> str:
    """One hash over path (with slashes) and content of every file of a package, in the order of paths."""
    import hashlib  # loads OpenSSL, which takes longer than most commands

    total = hashlib.sha256()
    for path, content in sorted(files):
        total.update(f"{path}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def folder_files(folder: str) -> list[tuple[str, bytes]]:
    """The files of a package directory, without those that Python and editors create."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and not name.endswith((".pyc", "~")):
                path = os.path.join(place, name)
                with open(path, "rb") as file:
                    found.append((os.path.relpath(path, folder).replace(os.sep, "/"), file.read()))
    return found


def main() -> None:
    forget_own_folder()
    number = ".".join(map(str, sys.version_info[:3]))
    answer: dict[str, Any] = {"python": sys.executable, "python_version": number, "has_pip": has("pip")}
    if sys.version_info[:2] >= (3, 10):
        needs, examples = requirements()
        answer.update(runtime(), needs=needs, metaflow=version("metaflow"))
        # A requirement with a condition can be absent correctly: only an installer can decide.
        answer.update(missing=absent(n for n in needs if ";" not in n), missing_examples=absent(examples))
        answer.update(unsatisfied=unsatisfied(sys.argv[1:]))
    print(json.dumps(answer))


def forget_own_folder() -> None:
    """Remove this directory from sys.path, as flows do not have it there."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != here]


def has(module: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(module) is not None


def runtime() -> dict[str, str]:
    try:
        import mfruntime
        import mfruntime.version
    except Exception:  # whatever the error is, the runtime is not usable
        return {}
    folder = os.path.dirname(os.path.abspath(mfruntime.__file__))
    return {"version": mfruntime.version.__version__, "path": folder, "digest": digest(folder_files(folder))}


def requirements() -> tuple[list[str], list[str]]:
    """The dependencies of the installed runtime, and those of its extra `examples`, in the syntax of pip."""
    from importlib import metadata

    try:
        found = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return [], []
    extras = [(requirement, re.search(r"extra *== *['\"]([^'\"]+)", requirement)) for requirement in found]
    needs = [requirement for requirement, extra in extras if extra is None]
    return needs, [
        requirement.split(";")[0].strip() for requirement, extra in extras if extra and extra[1] == "examples"
    ]


def absent(found: Iterable[str]) -> list[str]:
    """The requirements of which no version is installed."""
    return [requirement for requirement in found if version(re.split(r"[^\w.-]", requirement)[0]) is None]


def unsatisfied(wanted: list[str]) -> list[str]:
    """The requirements that the environment does not meet; all of them if it cannot parse requirements."""
    if not wanted:
        return []
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError:
        try:
            from pip._vendor.packaging import requirements as vendored
        except ImportError:
            return wanted
        InvalidRequirement, Requirement = vendored.InvalidRequirement, vendored.Requirement  # type: ignore

    def is_met(text: str, extra: str = "") -> bool:
        try:
            need = Requirement(text)
        except InvalidRequirement:
            return False  # a path or a URL: only an installer can decide
        if need.marker is not None and not need.marker.evaluate({"extra": extra}):
            return True
        has = version(need.name)
        if has is None or not need.specifier.contains(has, prereleases=True):
            return False
        from importlib import metadata

        return all(is_met(more, name) for name in need.extras for more in metadata.requires(need.name) or [])

    return [text for text in wanted if not is_met(text)]


def version(distribution: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
