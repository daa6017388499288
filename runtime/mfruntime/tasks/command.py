"""TaskCommand: the definition of one attempt of one task, the same for all executors.

A local worker forks and passes it to `execute`; a new interpreter, a container or a production orchestrator runs
`argv()`. Both run the same code with the same arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .paths import encode_paths

#: Longer input paths are passed in a file (Linux allows 128 KiB for one argument).
MAX_ARGUMENT_CHARACTERS = 100_000


@dataclass(frozen=True)
class TopOptions:
    """The options before the command: backends, and decorators added with `--with`."""

    metadata: str = "local"
    environment: str = "local"
    datastore: str = "local"
    datastore_root: str | None = None
    decospecs: tuple[str, ...] = ()

    def argv(self) -> list[str]:
        args = [
            "--quiet",
            "--metadata",
            self.metadata,
            "--environment",
            self.environment,
            "--datastore",
            self.datastore,
        ]
        if self.datastore_root:
            args += ["--datastore-root", self.datastore_root]
        args += ["--event-logger", "nullSidecarLogger", "--monitor", "nullSidecarMonitor", "--no-pylint"]
        for spec in self.decospecs:
            args += ["--with", spec]
        return args


@dataclass(frozen=True)
class TaskCommand:
    """One attempt of one task. `input_paths` are `run/step/task`; `split_index` is only set directly after a
    foreach."""

    run_id: str
    step: str
    task_id: str
    attempt: int = 0
    input_paths: tuple[str, ...] = ()
    split_index: int | None = None
    max_user_code_retries: int = 0
    tags: tuple[str, ...] = ()
    namespace: str | None = None
    origin_run_id: str | None = None
    top: TopOptions = field(default_factory=TopOptions)

    @property
    def pathspec(self) -> str:
        """`run/step/task`, as in logs and input paths."""
        return f"{self.run_id}/{self.step}/{self.task_id}"

    def argv(self, entrypoint: Sequence[str], input_paths_file: str | None = None) -> list[str]:
        """The full command line; `entrypoint` is the interpreter and the flow file.

        With `input_paths_file`, the input paths are read from that file (the caller writes one encoded list).
        """
        args = [*entrypoint, *self.top.argv(), "step", self.step, "--run-id", self.run_id, "--task-id", self.task_id]
        if input_paths_file:
            args += ["--input-paths-filename", input_paths_file]
        else:
            args += ["--input-paths", encode_paths(self.input_paths)]
        if self.split_index is not None:
            args += ["--split-index", str(self.split_index)]
        args += ["--retry-count", str(self.attempt), "--max-user-code-retries", str(self.max_user_code_retries)]
        if self.origin_run_id:
            args += ["--clone-run-id", self.origin_run_id]
        for tag in self.tags:
            args += ["--tag", tag]
        return [*args, "--namespace", self.namespace or ""]
