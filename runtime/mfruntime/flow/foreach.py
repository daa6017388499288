"""The items of a foreach: fixed by the split, and found by their index in the tasks.

A task runs in another process than the split. A set has another order there, and a mapping is subscripted by key. So
the split stores a list of the items wherever `items[index]` is not the item of that index; a list, a tuple, a range and
an array need none. If a step changes the variable of a foreach around it, its own item is stored for the later steps.
"""

from __future__ import annotations

from collections.abc import Container, ItemsView, Iterator, KeysView, Sequence, ValuesView
from typing import TYPE_CHECKING, Any

from ..errors import InvalidNextException
from .task_state import state_of

if TYPE_CHECKING:
    from .task_state import TaskState

#: The metadata contains a text of each foreach item, truncated to this length (Metaflow's limit).
MAX_FOREACH_VALUE_CHARS = 30
#: Types whose subscription and iteration have the same order, by module and name; subclasses can change both.
_POSITIONAL = frozenset(
    {("builtins", name) for name in ("list", "tuple", "str", "bytes", "bytearray", "range")}
    | {("collections", "deque"), ("collections", "UserList"), ("array", "array")}
)
#: Packages with arrays that are subscripted by position. Labelled arrays, such as pandas', are in others.
_ARRAYS = frozenset({"numpy", "torch", "jax", "jaxlib", "cupy"})
#: Objects that cannot be pickled, or that are exhausted after the split has read them.
_UNSTORABLE = (Iterator, KeysView, ValuesView, ItemsView)


_PREFIX = "_foreach_items_"


def stored_name(step: str) -> str:
    """The artifact with the items of the foreach that starts this step, by index."""
    return _PREFIX + step


def is_stored_name(name: str) -> bool:
    """Whether an artifact contains the items of a foreach."""
    return name.startswith(_PREFIX)


def split(flow: Any, names: Sequence[str], foreach: Any) -> None:
    """Record the foreach that starts with the current task. Raises InvalidNextException if it has no items."""
    state = state_of(flow)
    values = _values(flow, state.step or "?", names, foreach)
    items = getattr(flow, foreach)
    if isinstance(items, _UNSTORABLE) and foreach in vars(flow):
        setattr(flow, foreach, values)
    elif not _is_positional(items):
        vars(flow)[stored_name(names[0])] = values
    state.foreach_var = foreach
    state.foreach_num_splits = len(values)
    state.foreach_values = [_text(value) for value in values]


def _values(flow: Any, step: str, names: Sequence[str], foreach: Any) -> list[Any]:
    if len(names) != 1:
        raise InvalidNextException(f"Step {step}: a foreach must have one next step, not {len(names)}.")
    if not isinstance(foreach, str):
        raise InvalidNextException(f"Step {step}: foreach must be the name of an artifact in quotes.")
    if not hasattr(flow, foreach):
        raise InvalidNextException(
            f"Step {step}: foreach={foreach!r}, but self.{foreach} was never assigned.",
            hint=f"Assign a list to self.{foreach} before self.next().",
        )
    items = getattr(flow, foreach)
    try:
        values = list(items)
    except TypeError:
        kind = type(items).__name__
        raise InvalidNextException(
            f"Step {step}: self.{foreach} is a {kind}, which a foreach cannot iterate over."
        ) from None
    if not values:
        raise InvalidNextException(
            f"Step {step}: self.{foreach} is empty; a foreach needs at least one item.",
            hint="If the list can be empty, select another step with self.next(..., condition=...).",
        )
    return values


def _text(value: Any) -> str:
    return str(value)[:MAX_FOREACH_VALUE_CHARS]


def _is_positional(items: Any) -> bool:
    """Whether `items[i]` is the item of index i of `list(items)`, also in another process."""
    kind = type(items)
    if (kind.__module__, kind.__name__) in _POSITIONAL:
        return True
    if kind.__module__.partition(".")[0] in _ARRAYS and hasattr(items, "dtype"):
        return hasattr(items, "__getitem__")
    return _iterates_by_position(kind)


def _iterates_by_position(kind: type) -> bool:
    """Whether a class has the iteration that Python derives from subscription, or both of a built-in sequence."""
    iterate, subscript = getattr(kind, "__iter__", None), getattr(kind, "__getitem__", None)
    if iterate is None or iterate is Sequence.__iter__:
        return subscript is not None
    return any(iterate is base.__iter__ and subscript is base.__getitem__ for base in (list, tuple, str))


def item(flow: Any, depth: int) -> Any:
    """The item of a task in the foreach of this depth, 0 being the outermost."""
    state = state_of(flow)
    if depth not in state.foreach_items:
        frame = state.foreach_stack[depth]
        stored = _inherited(flow, state, stored_name(frame.step))
        if stored is None:
            items = _inherited(flow, state, frame.var)
            own = _item_of(getattr(flow, frame.var) if items is None else items[0], frame)
        else:
            own = _stored_item(stored[0], frame)
        state.foreach_items.setdefault(depth, own)
    return state.foreach_items[depth]


def _inherited(flow: Any, state: TaskState, name: str) -> tuple[Any] | None:
    """The value of an artifact before this task. It is read through the flow: a step can change an item in place."""
    if state.datastore is not None and name in state.datastore and name not in vars(flow):
        return (getattr(flow, name),)
    source = state.foreach_source
    return (source[name],) if source is not None and name in source else None


def _stored_item(items: Any, frame: Any) -> Any:
    """The item in what `split` (a list) or `store_changed` (a dict) stored, or in a variable that a join inherits."""
    return items[frame.index] if type(items) is dict and list(items) == [frame.index] else _item_of(items, frame)


def _item_of(items: Any, frame: Any) -> Any:
    if _is_positional(items):
        return items[frame.index]
    values = list(items)  # of a run whose split stored no list; the metadata contains the texts in their order
    same = [value for value in values if _text(value) == frame.value]
    return same[0] if len(same) == 1 else values[frame.index]


def inherited_names(stack: Sequence[Any], source: Any, shared: Container[str]) -> dict[str, str]:
    """The items of the foreaches around a join: names in the join to names in the results of its first input."""
    found = {}
    for frame in stack:
        stored = stored_name(frame.step)
        original = next((name for name in (stored, frame.var) if name in source), None)
        if original is not None and original not in shared:
            found[stored] = original
    return found


def remember(state: TaskState, name: str, items: Any) -> None:
    """Find the items of a task in a variable that the step reads for the first time, before it can change it."""
    for depth, frame in enumerate(state.foreach_stack):
        stored = state.datastore is not None and stored_name(frame.step) in state.datastore
        if frame.var == name and not stored and depth not in state.foreach_items:
            state.foreach_items[depth] = _item_of(items, frame)


def store_changed(flow: Any) -> None:
    """Store the items of a task whose step changed the variable of a foreach around it."""
    state = state_of(flow)
    for depth, frame in enumerate(state.foreach_stack):
        stored = stored_name(frame.step)
        if frame.var in vars(flow) and not (state.datastore is not None and stored in state.datastore):
            own = item(flow, depth)
            if not _contains_at(vars(flow)[frame.var], frame.index, own):
                vars(flow)[stored] = {frame.index: own}


def _contains_at(items: Any, index: int, own: Any) -> bool:
    try:
        found = items[index] if _is_positional(items) else None
        if found is own:
            return True
        same = found == own
        return bool(same.all()) if hasattr(same, "all") else bool(same)
    except Exception:  # shorter, or without a comparison
        return False
