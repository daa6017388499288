"""Validates tags of runs with Metaflow's rules: at most 50 per run, 1 to 500 characters each, valid UTF-8. Control
characters and hidden characters are rejected too."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import MetaflowTaggingError
from ..printable import escaped, is_plain

MAX_TAGS = 50
MAX_CHARACTERS = 500


def check_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags without duplicates, in order. Raises MetaflowTaggingError with the tag and the rule."""
    unique = tuple(dict.fromkeys(tags))
    for tag in unique:
        _check(tag)
    if len(unique) > MAX_TAGS:
        raise MetaflowTaggingError(f"The run would have {len(unique)} tags; at most {MAX_TAGS} tags are allowed.")
    return unique


def _check(tag: str) -> None:
    if not tag:
        raise MetaflowTaggingError("A tag must not be empty.")
    if len(tag) > MAX_CHARACTERS:
        raise MetaflowTaggingError(
            f"The tag {tag[:40]!r}... has {len(tag)} characters; the maximum is {MAX_CHARACTERS}."
        )
    try:
        tag.encode("utf-8")
    except UnicodeEncodeError:
        raise MetaflowTaggingError(f"The tag {tag!r} is not valid Unicode.") from None
    if not is_plain(tag):
        raise MetaflowTaggingError(
            f"The tag {escaped(repr(tag[:40]))} contains a control character or a hidden character."
        )
