"""The interface of a database: a few types of writes, and reads that return rows.

Writes are values that contain all they need, already validated, so that a database can apply many of them in one
transaction. Times are in milliseconds since 1970, but heartbeats are in seconds, as in Metaflow's service.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

#: created: the record is new. exists: it existed. missing: its parent record does not exist.
#: refused: the change is not allowed. busy: another writer holds the row lock.
State = Literal["created", "exists", "missing", "refused", "busy"]

Row = Sequence[Any]


class Outcome(NamedTuple):
    """The result of a write. `number` is a run number, a task id, or the number of added rows."""

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
    """A run with a name (`run_id`); without one, it gets the next number."""

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
    """A task with a name (`task_name`); without one, it gets the next number."""

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
    """A registered task: its numbers, and its names if it has any."""

    flow: str
    run_number: int
    run_id: str | None
    step: str
    task_id: int
    task_name: str | None


class MetadataEntry(NamedTuple):
    """One name-value entry of task metadata."""

    field: str
    value: str
    type: str
    user: str | None
    ts: int
    tags: str
    system_tags: str


class NewMetadata(NamedTuple):
    """Metadata of one task. With `once`, an entry that exists is not added again."""

    task: TaskKey
    entries: tuple[MetadataEntry, ...]
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
    """Artifacts of one task; those whose (attempt, name) exists are not changed."""

    task: TaskKey
    artifacts: tuple[Artifact, ...]


class Heartbeat(NamedTuple):
    """A heartbeat of a run, or of a task and its run. `ts` is in seconds."""

    flow: str
    run_number: int
    step: str | None
    task_id: int | None
    ts: int


class TagChange(NamedTuple):
    """User tags to remove from a run and to add to it, in this order."""

    flow: str
    run_number: int
    add: tuple[str, ...]
    remove: tuple[str, ...]


Write = NewFlow | NewRun | NewStep | NewTask | NewMetadata | NewArtifacts | Heartbeat | TagChange


class Unavailable(Exception):
    """The database is temporarily unavailable; a retry can succeed."""


class Rejected(Exception):
    """The database rejects the values of one request, for example an invalid regular expression."""


#: Maximum number of concurrent searches by pattern, and the timeout of each in seconds.
SEARCHES = 2
SEARCH_SECONDS = 5.0
SEARCH_TIMED_OUT = f"the search took longer than {SEARCH_SECONDS:g} s"


class Dialect(Protocol):
    """SQL that differs between the two databases. `$n` is the n-th argument in both."""

    def tags(self, column: str) -> str:
        """The tags of a column as JSON."""
        ...

    def has_tags(self, columns: Sequence[str], argument: int, every: bool) -> str:
        """True if any, or every, tag in the JSON list `$argument` is among the tags of the columns."""
        ...

    def tag_like(self, columns: Sequence[str], argument: int) -> str:
        """True if a tag of the columns matches the LIKE pattern `$argument`."""
        ...

    def one_of(self, column: str, argument: int) -> str:
        """True if a numeric column is in the JSON list `$argument`."""
        ...

    def like(self, column: str, argument: int) -> str:
        """True if a column, as text, matches the LIKE pattern `$argument`, ignoring case; backslash escapes."""
        ...

    def matches(self, column: str, argument: int) -> str:
        """True if a text column matches the regular expression `$argument`."""
        ...

    def part(self, sql: str, texts: Sequence[str], order: str, most: int) -> str:
        """A SELECT with `order` for `Database.read_part`; `texts` are the names of its columns of text."""
        ...

    def check_pattern(self, pattern: str) -> None:
        """Raise Rejected for an invalid or unsupported regular expression."""
        ...


class Database(Protocol):
    """A database; its tables exist between `start` and `stop`."""

    name: str

    @property
    def dialect(self) -> Dialect:
        """The SQL dialect of this database."""
        ...

    async def start(self) -> None:
        """Connect, and migrate the tables to the latest version. Raises Unavailable or CommandException."""
        ...

    async def stop(self) -> None:
        """Complete pending writes and disconnect."""
        ...

    async def write(self, item: Write) -> Outcome:
        """Apply one write; it is durable when this returns. Raises Unavailable or Rejected."""
        ...

    async def read(self, sql: str, *arguments: Any) -> Sequence[Row]:
        """The rows of one SELECT. Raises Unavailable or Rejected."""
        ...

    async def read_part(self, sql: str, arguments: Sequence[Any], most: int) -> tuple[Sequence[Row], bool]:
        """The first rows of a SELECT that `Dialect.part` wrote, up to and including the row with which their text
        reaches `most` bytes, and whether there can be more rows."""
        ...

    async def search_part(self, sql: str, arguments: Sequence[Any], most: int) -> tuple[Sequence[Row], bool]:
        """As `read_part`, for a SELECT with a pattern of a client: few run at once, each for a short time.

        Raises Rejected after a timeout.
        """
        ...

    async def ready(self) -> bool:
        """Whether the database responds to a query."""
        ...
