"""`current`: information about the running task, for steps."""

from __future__ import annotations

from typing import Any

_NAMES = (
    "flow_name", "run_id", "step_name", "task_id", "retry_count", "origin_run_id", "pathspec", "namespace", "username",
    "parameter_names", "tags", "graph", "run", "task", "is_running_flow", "tempdir",
)  # fmt: skip


class Current:
    """A singleton; its attributes are None outside of a task."""

    def __init__(self) -> None:
        self._flow: Any = None
        self._values: dict[str, Any] = {}

    def _set_env(self, flow: Any = None, **values: Any) -> None:
        self._flow = flow
        self._values = values

    def _update_env(self, values: dict[str, Any]) -> None:
        self._values.update(values)

    def __contains__(self, name: str) -> bool:
        return getattr(self, name, None) is not None

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute by name, or `default` if it does not exist."""
        value = getattr(self, name, None)
        return default if value is None else value

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        if name in values:
            return values[name]
        if name in _NAMES:
            return None
        raise AttributeError(
            f"current has no attribute '{name}'; it is set by a decorator that this step does not have"
        )

    @property
    def is_running_flow(self) -> bool:
        """Whether the code is running inside a task."""
        return self._flow is not None

    @property
    def flow_name(self) -> str | None:
        return None if self._flow is None else type(self._flow).__name__

    @property
    def pathspec(self) -> str | None:
        """`Flow/run/step/task`."""
        if self._flow is None:
            return None
        return "/".join(str(part) for part in (self.flow_name, self.run_id, self.step_name, self.task_id))

    @property
    def graph(self) -> Any:
        """The flow's graph, as in the artifact `_graph_info`."""
        graph = self._values.get("graph")
        return None if graph is None else graph.info()

    @property
    def run(self) -> Any:
        """The client object of this run."""
        return self._client("Run", f"{self.flow_name}/{self.run_id}")

    @property
    def task(self) -> Any:
        """The client object of this task."""
        return self._client("Task", f"{self.pathspec}")

    def _client(self, kind: str, pathspec: str) -> Any:
        if self._flow is None:
            return None
        from .. import registry

        return registry.load(f"mfruntime.client:{kind}")(pathspec, _namespace_check=False)

    @property
    def tempdir(self) -> str | None:
        """The directory for temporary files of the task; None if none is configured."""
        return self._values.get("tempdir")


current = Current()
