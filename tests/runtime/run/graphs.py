"""Random flows for the tests of the scheduler and the loop: their graphs, and how many tasks each step has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True)
class Node:
    type: str
    out_funcs: tuple[str, ...]


class Flow(dict):  # type: ignore[type-arg]
    start_step = "start"


# A flow is a sequence of blocks; a block is a step, a branch of sequences, or a foreach over a sequence.
blocks = st.deferred(lambda: st.one_of(st.just("step"), branches, foreaches))
sequences = st.lists(blocks, min_size=1, max_size=3)
branches = st.tuples(st.just("branch"), st.lists(sequences, min_size=1, max_size=3))
foreaches = st.tuples(st.just("foreach"), st.integers(1, 4), sequences)
flows = st.lists(blocks, max_size=3)


def build(blocks: list) -> tuple[Flow, dict[str, int]]:  # type: ignore[type-arg]
    """The graph of a list of blocks, and how wide each foreach step fans out."""
    flow, widths = Flow(), {}
    counter = iter(range(10**6))

    def sequence(blocks: list, after: str) -> str:  # type: ignore[type-arg]
        for block in reversed(blocks):
            after = single(block, after)
        return after

    def single(block: object, after: str) -> str:
        number = next(counter)
        if block == "step":
            flow[f"s{number}"] = Node("linear", (after,))
            return f"s{number}"
        assert isinstance(block, tuple)
        join = f"j{number}"
        flow[join] = Node("join", (after,))
        if block[0] == "branch":
            starts = tuple(sequence(["step", *branch], join) for branch in block[1])
            flow[f"b{number}"] = Node("split", starts)
            return f"b{number}"
        flow[f"f{number}"] = Node("foreach", (sequence(["step", *block[2]], join),))
        widths[f"f{number}"] = block[1]
        return f"f{number}"

    flow["end"] = Node("end", ())
    flow["start"] = Node("linear", (sequence(blocks, "end"),))
    return flow, widths


def expected_counts(flow: Flow, widths: dict[str, int]) -> Counter[str]:
    """How many tasks each step has, computed from the structure alone."""
    counts: Counter[str] = Counter()

    def walk(step: str, factor: int) -> tuple[str, ...]:
        """Count from `step` to the join that closes it; returns the join reached."""
        while True:
            node = flow[step]
            if node.type == "join":
                return (step,)
            counts[step] += factor
            if node.type == "foreach":
                (join,) = walk(node.out_funcs[0], factor * widths[step])
            elif node.type == "split":
                (join,) = {walk(branch, factor)[0] for branch in node.out_funcs}
            elif node.type == "end":
                return ()
            else:
                step = node.out_funcs[0]
                continue
            counts[join] += factor
            step = flow[join].out_funcs[0]

    walk("start", 1)
    return counts
