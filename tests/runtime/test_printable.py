"""Text that is stored by others, on a terminal and in a pipe: one filter for both programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfinfra import printable as other
from mfruntime.errors import MetaflowInvalidPathspec, MetaflowTaggingError
from mfruntime.ids import check_component
from mfruntime.metadata_provider.tags import check_tags
from mfruntime.printable import escaped, escaped_with_colors, is_plain, without_credentials

HOSTILE = {
    "c1": "\x9b31mred\x9c",
    "osc": "\x1b]8;;http://evil\x07click\x1b]8;;\x07",
    "title": "\x1b]0;title\x07",
    "clear": "\x1b[2J\x1b[H",
    "bidi": "abc\u202efdp.exe\u202c",
    "isolate": "\u2066x\u2069\u200f",
    "zero width": "a\u200bb\u2060c\ufeffd\u200de",
    "tags": "ok\U000e0041\U000e0042",
    "selectors": "x\U000e0101\ufe01\ufe0f",
    "filler": "a\u3164b\u115f",
    "soft hyphen": "pass\xadword",
    "conceal": "\x1b[8mhidden\x1b[0m",
    "conceal of many": "\x1b[1;08;31mhidden\x1b[0m",
    "return": "real\rfake",
    "separator": "a\u2028b",
    "surrogate": "a\udc9bb",
}
LEGIT = ["plain", "Grüße 世界", "❤️ 1️⃣ 🌍", "a\tb\nc", "ﷺ नमस्ते שלום", "\ue0b0 \u00a0"]


def is_hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in "\t\n"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_steers_or_hides_is_printed_as_an_escape(text: str) -> None:
    assert escaped(text) != text
    assert not any(map(is_hidden, escaped(text)))
    assert not is_plain(text)
    left = escaped_with_colors(text).replace("\x1b[0m", "")
    assert left != text.replace("\x1b[0m", "") and not any(map(is_hidden, left))


@pytest.mark.parametrize("text", LEGIT)
def test_other_text_is_printed_as_it_is(text: str) -> None:
    assert escaped(text) == escaped_with_colors(text) == other.escaped(text) == text


@given(st.text(st.characters() | st.sampled_from("\x1b[;m8\ufe0f\u200b"), max_size=60))
def test_both_programs_escape_the_same_and_nothing_hidden_remains(text: str) -> None:
    assert escaped(text) == other.escaped(text)
    assert not any(map(is_hidden, escaped(text)))
    escaped_with_colors(text).encode()
    assert without_credentials(text) == other.without_credentials(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("\x1b[38;5;8mgrey\x1b[m", "\x1b[38;5;8mgrey\x1b[m"),
        ("\x1b[48;2;8;8;8mdark\x1b[0m", "\x1b[48;2;8;8;8mdark\x1b[0m"),
        ("\x1b[1mopen", "\x1b[1mopen\x1b[0m"),
    ],
)
def test_colors_of_tasks_are_kept_and_end_with_the_line(text: str, expected: str) -> None:
    assert escaped_with_colors(text) == expected


@pytest.mark.parametrize("text", [*HOSTILE.values(), "a\nb", "a\tb"], ids=[*HOSTILE, "line", "tab"])
def test_names_and_tags_refuse_it(text: str) -> None:
    with pytest.raises(MetaflowTaggingError) as tag:
        check_tags([text])
    with pytest.raises(MetaflowInvalidPathspec) as name:
        check_component("run", text)
    for message in (str(tag.value), str(name.value)):
        assert not any(map(is_hidden, message))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("http://me:s3cret@host/x", "s3cret"),
        ("at https://me:s3cret@host:80: refused", "s3cret"),
        ("http://me:p@s3cret@host", "s3cret"),
        ("http://me:a/s3cret@host/x", "s3cret"),
        ("http://me:a?s3cret#@host/x", "s3cret"),
        ("postgresql://me:s3cret@/db", "s3cret"),
        ("http://s3cret@host", "s3cret"),
        ("https://a.blob.core.windows.net/c?sv=1&sig=s3cret%3D&se=2", "s3cret"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=s3cret&X-Amz-Date=1", "s3cret"),
    ],
)
def test_urls_are_shown_without_their_passwords(text: str, secret: str) -> None:
    assert secret not in without_credentials(text)


@pytest.mark.parametrize(
    "text", ["http://host:8080/a@b", "s3://bucket/path@1", "http://host/x?y=1", "a@b", "x://[::1]:1/"]
)
def test_urls_without_passwords_stay(text: str) -> None:
    assert without_credentials(text) == text


FLOW = """
from mfruntime import FlowSpec, step
class Steers(FlowSpec):
    @step
    def start(self):
        self.text = TEXT
        print(TEXT)
        self.next(self.end)
    @step
    def end(self):
        pass
TEXT = {text!r}
if __name__ == "__main__":
    Steers()
"""
TEXT = "\x1b]0;title\x07 \x9b2J \u202e \u200b \x1b[31mred\x1b[0m"


@pytest.fixture(scope="module")
def steering(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("steering")
    (folder / "flow.py").write_text(FLOW.format(text=TEXT))
    return folder


def in_terminal(folder: Path, *argv: str) -> str:
    import pexpect

    child = pexpect.spawn(sys.executable, ["flow.py", *argv], cwd=str(folder), timeout=60, encoding="utf-8")
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before)


def in_pipe(folder: Path, *argv: str) -> str:
    done = subprocess.run([sys.executable, "flow.py", *argv], cwd=folder, capture_output=True, timeout=60)
    return done.stdout.decode()


def test_terminals_get_escapes_and_pipes_the_text(steering: Path) -> None:
    """Live output, logs, dump and tags, also of a run whose tags were written by another program."""
    live = in_terminal(steering, "run")
    (run,) = [path for path in (steering / ".metaflow" / "Steers").iterdir() if path.name.isdigit()]
    record = run / "_meta" / "_self.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "tags": [TEXT]}))
    commands = (["logs", f"{run.name}/start"], ["dump", f"{run.name}/start"], ["tag", "list", "--run-id", run.name])
    for shown in (live, *(in_terminal(steering, *words) for words in commands)):
        assert "\\x1b]0;title\\x07 \\x9b2J \\u202e \\u200b" in shown, shown
        assert not {"\x07", "\x9b", "\u202e", "\u200b"} & {*shown}
    for words in commands:
        piped = in_pipe(steering, *words)
        assert TEXT in piped, piped
    assert "\x1b]0;title\x07" in in_pipe(steering, "run")


def test_the_tags_of_a_run_are_checked_before_it_starts(steering: Path) -> None:
    before = set(os.listdir(steering / ".metaflow" / "Steers")) if (steering / ".metaflow").exists() else set()
    done = subprocess.run(
        [sys.executable, "flow.py", "run", "--tag", "a\u202eb"],
        cwd=steering,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, "hidden character" in done.stderr) == (1, True), done.stderr
    assert before == (
        set(os.listdir(steering / ".metaflow" / "Steers")) if (steering / ".metaflow").exists() else set()
    )
