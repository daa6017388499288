"""`init`: a stack file from a few questions, or from flags where nobody can be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .console import Console
from .errors import Interrupted, Refused, StackFileError
from .names import check_name


def ask(given: dict[str, Any]) -> dict[str, Any]:
    """Ask a person for what was not given. Raises Interrupted where they leave."""
    import questionary

    def is_name(text: str) -> bool | str:
        try:
            check_name(text)
        except StackFileError as exc:
            return exc.message
        return True

    questions: dict[str, Any] = {
        "name": lambda: questionary.text("Name of the stack?", default="local", validate=is_name),
        "examples": lambda: questionary.confirm("Install scikit-learn, which the examples use?", default=True),
    }
    answers = dict(given)
    for key, question in questions.items():
        if answers.get(key) is None:
            answers[key] = question().ask()
            if answers[key] is None:
                raise Interrupted("Nothing was written.", hint="Type: mfinfra init")
    return answers


def write(folder: Path, answers: dict[str, Any], force: bool, console: Console) -> Path:
    """Write the stack file and say which one line would have done the same."""
    from . import stackfile
    from .paths import write_text

    path = folder / stackfile.FILE_NAME
    if path.exists() and not force:
        raise Refused(f"{path} exists already; it is left as it is.", hint="Type: mfinfra init --force to replace it")
    options = {k: answers[k] for k in ("examples", "packages") if answers.get(k) is not None}
    values = {k: v for k, v in (("name", answers.get("name")), ("cloud", answers.get("cloud"))) if v is not None}
    stackfile._refuse_other_clouds(values.get("cloud"))
    config = _validated({**values, "runtime": options})
    write_text(path, stackfile.dump(config))
    console.done(f"Wrote {path}")
    console.line(f"mfinfra init --name {config.name}{'' if config.runtime.examples else ' --no-examples'}")
    return path


def _validated(values: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    from . import stackfile
    from .yamlfile import Document

    try:
        return stackfile.StackConfig.model_validate(values)
    except ValidationError as exc:
        message, hint = stackfile._explained(exc, Document({}, {}, stackfile.FILE_NAME))
        raise StackFileError(message, hint) from None
