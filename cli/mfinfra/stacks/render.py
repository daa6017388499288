"""`render` and `validate`: the files of a stack, without a cloud account or network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..engines import select
from ..errors import EngineError, MfinfraError, Refused
from ..render import workspace
from ..render.files import render

if TYPE_CHECKING:
    from ..stackfile.schema import StackConfig


@dataclass(frozen=True)
class Rendered:
    """The files of a stack, as written."""

    name: str
    engine: str
    folder: Path
    files: int
    changed: bool


@dataclass(frozen=True)
class Check:
    """One check of `validate`: `ok`, or `skipped` with the reason."""

    what: str
    level: str
    text: str


def write(config: StackConfig, out: Path | None, force: bool) -> Rendered:
    """Write the files of a stack to a directory."""
    config, engine = _in_cloud(config)
    files = render(config, account=config.account)
    folder = out if out is not None else Path(f"{config.name}-stack")
    written = workspace.write(files, folder, force=force, stack=config.name)
    return Rendered(config.name, engine, folder, len(files), written.changed)


def _in_cloud(config: StackConfig) -> tuple[StackConfig, str]:
    """The configuration with its engine set. Raises Refused for a local stack, which has no files."""
    if config.cloud == "local":
        raise Refused("A local stack has no files to render.", hint="Run: mfinfra up, or set a cloud with --cloud aws")
    engine = select.chosen_engine(config)
    return config.model_copy(update={"engine": engine}), engine


def validated(config: StackConfig) -> list[Check]:
    """Check the stack file and its rendered files. Raises MfinfraError for the first problem."""
    config, engine = _in_cloud(config)
    files = render(config, account=config.account)
    checks = [
        Check("stack file", "ok", f"{config.name}: {config.cloud} {config.region}, preset {config.preset}"),
        Check("rendering", "ok", f"{len(files)} files for {engine}"),
    ]
    return [*checks, _terraform(files)] if engine == "terraform" else checks


def _terraform(files: dict[str, str]) -> Check:
    """Check the syntax of every file with terraform. Checks by providers need the network, so that they are not run."""
    import tempfile

    from ..engines.terraform.program import Terraform

    with tempfile.TemporaryDirectory(prefix="mfinfra-") as folder:
        workspace.write(files, Path(folder))
        try:
            terraform = Terraform(Path(folder))
        except EngineError as exc:
            return Check("terraform", "skipped", exc.message)
        wrong = terraform.fmt_check()
    if wrong:
        raise MfinfraError(f"Terraform cannot parse rendered files: {', '.join(wrong)}.", hint="Report this bug")
    return Check("terraform", "ok", "the syntax of all files is valid; mfinfra plan also runs the checks of providers")
