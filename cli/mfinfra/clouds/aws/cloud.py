"""AWS, for the commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...render import state_location
from ..base import ClusterToken, Holder, Report
from . import database, health, identity, retained, state, teardown
from .cluster import is_there, token
from .errors import explain_text

if TYPE_CHECKING:
    from ...errors import MfinfraError
    from ...render.outputs import StackOutputs
    from ...stackfile.schema import StackConfig
    from ..base import States
    from .identity import Identity


def sign_in(config: StackConfig) -> Aws:
    """Find the caller's identity. Raises CloudError if there are no credentials."""
    session = identity.session(str(config.region))
    return Aws(config, session, identity.identity(session))


def clusters(config: StackConfig) -> Clusters:
    """The credentials for the cluster of a stack."""
    return Clusters(identity.session(str(config.region)))


class Clusters:
    """Tokens for clusters, created without a request. Each token authenticates the caller to one cluster."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def cluster_token(self, cluster: str) -> ClusterToken:
        return token(self._session, cluster)


class Aws:
    """An account of AWS, in the region of a stack."""

    requirements = ("boto3>=1.40,<2", "obstore>=0.12,<0.13")
    data_kinds = (
        "aws_s3_bucket",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_kms_key",
        "aws_kms_alias",
    )

    def __init__(self, config: StackConfig, session: Any, identity: Identity) -> None:
        self.config, self.session, self.identity = config, session, identity
        self.account, self.who = identity.account, identity.arn
        self.bucket = state_location.state_bucket(identity.account, str(config.region))

    def ensure_state(self, report: Report) -> None:
        if state.ensure_bucket(self.session, self.bucket, self.account, self.identity.partition):
            report(f"Created the state bucket {self.bucket}")

    def states(self) -> States | None:
        return state.States(self.session, self.bucket, self.account)

    def state_place(self, stack: str) -> str:
        return f"s3://{self.bucket}/{state_location.state_key(stack)}"

    def lock(self, stack: str) -> Holder | None:
        lock = state.lock(self.session, self.bucket, state_location.state_key(stack))
        return None if lock is None else Holder(lock.id, lock.who, lock.since)

    def unlock(self, stack: str, holder: Holder) -> None:
        held = state.Lock(holder.id, holder.who, holder.since, "")
        state.unlock(self.session, self.bucket, state_location.state_key(stack), held)

    def explain(self, text: str) -> MfinfraError | None:
        return explain_text(text)

    def as_running(self) -> StackConfig:
        """AWS upgrades the minor version of a database when it ends the support of the one that the stack file sets."""
        return database.with_running_version(self.session, self.config)

    def environment(self) -> dict[str, str]:
        """The command with which providers get tokens of the cluster, also before the stack is recorded."""
        if self.config.compute.backend != "kubernetes":
            return {}
        found = ["-m", "mfinfra", "kube-token", self.config.name, "--region", str(self.config.region)]
        return {"TF_VAR_kubernetes_token_command": json.dumps([sys.executable, *found])}

    def has_cluster(self, outputs: StackOutputs) -> bool:
        return is_there(self.session, outputs.cluster.name)

    def settings(self, outputs: StackOutputs) -> dict[str, str]:
        """The key of the metadata service."""
        key_id = outputs.api_key_id
        return {"METAFLOW_SERVICE_AUTH_KEY": identity.api_key(self.session, key_id)} if key_id else {}

    def check_access(self, settings: Mapping[str, str]) -> list[str]:
        return health.check_access(self.session, settings)

    def drain(self, outputs: StackOutputs, keep_data: bool, report: Report) -> tuple[str, ...]:
        """Jobs are stopped before their queues are deleted, and buckets are emptied before they are deleted."""
        kept = self._kept_database(report) if keep_data else None
        if outputs.queue_arns:
            teardown.drain_queues(self.session, list(outputs.queue_arns), report)
        if not keep_data and self.config.datastore.bucket is None:
            for bucket in (outputs.bucket_name, *outputs.log_bucket_names):
                if bucket:
                    teardown.empty_bucket(self.session, bucket, report)
        return () if kept is None else (f"The database is kept as snapshot {kept}",)

    def _kept_database(self, report: Report) -> str | None:
        """A sandbox deletes its database without a final snapshot, so one is created first."""
        if self.config.preset != "sandbox" or self.config.metadata.database is not None:
            return None
        return teardown.keep_database(self.session, f"{self.config.name}-metadata", report)

    def leftovers(self, engine: str, keep_data: bool, report: Report) -> tuple[str, ...]:
        """Except in sandboxes, CloudFormation retains resources that hold data, even if they must be deleted. They are
        deleted here. They are found by their tag, so a second `down` finds them too."""
        left = teardown.leftovers(self.session, self.config.name)
        if engine == "cloudformation":
            left = retained.remove(self.session, left, keep_data, report)
        return tuple(left)

    def queues(self, outputs: StackOutputs) -> list[dict[str, Any]]:
        return health.queues(self.session, list(outputs.queue_arns))
