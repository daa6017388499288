"""The composition root of a flow's command line: creates stores, metadata and contexts from settings and options."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import registry, settings
from ..errors import CommandException
from ..tasks.command import TopOptions
from ..tasks.system_tags import default_namespace, system_tags
from .console import Console

if TYPE_CHECKING:
    from ..flow.graph import Graph
    from ..flow.spec import FlowSpec
    from ..metadata_provider.base import Metadata
    from ..store.artifacts import FlowStore
    from ..store.storage.base import Storage
    from ..tasks.context import RunContext


@dataclass
class Env:
    """The environment of a command: the flow and, created when first used, its graph, stores and metadata."""

    flow: FlowSpec
    top: TopOptions
    settings: settings.Settings
    console: Console
    quiet: bool = False
    package_suffixes: str | None = None
    _made: dict[str, Any] = field(default_factory=dict)

    def _once(self, name: str, make: Any) -> Any:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def echo(self, text: str, err: bool = False, **_style: Any) -> None:
        """Print a result (stdout) or, with err, a message (stderr, unless quiet)."""
        if err:
            self.console.info(text)
        else:
            self.console.result(text)

    @property
    def flow_name(self) -> str:
        return type(self.flow).__name__

    @property
    def graph(self) -> Graph:
        return self.flow._graph

    def attach(self, specs: tuple[str, ...]) -> None:
        """Add decorators given as text to every step."""
        from ..flow.decorator_specs import attach

        flow = type(self.flow)
        attach([getattr(flow, node.name) for node in self.graph], specs)

    @property
    def storage(self) -> Storage:
        return self._once("storage", self._make_storage)  # type: ignore[no-any-return]

    @property
    def store(self) -> FlowStore:
        from ..store.artifacts import FlowStore

        return self._once("store", lambda: FlowStore(self.storage, self.flow_name))  # type: ignore[no-any-return]

    @property
    def metadata(self) -> Metadata:
        return self._once("metadata", self._make_metadata)  # type: ignore[no-any-return]

    @property
    def user(self) -> str:
        return settings.user_name(self.settings)

    @property
    def namespace(self) -> str:
        return default_namespace(self.settings)

    def _make_storage(self) -> Storage:
        backend = registry.lookup("datastore", self.top.datastore, registry.STORAGES)
        return backend.from_settings(self.settings, self.top.datastore_root)  # type: ignore[no-any-return]

    def _make_metadata(self) -> Metadata:
        backend = registry.lookup("metadata provider", self.top.metadata, registry.METADATA)
        beside = self.top.datastore_root if self.top.datastore == "local" and self.top.metadata == "local" else None
        return backend.from_settings(self.settings, beside)  # type: ignore[no-any-return]

    @property
    def script(self) -> str:
        """The path of the flow file, as given on the command line."""
        return sys.argv[0]

    def context(
        self,
        run_id: str,
        tags: tuple[str, ...],
        *,
        namespace: str | None,
        origin_run_id: str | None = None,
        package: str | None = None,
    ) -> RunContext:
        """The data that the tasks of a run share."""
        from ..flow.options import step_options
        from ..tasks.context import RunContext

        user = self.user
        return RunContext(
            flow=self.flow,
            graph=self.graph,
            store=self.store,
            metadata=self.metadata,
            run_id=run_id,
            user=user,
            tags=tags,
            system_tags=system_tags(user),
            top=self.pinned_top(),
            script=os.path.basename(self.script),
            namespace=namespace,
            origin_run_id=origin_run_id,
            package=package,
            options={node.name: step_options(node.name, node.decorators) for node in self.graph},
        )

    def pinned_top(self) -> TopOptions:
        """The options with the datastore's root, so that a task finds it from any working directory."""
        top = self.top
        root = os.path.dirname(self.storage.root) if self.storage.type == "local" else self.storage.root
        return TopOptions(top.metadata, top.environment, top.datastore, root, top.decospecs)


def top_options(loaded: settings.Settings, given: dict[str, Any]) -> TopOptions:
    """The options before the command, with defaults from the settings. Raises an error for unknown backends."""
    metadata = given.get("metadata") or loaded.required("METAFLOW_DEFAULT_METADATA")
    datastore = given.get("datastore") or loaded.required("METAFLOW_DEFAULT_DATASTORE")
    environment = given.get("environment") or loaded.required("METAFLOW_DEFAULT_ENVIRONMENT")
    if environment != "local":
        raise CommandException(f"The environment '{environment}' is not supported by this version. Supported: local.")
    registered = (loaded.get("METAFLOW_DECOSPECS") or loaded.get("METAFLOW_DEFAULT_DECOSPECS") or "").split()
    decospecs = tuple(registered) + tuple(given.get("with_") or ())
    return TopOptions(metadata, environment, datastore, given.get("datastore_root"), decospecs)
