"""A passage in its text: where it occurs, what is its border with a word, and how similar two passages are."""

import pytest

from claims.anchoring.folded_text import FoldedText, fold, sample_shingles
from claims.anchoring.quotes import (
    Span,
    common_length,
    comparable_occurrences,
    context,
    context_likeness,
    keeps_word_ends,
    likeness,
    occurrences,
    splits_word,
)


class Counting(str):
    """Counts how often it is searched."""

    searches = 0

    def find(self, *args: object) -> int:
        self.searches += 1
        return super().find(*args)  # type: ignore[arg-type]


@pytest.mark.parametrize(("run", "needle"), [("a" * 90, "aa"), ("ab" * 45, "abab"), ("abc" * 30, "abcabca")])
def test_a_run_of_a_needle_that_repeats_itself_is_measured_not_searched(run: str, needle: str) -> None:
    text = Counting(f"{run}!{run}")
    found = list(occurrences(text, needle))
    assert found == [at for at in range(len(text)) if text.startswith(needle, at)]
    assert text.searches == 5


def test_context_begins_with_the_text_and_ends_with_it() -> None:
    assert context("abcXdef", 3, 4) == ("abc", "def")
    assert context("abcXdef", 3, 4, 2) == ("bc", "de")


@pytest.mark.parametrize("length", [0, 1, 2, 3, 63, 64, 65, 191, 192, 193, 447, 1_000])
def test_what_two_texts_have_in_common_is_counted_to_the_code_point(length: int) -> None:
    same = "".join(chr(0x4E00 + n) for n in range(length))
    assert common_length(same + "x", same + "y") == length
    assert common_length("12" + same, "345" + same, 2, 3) == length


MANY = "no, " * 200
PREFIX, SUFFIX = "When asked on Friday he ", ", and he left the hall"


def test_up_to_200_occurrences_are_compared_whatever_their_context() -> None:
    assert comparable_occurrences(MANY, "no", PREFIX, SUFFIX) == list(range(0, 800, 4))


def test_of_more_only_those_are_compared_that_keep_the_nearer_half_of_the_context_on_one_side() -> None:
    before, after, too_little = "ed on Friday he no; ", "no, and he left th; ", "d on Friday he no; no, and he left t"
    text = MANY + before + after + too_little
    assert comparable_occurrences(text, "no", PREFIX, SUFFIX) == [816, 820]


def test_of_those_with_the_same_context_the_first_200_are_compared() -> None:
    text = "a word before it no; " * 300
    assert comparable_occurrences(text, "no", "a word before it ", "") == list(range(17, 200 * 21, 21))


def test_occurrences_within_longer_words_are_not_compared() -> None:
    assert comparable_occurrences("no, know, nob, no", "no", "", "") == [0, 15]


@pytest.mark.parametrize(
    ("text", "prefix", "suffix", "kept"),
    [
        ("a 12 b", "x ", " y", True),
        ("a 123", "x ", " y", False), ("a 123", "x ", "4", True),
        ("312 b", "x ", " y", False), ("312 b", "4", " y", True),
        ("3124", "4", " y", False), ("3124", "x ", "5", False), ("3124", "4", "5", True),
        ("12", "", "", True), ("a 12.5", "x ", ". But", False), ("a 12. 5", "x ", "", True),
        ("1.12", "x ", "", False), ("1.12", "3.", "", True), (" .12", "x ", "", True),
    ],
)  # fmt: skip
def test_a_passage_of_whole_words_is_kept_only_among_other_words(
    text: str, prefix: str, suffix: str, kept: bool
) -> None:
    assert keeps_word_ends(text, text.index("12"), "12", prefix, suffix) is kept


@pytest.mark.parametrize(
    ("left", "right", "splits"),
    [
        ("", "a", False), ("a", "", False), ("a", "b", True), ("a", " b", False), ("a ", "b", False),
        ("a", "X", True), ("X", "a", True), (" X", " a", False), ("a1", ".5a", True), ("a1.", "5a", True),
        ("1", ",a", False), ("a", ".5", False), ("a.", "5", False), ("1.", "a", False), ("e", "\u0301", True),
        ("e\u0301", "a", True), (" ", "\u0301", True), ("e\u0301", " ", False), ("1", ".", False), (".", "5", False),
    ],
)  # fmt: skip
def test_a_border_is_within_a_word_or_a_number_or_between_two(left: str, right: str, splits: bool) -> None:
    assert splits_word(left, right) is splits


