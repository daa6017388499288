"""All errors that users can get, each with a headline, a message and a hint.

Public names and headlines are those of Metaflow's exception module, so that programs that catch them keep working.

MetaflowException
├── CommandException                    an invalid command line or setting
│   ├── MissingExtra                    a backend whose packages are not installed
│   ├── MissingParameter                a required parameter without value (exit code 2)
│   └── UnknownName                     a name that is not in a registry, graph or table
├── ParameterFieldFailed                a parameter's callable raised
├── ParameterFieldTypeMismatch          ... or returned another type
├── ExternalCommandFailed
├── MetaflowNotFound                    a client object that does not exist
├── MetaflowNamespaceMismatch           ... or is not in the current namespace
├── MetaflowInvalidPathspec
├── MetaflowInternalError
├── MetaflowTaggingError
├── MetaflowUnknownUser
├── MetaflowDataMissing
├── InvalidDecoratorAttribute
├── UnhandledInMergeArtifactsException
├── MissingInMergeArtifactsException
├── InvalidNextException                a `self.next` without valid next steps
├── LintWarn                            a flow whose graph cannot run
├── UnpicklableArtifact                 a value that cannot be pickled
├── StorageError
│   ├── StorageFull                     no space left on the device
│   ├── StorageReadOnly                 the storage is read-only
│   └── DataCorrupt                     a file whose content cannot be read as its format
└── TaskFailed                          a run that failed because a task failed
"""

from __future__ import annotations

from collections.abc import Sequence

from .printable import without_credentials


class MetaflowException(Exception):
    """An error for the user: ``headline``, message, optional source line and hint."""

    headline = "Flow failed"

    def __init__(
        self, msg: str = "", lineno: int | None = None, source_file: str | None = None, hint: str | None = None
    ):
        msg = without_credentials(str(msg))  # settings and errors of libraries can contain URLs with passwords
        self.message = msg
        self.line_no = lineno
        self.source_file = source_file
        self.hint = None if hint is None else without_credentials(hint)
        super().__init__(msg)

    def __str__(self) -> str:
        where = f"line {self.line_no}: " if self.line_no else ""
        return f"{where}{self.message}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.__dict__))


def _rebuild(cls: type[MetaflowException], message: str, state: dict[str, object]) -> MetaflowException:
    error = cls.__new__(cls)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class CommandException(MetaflowException):
    headline = "Invalid command"


class MissingExtra(CommandException):
    headline = "Missing packages"


class MissingParameter(CommandException):
    headline = "Missing parameter"


class UnknownName(CommandException):
    """A name that is not in a fixed set; the message lists the set, the hint has the closest match."""

    headline = "Unknown name"

    @classmethod
    def of(cls, what: str, name: str, known: Sequence[str]) -> UnknownName:
        from difflib import get_close_matches

        close = get_close_matches(name, known, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else None
        listed = ", ".join(sorted(known)) or "none"
        return cls(f"Unknown {what} {name!r}. Known: {listed}.", hint=hint)


class ParameterFieldFailed(MetaflowException):
    """A function of the flow raised; its exception is the cause, whose traceback is printed."""

    headline = "Parameter field failed"

    def __init__(self, name: str, field: str, reason: str = ""):
        super().__init__(f"The callable given as '{field}' of parameter '{name}' failed: {reason}".rstrip(": "))


class ParameterFieldTypeMismatch(MetaflowException):
    headline = "Parameter field with a mismatching type"


class ExternalCommandFailed(MetaflowException):
    headline = "External command failed"


class MetaflowNotFound(MetaflowException):
    headline = "Object not found"


class MetaflowNamespaceMismatch(MetaflowException):
    headline = "Object not in the current namespace"

    def __init__(self, namespace: str | None):
        super().__init__(
            f"The object exists, but is not in the current namespace '{namespace}'.",
            hint="To see the objects of all namespaces, call: namespace(None)",
        )


class MetaflowInvalidPathspec(MetaflowException):
    headline = "Invalid pathspec"


class MetaflowInternalError(MetaflowException):
    headline = "Internal error"


class MetaflowTaggingError(MetaflowException):
    headline = "Tagging error"


class MetaflowUnknownUser(MetaflowException):
    headline = "Unknown user"


class MetaflowDataMissing(MetaflowException):
    headline = "Data missing"


class InvalidDecoratorAttribute(MetaflowException):
    headline = "Unknown decorator attribute"


class UnhandledInMergeArtifactsException(MetaflowException):
    headline = "Unhandled artifacts in merge"

    def __init__(self, msg: str, unhandled: Sequence[str]):
        super().__init__(msg)
        self.artifact_names = list(unhandled)


class MissingInMergeArtifactsException(MetaflowException):
    headline = "Missing artifacts in merge"

    def __init__(self, msg: str, unhandled: Sequence[str]):
        super().__init__(msg)
        self.artifact_names = list(unhandled)


class InvalidNextException(MetaflowException):
    """A `self.next` without valid next steps."""

    headline = "Invalid self.next() transition detected"


class LintWarn(MetaflowException):
    headline = "Validity checker found an issue"


class UnpicklableArtifact(MetaflowException):
    headline = "Artifact cannot be pickled"


class StorageError(MetaflowException):
    headline = "Storage error"


class StorageFull(StorageError):
    headline = "No space left"


class StorageReadOnly(StorageError):
    headline = "Storage is not writable"


class DataCorrupt(StorageError):
    headline = "Corrupt data"


class TaskFailed(MetaflowException):
    headline = "Step failure"
