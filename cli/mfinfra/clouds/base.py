"""The interface of a cloud for the commands. Nothing in it is specific to one cloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import CloudError

if TYPE_CHECKING:
    from ..errors import MfinfraError
    from ..render.outputs import StackOutputs
    from ..stackfile.schema import StackConfig

#: The hint of `force-unlock` for a lock that changed hands while it ran.
TAKE_AGAIN = "To release that lock too, run the command again"
Report = Callable[[str], None]


@dataclass(frozen=True)
class Holder:
    """The holder of the state lock of a stack."""

    id: str
    who: str
    since: str


@dataclass(frozen=True)
class ClusterToken:
    """A bearer token for the API server of a cluster, and when it expires (seconds since 1970)."""

    text: str
    expires_at: float


def holder_of(text: str | bytes, id: str | None = None) -> Holder:
    """The holder of a lock, from the lock file that Terraform writes; `id` overrides the ID of the file for clouds that
    use another one."""
    try:
        found = json.loads(text)
        return Holder(id or str(found["ID"]), str(found["Who"]), str(found["Created"])[:19])
    except (ValueError, KeyError, TypeError):
        return Holder(id or "", "an unknown user", "an unknown time")


class Unreadable(CloudError):
    """Access to an object in the state bucket was denied."""

    @classmethod
    def of(cls, exc: CloudError, hint: str | None = None) -> Unreadable:
        return cls(exc.message, hint=hint or exc.hint)


class States(Protocol):
    """The state bucket of an account, as files. A bucket that belongs to another account is never read."""

    def read(self, key: str) -> str | None:
        """The content of a key, None if it does not exist. Raises Unreadable if access is denied."""

    def write(self, key: str, text: str) -> None:
        """Write a text to a key."""

    def remove(self, key: str) -> None:
        """Delete a key. A key that does not exist is not an error."""


class Account(Protocol):
    """The caller's identity in a cloud, and the state bucket of its account."""

    account: str
    who: str

    def ensure_state(self, report: Report) -> None:
        """Create the state bucket of the account if it does not exist. Concurrent calls are safe."""

    def states(self) -> States | None:
        """The state bucket, None if it does not exist. Raises CloudError if it belongs to another account."""

    def state_place(self, stack: str) -> str:
        """The URL of the state of a stack, as the tools of the cloud write it."""

    def lock(self, stack: str) -> Holder | None:
        """The holder of a stack's state lock, None if it is free."""

    def unlock(self, stack: str, holder: Holder) -> None:
        """Release the lock of a holder. Raises Locked if another holder has acquired it since."""

    def explain(self, text: str) -> MfinfraError | None:
        """The known error that a text of the cloud contains, None if it contains none."""

    def as_running(self) -> StackConfig:
        """The stack with what the cloud has upgraded itself: planning the earlier value would be a downgrade."""

    def environment(self) -> dict[str, str]:
        """Environment variables for Terraform in addition to those of this process: tokens, which are in no file."""


class StackOperations(Protocol):
    """Operations on a stack that its engine does not do."""

    #: The pip requirements of the runtime for this cloud.
    requirements: tuple[str, ...]
    #: The Terraform resource types that store data; `down --keep data` keeps them.
    data_kinds: tuple[str, ...]

    def settings(self, outputs: StackOutputs) -> dict[str, str]:
        """Secret settings, which are not in the outputs."""

    def check_access(self, settings: Mapping[str, str]) -> list[str]:
        """Use the bucket and the table as a flow does. Returns one sentence for each problem."""

    def drain(self, outputs: StackOutputs, keep_data: bool, report: Report) -> tuple[str, ...]:
        """Stop running jobs, and empty buckets before they are deleted. Returns one sentence for each kept resource."""

    def leftovers(self, engine: str, keep_data: bool, report: Report) -> tuple[str, ...]:
        """The resources of the stack that remain after the engine has deleted it."""

    def queues(self, outputs: StackOutputs) -> list[dict[str, Any]]:
        """The job queues: name, state, status, jobs by state, and a summary as `text`."""


class Clusters(Protocol):
    """Credentials for clusters. Must be fast, and work for users without any other permission in the cloud."""

    def cluster_token(self, cluster: str) -> ClusterToken:
        """A token for a cluster. Raises CloudError if there are no credentials."""


class Cloud(Account, StackOperations, Protocol):
    """A cloud for one stack, described by `config`."""

    config: StackConfig

    def has_cluster(self, outputs: StackOutputs) -> bool:
        """Whether the cluster in the outputs exists in the cloud."""
