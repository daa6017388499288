"""Usage errors: the message as text, or as one document with --json, and the exit code.

The parser stops at the first invalid word, so this module searches the remaining words for --json and the command.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from ..console import Console
from .state import State

#: The base class of the parser's usage errors. It is public only as the base class of `BadParameter`.
UsageError: Any = typer.BadParameter.__mro__[1]


def report(error: Any, program: Any, words: Sequence[str]) -> int:
    """Print a usage error, store its command in State, and return its exit code."""
    as_json, command = _find_json_and_command(program, words)
    State.command = State.command or command
    if as_json:
        Console(as_json=True).document({"error": _document(error)})
    error.show()
    return int(error.exit_code)


def _document(error: Any) -> dict[str, Any]:
    message, hint = error.format_message(), "Run: mfinfra --help"
    if error.ctx is not None:
        hint = f"Run: {error.ctx.command_path} --help"
        if message == error.ctx.get_help():  # for a group without a command, the parser prints the help
            message = "Missing command."
    return {"message": message, "hint": hint, "exit_code": error.exit_code}


def _find_json_and_command(program: Any, words: Sequence[str]) -> tuple[bool, str | None]:
    """Whether --json is among the words as an option, not as the value of one; and the name of the command."""
    as_json, name, command = False, None, program
    rest = iter(words)
    for word in rest:
        commands = getattr(command, "commands", {})
        if word == "--" and not commands:
            break
        as_json = as_json or word == "--json"
        if _takes_value(word, [*program.params, *command.params]):
            next(rest, None)
        elif word in commands:
            name, command = name or word, commands[word]
    return as_json, name


def _takes_value(word: str, parameters: Sequence[Any]) -> bool:
    """Whether the next word is the value of this one: of `--name`, `-n`, or the last letter of `-yn`."""
    letters = [f"-{letter}" for letter in word[1:]] if word.startswith("-") else []
    names = [word] if word.startswith("--") else letters
    for place, name in enumerate(names, start=1):
        if any(name in p.opts and not p.is_flag for p in parameters):
            return place == len(names)
    return False
