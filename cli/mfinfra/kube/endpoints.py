"""The ready pods behind a service: the endpoints that the cluster itself balances over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import CloudError
from .api import Api
from .services import Service


@dataclass(frozen=True)
class Pod:
    """A pod of a namespace, and its port for the service."""

    namespace: str
    name: str
    port: int


class NoPod(CloudError):
    """A service has no ready pod."""


def ready(api: Api, service: Service) -> list[Pod]:
    """The ready pods behind a service, at least one. Raises NoPod with the reason if no pod is ready."""
    found = api.find(f"/api/v1/namespaces/{service.namespace}/services/{service.name}")
    if found is None:
        raise NoPod(f"Cluster '{api.cluster.name}' has no service {service.address}.")
    port = next((p for p in found["spec"].get("ports") or [] if p["port"] == service.port), None)
    if port is None:
        raise NoPod(f"Service '{service.namespace}/{service.name}' has no port {service.port}.")
    slices = api.every(
        f"/apis/discovery.k8s.io/v1/namespaces/{service.namespace}/endpointslices",
        labelSelector=f"kubernetes.io/service-name={service.name}",
    )
    pods = [pod for one in slices for pod in _of_slice(one, service.namespace, str(port.get("name") or ""))]
    if not pods:
        raise NoPod(
            f"Service '{service.namespace}/{service.name}' has no ready pod: {_why(api, found, service.namespace)}."
        )
    return pods


def _of_slice(slice: dict[str, Any], namespace: str, port_name: str) -> list[Pod]:
    ports = [p["port"] for p in slice.get("ports") or [] if str(p.get("name") or "") == port_name and p.get("port")]
    if not ports:
        return []
    return [
        Pod(namespace, str(endpoint["targetRef"]["name"]), int(ports[0]))
        for endpoint in slice.get("endpoints") or []
        if (endpoint.get("targetRef") or {}).get("kind") == "Pod"
        # A missing condition means ready: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
        and (endpoint.get("conditions") or {}).get("ready") is not False
    ]


def _why(api: Api, service: dict[str, Any], namespace: str) -> str:
    """The reasons why the pods of a service are not ready."""
    match = ",".join(f"{key}={value}" for key, value in (service["spec"].get("selector") or {}).items())
    pods = api.every(f"/api/v1/namespaces/{namespace}/pods", labelSelector=match) if match else []
    reasons = sorted({reason_of(pod) for pod in pods})
    return ", ".join(reasons) if reasons else "it has no pods"


def reason_of(pod: dict[str, Any]) -> str:
    """The reason that the cluster reports for a pod that is not ready."""
    status = pod.get("status") or {}
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        state = container.get("state") or {}
        for kind in ("waiting", "terminated"):
            reason = (state.get(kind) or {}).get("reason")
            if reason and reason != "Completed":
                return str(reason)
    for condition in status.get("conditions") or []:
        if condition.get("status") == "False" and condition.get("reason"):
            return str(condition["reason"])
    return str(status.get("reason") or status.get("phase") or "Unknown")
