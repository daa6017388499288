"""The commands on the cluster of a cloud stack: open its services, read its status, drain it.

An unreachable cluster is one error line. The cloud is queried whether the cluster still exists.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import clouds
from ..errors import CloudError, MfinfraError, NotFound, Refused
from ..kube import access, cluster, health, kubeconfig, services, teardown, tunnels
from ..kube.api import Unreachable
from ..machine import profile, record
from ..render.outputs import StackOutputs, parsed
from ..stackfile import machine_types
from ..stackfile.schema import StackConfig
from . import results, service_health

if TYPE_CHECKING:
    from ..clouds.base import Cloud
    from ..console import Console
    from ..engines.base import Deployment
    from ..kube.api import Api
    from ..machine.record import Record

_PATIENCE_SECONDS = 25.0
#: The accounts of services in the cluster, and their credentials.
_AIRFLOW_SECRET = "/api/v1/namespaces/airflow/secrets/airflow-admin"
_ARGO_TOKEN = "/api/v1/namespaces/argo/serviceaccounts/argo-user/token"


# Unreachable clusters


def check_reachable(cloud: Cloud, deployed: Deployment) -> None:
    """Raise CloudError if the cluster is unreachable; the errors of Terraform would be long."""
    outputs = _outputs(cloud, deployed)
    found = cluster.of(outputs)
    if found is None:
        return
    try:
        access.api(found, clouds.clusters(cloud.config), repeats=1).version()
    except Unreachable as exc:
        if cloud.has_cluster(outputs):
            raise
        name = cloud.config.name
        hint = f"To create it again, run: mfinfra up --name {name}"
        raise CloudError(f"Cluster '{found.name}' of stack '{name}' does not exist.", hint=hint) from exc


def prepare_up(cloud: Cloud, deployed: Deployment, console: Console) -> None:
    """Prepare `up`: remove the resources of a cluster that no longer exists from the state. Raises CloudError if the
    cluster exists but is unreachable."""
    outputs = _outputs(cloud, deployed)
    found = cluster.of(outputs)
    try:
        if found is not None:
            access.api(found, clouds.clusters(cloud.config), repeats=1).version()
            return
    except Unreachable:
        if cloud.has_cluster(outputs):
            raise
    if not outputs.is_empty:
        _remove_from_state(
            deployed,
            deployed.cluster_addresses(),
            "The cluster does not exist" if found else "There is no complete cluster",
            console,
        )


def prepare_down(cloud: Cloud, deployed: Deployment, confirm: Callable[[str], bool], console: Console) -> Api | None:
    """Prepare `down`: the API of the cluster, None if it is unreachable. The resources in it are then removed from the
    state, because they are deleted with the cluster. Raises CloudError if the cluster denies access."""
    found = cluster.of(_outputs(cloud, deployed))
    why = "There is no complete cluster"
    if found is not None:
        api = access.api(found, clouds.clusters(cloud.config), repeats=1)
        try:
            api.version()
        except Unreachable as exc:
            why = exc.message.rstrip(".")
        else:
            return access.api(found, clouds.clusters(cloud.config))
    inside = deployed.cluster_addresses() if cloud.config.compute.backend == "kubernetes" else []
    if found is not None and inside and not confirm(_deletion_question(found.name, why)):
        raise Refused(f"Stack '{cloud.config.name}' was not changed.")
    _remove_from_state(deployed, inside, why, console)
    return None


def _deletion_question(name: str, why: str) -> str:
    return f"{why}. Delete cluster '{name}' with everything in it? Load balancers and disks that it created can remain."


def _remove_from_state(deployed: Deployment, addresses: list[str], why: str, console: Console) -> None:
    if addresses:
        deployed.remove_from_state(addresses)
        console.warn(f"{why}. Removed {len(addresses)} resources of that cluster from the Terraform state.")


def _outputs(cloud: Cloud, deployed: Deployment) -> StackOutputs:
    return deployed.outputs() if cloud.config.compute.backend == "kubernetes" else StackOutputs()


def drain(api: Api, config: StackConfig, console: Console) -> None:
    """Stop the pods in the namespaces of flows, and delete the resources that the cluster created in the cloud."""
    teardown.empty(api, config.kubernetes.namespaces, console.step)


# Tunnels


def has_tunnel(config: StackConfig) -> bool:
    """Whether clients reach the metadata service of a stack through a tunnel."""
    return "metadata" in services.of(config)


def tunnel(stack: Record, console: Console) -> dict[str, str]:
    """Start the tunnels of a stack; returns their settings. Running tunnels that do not work are restarted with the
    current credentials."""
    console.step("Starting the tunnels to the cluster")
    ran = bool(tunnels.states(stack))
    tunnels.start(stack)
    settings = tunnels.settings(stack)
    if ran and "METAFLOW_SERVICE_URL" in settings and not service_health.service(settings, _PATIENCE_SECONDS).ok:
        tunnels.restart(stack)
    for word, server, _ in tunnels.states(stack):
        console.done(f"Tunnel to {word} on {server.address}, in the background")
    return settings


def start(name: str, console: Console) -> list[dict[str, Any]]:
    """Start the tunnels of a stack, for example after a restart of the machine."""
    with record.locked(name):
        stack = _with_tunnels(name)
        settings = tunnel(stack, console)
        known = profile.read(profile.path_of(name)) if profile.owner(profile.path_of(name)) == name else None
        if settings and known is not None:
            profile.write(name, {**known, **settings})  # the port changes if another program uses the previous one
    return servers(stack)


def stop(name: str, console: Console) -> list[dict[str, Any]]:
    """Stop the tunnels of a stack."""
    with record.locked(name):
        stack = _with_tunnels(name)
        console.step("Stopping the tunnels to the cluster")
        tunnels.stop(stack)
    return servers(stack)


def _with_tunnels(name: str) -> Record:
    stack = record.need(name)
    if not tunnels.words(stack):
        raise NotFound(f"Stack '{name}' has no servers or tunnels on this machine.", hint=f"Run: mfinfra status {name}")
    access.cluster_of(stack)
    return stack


def servers(stack: Record) -> list[dict[str, Any]]:
    """The tunnels of a stack and their status, for documents."""
    return [results.server_document(server, one) for _, server, one in tunnels.states(stack)]


def settings(stack: Record) -> dict[str, str]:
    """The settings of the tunnels of a stack; {} if none was started."""
    return tunnels.settings(stack) if stack.config is not None else {}


def forget_locally(stack: Record) -> None:
    """Stop the tunnels of a deleted stack, and remove their local files and the kubectl context."""
    tunnels.remove(stack)
    kubeconfig.remove(kubeconfig.default_path(), stack.name)


# Services to open


def address(name: str, word: str, show_secret: bool, console: Console) -> dict[str, Any]:
    """The URL of a service and how to sign in: a load balancer if there is one, else a tunnel. Raises Refused if the
    stack does not have the service."""
    stack = record.need(name)
    if stack.config is None:
        raise Refused(f"Stack '{name}' is a local stack; only cloud stacks have services to open.",
                      hint=f"Run: mfinfra status {name}")  # fmt: skip
    config = StackConfig.model_validate_json(stack.config)
    url = _load_balancer_url(stack, config, word)
    if url is None and word not in services.of(config):
        available = ", ".join(_openable(stack, config)) or "none"
        raise Refused(f"Stack '{name}' has no service '{word}' to open.", hint=f"Available services: {available}")
    if url is None:
        url = _tunnel_url(stack, word, console)
    found = {"name": name, "service": word, "url": url}
    return {**found, **_sign_in_details(stack, config, word, show_secret)} if word in services.of(config) else found


def _openable(stack: Record, config: StackConfig) -> list[str]:
    return [word for word in services.ALL if word in services.of(config) or _load_balancer_url(stack, config, word)]


def _load_balancer_url(stack: Record, config: StackConfig, word: str) -> str | None:
    """The URL of a service behind a load balancer or a gateway."""
    outputs = parsed(stack.outputs)
    if word == "ui":
        return outputs.ui_url
    if word == "metadata" and config.metadata.api == "public":
        return outputs.runtime_config.get("METAFLOW_SERVICE_URL")
    return None


def _tunnel_url(stack: Record, word: str, console: Console) -> str:
    with record.locked(stack.name):
        access.cluster_of(stack)
        console.step(f"Starting the tunnel to {word}")
        port = tunnels.start(stack)[word]
        problem = _problem(port, services.ALL[word].page)
        if problem is not None:
            port = tunnels.restart(stack)[word]  # with the current credentials
            problem = _problem(port, services.ALL[word].page)
    if problem is not None:
        raise CloudError(f"Service '{word}' cannot be opened: {problem}.", hint=f"Run: mfinfra status {stack.name}")
    return f"http://127.0.0.1:{port}{services.ALL[word].page}"


def _problem(port: int, page: str) -> str | None:
    return service_health.problem(f"http://127.0.0.1:{port}{page}", _PATIENCE_SECONDS)


def _sign_in_details(stack: Record, config: StackConfig, word: str, show: bool) -> dict[str, Any]:
    """The account of a service, and how to get its secret; with `show`, the secret itself."""
    if word not in ("airflow", "argo"):
        return {}
    api = access.api_of(stack, clouds.clusters(config)) if show else None
    return _airflow(api, stack.name) if word == "airflow" else _argo(api, stack.name)


def _airflow(api: Api | None, name: str) -> dict[str, Any]:
    import base64

    if api is None:
        return {"account": "admin", "how": f"to print its password, run: mfinfra open airflow {name} --show-secret"}
    secret = api.get(_AIRFLOW_SECRET)
    return {"account": "admin", "secret": base64.b64decode(secret["data"]["password"]).decode()}


def _argo(api: Api | None, name: str) -> dict[str, Any]:
    if api is None:
        return {
            "account": "argo-user",
            "how": f"to print a token valid for one hour, run: mfinfra open argo {name} --show-secret",
        }
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    return {"account": "argo-user", "secret": f"Bearer {api.post(_ARGO_TOKEN, request)['status']['token']}"}


# For kubectl


def write_kubeconfig(name: str, out: Path | None, native: bool) -> dict[str, Any]:
    """Write the context of a stack to a kubeconfig file."""
    stack = record.need(name)
    found, config = access.cluster_of(stack), StackConfig.model_validate_json(stack.config or "{}")
    user = kubeconfig.native(config, found) if native else kubeconfig.own(name)
    path = out or kubeconfig.default_path()
    is_current = kubeconfig.write(path, name, found, user, config.kubernetes.default_namespace)
    return {"file": str(path), "context": kubeconfig.context_of(name), "is_current": is_current}


def credential(name: str) -> dict[str, Any]:
    """A token for the cluster of a stack, in the format of kubectl."""
    stack = record.need(name)
    found = access.cluster_of(stack)
    config = StackConfig.model_validate_json(stack.config or "{}")
    return kubeconfig.credential(clouds.clusters(config).cluster_token(found.name))


def eks_credential(name: str, region: str) -> dict[str, Any]:
    """A token for a cluster on EKS, which has the name of its stack. Terraform needs it while it creates the stack."""
    from ..clouds.aws import cluster as eks
    from ..clouds.aws import identity

    return kubeconfig.credential(eks.token(identity.session(region), name))


# Status


def status(cloud: Cloud, outputs: StackOutputs) -> dict[str, Any]:
    """The cluster as part of the status of a stack, or why it is unreachable."""
    found, config = cluster.of(outputs), cloud.config
    if found is None:
        return {"name": None, "problem": "not created yet"}
    limits = {name: machine_types.nodes(config.cloud, pool) for name, pool in config.compute.pools.items()}
    api = access.api(found, clouds.clusters(cloud.config), repeats=1)
    try:
        return {
            "name": found.name,
            "problem": None,
            "version": api.version(),
            "pools": health.nodes(api, limits),
            "workloads": health.workloads(api),
            "quotas": health.quotas(api, config.kubernetes.namespaces),
            "pods": health.pods(api, config.kubernetes.namespaces),
        }
    except MfinfraError as exc:
        return {"name": found.name, "problem": exc.message}
