"""The graph of a flow: steps and their connections, read from the source without running it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .attributes import constants
from .source import step_source

if TYPE_CHECKING:
    from ..decorators.base import StepDecorator

_INFO_TYPES = {"split": "split-static", "foreach": "split-foreach"}


@dataclass
class Node:
    """A step. `type` is start, linear, split, foreach, split-switch, join or end; set by Graph, then read-only."""

    name: str
    type: str
    source_file: str
    func_lineno: int
    doc: str
    decorators: list[StepDecorator]
    num_args: int
    out_funcs: tuple[str, ...] = ()
    has_tail_next: bool = False
    tail_next_lineno: int = 0
    invalid_tail_next: bool = False
    foreach_param: str | None = None
    condition: str | None = None
    switch_cases: dict[str, str] = field(default_factory=dict)
    parallel_foreach: bool = False
    in_funcs: tuple[str, ...] = ()
    split_parents: tuple[str, ...] = ()
    split_branches: tuple[str, ...] = ()
    matching_join: str | None = None
    is_inside_foreach: bool = False

    @property
    def parallel_step(self) -> bool:
        """Whether a decorator runs the step as several processes at once."""
        return any(getattr(decorator, "IS_PARALLEL", False) for decorator in self.decorators)

    def info(self) -> dict[str, Any]:
        """The step's entry in the graph artifact."""
        info: dict[str, Any] = {
            "name": self.name,
            "type": _INFO_TYPES.get(self.type, self.type),
            "line": self.func_lineno,
            "source_file": self.source_file,
            "doc": self.doc,
            "decorators": [d.info() for d in self.decorators],
            "next": list(self.out_funcs),
            "node_info": {},
        }
        if self.type == "foreach":
            info["foreach_artifact"] = self.foreach_param
        if self.type == "split-switch":
            info["condition"] = self.condition
            info["switch_cases"] = dict(self.switch_cases)
        if self.matching_join:
            info["matching_join"] = self.matching_join
        return info


class Graph:
    """The steps of a flow class by name, in source order. Building a graph never fails; lint.py validates it."""

    def __init__(self, flow: type[Any]):
        self.flow = flow
        self.name = flow.__name__
        self.doc = _dedent(flow.__dict__.get("__doc__") or "")
        self.nodes: dict[str, Node] = {name: _node(function) for name, function in _steps(flow).items()}
        self._infer_ends()
        self._connect()
        self.sorted_nodes: list[Node] = self._sort()

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def _infer_ends(self) -> None:
        """The first and last step: as marked, else as named; the only step of a flow is both."""
        targets = {t for node in self for t in node.out_funcs if t != node.name}
        entries = [n.name for n in self if n.name not in targets]
        exits = [n.name for n in self if not n.out_funcs]
        self.marked_starts, self.marked_ends = self._marked("is_start"), self._marked("is_end")
        self.start_step = _one_of(self.marked_starts, "start", self.nodes)
        self.end_step = _one_of(self.marked_ends, "end", self.nodes)
        self.entries, self.exits = entries, exits
        if self.end_step in self.nodes and not self.nodes[self.end_step].out_funcs:
            self.nodes[self.end_step].type = "end"
        start = self.nodes.get(self.start_step)
        if start is not None and start.type == "linear":
            start.type = "start"

    def _marked(self, mark: str) -> list[str]:
        return [name for name, function in _steps(self.flow).items() if getattr(function, mark, False)]

    def _connect(self) -> None:
        for node in self:
            for target in node.out_funcs:
                if target in self.nodes:
                    self.nodes[target].in_funcs += (node.name,)
        if self.start_step in self.nodes:
            self._traverse()

    def _traverse(self) -> None:
        """Find for every step its enclosing splits, and for every split its join."""
        pending: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [(self.start_step, (), ())]
        seen: set[str] = set()
        while pending:
            name, parents, branches = pending.pop()
            if name in seen or name not in self.nodes:
                continue
            seen.add(name)
            node = self.nodes[name]
            node.split_parents, node.split_branches = parents, branches
            if node.type == "join" and parents:
                self.nodes[parents[-1]].matching_join = name
                parents, branches = parents[:-1], branches[:-1]
                node.split_branches = branches
            node.is_inside_foreach = any(self.nodes[p].type == "foreach" for p in parents)
            splits = node.type in ("split", "foreach")
            for target in reversed(node.out_funcs):
                inner = ((*parents, name), (*branches, target)) if splits else (parents, branches)
                pending.append((target, *inner))

    def _sort(self) -> list[Node]:
        """Steps in topological order, ignoring loops."""
        order: list[Node] = []
        placed: set[str] = set()
        pending = [self.start_step] if self.start_step in self.nodes else []
        while pending:
            name = pending.pop(0)
            if name in placed or name not in self.nodes:
                continue
            node = self.nodes[name]
            if node.type == "join" and any(f not in placed for f in node.in_funcs) and pending:
                pending.append(name)
                if all(self.nodes[p].type == "join" for p in pending if p in self.nodes) and not _moves(
                    pending, placed, self.nodes
                ):
                    break
                continue
            placed.add(name)
            order.append(node)
            pending.extend(t for t in node.out_funcs if t not in placed)
        return order + [n for n in self if n.name not in {o.name for o in order}]

    def info(self) -> dict[str, Any]:
        """The value of the artifact `_graph_info`."""
        return {
            "file": _basename(self.flow),
            "start_step": self.start_step,
            "end_step": self.end_step,
            "parameters": [{"name": p.name, "type": p.kind} for _, p in self.flow._get_parameters()],
            "constants": [{"name": k, "type": type(v).__name__} for k, v in constants(self.flow).items()],
            "steps": {node.name: node.info() for node in self.sorted_nodes},
            "graph_structure": self._structure(self.start_step, None)[0],
            "doc": self.doc,
            "decorators": [],
            "extensions": {"installed": {}},
        }

    def _structure(self, name: str, stop: str | None) -> tuple[list[Any], str | None]:
        """The nested lists from a step up to `stop`, and the step at which they end."""
        steps: list[Any] = []
        current: str | None = name
        seen: set[str] = set()
        while current is not None and current != stop and current in self.nodes and current not in seen:
            seen.add(current)
            node = self.nodes[current]
            steps.append(current)
            if node.type in ("split", "foreach") and node.matching_join:
                steps.append([self._structure(t, node.matching_join)[0] for t in node.out_funcs])
                current = node.matching_join
            elif node.type == "split-switch":
                meeting = self._meeting(node)
                others = [t for t in node.out_funcs if t != current and t not in seen]
                steps.append([self._structure(t, meeting)[0] for t in others if t != meeting])
                current = meeting
            else:
                current = node.out_funcs[0] if node.out_funcs else None
        return steps, current

    def _meeting(self, node: Node) -> str | None:
        """The first step that is on every path after a switch."""
        ways = [self._reachable(t) for t in node.out_funcs if t != node.name]
        if len(ways) == 1:  # a loop and its exit, which is a separate branch
            return next(iter(ways[0][1:]), None)
        for candidate in ways[0] if ways else []:
            if all(candidate in way for way in ways):
                return candidate
        return None

    def _reachable(self, name: str) -> list[str]:
        found: list[str] = []
        pending = [name]
        while pending:
            step = pending.pop(0)
            if step in self.nodes and step not in found:
                found.append(step)
                pending.extend(self.nodes[step].out_funcs)
        return found

    def output_dot(self) -> str:
        """The graph in the DOT language of Graphviz."""
        lines = [f"digraph {self.name} {{"]
        for node in sorted(self, key=lambda n: n.name):
            label = f'<<b>{node.name}</b> | <font point-size="10">{node.type}</font>>'
            lines.append(f'"{node.name}"[ label = {label}   fontname = "Helvetica"   shape = "record" ];')
        for node in sorted(self, key=lambda n: n.name):
            lines += [f"{node.name} -> {target};" for target in node.out_funcs]
        return "\n".join([*lines, "}"])

    def output_raw(self) -> str:
        """All data of every step, for debugging."""
        blocks = []
        for node in self.sorted_nodes:
            facts = {
                k: v for k, v in vars(node).items() if k not in ("name", "type", "source_file", "func_lineno", "doc")
            }
            facts["decorators"] = " | ".join(str(d) for d in node.decorators)
            lines = [f"[{node.name} {node.type} ({node.source_file} line {node.func_lineno})]"]
            lines += [f"    {key}={_shown(value)}" for key, value in facts.items()]
            blocks.append("\n".join([*lines, f"    -> {', '.join(f'[{t}]' for t in node.out_funcs)}"]))
        return "\n".join(blocks)


