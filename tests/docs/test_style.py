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

#: Phrases of the guide that are still in use. Remove a phrase when its last use is gone; add none.
NOT_YET: frozenset[str] = frozenset(
    """
a fact
a moment ago
a way in
anew
are asked
are damaged
are gone
are not there
are whole
as it was deployed
asked for
asks us to be slower
at rest
balancer
balancers
became whole
beside
blobs of far
boundary of every role
bounds every
cannot be had
catalogue
colours
come in
comes in
could type
counts here
cut off
cut short
damaged
died with
does not know us
does the same
end with 1
ends with 0
ends with code
fact of
facts
far store
far stores
from where it was
get in
gets in
give back
go on
goes on
going on
gone on
half removed
how it is
how it is doing
in the clear
initialised
is asked
is damaged
is gone
is meant
is not there
is said
is well
is whole
keeps others out
kept out
left as it is
let go
let us in
let us reach
lets us in
letting go
lie at
lie in
lie on
lie there
lies at
lies below
lies beside
lies in
lies on
lies there
lies under
look at
look for what
look into
looked at
looked for
looks at
looks into
make true
makes true
may be repeated
may enter
mend
no way to
no whole
nobody
nobody is there
not well
not whole
of ours
of people
on where it was
once more
ours
pages of runs
passages
proof
prove it
proves the
put into it
runs as pages
said by
said of itself
say no
says no
says of itself
says yes
shutters
sign of life
sign on
signed on
signs of life
signs people on
some hundred
some minutes
somebody
stand in
stands in
stranger
strangers
take away
take over
take the lock
taken away
taken over
takes away
takes no changes
takes over
takes the lock
tell how
tells what
tells whether
the runs as pages
the same again
the whole by
the world's
their bounds
there are none
there is half
there is none
thing to type
those there are
told
type it again
type mfinfra
type the command again
type the same
type: aws
type: az
type: chmod
type: export
type: gcloud
type: mfinfra
type: pip
type: python
type: run
type: unset
typed again
types: mfinfra
was asked
way in
way out
ways in
well again
went on
what counts
what is there
what the command ends with
what there is
what to type
who asks
who deploys
who deploys it
who may
who set
who we are
with bounds
    """.strip().splitlines()
)


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
def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(phrase)}(?!\w)", re.I)


@pytest.mark.parametrize("phrase", [phrase for phrase in replaced() if phrase not in NOT_YET])
def test_a_replaced_phrase_is_not_used(phrase: str) -> None:
    replacements = replaced()[phrase]
    found = [f"{text.place}: {text.content[:120]}" for text in uses(phrase, replacements)]
    assert not found, f"instead of '{phrase}' write: {'; '.join(replacements)}\n" + "\n".join(found)


def test_phrases_that_wait_are_in_the_guide() -> None:
    assert set(replaced()) >= NOT_YET


def test_every_kind_of_text_is_read() -> None:
    places = {Path(text.place.partition(":")[0]).suffix for text in texts()}
    assert places >= {".py", ".md", ".tf"}
    assert any("help" in text.content for text in texts())


def test_a_phrase_inside_its_replacement_is_accepted() -> None:
    assert replaced()["balancer"] == ("load balancer", "load balancers")
    assert not _pattern("balancer").search(_pattern("load balancer").sub("", "a load balancer"))
    assert _pattern("balancer").search(_pattern("load balancer").sub("", "the Balancer of a UI"))


if __name__ == "__main__":
    for wanted in sys.argv[1:] or sorted(NOT_YET):
        for text in uses(wanted, replaced()[wanted]):
            sys.stdout.write(f"{wanted}\t{text.place}\t{text.content}\n")
