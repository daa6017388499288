"""Messages, help texts, docstrings, Terraform descriptions and pages use the words of docs/style.md.

`python tests/docs/test_style.py [PHRASE ...]` lists where replaced phrases are still used.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "style.md"
PACKAGES = (ROOT / "cli" / "mfinfra", ROOT / "runtime" / "mfruntime")
TERRAFORM = (ROOT / "terraform" / "modules", ROOT / "terraform" / "stacks")


@dataclass(frozen=True)
class Text:
    """A piece of prose and where it is."""

    place: str
    content: str


def replaced() -> dict[str, tuple[str, ...]]:
    """Each replaced phrase of the guide with its replacements."""
    block = re.search(r"^```replaced\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.S | re.M)
    assert block, "docs/style.md has no list of replaced phrases"
    found: dict[str, tuple[str, ...]] = {}
    for line in block.group(1).splitlines():
        phrases, _, replacements = line.partition(" -> ")
        for phrase in phrases.split(" | "):
            assert phrase not in found, f"'{phrase}' is listed twice"
            found[phrase] = tuple(text.strip() for text in replacements.split(";"))
    return found


@lru_cache
def texts() -> tuple[Text, ...]:
    found = [text for package in PACKAGES for path in sorted(package.rglob("*.py")) for text in _strings(path)]
    found += [text for folder in TERRAFORM for path in _terraform(folder) for text in _descriptions(path)]
    pages = [*ROOT.glob("*.md"), ROOT / "runtime" / "README.md", *(ROOT / "terraform").rglob("*.md")]
    pages += [*(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").glob("*.md")]
    return (*found, *(text for path in sorted(pages) if path != GUIDE for text in _paragraphs(path)))


def _strings(path: Path) -> Iterator[Text]:
    """Literals with a space in them: messages, help texts, docstrings. Parts of f-strings count one by one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield Text(f"{path.relative_to(ROOT)}:{node.lineno}", " ".join(node.value.split()))


def _terraform(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.name.endswith((".tf", ".tf.j2")))


def _descriptions(path: Path) -> Iterator[Text]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = re.match(r'\s*(?:description|error_message)\s*=\s*"(.*)"', line)
        if match:
            yield Text(f"{path.relative_to(ROOT)}:{number}", match.group(1))


def _paragraphs(path: Path) -> Iterator[Text]:
    """Prose of a page, without code."""
    text = re.sub(
        r"^```.*?^```", lambda block: "\n" * block.group().count("\n"), path.read_text("utf-8"), flags=re.S | re.M
    )
    number = 1
    for paragraph in re.split(r"(?<=\n)(?=\n)", text):
        content = re.sub(r"`[^`]*`", "CODE", " ".join(paragraph.split()))
        if content:
            yield Text(f"{path.relative_to(ROOT)}:{number + (paragraph.startswith(chr(10)))}", content)
        number += paragraph.count("\n")


def uses(phrase: str, replacements: tuple[str, ...]) -> list[Text]:
    """The texts with a phrase that is not part of one of its replacements."""
    if phrase.lower() not in _all_text():
        return []
    pattern = _pattern(phrase)
    accepted = [_pattern(text) for text in replacements if pattern.search(text)]
    found = []
    for text in texts():
        rest = text.content
        for good in accepted:
            rest = good.sub("", rest)
        if pattern.search(rest):
            found.append(text)
    return found


@lru_cache
def _all_text() -> str:
    """Every text in lower case: most phrases are not in it, which is faster to see than with patterns."""
    return "\n".join(text.content for text in texts()).lower()


@lru_cache
def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(phrase)}(?!\w)", re.I)


@pytest.mark.parametrize("phrase", sorted(replaced()))
def test_a_replaced_phrase_is_not_used(phrase: str) -> None:
    replacements = replaced()[phrase]
    found = [f"{text.place}: {text.content[:120]}" for text in uses(phrase, replacements)]
    assert not found, f"instead of '{phrase}' write: {'; '.join(replacements)}\n" + "\n".join(found)


def test_every_kind_of_text_is_read() -> None:
    places = {Path(text.place.partition(":")[0]).suffix for text in texts()}
    assert places >= {".py", ".md", ".tf"}
    assert any("help" in text.content for text in texts())


def test_a_phrase_inside_its_replacement_is_accepted() -> None:
    assert replaced()["balancer"] == ("load balancer", "load balancers")
    assert not _pattern("balancer").search(_pattern("load balancer").sub("", "a load balancer"))
    assert _pattern("balancer").search(_pattern("load balancer").sub("", "the Balancer of a UI"))


if __name__ == "__main__":
    for wanted in sys.argv[1:] or sorted(replaced()):
        for text in uses(wanted, replaced()[wanted]):
            sys.stdout.write(f"{wanted}\t{text.place}\t{text.content}\n")
