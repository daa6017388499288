"""What the pipeline asks of a cloud, and of nothing that is in one cloud only."""

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

Report = Callable[[str], None]


@dataclass(frozen=True)
class Holder:
    """Who holds the lock of a stack's state."""

    id: str
    who: str
    since: str


@dataclass(frozen=True)
class ClusterToken:
    """What the API of a cluster lets us in with, until a moment (seconds since 1970)."""

    text: str
    expires_at: float


def holder_of(text: str | bytes, id: str | None = None) -> Holder:
    """Who holds a lock, by what Terraform writes of it; `id` where the cloud gives the lock another one."""
    try:
        found = json.loads(text)
        return Holder(id or str(found["ID"]), str(found["Who"]), str(found["Created"])[:19])
    except (ValueError, KeyError, TypeError):
        return Holder(id or "", "somebody who left no name", "an unknown time")


class Unreadable(CloudError):
    """What lies in the place for states may not be read by us."""

    @classmethod
    def of(cls, exc: CloudError, hint: str | None = None) -> Unreadable:
        return cls(exc.message, hint=hint or exc.hint)


class States(Protocol):
    """The place where the states of an account lie, as files. It is ours: somebody else's is never read."""

    def read(self, key: str) -> str | None:
        """What lies under a key, None where nothing does. Raises Unreadable where we may not know."""

    def write(self, key: str, text: str) -> None:
        """Lay a text under a key."""

    def remove(self, key: str) -> None:
        """Take away what lies under a key; nothing where nothing does."""


class Account(Protocol):
    """Who we are in a cloud, and where the states of stacks lie there."""

    account: str
    who: str

    def ensure_state(self, report: Report) -> None:
        """Make the place for states, once for each account. May be called by several at once."""

    def states(self) -> States | None:
        """The place for states as it is, None where there is none. Raises CloudError where it is not ours."""

    def state_place(self, stack: str) -> str:
        """Where the state of a stack lies, as an address that people know."""

    def lock(self, stack: str) -> Holder | None:
        """Who holds the lock of a stack's state."""

    def unlock(self, stack: str, holder: Holder) -> None:
        """Take the lock from a holder. Raises Locked where somebody else has it by now."""

    def explain(self, text: str) -> MfinfraError | None:
        """What a text of the cloud means; None where it is not in the catalogue."""

    def environment(self) -> dict[str, str]:
        """What Terraform needs beside our own environment: tokens, which are in no file."""


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