@pytest.mark.parametrize(
    ("known", "other", "alike"),
    [
        (("abcd", "efgh"), ("abcd", "efgh"), 1.0),
        (("abcd", "efgh"), ("XYabcd", "efghXY"), 1.0),
        (("abcd", ""), ("abcd", "efgh"), 1.0),
        (("", "efgh"), ("abcd", "efgh"), 1.0),
        (("abcd", "efgh"), ("abcd", "XYZU"), 0.5),
        (("abcd", "efgh"), ("ab", ""), pytest.approx(0.4)),
        (("abcd", "ef"), ("abXY", "e"), pytest.approx(6 / 11)),
        (("abcd", "efgh"), ("", ""), 0.0),
        (("", ""), ("abcd", "efgh"), 0.0),
    ],
)
def test_two_contexts_are_as_like_as_what_both_have_near_the_passage(
    known: tuple[str, str], other: tuple[str, str], alike: float
) -> None:
    assert context_likeness(known, other) == alike


@pytest.mark.parametrize(("end", "alike"), [("", 0.9995), ("d", 1 / 3)])
def test_passages_of_more_than_2000_code_points_are_compared_by_words(end: str, alike: float) -> None:
    left, right = ("abcd " + last + " " * 1_990 + "x" for last in ("abcd", "abce"))
    assert likeness(left, right + end, at_least=0.1) == pytest.approx(alike)


# The text as a reader sees it


def test_a_text_is_folded_to_what_a_reader_sees() -> None:
    assert fold("a\r\nb\u00ad\u200fc\u00a0d\te") == "a bc d e"
    assert fold("a\r\nb\tc d-e") == "a b c d-e"  # no more than ASCII
    assert fold("“”„‟«»″ ‘’‚‛′ -‐–—") == '""""""" \'\'\'\'\' ----'
    assert fold("Éﬁ½ 한_€") == "E\u0301fi1\u20442 \u1112\u1161\u11ab_€"


def test_a_span_of_the_folded_text_is_one_of_the_text() -> None:
    folded = FoldedText("Éﬁ ½ e\u00ad—x", set())
    assert folded.text == "E\u0301fi 1\u20442 e-x"
    spans = [Span(0, 2), Span(2, 3), Span(3, 5), Span(5, 8), Span(9, 11), Span(10, 12)]
    assert [folded.origin(span) for span in spans] == [(0, 1), (1, 2), (1, 3), (3, 4), (5, 8), (7, 9)]
    assert FoldedText("plain", set()).origin(Span(1, 4)) == (1, 4)


def test_the_shingles_of_a_short_passage_are_all_and_of_a_long_one_about_64() -> None:
    assert list(sample_shingles("abcd")) == []
    assert list(sample_shingles("abcdefg")) == [(0, "abcde"), (1, "bcdef"), (2, "cdefg")]
    long = "".join(chr(0x4E00 + n) for n in range(133))
    assert list(sample_shingles(long)) == [(at, long[at : at + 5]) for at in range(0, 129, 2)]
    assert list(sample_shingles(long[:-1])) == [(at, long[at : at + 5]) for at in range(128)]


def test_a_shingle_is_indexed_where_it_occurs_up_to_64_times() -> None:
    text = "abcde" + "12345" * 64 + "vwxyz" * 65 + "fghij"
    folded = FoldedText(text, {"abcde", "12345", "vwxyz", "fghij", "absen", "abc"})
    assert folded.shingle_offsets == {
        "abcde": [0], "12345": list(range(5, 325, 5)), "fghij": [650], "absen": []
    }  # fmt: skip
    assert list(folded.occurrences("abcde1")) == [0]
    assert list(folded.occurrences("123451")) == list(range(5, 320, 5))
    assert list(folded.occurrences("fgh")) == [650]


def test_borders_are_those_from_the_first_offset_to_the_last() -> None:
    folded = FoldedText("ab Xc 1.5 e.e\u0301a \u0301", set())
    assert folded.borders_between(0, 99) == [0, 2, 3, 5, 6, 9, 10, 11, 12, 15, 17]
    assert list(folded.borders_between(2, 9)) == [2, 3, 5, 6, 9]
