"""`render` and `validate`: a stack as files, with no account and no network."""

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
    """A stack written as files."""

    name: str
    engine: str
    folder: Path
    files: int
    changed: bool


@dataclass(frozen=True)
class Check:
    """One thing that `validate` looked at: `ok`, or `skipped` with the reason."""

    what: str
    level: str
    text: str


def write(config: StackConfig, out: Path | None, force: bool) -> Rendered:
    """Write the files of a stack into a folder."""
    config, engine = _in_cloud(config)
    files = render(config, account=config.account)
    folder = out if out is not None else Path(f"{config.name}-stack")
    written = workspace.write(files, folder, force=force, stack=config.name)
    return Rendered(config.name, engine, folder, len(files), written.changed)


def _in_cloud(config: StackConfig) -> tuple[StackConfig, str]:
    """A stack with its engine decided. Raises Refused for a local one, which has no files."""
    if config.cloud == "local":
        raise Refused("A local stack has nothing to render.", hint="Type: mfinfra up, or name a cloud with --cloud aws")
    engine = select.chosen_engine(config)
    return config.model_copy(update={"engine": engine}), engine


def validated(config: StackConfig) -> list[Check]:
    """Check what would be rendered. Raises for the first thing that is wrong."""
    config, engine = _in_cloud(config)
    files = render(config, account=config.account)
    checks = [
        Check("stack file", "ok", f"{config.name}: {config.cloud} {config.region}, preset {config.preset}"),
        Check("rendering", "ok", f"{len(files)} files for {engine}"),
    ]
    return [*checks, _terraform(files)] if engine == "terraform" else checks


def _terraform(files: dict[str, str]) -> Check:
    """The syntax of every file, by terraform itself; what providers say needs them, and those need the network."""
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
        raise MfinfraError(f"Terraform cannot read what was rendered: {', '.join(wrong)}.", hint="Report this.")
    return Check("terraform", "ok", "every file is well-formed; providers are asked by mfinfra plan")
