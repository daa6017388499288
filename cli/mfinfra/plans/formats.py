"""Output formats of a plan: text for a terminal, Markdown for a pull request, JSON for programs."""

from __future__ import annotations

import json

from ..errors import UsageError
from .changes import Change, Plan

FORMS = ("text", "json", "markdown")
#: A comment on a pull request has at most 65,536 characters (GitHub); a note on a merge request far more (GitLab).
_MOST = 60_000
_SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-"}
_WORDS = {"create": "create", "update": "change", "replace": "replace", "delete": "delete"}


def check(form: str) -> None:
    """Raise UsageError for an unknown format."""
    if form not in FORMS:
        raise UsageError(f"Unknown format {form!r}.", hint=f"Formats: {', '.join(FORMS)}")


def rendered(plan: Plan, form: str) -> str:
    """A plan in one of FORMS."""
    check(form)
    if form == "json":
        return json.dumps(plan.document(), indent=2, sort_keys=True)
    return markdown(plan) if form == "markdown" else text(plan)


def summary(plan: Plan) -> str:
    """One line: the number of changes of each action."""
    if plan.is_empty:
        return f"{plan.stack}: nothing to change."
    parts = [f"{count} to {_WORDS[action]}" for action, count in plan.counts().items() if count and action in _WORDS]
    danger = f"; {len(plan.dangerous)} dangerous" if plan.dangerous else ""
    return f"{plan.stack}: {', '.join(parts)}{danger}."


def text(plan: Plan) -> str:
    """For a terminal: the dangerous changes first."""
    dangerous = set(plan.dangerous)
    rest = [change for change in plan.changes if change not in dangerous]
    lines = [f"! {_line(change)}: {change.risk}, {change.reason}" for change in plan.dangerous]
    lines += [_line(change) + (f" ({change.reason})" if change.reason else "") for change in rest]
    return "\n".join([*lines, summary(plan)])


def _line(change: Change) -> str:
    return f"{_SIGNS.get(change.action, ' ')} {change.address}"


def markdown(plan: Plan) -> str:
    """For a pull request: dangerous changes in a table, all others collapsed, within the limit of a comment."""
    head = [f"### mfinfra plan: {_escaped(plan.stack)}", "", _escaped(summary(plan)), ""]
    if plan.dangerous:
        head += ["| Risk | Change | Resource | Why |", "|---|---|---|---|"]
        head += _fitting([_row(change) for change in plan.dangerous], _MOST // 2)
        head += [""]
    dangerous = set(plan.dangerous)
    rest = [_item(change) for change in plan.changes if change not in dangerous]
    if not rest:
        return "\n".join(head)
    used = sum(len(line) + 1 for line in head)
    folded = _fitting(rest, _MOST - used)
    return "\n".join([*head, f"<details><summary>{len(rest)} other changes</summary>", "", *folded, "", "</details>"])


def _fitting(lines: list[str], room: int) -> list[str]:
    """As many lines as fit, and the number of lines that are left out."""
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 100:
            return [*kept, "", f"and {len(lines) - len(kept)} more"]
        kept.append(line)
    return kept


def _row(change: Change) -> str:
    cells = (str(change.risk), _WORDS.get(change.action, change.action), change.address, change.reason)
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _item(change: Change) -> str:
    reason = f": {_escaped(change.reason)}" if change.reason else ""
    return f"- {_WORDS.get(change.action, change.action)} {_escaped(change.address)}{reason}"


def _escaped(text: str) -> str:
    """A text on one line, with the special characters of Markdown and HTML escaped."""
    plain = " ".join(text.split())
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "&#124;"), ("`", "&#96;"), ("@", "&#64;")):
        plain = plain.replace(sign, entity)
    for sign in "\\*_[]#":
        plain = plain.replace(sign, f"\\{sign}" if sign != "#" else "&#35;")
    return plain
