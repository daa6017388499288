"""`package`: list or save the code package of a flow; and store it at the start of a run."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from ..errors import CommandException
from .wiring import Env

if TYPE_CHECKING:
    from ..tasks.package import Member

#: The variable with the record of the code package, for tasks that start in a new interpreter.
VARIABLE = "MFINFRA_CODE_PACKAGE"
_YES = ("1", "true", "yes", "on")


def upload_if_enabled(env: Env) -> str | None:
    """Store the code package of a run, if the settings enable it, and return its record for tasks, as JSON."""
    os.environ.pop(VARIABLE, None)  # of an enclosing run
    wanted = env.settings.get("METAFLOW_FEAT_ALWAYS_UPLOAD_CODE_PACKAGE") or ""
    if wanted.lower() not in _YES:
        return None
    from ..tasks import package

    record = json.dumps(package.save(env.store, package.archive(_members(env))))
    os.environ[VARIABLE] = record  # for tasks that start in a new interpreter
    return record


def _suffixes(env: Env) -> tuple[str, ...]:
    from ..tasks import package

    return package.suffixes(env.package_suffixes or env.settings.get("METAFLOW_DEFAULT_PACKAGE_SUFFIXES"))


def _members(env: Env) -> list[Member]:
    from ..tasks import package

    return package.members(env.script, env.user, _suffixes(env))


@click.group("package", help="List, describe or save the code package.")
def command() -> None:
    return


@command.command("list", help="List the files of the code package.")
@click.pass_obj
def list_(env: Env) -> None:
    for member in _members(env):
        env.echo(member.path or member.name)


@command.command("info", help="Show size, directory and suffixes of the code package.")
@click.pass_obj
def info(env: Env) -> None:
    from ..tasks import package

    members = _members(env)
    env.echo(f"Package size: {len(package.archive(members)) / 1e6:.2f} MB")
    env.echo(f"Number of files: {len(members)}")
    env.echo(f"Flow directory: {os.path.dirname(os.path.abspath(env.script))}")
    env.echo(f"Suffixes: {', '.join(_suffixes(env))}")


@command.command("save", help="Save the code package to a file.")
@click.argument("path")
@click.pass_obj
def save(env: Env, path: str) -> None:
    from ..tasks import package

    content = package.archive(_members(env))
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(content)
        os.rename(temporary, path)
    except OSError as exc:
        raise CommandException(f"The file {path} cannot be written: {exc.strerror}.") from exc
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
    env.echo(f"Code package saved to {path}, {len(content) / 1e6:.2f} MB.")
