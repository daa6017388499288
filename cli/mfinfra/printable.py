"""Text from files, clouds and users, made safe to print on a terminal.

It can contain characters that change what a terminal shows, or that a reader cannot see: control sequences, marks that
reverse the direction of text, characters without width. They are printed as escapes. mfruntime.printable has the same
characters; a test compares them, because the two programs never import each other.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

#: Control characters other than tab and line feed; format characters, such as bidirectional marks and tags; fillers
#: and variation selectors, which have no glyph of their own; line and paragraph separators; surrogates. The selectors
#: for text and emoji are accepted once after a character that has both forms.
HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000110bd\U000110cd\U00013430-\U0001343f\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\ud800-\udfff"
)
_SELECTORS = "(?<![^\x00-\x22\x24-\x29\x2b-\x2f\x3a-\x7f\ufe0e\ufe0f])[\ufe0e\ufe0f]"


def escaped(text: str) -> str:
    """The text with hidden characters as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return _hidden().sub(lambda found: _escape(found[0]), text)


def without_credentials(text: str) -> str:
    """The text without the user names and passwords in its URLs, and without the signatures of signed URLs."""
    if "://" not in text:
        return text
    import re

    text = re.sub(r"://(?:[^\s/]*@|[^\s/@:]+:(?!\d*(?:[/?#]|$))\S*@)", "://***@", text)
    return re.sub(
        r"(?i)([?&](?:sig|signature|x-[a-z]+-(?:signature|credential|security-token))=)[^&\s'\"]+", r"\1***", text
    )


@cache
def _hidden() -> re.Pattern[str]:
    """The pattern of one hidden character; compiled when first used, because most texts are ASCII."""
    import re

    return re.compile(f"[{HIDDEN}]|{_SELECTORS}")


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
