"""The services of a stack in its cluster, by their names in `mfinfra open`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..stackfile.schema import StackConfig


@dataclass(frozen=True)
class Service:
    """A service in the cluster; `page` is the path of its start page."""

    namespace: str
    name: str
    port: int
    page: str = "/"

    @property
    def address(self) -> str:
        return f"{self.namespace}/{self.name}:{self.port}"


#: As the modules under terraform/modules/kubernetes create them; a test compares.
ALL = {
    "metadata": Service("mfinfra", "metadata", 8080),
    "ui": Service("mfinfra", "ui", 3000),
    "argo": Service("argo", "argo-workflows-server", 2746),
    "airflow": Service("airflow", "airflow-api-server", 8080),
}


def of(config: StackConfig) -> tuple[str, ...]:
    """The names of the services that a stack has in its cluster, the metadata service first."""
    if config.compute.backend != "kubernetes" or config.cloud == "local":
        return ()
    has = {
        "metadata": config.cloud != "aws",  # on AWS the service is behind an API gateway
        "ui": config.ui.enabled and config.ui.certificate is None,
        "argo": config.orchestrator.argo_workflows,
        "airflow": config.orchestrator.airflow,
    }
    return tuple(word for word, is_there in has.items() if is_there)
