"""`init`: a stack file from a few questions, or from flags where nobody can be asked."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import Interrupted, Refused, StackFileError
from .names import check_name
from .paths import write_text

if TYPE_CHECKING:
    from .stackfile import StackConfig


def ask(given: dict[str, Any]) -> dict[str, Any]:
    """Ask a person for what was not given. Raises Interrupted where they leave."""
    import questionary

    def is_name(text: str) -> bool | str:
        try:
            check_name(text)
        except StackFileError as exc:
            return exc.message
        return True

    answers = dict(given)
    questions: dict[str, Any] = {
        "cloud": lambda: questionary.select("Where shall the stack live?", choices=["local", "aws"]),
        "name": lambda: questionary.text("Name of the stack?", default=answers["cloud"], validate=is_name),
        "region": lambda: questionary.text("Region?", default=os.environ.get("AWS_REGION", "us-east-1")),
        "preset": lambda: questionary.select("Which preset?", choices=["sandbox", "team", "production"]),
        "examples": lambda: questionary.confirm("Install scikit-learn, which the examples use?", default=True),
    }
    for key, question in questions.items():
        if key in ("region", "preset") and answers["cloud"] == "local":
            continue
        if answers.get(key) is None:
            answers[key] = question().ask()
            if answers[key] is None:
                raise Interrupted("Nothing was written.", hint="Type: mfinfra init")
    return answers


def write(folder: Path, answers: dict[str, Any], force: bool) -> tuple[Path, StackConfig]:
    """Write the stack file. Raises Refused where one exists and `force` is not given."""
    from . import stackfile
    from .yamlfile import Document

    path = folder / stackfile.FILE_NAME
    if os.path.lexists(path) and not force:
        raise Refused(f"{path} exists already; it is left as it is.", hint="Type: mfinfra init --force to replace it")
    given = {key: value for key, value in answers.items() if value is not None}
    top: dict[str, Any] = {key: given.pop(key) for key in ("name", "cloud", "region", "preset") if key in given}
    if top.get("cloud", "local") != "local":
        top.setdefault("name", top["cloud"])
    config = stackfile.validated(Document({**top, "runtime": given}, {}, str(path)))
    write_text(path, stackfile.dump(config))
    return path, config


def one_line(config: StackConfig) -> str:
    """The command that writes the same stack file without a question."""
    words = ["mfinfra", "init", "--name", config.name]
    if config.cloud != "local":
        words += ["--cloud", config.cloud, "--region", str(config.region), "--preset", config.preset]
    if config.runtime.python is not None:
        words += ["--python", config.runtime.python]
    for package in config.runtime.packages:
        words += ["--package", package]
    return shlex.join(words if config.runtime.examples else [*words, "--no-examples"])
