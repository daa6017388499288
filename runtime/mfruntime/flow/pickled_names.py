"""Classes whose names are part of the pickle format that stock Metaflow reads and writes.

Their pickles contain module names of stock Metaflow, which need not be installed: during pickling, these names are
temporarily defined for the pickler; during unpickling, `find_class` returns the classes of this module.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

from .exception_names import recorded_name


class ForeachFrame(NamedTuple):
    """One foreach level of a task. `value` is a short text of the item, None if it has no text."""

    step: str
    var: str | None
    num_splits: int | None
    index: int  # type: ignore[assignment]
    value: str | None


class MetaflowExceptionWrapper(Exception):
    """An exception as an artifact: `exception` (its message), `type` (dotted name) and `stacktrace`, all strings."""

    def __init__(self, exc: BaseException | None = None):
        if exc is None:
            return
        import traceback

        self.exception = str(exc)
        self.type = recorded_name(type(exc))
        self.stacktrace: str | None = "".join(traceback.format_exception(type(exc), exc, user_traceback(exc)))

    def __reduce__(self) -> tuple[Any, ...]:
        return (MetaflowExceptionWrapper, (None,), self.__dict__)

    def __str__(self) -> str:
        return getattr(self, "stacktrace", None) or f"[no stacktrace]\n{getattr(self, 'exception', '')}"

    def __repr__(self) -> str:
        return str(self)


def user_traceback(exc: BaseException) -> Any:
    """The traceback of `exc` from the first frame that is not the runtime's."""
    own = __name__.split(".", 1)[0] + "."
    entry = exc.__traceback__
    while entry is not None and entry.tb_frame.f_globals.get("__name__", "").startswith(own):
        entry = entry.tb_next
    return entry or exc.__traceback__


class IncludedFile:
    """A file that was stored at the start of the run; its descriptor contains its location and format."""

    def __init__(self, descriptor: dict[str, Any]):
        self._descriptor = descriptor
        self._cached_size: int | None = None

    @property
    def descriptor(self) -> dict[str, Any]:
        return self._descriptor

    @property
    def size(self) -> int | None:
        """Size of the content in bytes; None if the descriptor does not contain it."""
        return self._descriptor.get("size")


_STOCK_NAMES: dict[tuple[str, str], type] = {
    ("__main__", "ForeachFrame"): ForeachFrame,
    ("metaflow.exception", "MetaflowExceptionWrapper"): MetaflowExceptionWrapper,
    ("metaflow.includefile", "IncludedFile"): IncludedFile,
}
for (_module, _name), _cls in _STOCK_NAMES.items():
    _cls.__module__ = _module


@contextmanager
def defined_names() -> Iterator[None]:
    """Context in which the pickler finds our classes by the names of the format; the old definitions are restored."""
    stubs = {}
    for name in ("metaflow", "metaflow.exception", "metaflow.includefile"):
        stubs[name] = sys.modules.get(name)
        module = ModuleType(name)
        for (home, attribute), cls in _STOCK_NAMES.items():
            if home == name:
                setattr(module, attribute, cls)
        sys.modules[name] = module
    main = sys.modules["__main__"]
    previous = getattr(main, "ForeachFrame", None)
    main.ForeachFrame = ForeachFrame  # type: ignore[attr-defined]
    try:
        yield
    finally:
        if previous is None:
            del main.ForeachFrame
        else:
            main.ForeachFrame = previous  # type: ignore[attr-defined]
        for name, module_before in stubs.items():
            if module_before is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module_before


#: Artifacts that the runtime and the client read by themselves, without a request of the user for their value.
OWN_ARTIFACTS = frozenset({
    "_task_ok", "_success", "_exception", "_transition", "_graph_info", "_configs_processed", "_iteration_stack",
    "_foreach_stack", "_foreach_var", "_foreach_num_splits", "_foreach_values", "_origin_run_id", "_origin_step",
})  # fmt: skip
_PLAIN: dict[tuple[str, str], type] = {
    **{(module, kind.__name__): kind for module in ("builtins", "__builtin__") for kind in (set, frozenset)},
    ("collections", "OrderedDict"): OrderedDict,
}


def own_class(module: str, name: str) -> type | None:
    """The class for a name in the pickle of one of OWN_ARTIFACTS; None if it cannot be in one."""
    if name == "ForeachFrame" and module.partition(".")[0] in ("metaflow", "mfruntime"):
        return ForeachFrame
    return _STOCK_NAMES.get((module, name)) or _PLAIN.get((module, name))


def find_class(module: str, name: str) -> Any:
    """Our class for a name in a pickle; None if the name is not part of the format."""
    known = _STOCK_NAMES.get((module, name))
    if known is not None:
        return known
    if module == "__main__" and name in _user_main():
        return _user_main()[name]
    if module == "metaflow" or module.startswith("metaflow."):
        return _own_class(module, name)
    return None


def _user_main() -> dict[str, Any]:
    return vars(sys.modules["__main__"])


def _own_class(module: str, name: str) -> Any:
    """Our class with the same public name as one of Metaflow's, mostly exceptions."""
    from .. import errors

    return getattr(errors, name, None) if module == "metaflow.exception" else None
