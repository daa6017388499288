"""Commands that only read the flow: check, show, output-dot, output-raw, help, version."""

from __future__ import annotations

import sys

import click

from ..version import METAFLOW_VERSION
from .wiring import Env


def validate(env: Env) -> None:
    """Validate the flow and print the result in one line. Raises LintWarn for a flow that cannot run."""
    from ..flow.lint import check as check_graph

    env.console.info("Validating your flow...")
    check_graph(env.graph)
    env.console.info("The graph looks good!", indent=1)


@click.command(help="Check that the flow is valid (default).")
@click.pass_obj
def check(env: Env) -> None:
    validate(env)
    script = sys.argv[0]
    env.console.result("")
    env.console.result(f"'{script} show' shows a description of this flow.")
    env.console.result(f"'{script} run' runs the flow locally.")
    env.console.result(f"'{script} help' shows all available commands and options.")
    env.console.result("")


@click.command(help="Show the structure of the flow.")
@click.pass_obj
def show(env: Env) -> None:
    if env.graph.doc:
        env.console.result(f"\n{env.graph.doc}")
    for node in env.graph.sorted_nodes:
        env.console.result("")
        for decorator in node.decorators:
            env.console.result(f"@{decorator.name}")
        env.console.result(f"Step {node.name}")
        env.console.result(f"    {node.doc or '?'}")
        if node.out_funcs:
            env.console.result(f"    => {', '.join(node.out_funcs)}")
    env.console.result("")


@click.command(name="output-dot", help="Print the flow as a Graphviz graph.")
@click.pass_obj
def output_dot(env: Env) -> None:
    env.console.info("Visualizing the flow as a GraphViz graph")
    env.console.info("Try piping the output to 'dot -Tpng -o graph.png' to produce an actual image.", indent=1)
    env.console.result(env.graph.output_dot())


@click.command(name="output-raw", help="Print the internal state of the flow graph.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def output_raw(env: Env, as_json: bool) -> None:
    if as_json:
        import json

        env.console.result(json.dumps(env.graph.info(), indent=4))
        return
    env.console.info("Internal representation of the flow:")
    env.console.result(env.graph.output_raw())


@click.command(name="help", help="Show all available commands.")
@click.pass_context
def help_command(ctx: click.Context) -> None:
    assert ctx.parent is not None
    ctx.obj.console.result(ctx.parent.get_help())


@click.command(help="Print the version.")
@click.pass_obj
def version(env: Env) -> None:
    env.console.result(f"{METAFLOW_VERSION}")
