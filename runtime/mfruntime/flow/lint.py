"""Checks of a flow's graph before a run: one function per check.

Messages contain the change that fixes the problem.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from ..errors import LintWarn
from . import attributes
from .graph import Graph, Node

_RESERVED_STEPS = attributes.API | {"name", "cmd"}


def check(graph: Graph) -> None:
    """Raise LintWarn for the first problem of the flow, if there is one."""
    for one in CHECKS:
        one(graph)


def _fail(node: Node, message: str, at_next: bool = False) -> None:
    raise LintWarn(message, node.tail_next_lineno if at_next else node.func_lineno, node.source_file)


def has_steps(graph: Graph) -> None:
    if not graph.nodes:
        raise LintWarn(f"The flow {graph.name} has no steps. Write @step above at least one method.")


def names_are_free(graph: Graph) -> None:
    for node in graph:
        if node.name in _RESERVED_STEPS or node.name.startswith("_"):
            _fail(node, f"The step name '{node.name}' is reserved. Rename the step.")


def arguments_fit(graph: Graph) -> None:
    for node in graph:
        if node.num_args not in (1, 2):
            _fail(
                node,
                f"Step {node.name} has {node.num_args} arguments. Use 'def {node.name}(self):', "
                f"or 'def {node.name}(self, inputs):' for a join.",
            )


def next_is_last(graph: Graph) -> None:
    for node in graph:
        if node.invalid_tail_next:
            _fail(
                node,
                f"The self.next() of step {node.name} is invalid. Allowed: self.next(self.a), "
                "self.next(self.a, self.b), self.next(self.a, foreach='name'), "
                "self.next({'value': self.a}, condition='name').",
                at_next=True,
            )
        if not node.has_tail_next and node.name != graph.end_step:
            others = [n for n in graph.exits if n != node.name]
            also = f" (nor does {others[0]})" if others else ""
            _fail(
                node,
                f"Step {node.name} does not end with self.next(...){also}; only the last step of a flow can omit it. "
                "Make self.next(...) the last statement of the step, outside of any if, for or try.",
            )


def ends_exist(graph: Graph) -> None:
    for what, marked in (("start", graph.marked_starts), ("end", graph.marked_ends)):
        if len(marked) > 1:
            raise LintWarn(f"The steps {', '.join(marked)} are all marked @step({what}=True); mark only one of them.")
    for what, step, found, kind in (
        ("start", graph.start_step, graph.entries, "without a previous step"),
        ("end", graph.end_step, graph.exits, "without self.next"),
    ):
        if step not in graph:
            raise LintWarn(
                f"The flow {graph.name} has no {what} step. Name a step '{what}' or mark it @step({what}=True) "
                f"(steps {kind}: {', '.join(found) or 'none'})."
            )


def end_is_last(graph: Graph) -> None:
    end = graph[graph.end_step]
    if end.has_tail_next:
        _fail(end, f"Step {end.name} is the last step of the flow, so it must not call self.next().", at_next=True)
    if end.num_args > 1 and not end.in_funcs:
        _fail(end, f"Step {end.name} has the argument 'inputs', but no step leads to it.")


def targets_exist(graph: Graph) -> None:
    for node in graph:
        for target in node.out_funcs:
            if target not in graph:
                close = get_close_matches(target, list(graph.nodes), n=1)
                hint = f" Did you mean self.{close[0]}?" if close else f" Add a step named '{target}'."
                _fail(node, f"Step {node.name} leads to '{target}', which is not a step.{hint}", at_next=True)
        if len(set(node.out_funcs)) < len(node.out_funcs):
            _fail(node, f"Step {node.name} leads to the same step twice.", at_next=True)


def parallel_is_absent(graph: Graph) -> None:
    for node in graph:
        if node.parallel_foreach:
            _fail(node, f"Step {node.name} uses num_parallel, which this version of mfruntime does not support.", True)


def joins_do_not_split(graph: Graph) -> None:
    for node in graph:
        if node.type == "join" and (len(node.out_funcs) > 1 or node.foreach_param or node.condition):
            _fail(
                node,
                f"Step {node.name} is a join (it has the argument 'inputs') and a split (it leads to several tasks). "
                "Add a step between join and split.",
                at_next=True,
            )


def everything_is_reached(graph: Graph) -> None:
    reached = set(graph._reachable(graph.start_step))
    for node in graph:
        if node.name not in reached:
            _fail(node, f"Step {node.name} cannot be reached from {graph.start_step}. Connect it or remove it.")


def loops_go_through_a_switch(graph: Graph) -> None:
    """A loop must contain a switch that can end it."""
    color: dict[str, int] = {}

    def visit(name: str, path: list[str]) -> None:
        color[name] = 1
        for target in graph[name].out_funcs:
            if color.get(target) == 1:
                loop = [*path, name][[*path, name].index(target) :]
                if not any(graph[step].type == "split-switch" for step in loop):
                    _fail(
                        graph[name],
                        f"Steps {' -> '.join([*loop, target])} form an infinite loop. End the loop with "
                        "self.next({...}, condition='name') in one of them.",
                        at_next=True,
                    )
            elif target not in color:
                visit(target, [*path, name])
        color[name] = 2

    visit(graph.start_step, [])


def splits_are_joined(graph: Graph) -> None:
    """Walk all paths from the start with their open splits: a join closes exactly the innermost one."""
    seen: dict[str, tuple[str, ...]] = {}
    pending: list[tuple[str, tuple[str, ...], str | None]] = [(graph.start_step, (), None)]
    while pending:
        name, opened, came_from = pending.pop()
        node = graph[name]
        if node.type == "join":
            if not opened:
                _fail(
                    node,
                    f"Step {name} is a join (it has the argument 'inputs'), but no split is open. Remove 'inputs'.",
                )
            opened = opened[:-1]
        elif came_from and len(_openers(graph, node)) > 1:
            _fail(
                node,
                f"Step {name} is reached from the branches {', '.join(node.in_funcs)}, but it is not a join. "
                f"Use 'def {name}(self, inputs):'.",
            )
        if seen.setdefault(name, opened) != opened:
            _fail(
                node,
                f"Step {name} is reached from two splits ({_named(seen[name])}, {_named(opened)}). "
                "Join each split before this step.",
            )
        if name == graph.end_step and opened:
            split = graph[opened[-1]]
            _fail(split, f"The split at step {split.name} is never joined. Add a join step with the argument 'inputs'.")
        if node.type in ("split", "foreach"):
            opened = (*opened, name)
        for target in node.out_funcs:
            arriving = opened[:-1] if graph[target].type == "join" else opened
            if seen.get(target) != arriving:
                pending.append((target, opened, name))


def _openers(graph: Graph, node: Node) -> set[tuple[str, ...]]:
    """The branches from which a step is reached; after a switch it is one, with any number of paths."""
    return {graph[f].split_branches for f in node.in_funcs if graph[f].split_branches and graph[f].type != "split"}


def _named(opened: tuple[str, ...]) -> str:
    return f"inside {' > '.join(opened)}" if opened else "outside of all splits"


def branches_meet_in_their_join(graph: Graph) -> None:
    for node in graph:
        if node.type == "join" and node.split_parents:
            split = graph[node.split_parents[-1]]
            if split.type == "split":
                _check_branches(graph, split, node)


def _check_branches(graph: Graph, split: Node, join: Node) -> None:
    for target in split.out_funcs:
        others = {n.name for n in graph if n.type == "join" and n.split_parents[-1:] == (split.name,)} - {join.name}
        if others:
            _fail(
                join,
                f"The branches of step {split.name} end in different joins: {', '.join(sorted(others | {join.name}))}. "
                "Connect all branches of one split to the same join.",
            )
        if join.name not in graph._reachable(target):
            _fail(split, f"The branch {target} of step {split.name} never reaches the join {join.name}.")


def decorators_fit(graph: Graph) -> None:
    for node in graph:
        for decorator in node.decorators:
            problem = decorator.placement_error(node.name, node.type)
            if problem:
                _fail(node, problem)


def artifacts_of_decorators_are_free(graph: Graph) -> None:
    for node in graph:
        for decorator in node.decorators:
            for name in decorator.artifacts():
                why = attributes.refusal(graph.flow, name)
                if why:
                    _fail(node, f"Step {node.name}: the artifact of @{decorator.name} is not possible. {why}")


CHECKS: tuple[Callable[[Graph], None], ...] = (
    has_steps,
    names_are_free,
    arguments_fit,
    ends_exist,
    next_is_last,
    end_is_last,
    targets_exist,
    parallel_is_absent,
    joins_do_not_split,
    everything_is_reached,
    loops_go_through_a_switch,
    splits_are_joined,
    branches_meet_in_their_join,
    decorators_fit,
    artifacts_of_decorators_are_free,
)
