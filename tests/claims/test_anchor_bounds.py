"""The clues by which a passage is found again, each at its bounds."""

import pytest

from claims.anchoring import anchors
from claims.anchoring.anchors import Selector, Span

CHARACTERS = "".join(chr(0x4E00 + n) for n in range(6_000))  # no two alike


def at(start: int | None, passage: str = "x" * 10) -> Selector:
    return Selector(passage, "", "", start)


@pytest.mark.parametrize(
    ("start", "found"),
    [(0, 0), (942, 942), (943, None), (3_000, None), (5_048, None), (5_049, 5_051), (5_900, 5_902), (None, None)],
)
def test_a_passage_2048_code_points_from_the_edit_stays_or_moves_with_the_text(
    start: int | None, found: int | None
) -> None:
    head, tail = CHARACTERS[:3_000], CHARACTERS[3_000:]
    old, new = f"{head}x{tail}", f"{head}yyy{tail}"
    assert anchors._outside_the_edit(anchors._Edit.between(old, new), at(start)) == found
    assert anchors._outside_the_edit(anchors._Edit.between(old, old), at(start)) == start


def test_where_the_beginning_and_the_end_contradict_each_other_neither_counts() -> None:
    old, new = "ab" * 5_000, "ab" * 4_999
    edit = anchors._Edit.between(old, new)
    assert [anchors._outside_the_edit(edit, at(start)) for start in (0, 2_049, 2_050, 7_940, 7_941)] == [
        0, 2_049, None, None, 7_939
    ]  # fmt: skip


def test_the_old_text_corrects_a_place_that_does_not_hold_the_passage() -> None:
    old = "He said no. She frowned. He said no."
    first = Selector("He said no", "", ". She frowned. He said no.", 0)
    second = Selector("He said no", "He said no. She frowned. ", ".", 25)
    for start in (None, -1, -11, 3, 400):
        assert anchors._located(old, Selector("He said no", "She frowned. ", ".", start)) == second
        assert anchors._located(old, Selector("He said no", "", "", start)) == Selector("He said no", "", "", None)
    assert anchors._located(old, Selector("He said no", "She frowned. ", ".", 0)) == first
    assert anchors._located(old, Selector("He said no", "", "", 25)) == second


@pytest.mark.parametrize(
    ("old", "new", "prefix", "suffix", "found"),
    [
        ("12345 said no 12345678", "x12345 said no 12345678", "12345 ", " 123456", 7),  # of 20 code points
        ("12345 said no 12345678", "x12345 said no 12345678", "12345 ", " 12345", None),
        ("12345 said no 12345678", "12345 said yes 12345678", "12345 ", " 12345678", None),
        ("12345 said no 12345678", "12345 said no 12345678" * 2, "12345 ", " 12345678", None),
        ("12345 said no 12345678" * 2, "12345 said no 12345678", "12345 ", " 12345678", None),
        ("12345 said no 12345678 ab", "12345 said no 12345678 cd", "", "", None),
    ],
)
def test_a_passage_is_found_by_what_surrounds_it_if_both_texts_have_that_once(
    old: str, new: str, prefix: str, suffix: str, found: int | None
) -> None:
    known = Selector("said no", " ", " ", 6)
    assert anchors._unique_start(old, new, known, prefix, suffix) == found


def test_a_passage_that_became_a_part_of_a_longer_word_is_not_found_by_its_words_alone() -> None:
    known = Selector("the talks had failed", " ", ".", 3)
    assert anchors._unique_start("So the talks had failed.", "But the talks had failed.", known, "", "") == 4
    assert anchors._unique_start("So the talks had failed.", "Bathe talks had failed.", known, "", "") is None
    assert anchors._unique_start("So the talks had failed.", "Breathe talks had failed.", known, "", "") is None


def test_a_paragraph_reaches_from_line_to_line_and_no_farther_than_2048_code_points() -> None:
    text = "one\ntwo X three\nfour\nfive"
    assert anchors._rest_of_paragraph(text, Span(8, 9)) == ("two ", " three")
    assert anchors._rest_of_paragraph("two X three", Span(4, 5)) == ("two ", " three")
    before, after = anchors._rest_of_paragraph("a" * 3_000 + "X" + "b" * 3_000, Span(3_000, 3_001))
    assert (before, after) == ("a" * 2_048, "b" * 2_048)


