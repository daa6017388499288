"""A directory with a Terraform configuration, in which tests run terraform."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: The variables of a shell that was set up for another project: each would change what a stack plans, or where its state
#: is. Every stack of the tests lives in such a shell.
OTHER_PROJECT = {
    "TF_CLI_ARGS": "-no-such-option",
    "TF_CLI_ARGS_init": "-backend=false",
    "TF_CLI_ARGS_plan": "-destroy",
    "TF_CLI_ARGS_apply": "-target=module.none",
    "TF_CLI_ARGS_show": "-no-such-option",
    "TF_CLI_ARGS_state_rm": "-dry-run",
    "TF_DATA_DIR": "other-project",
    "TF_WORKSPACE": "other-project",
    "TF_VAR_name": "other-project",
    "TF_AWS_DEFAULT_TAGS_project": "other",
    "TF_AWS_IGNORE_TAGS_KEYS": "mfinfra:stack",
    "KUBE_HOST": "https://192.0.2.1",
    "HELM_DRIVER": "memory",
    "AWS_SSE_CUSTOMER_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}


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
