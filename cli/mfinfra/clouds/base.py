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

    def environment(self) -> dict[str, str]:
        """Environment variables for Terraform in addition to those of this process: tokens, which are in no file."""


class StackOperations(Protocol):
    """What is done with a stack beside its engine."""

    #: What the runtime needs to talk to the cloud, as pip names it.
    requirements: tuple[str, ...]
    #: What holds the data of a stack, as Terraform names it: `down --keep data` leaves it.
    data_kinds: tuple[str, ...]

    def settings(self, outputs: StackOutputs) -> dict[str, str]:
        """Settings that are in no output, because they are secret."""

    def check_access(self, settings: Mapping[str, str]) -> list[str]:
        """Use the bucket and what is beside it as a flow would; what does not work, in words."""

    def drain(self, outputs: StackOutputs, keep_data: bool, report: Report) -> tuple[str, ...]:
        """End what runs in the stack, and empty what cannot be removed full; returns what was kept, in words."""

    def leftovers(self, engine: str, keep_data: bool, report: Report) -> tuple[str, ...]:
        """What of the stack is still there when the engine is done."""

    def queues(self, outputs: StackOutputs) -> list[dict[str, Any]]:
        """Where tasks wait: name, state, status, jobs by state, and all that as `text`."""


class Clusters(Protocol):
    """What lets us into clusters. It must be quick, and work for people who may do nothing else in a cloud."""

    def cluster_token(self, cluster: str) -> ClusterToken:
        """What lets us in. Raises CloudError where there are no credentials."""


class Cloud(Account, StackOperations, Protocol):
    """A cloud for one stack: `config` says which."""

    config: StackConfig

    def has_cluster(self, outputs: StackOutputs) -> bool:
        """Whether the cloud has the cluster that the outputs of the stack name."""
