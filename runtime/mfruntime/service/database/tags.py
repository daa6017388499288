"""Changes of a run's user tags: removals first, then additions; system tags are neither removed nor duplicated."""

from __future__ import annotations

from collections.abc import Sequence

MAX_TAGS = 50
MAX_CHARACTERS = 500


class TagsRefused(Exception):
    """The change is not allowed; the message contains the reason."""


def changed_tags(tags: Sequence[str], system: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> list[str]:
    """The user tags after a change. Raises TagsRefused."""
    protected = sorted({*remove} & {*system})
    if protected:
        raise TagsRefused(f"System tags cannot be removed: {', '.join(protected)}.")
    removed, kept = {*remove}, {*system}
    result = list(dict.fromkeys([*(t for t in tags if t not in removed), *(t for t in add if t not in kept)]))
    if len(result) > MAX_TAGS and len(result) > len(tags):
        raise TagsRefused(f"The run would have {len(result)} tags; at most {MAX_TAGS} tags are allowed.")
    return result
