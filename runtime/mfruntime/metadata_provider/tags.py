"""Tags of runs: what Metaflow accepts (at most 50 per run, 1 to 500 characters each, valid UTF-8)."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import MetaflowTaggingError

MAX_TAGS = 50
MAX_CHARACTERS = 500


def check_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags without repetitions, in order. Raises MetaflowTaggingError naming the tag and what is allowed."""
    unique = tuple(dict.fromkeys(tags))
    for tag in unique:
        _check(tag)
    if len(unique) > MAX_TAGS:
        raise MetaflowTaggingError(f"A run can have {MAX_TAGS} tags; {len(unique)} were given.")
    return unique


def _check(tag: str) -> None:
    if not tag:
        raise MetaflowTaggingError("A tag must not be empty.")
    if len(tag) > MAX_CHARACTERS:
        raise MetaflowTaggingError(f"The tag {tag[:40]!r}... has {len(tag)} characters; {MAX_CHARACTERS} are allowed.")
    try:
        tag.encode("utf-8")
    except UnicodeEncodeError:
        raise MetaflowTaggingError(f"The tag {tag!r} is not valid Unicode text.") from None
