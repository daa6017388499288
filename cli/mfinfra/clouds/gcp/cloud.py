"""Google Cloud, for the commands."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from ...errors import MfinfraError
from ...render import state_location
from ..base import ClusterToken, Holder, Report
from . import identity, state
from .errors import explain_text

if TYPE_CHECKING:
    from ...render.outputs import StackOutputs
    from ...stackfile.schema import StackConfig
    from ..base import States


def sign_in(config: StackConfig) -> Gcp:
    """Find the caller's identity. Raises CloudError without credentials, or without a project for the stack."""
    credentials, named = identity.credentials()
    identity.token(credentials)
    project = identity.project(credentials, config.account or os.environ.get("GOOGLE_PROJECT") or named)
    rest = identity.Rest(credentials)
    identity.check_ready(rest, project)
    identity.check_region(rest, project, str(config.region))
    return Gcp(config, credentials, project, rest)


def clusters(config: StackConfig) -> Clusters:
    """The credentials for the cluster of a stack."""
    credentials, _ = identity.credentials()
    return Clusters(credentials)


class Clusters:
    """Tokens for clusters: a cluster of Google accepts the token of the other services."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def cluster_token(self, cluster: str) -> ClusterToken:
        text = identity.token(self._credentials)
        return ClusterToken(text, identity.expires_at(self._credentials))


class Gcp:
    """A project of Google Cloud, for a stack."""

    requirements = ("google-cloud-storage>=3.1,<4",)
    data_kinds = (
        "google_storage_bucket",
        "google_storage_bucket_iam_member",
        "google_kms_crypto_key",
        "google_kms_key_ring",
        "google_kms_crypto_key_iam_member",
    )

    def __init__(self, config: StackConfig, credentials: Any, project: identity.Project, rest: identity.Rest) -> None:
        self.config, self.account = config, project.id
        email = getattr(credentials, "service_account_email", None) or getattr(credentials, "account", None)
        self.who = str(email or "the user of gcloud")
        self._credentials, self._project, self._rest = credentials, project, rest

    def ensure_state(self, report: Report) -> None:
        state.ensure_bucket(self._rest, self._project, str(self.config.region), report)

    def states(self) -> States | None:
        is_there = state.is_there(self._rest, self._project)
        return state.States(self._rest, state_location.project_bucket(self.account)) if is_there else None

    def state_place(self, stack: str) -> str:
        return f"gs://{state_location.project_bucket(self.account)}/{state_location.state_object('gcp', stack)}"

    def lock(self, stack: str) -> Holder | None:
        return state.lock(self._rest, self._project, stack)

    def unlock(self, stack: str, holder: Holder) -> None:
        state.unlock(self._rest, self._project, stack, holder)

    def explain(self, text: str) -> MfinfraError | None:
        return explain_text(text)

    def as_running(self) -> StackConfig:
        return self.config

    def environment(self) -> dict[str, str]:
        """The project, and a token for the cluster. The token is in no file. It is valid for an hour, and requested
        again each time, because an apply can take as long."""
        fresh = clusters(self.config).cluster_token(self.config.name)
        return {"GOOGLE_PROJECT": self.account, "TF_VAR_kubernetes_token": fresh.text}

    def has_cluster(self, outputs: StackOutputs) -> bool:
        name, location = outputs.cluster.name, outputs.cluster.location or self.config.region
        path = f"projects/{self.account}/locations/{quote(str(location))}/clusters/{quote(str(name))}"
        return self._rest.get("container", path) is not None

    def settings(self, outputs: StackOutputs) -> dict[str, str]:
        return {}

    def check_access(self, settings: Mapping[str, str]) -> list[str]:
        """Write an object to the bucket, read it, delete it."""
        root = urlsplit(settings.get("METAFLOW_DATASTORE_SYSROOT_GS", ""))
        content = uuid.uuid4().hex
        name = f"{root.path.strip('/')}/mfinfra-trial/{content}".lstrip("/")
        path = f"b/{root.netloc}/o/{quote(name, safe='')}"
        try:
            self._rest.upload(root.netloc, name, content)
            read = self._rest.text("storage", path, alt="media")
            self._rest.delete("storage", path)
        except MfinfraError as exc:
            return [f"Bucket '{root.netloc}' cannot be used: {exc.message}"]
        return [] if read == content else [f"Bucket '{root.netloc}' did not return the object that was written to it."]

    def drain(self, outputs: StackOutputs, keep_data: bool, report: Report) -> tuple[str, ...]:
        """A bucket is deleted together with its objects; nothing must be emptied."""
        return ()

    def leftovers(self, engine: str, keep_data: bool, report: Report) -> tuple[str, ...]:
        """The resources that still have the label of the stack, including disks and addresses."""
        label = f"labels.mfinfra_stack={self.config.name}"
        return (
            *self._listed("storage", "b", "items", "labels", project=self.account),
            *self._listed("container", f"projects/{self.account}/locations/-/clusters", "clusters", "resourceLabels"),
            *self._listed("sql", f"projects/{self.account}/instances", "items", "settings", "userLabels"),
            *self._computed("disks", label),
            *self._computed("addresses", label),
        )

    def _listed(self, service: str, path: str, key: str, *labels: str, **query: str) -> list[str]:
        """The names of the items that a service lists and that have the label of the stack."""
        found = (self._rest.get(service, path, **query) or {}).get(key, [])
        return [f"{service} {one['name']}" for one in found if _at(one, *labels, "mfinfra_stack") == self.config.name]

    def _computed(self, kind: str, label: str) -> list[str]:
        found = self._rest.get("compute", f"projects/{self.account}/aggregated/{kind}", filter=label) or {}
        return [f"{kind} {one['name']}" for zone in found.get("items", {}).values() for one in zone.get(kind, [])]

    def queues(self, outputs: StackOutputs) -> list[dict[str, Any]]:
        return []


def _at(node: Any, *path: str) -> Any:
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node
