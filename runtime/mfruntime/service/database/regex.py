"""Regular expressions that clients send, for databases that have none of their own.

RE2 matches them: its time grows with the length of the text and with nothing else, and it holds up no other thread.
Python's `re` would let one hostile pattern stop the whole service. Where RE2 is not installed, only patterns that are
plain texts are taken, which cannot be slow either.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ...registry import packages

#: Bytes that one compiled pattern may take.
_MEMORY = 4 << 20
_SIMPLE = re.compile(r"\^?(?:\w|[ :,;/=@#%&<>'\"!~-]|\\[^\w\s])*\$?\Z")


@lru_cache(64)
def compiled(pattern: str) -> Callable[[str], bool]:
    """Tells whether the pattern is found in a text. Raises ValueError for what is no pattern, or is not taken."""
    re2 = _re2()
    if re2 is None:
        return _simple(pattern)
    options = re2.Options()
    options.log_errors, options.max_mem = False, _MEMORY
    try:
        found = re2.compile(pattern, options)
    except re2.error as exc:
        reason = exc.args[0].decode("utf-8", "replace") if exc.args and isinstance(exc.args[0], bytes) else exc
        raise ValueError(f"the pattern is no regular expression of RE2 ({reason})") from None
    return lambda text: found.search(text) is not None


def _simple(pattern: str) -> Callable[[str], bool]:
    if not _SIMPLE.match(pattern):
        raise ValueError(f"patterns other than plain texts need RE2: pip install {packages('service')}")
    found = re.compile(pattern)
    return lambda text: found.search(text) is not None


def _re2() -> Any:
    try:
        import re2
    except ImportError:
        return None
    return re2
