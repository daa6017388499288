"""What the service asks of a database: a few kinds of writes, and reads as rows.

Writes are values. Each names everything it needs, already checked, so that a database may carry out many of them in
one transaction. Times are in milliseconds since 1970, but heartbeats are in seconds, as Metaflow's service has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

#: created: it was not there before. exists: it was. missing: what it belongs to is not there.
#: refused: the change is not allowed. busy: another writer holds the row.
State = Literal["created", "exists", "missing", "refused", "busy"]

Row = Sequence[Any]


class Outcome(NamedTuple):
    """What became of a write: `number` is a run number, a task id, or how many rows were added."""

    state: State
    number: int = 0
    detail: Any = None


class NewFlow(NamedTuple):
    flow: str
    user: str | None
    ts: int
    tags: str
    system_tags: str


class NewRun(NamedTuple):
    """A run under its own name (`run_id`) or, without one, under the next number."""

    flow: str
    run_id: str | None
    user: str | None
    ts: int
    tags: str
    system_tags: str
    heartbeat: int | None
    key: str | None


class NewStep(NamedTuple):
    flow: str
    run_number: int
    run_id: str
    step: str
    user: str | None
    ts: int
    tags: str
    system_tags: str


class NewTask(NamedTuple):
    """A task under its own name (`task_name`) or, without one, under the next number."""

    flow: str
    run_number: int
    run_id: str | None
    step: str
    task_name: str | None
    user: str | None
    ts: int
    tags: str
    system_tags: str
    heartbeat: int | None
    key: str | None


class TaskKey(NamedTuple):
    """A task that is known: its numbers, and its names where it has any."""

    flow: str
    run_number: int
    run_id: str | None
    step: str
    task_id: int
    task_name: str | None


class Fact(NamedTuple):
    """One metadata datum of a task."""

    field: str
    value: str
    type: str
    user: str | None
    ts: int
    tags: str
    system_tags: str


class NewFacts(NamedTuple):
    """Facts about one task. With `once`, a fact that is there already is not added again."""

    task: TaskKey
    facts: tuple[Fact, ...]
    once: bool


class Artifact(NamedTuple):
    name: str
    location: str
    ds_type: str
    sha: str | None
    type: str | None
    content_type: str | None
    user: str | None
    attempt: int
    ts: int
    tags: str
    system_tags: str


class NewArtifacts(NamedTuple):
    """Artifacts of one task; those whose (attempt, name) is known are left as they are."""

    task: TaskKey
    artifacts: tuple[Artifact, ...]


class Beat(NamedTuple):
    """A sign of life of a run, or of a task and its run. `ts` is in seconds."""

    flow: str
    run_number: int
    step: str | None
    task_id: int | None
    ts: int


class TagChange(NamedTuple):
    """User tags to take from a run and to give to it, in this order."""

    flow: str
    run_number: int
    add: tuple[str, ...]
    remove: tuple[str, ...]


Write = NewFlow | NewRun | NewStep | NewTask | NewFacts | NewArtifacts | Beat | TagChange


class Unavailable(Exception):
    """The database cannot be reached now; the same request may succeed later."""


class Rejected(Exception):
    """The database refuses the values of one request, for example a pattern that is no regular expression."""


#: Searches by pattern that are under way at once, and the seconds that each of them gets.
SEARCHES = 2
SEARCH_SECONDS = 5.0
TIME_IS_UP = f"the search took longer than {SEARCH_SECONDS:g} s"


class Dialect(Protocol):
    """The few places at which the two SQLs differ. `$n` stands for the n-th argument in both."""

    def tags(self, column: str) -> str:
        """The tags of a column as JSON text."""
        ...

    def has_tags(self, columns: Sequence[str], argument: int, every: bool) -> str:
        """True where any, or every, tag of the JSON list `$argument` is among the tags of the columns."""
        ...

    def tag_like(self, columns: Sequence[str], argument: int) -> str:
        """True where a tag of the columns is like the pattern `$argument`."""
        ...

    def one_of(self, column: str, argument: int) -> str:
        """True where a numeric column is in the JSON list `$argument`."""
        ...

    def like(self, column: str, argument: int) -> str:
        """True where a column as text is like the pattern `$argument`, whatever the case; backslash escapes."""
        ...

    def matches(self, column: str, argument: int) -> str:
        """True where a regular expression is found in a text column."""
        ...

    def check_pattern(self, pattern: str) -> None:
        """Raise Rejected for a regular expression that is known to be none, or that is not taken."""
        ...


class Database(Protocol):
    """A database with its tables in place between `start` and `stop`."""

    name: str

    @property
    def dialect(self) -> Dialect:
        """How this database says what the two say differently."""
        ...

    async def start(self) -> None:
        """Connect, and bring the tables up to date. Raises Unavailable or CommandException."""
        ...

    async def stop(self) -> None:
        """Finish the writes that are under way and disconnect."""
        ...

    async def write(self, item: Write) -> Outcome:
        """Carry out one write; it is durable when this returns. Raises Unavailable or Rejected."""
        ...

    async def read(self, sql: str, *arguments: Any) -> Sequence[Row]:
        """The rows of one SELECT. Raises Unavailable or Rejected."""
        ...

    async def search(self, sql: str, *arguments: Any) -> Sequence[Row]:
        """As `read`, for a SELECT that holds a pattern of a client: few at once, and not for long.

        Raises Rejected where the time is up.
        """
        ...

    async def ready(self) -> bool:
        """Whether a query is answered now."""
        ...