PASSAGE = "the talks in Geneva had collapsed"  # of 33 code points


@pytest.mark.parametrize(
    ("passage", "between", "is_rewritten"),
    [
        (PASSAGE, "the talks in Genova had collapsed", True),
        (PASSAGE, "  the talks in Genova had collapsed  ", True),
        (PASSAGE, "nobody had an answer to any of it", False),
        (PASSAGE, f"now {PASSAGE}", False),
        (PASSAGE, "", False),
        (PASSAGE, " ", False),
        ("said no at last", "x", True),
        ("said no at last", "x" * 73, True),  # 2 * 15 + 48, with the suffix
        ("said no at last", "x" * 74, False),
        ("19 code points long", "x", True),
        ("20 code points, long", "x", False),
        ("abcdefghijklmnopqrst", "abcdefghijklmn......", True),  # alike by MIN_LIKENESS
        ("abcdefghijklmnopqrst", "abcdefghijklm.......", False),
    ],
)
def test_other_words_between_the_old_neighbours_are_a_rewrite(passage: str, between: str, is_rewritten: bool) -> None:
    known = Selector(passage, "He: ", " She:", 4)
    text = f"He: {between} She: nothing. She: nothing."
    assert anchors._rewritten_in_place(text, known) is is_rewritten
    assert anchors._rewritten_in_place(f"He:  She: He: {between} She: nothing.", known) is is_rewritten
    assert anchors._rewritten_in_place(text, Selector(passage, "", " She:", 4)) is False
    assert anchors._rewritten_in_place(text, Selector(passage, "He: ", "", 4)) is False


@pytest.mark.parametrize(("places", "is_rewritten"), [(20, True), (21, False)])
def test_the_first_20_places_of_the_old_neighbours_are_looked_at(places: int, is_rewritten: bool) -> None:
    text = "He:  She: " * (places - 1) + "He: yes She:"
    assert anchors._rewritten_in_place(text, Selector("no", "He: ", " She:", 4)) is is_rewritten


def test_a_place_is_contested_if_a_double_has_more_of_its_context_on_either_side() -> None:
    old = "A said no. B said no. C"
    known = Selector("said no", "A ", ". B said no. C", 2)
    assert anchors._is_contested(old, "A said no. C", known, 2) is True
    assert anchors._is_contested(old, "A said no. B", known, 2) is False
    assert anchors._is_contested(old, "B said no. B", known, 2) is True
    assert (
        anchors._is_contested("A said no. A said no. ", "A said no. ", Selector("said no", "A ", ". A", 2), 2) is False
    )
    assert anchors._is_contested(old, "A said no. C", Selector("said no", "A ", ". C", None), 2) is False


@pytest.mark.parametrize(("common", "is_contested"), [(600, True), (2_040, True), (2_047, True), (2_048, False)])
def test_a_double_contests_a_place_by_up_to_2048_code_points_of_context(common: int, is_contested: bool) -> None:
    shared = CHARACTERS[:3_000]
    first, second = f"{shared[-common:]}said no", f"{shared}said no"
    old = f"y{first}?{second}!"
    assert anchors._is_contested(old, f"{second}?", Selector("said no", "", "", common + 1), 3_000) is is_contested


@pytest.mark.parametrize(
    ("passage", "prefix", "suffix", "found"),
    [
        ("the talk", "", "s in", Span(9, 17)),  # the caller's passage ends within a word too
        ("the talk", "", " in", None),
        ("eard the", "h", " walk", Span(4, 12)),
        ("eard the", " ", " walk", None),
        ("heard the", "", " walk", Span(3, 12)),
    ],
)
def test_a_part_of_a_word_is_found_alone_if_the_context_says_that_it_is_one(
    passage: str, prefix: str, suffix: str, found: Span | None
) -> None:
    text = "We heard the talkers."
    if found:
        assert anchors.find_passage(text, passage, prefix, suffix) == found
    else:
        with pytest.raises(anchors.PassageNotFound):
            anchors.find_passage(text, passage, prefix, suffix)
