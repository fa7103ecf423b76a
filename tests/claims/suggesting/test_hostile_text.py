"""Any text gets an answer in moments, whose offsets are right."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.suggesting.quotations import paragraphs
from claims.suggesting.suggestions import Suggestion, suggest
from claims.suggesting.transcripts import read_transcript

LENGTH = 50_000
SECONDS = 2.5  # of processor time; at most 0.6 were measured, and a regular expression that backtracks takes hours
UNITS = [
    '"', "“", "”", "'", "''", "«", "»", "「", " ", "\n", ",", ".", "-", "—", "(", ":", ">> ", "a", "A", "1", "1.", "a-", "a'",
    "said ", "said said said", "he said ", "he said that ", "Smith said, ", "according to ", "A b ", '"a" ', "() ", "😀", "😀 ",
    "a\n", "SMITH: x\n", "January ", "that ", "He said that it was so. ", "“It is so,” he said. ", "\0 said ", "Q. a\nA. b\n",
]  # fmt: skip


def check(text: str, found: list[Suggestion]) -> None:
    for each in found:
        assert each.text.strip()
        assert text[each.start : each.end] == each.text
        check(text, list(each.nested))


def check_in_moments(text: str, language: str) -> None:
    began = time.process_time()
    found = suggest(text, language)
    assert time.process_time() - began < SECONDS
    check(text, found)


@pytest.mark.parametrize("unit", UNITS)
def test_50000_characters_of_one_thing(unit: str) -> None:
    check_in_moments(unit * (LENGTH // len(unit)), "en")


@pytest.mark.parametrize("unit", ["a'", "a-", "-il", "qu’", "« "])
def test_50000_characters_of_clitics(unit: str) -> None:
    check_in_moments(unit * (LENGTH // len(unit)), "fr")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "word " * 10_000,
        "“" + "word " * 20_000,
        "He said " + "word " * 10_000,
        "😀",
        "‘",
        "said",
        "-said He said that it was so. He said that it was so.",
    ],
)
def test_odd_texts(text: str) -> None:
    check(text, suggest(text))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([*UNITS, "Smith ", "told ", "CNN ", "citing ", "who ", "to ", "is ", "\n\n"]), max_size=40)
)
def test_any_mixture(parts: list[str]) -> None:
    text = "".join(parts)
    for language in ("en", "de", "fr", "es", "ja"):
        check(text, suggest(text, language))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    check(text, suggest(text))
    assert all(start < end for start, end in paragraphs(text))


@pytest.mark.parametrize("unit", ["1\n", "00:00:01,000 --> 00:00:02,000\n", "<v a>", "<", "00:", "00:00:01,000 --> "])
def test_a_hostile_transcript_is_read_or_refused(unit: str) -> None:
    content = "WEBVTT\n\n00:01.000 --> 00:02.000\nOne.\n" + unit * (LENGTH // len(unit))
    assert read_transcript(content).cues[0].begins == 1000