def _one_of(marked: list[str], name: str, nodes: dict[str, Node]) -> str:
    if marked:
        return marked[0]
    return next(iter(nodes)) if len(nodes) == 1 else name


def _moves(pending: list[str], placed: set[str], nodes: dict[str, Node]) -> bool:
    return any(all(f in placed for f in nodes[p].in_funcs) for p in pending if p in nodes)


def _shown(value: Any) -> str:
    return ", ".join(f"[{v}]" for v in value) if isinstance(value, tuple) else str(value)


def _steps(flow: type[Any]) -> dict[str, Any]:
    """Step functions by name, in source order, base classes first; overridden ones appear once."""
    found: dict[str, Any] = {}
    for cls in reversed(flow.__mro__):
        for name, value in vars(cls).items():
            if getattr(value, "is_step", False):
                found[name] = value
            elif name in found:
                del found[name]
    return found


def _node(function: Any) -> Node:
    source = step_source(function)
    tail = source.tail
    node = Node(
        name=function.__name__,
        type="linear",
        source_file=source.file,
        func_lineno=source.line,
        doc=_dedent(function.__doc__ or ""),
        decorators=function.decorators,
        num_args=source.num_args,
    )
    if tail is not None:
        node.has_tail_next, node.tail_next_lineno = True, tail.line
        node.invalid_tail_next = not tail.is_valid
        node.out_funcs, node.foreach_param = tail.targets, tail.foreach
        node.condition, node.switch_cases = tail.condition, tail.cases
        node.parallel_foreach = tail.num_parallel
    node.type = _type(node)
    return node


def _type(node: Node) -> str:
    if node.num_args > 1:
        return "join"
    if node.condition:
        return "split-switch"
    if node.foreach_param or node.parallel_foreach:
        return "foreach"
    return "split" if len(node.out_funcs) > 1 else "linear"


def _dedent(text: str) -> str:
    import textwrap

    first, newline, rest = text.partition("\n")
    return (first.strip() + newline + textwrap.dedent(rest)).strip()


def _basename(flow: type[Any]) -> str:
    import os
    import sys

    module = sys.modules.get(flow.__module__)
    return os.path.basename(getattr(module, "__file__", None) or "")
