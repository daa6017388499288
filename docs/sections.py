"""Generated sections of pages: the text between `<!-- NAME -->` and `<!-- end of NAME -->`."""

from __future__ import annotations

import re


def row(*cells: str) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def with_section(text: str, name: str, body: str) -> str:
    """The page with another body in one of its sections. Raises ValueError if the page has no such section."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.S)
    if not pattern.search(text):
        raise ValueError(f"no section '{name}'")
    return pattern.sub(lambda match: f"{match.group(1)}{body}{match.group(2)}", text)


def anchor(heading: str) -> str:
    """The id that a heading gets on GitHub: lower case, spaces become hyphens, other punctuation is dropped."""
    return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")
