"""`package`: what the code package of a flow holds; and storing one at the start of a run."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from ..errors import CommandException
from .wiring import Env

if TYPE_CHECKING:
    from ..tasks.package import Member

#: How a task that starts in an interpreter of its own learns what its run recorded.
VARIABLE = "MFINFRA_CODE_PACKAGE"
_YES = ("1", "true", "yes", "on")


def upload_if_wanted(env: Env) -> str | None:
    """Store the code package of a run where the settings say so; what tasks record of it, as JSON text."""
    os.environ.pop(VARIABLE, None)  # that of a run around this one
    wanted = env.settings.get("METAFLOW_FEAT_ALWAYS_UPLOAD_CODE_PACKAGE") or ""
    if wanted.lower() not in _YES:
        return None
    from ..tasks import package

    record = json.dumps(package.save(env.store, package.archive(_members(env))))
    os.environ[VARIABLE] = record  # for tasks that start in an interpreter of their own
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


@command.command("info", help="Show what the code package is made of.")
@click.pass_obj
def info(env: Env) -> None:
    from ..tasks import package

    members = _members(env)
    env.echo(f"Package size: {len(package.archive(members)) / 1e6:.2f} MB")
    env.echo(f"Number of files: {len(members)}")
    env.echo(f"Flow's folder: {os.path.dirname(os.path.abspath(env.script))}")
    env.echo(f"Suffixes: {', '.join(_suffixes(env))}")


@command.command("save", help="Save the code package in a file.")
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
    env.echo(f"Code package saved in {path}, {len(content) / 1e6:.2f} MB.")
