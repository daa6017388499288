"""Text from tasks, records and users, made safe to print on a terminal.

Stored text can contain characters that change what a terminal shows, or that a reader cannot see: control sequences,
marks that reverse the direction of text, characters without width. On a terminal they are printed as escapes; a pipe
gets the text as it is. Names and tags with such characters are rejected.
"""

from __future__ import annotations

from functools import cache
from typing import IO, TYPE_CHECKING

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
_RESET = "\x1b[0m"


def is_plain(text: str) -> bool:
    """Whether a text is one line without hidden characters."""
    return (text.isascii() and text.isprintable()) or not (_hidden().search(text) or "\n" in text or "\t" in text)


def escaped(text: str) -> str:
    """The text with hidden characters as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return _hidden().sub(lambda found: _escape(found[0]), text)


def escaped_with_colors(text: str) -> str:
    """As `escaped`, but colors and styles are kept, up to the end of the text. Concealed text is not kept."""
    if "\x1b[" not in text:
        return escaped(text)
    import re

    parts = re.split(r"\x1b\[([0-9;]*)m", text)
    codes = [code if _is_visible(code) else None for code in parts[1::2]]
    kept = [escaped(parts[0])]
    for source, code, part in zip(parts[1::2], codes, parts[2::2]):
        kept.append((f"\x1b[{code}m" if code is not None else f"\\x1b[{source}m") + escaped(part))
    last = next((code for code in reversed(codes) if code is not None), "")
    return "".join(kept) + (_RESET if last.strip("0;") else "")


def without_credentials(text: str) -> str:
    """The text without the user names and passwords in its URLs, and without the signatures of signed URLs."""
    if "://" not in text:
        return text
    import re

    text = re.sub(r"://(?:[^\s/]*@|[^\s/@:]+:(?!\d*(?:[/?#]|$))\S*@)", "://***@", text)
    return re.sub(
        r"(?i)([?&](?:sig|signature|x-[a-z]+-(?:signature|credential|security-token))=)[^&\s'\"]+", r"\1***", text
    )


def shown_url(value: str) -> str:
    """The value of a setting that should be a URL and is invalid: all that can be a password is hidden."""
    scheme, mark, rest = value.rpartition("://")
    return value if ":" not in rest and "@" not in rest else f"{scheme}{mark}***"


def for_stream(text: str, stream: IO[str]) -> str:
    """The text as it is printed to a stream: escaped on a terminal."""
    return escaped(text) if stream.isatty() else text


@cache
def _hidden() -> re.Pattern[str]:
    """The pattern of one hidden character; compiled when first used, because most texts are ASCII."""
    import re

    return re.compile(f"[{HIDDEN}]|{_SELECTORS}")


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def _is_visible(code: str) -> bool:
    """Whether a style does not conceal text (8). In 38;5;8 and 38;2;R;G;B, the numbers are those of a color."""
    numbers = iter(code.split(";"))
    for number in numbers:
        if number.lstrip("0") == "8":
            return False
        if number in ("38", "48", "58"):
            for _ in range({"5": 1, "2": 3}.get(next(numbers, ""), 0)):
                next(numbers, "")
    return True
