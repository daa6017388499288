"""The names under which exceptions are recorded: those of stock Metaflow for the exceptions that it has too.

Flows compare these names (`self.problem.type`, `task.exception.type`), so they are part of the format of artifacts.
"""

from __future__ import annotations

#: Modules of stock Metaflow 2.19.39, by the names of the exceptions that they define.
STOCK_MODULES = {
    "metaflow.exception": (
        *("CommandException", "ExternalCommandFailed", "InvalidDecoratorAttribute", "MetaflowDataMissing"),
        *("MetaflowException", "MetaflowInternalError", "MetaflowInvalidPathspec", "MetaflowNamespaceMismatch"),
        *("MetaflowNotFound", "MetaflowTaggingError", "MetaflowUnknownUser", "MissingInMergeArtifactsException"),
        *("ParameterFieldFailed", "ParameterFieldTypeMismatch", "UnhandledInMergeArtifactsException"),
    ),
    "metaflow.flowspec": ("InvalidNextException",),
    "metaflow.lint": ("LintWarn",),
    "metaflow.plugins.catch_decorator": ("FailureHandledByCatch",),
    "metaflow.plugins.datatools.s3.s3": (
        *("MetaflowS3AccessDenied", "MetaflowS3Exception", "MetaflowS3InsufficientDiskSpace"),
        *("MetaflowS3InvalidObject", "MetaflowS3InvalidRange", "MetaflowS3NotFound", "MetaflowS3URLException"),
    ),
    "metaflow.plugins.timeout_decorator": ("TimeoutException",),
    "metaflow.runtime": ("TaskFailed",),
}
_STOCK_NAMES = {name: f"{module}.{name}" for module, names in STOCK_MODULES.items() for name in names}
_OWN_PACKAGE = __name__.partition(".")[0]


def recorded_name(cls: type[BaseException]) -> str:
    """The dotted name of an exception class in artifacts and logs."""
    if cls.__module__.partition(".")[0] == _OWN_PACKAGE and cls.__name__ in _STOCK_NAMES:
        return _STOCK_NAMES[cls.__name__]
    return f"{cls.__module__}.{cls.__name__}"
