"""Runs Terraform (or OpenTofu) in a workspace: progress as events, errors as one line.

python-terraform builds the command lines. process.py starts the programs, because the output must be streamed, and
because Ctrl-C must send them one signal and then wait until the state is saved.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import which
from typing import Any

from ...errors import EngineError, MfinfraError
from ...machine import process
from ...plans.changes import Event, Plan
from . import environment, events
from .plan import changes, drifted, impossible_updates, resources

OLDEST = (1, 11)
_BINARIES = ("terraform", "tofu")
#: In JSON, or as the line that some wrappers of the programs print instead.
_VERSION = re.compile(r'(?:"terraform_version": *"|\b(?:Terraform|OpenTofu) v)(\d+)\.(\d+)')
Explain = Callable[[str], "MfinfraError | None"]


def found() -> str | None:
    """The path of terraform, else of tofu; MFINFRA_TERRAFORM overrides it."""
    named = os.environ.get("MFINFRA_TERRAFORM")
    return which(named) if named else next((path for name in _BINARIES if (path := which(name))), None)


def binary() -> str:
    """Like found, but raises EngineError if it is not installed or too old."""
    path = found()
    if path is None:
        raise EngineError(
            "Neither terraform nor tofu is on the PATH.",
            hint="Install one (1.11 or newer), or run the command again with --engine cloudformation",
        )
    version = _version(path)
    if version < OLDEST:
        have, need = (".".join(map(str, v)) for v in (version, OLDEST))
        raise EngineError(f"{path} is version {have}; {need} or newer is required.", hint="Install a newer version")
    return path


def _version(path: str) -> tuple[int, ...]:
    done = process.run([path, "version", "-json"], env=environment.of_terraform(os.environ, {}))
    found = _VERSION.search(done.output)
    if done.code != 0 or found is None:
        raise EngineError(f"{path} did not print its version.", hint="Reinstall it")
    return int(found.group(1)), int(found.group(2))


def _ignore(_: Event) -> None:
    return


#: The file in which terraform stores a state that it cannot upload.
UNSENT = "errored.tfstate"


class Terraform:
    """Terraform in one workspace. Every method raises MfinfraError with a message of one line."""

    def __init__(self, folder: Path, explain: Explain | None = None, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._explain = explain or (lambda _: None)
        self._env = environment.of_terraform(os.environ, env or {})
        self._binary = binary()

    def renew(self, env: Mapping[str, str]) -> None:
        """Set the additional environment variables for the next commands: tokens expire while commands run."""
        self._env = environment.of_terraform(os.environ, env)

    def init(self) -> None:
        """Download the providers and connect to the backend. Idempotent; a changed backend is reconfigured."""
        # Not as JSON: before the providers are installed, it contains less than the text.
        done = self._run("init", input=False, reconfigure=_flag(), no_color=_flag())
        if done.code != 0:
            raise events.failure_of_text(done.output, self._explain)

    def validate(self) -> list[str]:
        """The errors that terraform and the providers find in the files, one line each."""
        done = self._run("validate", json=_flag())
        try:
            found = json.loads(done.output)["diagnostics"]
        except (ValueError, KeyError):
            raise events.failure_of_text(done.output, self._explain) from None
        return [events.one_line(diagnostic) for diagnostic in found]

    def plan(
        self,
        stack: str,
        out: Path,
        destroy: bool = False,
        refresh_only: bool = False,
        on_event: Callable[[Event], None] = _ignore,
    ) -> Plan:
        """The plan, also written to `out`."""
        options: dict[str, Any] = {"out": str(out), "input": False, "json": _flag(), "no_color": _flag()}
        if destroy:
            options["destroy"] = _flag()
        if refresh_only:
            options["refresh_only"] = _flag()
        shown = self._planned(out, on_event, options)
        if impossible := impossible_updates(shown):
            shown = self._planned(out, on_event, {**options, "replace": impossible})
        found = drifted(shown) if refresh_only else changes(shown)
        return Plan(stack, "terraform", found, str(out))

    def _planned(self, out: Path, on_event: Callable[[Event], None], options: dict[str, Any]) -> dict[str, Any]:
        """Write a plan, and return what it contains."""
        self._streamed(on_event, "plan", **options)
        out.chmod(0o600)
        return self._json("show", str(out))

    def apply(self, plan_file: Path, on_event: Callable[[Event], None]) -> None:
        """Apply exactly a plan. Terraform itself refuses a stale one."""
        self._streamed(on_event, "apply", str(plan_file), input=False, json=_flag(), no_color=_flag())

    def outputs(self) -> dict[str, Any]:
        """The outputs of the stack; empty if it has none yet."""
        return {name: output["value"] for name, output in self._json("output").items()}

    def state_resources(self) -> list[tuple[str, str, str]]:
        """Address, type and ID of all resources in the state."""
        values = self._json("show").get("values") or {}
        return resources(values.get("root_module") or {})

    def remove_from_state(self, addresses: list[str]) -> None:
        """Remove resources from the state; the resources themselves continue to exist."""
        if addresses:
            self._checked("state rm", *addresses)

    def recover(self) -> bool:
        """Upload a state that an apply could not upload, for example with expired credentials. Terraform stores it in
        the workspace, and refuses the upload if the stack has changed since."""
        path = self.folder / UNSENT
        if not path.is_file():
            return False
        self._checked("state push", str(path))
        path.unlink()
        return True

    def force_unlock(self, lock_id: str) -> None:
        """Release the state lock."""
        self._checked("force-unlock", lock_id, force=_flag())

    def fmt_check(self) -> list[str]:
        """The files that are invalid or not in canonical format."""
        done = self._run("fmt", check=_flag(), recursive=_flag(), no_color=_flag())
        return [] if done.code == 0 else [line for line in done.output.splitlines() if line.strip()]

    def _streamed(self, on_event: Callable[[Event], None], *arguments: str, **options: Any) -> None:
        reader = events.Reader(on_event)
        done = self._run(*arguments, on_line=reader.line, patient=True, **options)
        if done.code not in (0, 2) or reader.errors:
            raise reader.failure(self._explain)

    def _json(self, *arguments: str) -> dict[str, Any]:
        done = process.run(self._argv(*arguments, json=_flag(), no_color=_flag()), env=self._env, cwd=str(self.folder))
        if done.code != 0:
            raise events.failure_of_text(done.errors + done.output, self._explain)
        try:
            found = json.loads(done.output or "{}")
        except ValueError:
            raise EngineError(f"terraform {arguments[0]} in {self.folder} did not print JSON.") from None
        return found if isinstance(found, dict) else {}

    def _checked(self, *arguments: str, **options: Any) -> None:
        done = self._run(*arguments, **options)
        if done.code != 0:
            raise events.failure_of_text(done.output, self._explain)

    def _run(
        self, *arguments: str, on_line: Callable[[str], None] = lambda _: None, patient: bool = False, **options: Any
    ) -> process.Finished:
        argv = self._argv(*arguments, **options)
        return process.stream(argv, on_line, env=self._env, cwd=str(self.folder), patient=patient)

    def _argv(self, *arguments: str, **options: Any) -> list[str]:
        import python_terraform

        command, *rest = arguments
        builder = python_terraform.Terraform(working_dir=str(self.folder), terraform_bin_path=self._binary)
        words = builder.generate_cmd_string(command, *rest, **options)
        return [str(word) for word in words]


def _flag() -> Any:
    """An option without a value."""
    from python_terraform import IsFlagged

    return IsFlagged
