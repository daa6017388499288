"""A directory with a Terraform configuration, in which tests run terraform."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Configuration:
    """terraform in a directory, with these environment variables and none of the machine's own for Terraform."""

    terraform: str
    folder: Path
    environment: dict[str, str]

    def write(self, text: str) -> None:
        (self.folder / "main.tf").write_text(text)

    def __call__(self, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
        env = {**kept, **self.environment, **more}
        return subprocess.run(
            [self.terraform, *argv, "-no-color"], cwd=self.folder, env=env, capture_output=True, text=True
        )

    def must(self, *argv: str) -> str:
        """Run a command that must succeed, and return its output."""
        done = self(*argv)
        assert done.returncode == 0, f"{' '.join(argv)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def fails(self, *argv: str) -> str:
        """Run a command that must fail, and return its error messages on one line."""
        done = self(*argv)
        assert done.returncode == 1, f"{' '.join(argv)}\n{done.stdout}{done.stderr}"
        return " ".join(done.stderr.replace("│", " ").split())

    def apply(self, text: str) -> dict[str, Any]:
        """Apply, check that a second plan has no changes, and return the outputs."""
        self.write(text)
        for argv in (["init"], ["validate"], ["plan", "-out=p"], ["apply", "p"]):
            self.must(*argv)
        self.must("plan", "-detailed-exitcode")
        return {name: output["value"] for name, output in json.loads(self.must("output", "-json")).items()}

    def state(self) -> dict[str, dict[str, Any]]:
        """The values of each resource in the state, by address."""
        shown = json.loads(self.must("show", "-json"))
        found = shown.get("values", {}).get("root_module", {}).get("resources", [])
        return {resource["address"]: resource["values"] for resource in found}
