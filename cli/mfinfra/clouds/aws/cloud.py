"""AWS, for the commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...render import state_location
from ..base import ClusterToken, Holder, Outputs, Report
from . import cluster as aws_cluster
from . import health, retained, state, teardown
from . import identity as aws_identity
from .errors import explain_text

if TYPE_CHECKING:
    from ...errors import MfinfraError
    from ...stackfile.schema import StackConfig
    from ..base import States
    from .identity import Identity


def connect(config: StackConfig) -> Aws:
    """Find out who we are. Raises CloudError where there are no credentials."""
    session = aws_identity.session(str(config.region))
    return Aws(config, session, aws_identity.identity(session))


def clusters(config: StackConfig) -> Clusters:
    """What lets us into the cluster of a stack."""
    return Clusters(aws_identity.session(str(config.region)))


class Clusters:
    """Tokens for clusters, created without a request. Each token authenticates the caller to one cluster."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def cluster_token(self, cluster: str) -> ClusterToken:
        return aws_cluster.token(self._session, cluster)


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

    def environment(self) -> dict[str, str]:
        return {}

    def has_cluster(self, outputs: Outputs) -> bool:
        return aws_cluster.is_there(self.session, str(outputs["cluster"]["name"]))

    def settings(self, outputs: Outputs) -> dict[str, str]:
        """The key of the metadata service."""
        key_id = outputs.get("api_key_id")
        return {"METAFLOW_SERVICE_AUTH_KEY": aws_identity.api_key(self.session, str(key_id))} if key_id else {}

    def trial(self, settings: Mapping[str, str]) -> list[str]:
        return health.trial(self.session, settings)

    def empty(self, outputs: Outputs, keep_data: bool, report: Report) -> tuple[str, ...]:
        """Jobs are stopped before their queues are deleted, and buckets are emptied before they are deleted."""
        kept = self._kept_database(report) if keep_data else None
        arns = _queue_arns(outputs)
        if arns:
            teardown.drain_queues(self.session, arns, report)
        if not keep_data and self.config.datastore.bucket is None:
            for bucket in (outputs.get("bucket_name"), *(outputs.get("log_bucket_names") or ())):
                if bucket:
                    teardown.empty_bucket(self.session, str(bucket), report)
        return () if kept is None else (f"The database is kept as snapshot {kept}",)

    def _kept_database(self, report: Report) -> str | None:
        """A sandbox deletes its database without a final snapshot, so one is created first."""
        if self.config.preset != "sandbox" or self.config.metadata.database is not None:
            return None
        return teardown.keep_database(self.session, f"{self.config.name}-metadata", report)

    def left(self, engine: str, keep_data: bool, report: Report) -> tuple[str, ...]:
        """Except in sandboxes, CloudFormation retains resources that hold data, even if they must be deleted. They are
        deleted here. They are found by their tag, so a second `down` finds them too."""
        left = teardown.leftovers(self.session, self.config.name)
        if engine == "cloudformation":
            left = retained.remove(self.session, left, keep_data, report)
        return tuple(left)

    def queues(self, outputs: Outputs) -> list[dict[str, Any]]:
        return health.queues(self.session, _queue_arns(outputs))


def _queue_arns(outputs: Outputs) -> list[str]:
    found = outputs.get("queue_arns") or {}
    return [str(arn) for arn in (found.values() if isinstance(found, dict) else found)]
