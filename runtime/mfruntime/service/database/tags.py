"""How a run's user tags change: removals first, then additions; system tags are neither removed nor repeated."""

from __future__ import annotations

from collections.abc import Sequence

MAX_TAGS = 50
MAX_CHARACTERS = 500


class TagsRefused(Exception):
    """A change that would leave tags which are not allowed; the text says why."""


def changed_tags(tags: Sequence[str], system: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> list[str]:
    """The user tags after a change. Raises TagsRefused."""
    protected = sorted({*remove} & {*system})
    if protected:
        raise TagsRefused(f"System tags cannot be removed: {', '.join(protected)}.")
    removed, kept = {*remove}, {*system}
    result = list(dict.fromkeys([*(t for t in tags if t not in removed), *(t for t in add if t not in kept)]))
    if len(result) > MAX_TAGS and len(result) > len(tags):
        raise TagsRefused(f"A run can have {MAX_TAGS} tags; it would have {len(result)}.")
    return result
