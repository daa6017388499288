"""`init`: creates a stack file from a few questions or, without an interactive terminal, from options."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Interrupted, Refused, StackFileError
from ..machine.paths import write_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from .schema import StackConfig

#: The proposed region in each cloud if the shell sets none.
_NEAR_MOST = {"aws": "us-east-1", "azure": "eastus2", "gcp": "us-central1"}


def ask(given: dict[str, Any]) -> dict[str, Any]:
    """Prompt for the values that were not given. Raises Interrupted if the user cancels."""
    import questionary

    from .load import region_of_shell

    answers = dict(given)

    def default_region() -> str:
        return region_of_shell(answers["cloud"]) or _NEAR_MOST[answers["cloud"]]

    is_name, is_region = _check(answers, "name"), _check(answers, "region")
    questions: dict[str, Any] = {
        "cloud": lambda: questionary.select("Where do you want to create the stack?", choices=["local", *_NEAR_MOST]),
        "name": lambda: questionary.text("Name of the stack?", default=answers["cloud"], validate=is_name),
        "region": lambda: questionary.text("Region?", default=default_region(), validate=is_region),
        "preset": lambda: questionary.select("Which preset?", choices=["sandbox", "team", "production"]),
        "examples": lambda: questionary.confirm("Install scikit-learn, which the examples use?", default=True),
    }
    for key, question in questions.items():
        if key in ("region", "preset") and answers["cloud"] == "local":
            continue
        if answers.get(key) is None:
            answers[key] = question().ask()
            if answers[key] is None:
                raise Interrupted("Nothing was written.", hint="Run: mfinfra init")
    return answers


def _check(answers: dict[str, Any], key: str) -> Callable[[str], bool | str]:
    """A validator for answers: an error by the schema and the rules of the cloud, or True."""
    from . import load
    from .yaml_reader import Document

    def check(text: str) -> bool | str:
        cloud = answers["cloud"]
        said = {"name": cloud, "cloud": cloud, **({"region": _NEAR_MOST[cloud]} if cloud in _NEAR_MOST else {})}
        try:
            load.validated(Document({**said, key: text}, {}, ""))
        except StackFileError as exc:
            found = re.search(rf"\b{key}\b(: | ).*", exc.message)
            return found.group(0) if found else True
        return True

    return check


def write(folder: Path, answers: dict[str, Any], force: bool) -> tuple[Path, StackConfig]:
    """Write the stack file. Raises Refused if it exists, unless `force` is set."""
    from . import load, schema
    from .yaml_reader import Document

    path = folder / schema.FILE_NAME
    if os.path.lexists(path) and not force:
        raise Refused(f"{path} already exists. It was not changed.", hint="To replace it, run: mfinfra init --force")
    given = {key: value for key, value in answers.items() if value is not None}
    top: dict[str, Any] = {key: given.pop(key) for key in ("name", "cloud", "region", "preset") if key in given}
    if top.get("cloud", "local") != "local":
        top.setdefault("name", top["cloud"])
        region = load.region_of_shell(top["cloud"])
        top |= {"region": region} if region is not None and "region" not in top else {}
    config = load.validated(Document({**top, "runtime": given}, {}, str(path)))
    write_text(path, load.dump(config))
    return path, config


def one_line(config: StackConfig) -> str:
    """The command that writes the same stack file without prompts."""
    words = ["mfinfra", "init", "--name", config.name]
    if config.cloud != "local":
        words += ["--cloud", config.cloud, "--region", str(config.region), "--preset", config.preset]
    if config.runtime.python is not None:
        words += ["--python", config.runtime.python]
    for package in config.runtime.packages:
        words += ["--package", package]
    return shlex.join(words if config.runtime.examples else [*words, "--no-examples"])
