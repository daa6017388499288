"""Regular expressions from clients, for SQLite, which has none.

RE2 matches them in time linear in the length of the text, without blocking other threads. With Python's `re`, one
malicious pattern could block the whole service. Without RE2, only patterns that are plain text are supported.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ...registry import packages

#: Maximum memory of one compiled pattern, in bytes.
_MEMORY = 4 << 20
#: Maximum number of compiled patterns; each can use all its memory.
_PATTERNS = 8
_SIMPLE = re.compile(r"\^?(?:\w|[ :,;/=@#%&<>'\"!~-]|\\[^\w\s])*\$?\Z")


@lru_cache(_PATTERNS)
def compiled(pattern: str) -> Callable[[str], bool]:
    """A function that searches a text for the pattern. Raises ValueError for an invalid or unsupported pattern."""
    re2 = _re2()
    if re2 is None:
        return _simple(pattern)
    options = re2.Options()
    options.log_errors, options.max_mem = False, _MEMORY
    try:
        found = re2.compile(pattern, options)
    except re2.error as exc:
        reason = exc.args[0].decode("utf-8", "replace") if exc.args and isinstance(exc.args[0], bytes) else exc
        raise ValueError(f"the pattern is not a valid RE2 regular expression ({reason})") from None
    finally:
        re2.purge()  # the cache of the module itself would hold 128 patterns
    return lambda text: found.search(text) is not None


def _simple(pattern: str) -> Callable[[str], bool]:
    if not _SIMPLE.match(pattern):
        raise ValueError(f"patterns other than plain text need RE2: pip install {packages('service')}")
    found = re.compile(pattern)
    return lambda text: found.search(text) is not None


def _re2() -> Any:
    try:
        import re2
    except ImportError:
        return None
    return re2
