"""What is left of a passage whose words were changed: which places are looked at, and which of them is the best."""

import pytest

from claims.anchoring import near_matches
from claims.anchoring.anchors import Selector, Span
from claims.anchoring.near_matches import NearMatches


def near(text: str, passage: str = "", prefix: str = "", suffix: str = "") -> NearMatches:
    return NearMatches(text, [Selector(passage, prefix, suffix, None)])


def best(
    text: str, passage: str, prefix: str = "", suffix: str = "", start: int | None = None
) -> tuple[Span, float] | None:
    known = Selector(passage, prefix, suffix, start)
    return NearMatches(text, [known]).best(known)


REFRAIN = "The minister said that the bridge is closed. Nobody asked. "
ALIKE = "the minister said that this bridge is closed"


@pytest.mark.parametrize(("start", "nearest"), [(None, 0), (0, 0), (30, 59), (60, 59), (90, 118), (500, 118)])
def test_of_places_that_fit_equally_well_the_nearest_to_the_old_one_is_best(start: int | None, nearest: int) -> None:
    span, words = best(REFRAIN * 3, ALIKE, start=start) or (None, None)
    assert (span, words) == (Span(nearest, nearest + 43), pytest.approx(82 / 87))


def test_of_places_with_the_same_words_the_one_with_the_old_context_is_best_however_far() -> None:
    text = "Ruiz: the bridge over the river is shut. Okafor: the bridge over the river is shut. "
    span, words = best(text, "the bridge over that river is shut", "Okafor: ", ". ", start=0) or (None, None)
    assert (span, words) == (Span(49, 82), pytest.approx(64 / 67))
    known = Selector("the bridge over that river is shut", "Okafor: ", ". ", 0)
    assert NearMatches(text, [known]).all_best(known) == ([Span(49, 82)], words)


@pytest.mark.parametrize(
    ("text", "passage", "prefix", "suffix", "found"),
    [
        ("abcxyno", "no", "abcde", "", (Span(5, 7), 1.0)),  # a context of exactly SAME_CONTEXT
        ("abuxyno", "no", "abcde", "", None),
        ("say no", "no", "", "", (Span(4, 6), 1.0)),
        ("say no", "no", "", "!?", None),
        ("say it", "\u00ad\u00ad", "say ", " it", None),
        ("\u00ad", "a passage of many words", "", "", None),
        ("", "a passage of many words", "", "", None),
    ],
)
def test_the_same_few_words_count_only_in_the_same_context(
    text: str, passage: str, prefix: str, suffix: str, found: tuple[Span, float] | None
) -> None:
    assert best(text, passage, prefix, suffix) == found


# The places looked at


def test_half_of_the_old_context_leads_to_a_place_and_the_other_half_ends_it() -> None:
    prefix, suffix = "and not: 0123456789abcdef", "ABCDEFGHIJKLMNOPQRST"
    text = "0123456789abcdef" + "new words" + "ABCDEFGHIJKLMNOP" + "x" * 20 + "ABCDEFGHIJKLMNOP" + "x" * 30
    spans = list(near(text)._by_half_context("passage", prefix, suffix))
    assert spans == [Span(16, 25), Span(18, 25), Span(54, 61)]
    assert list(near(text)._by_half_context("passage", prefix, "")) == [Span(16, 23)]
    assert list(near(text)._by_half_context("passage", "", suffix)) == [Span(18, 25), Span(54, 61)]
    assert list(near(text)._by_half_context("passage", "", "")) == []


@pytest.mark.parametrize(("between", "end"), [(0, 12), (1, 6), (6, 11), (53, 58), (54, 59), (57, 62), (58, 12)])
def test_a_place_ends_at_the_old_context_up_to_twice_the_passage_and_48_code_points_on(between: int, end: int) -> None:
    text = "Said " + "x" * between + " then" + "y" * 99
    assert next(near(text)._by_half_context("passage", "Said ", " then")) == Span(5, end)


def test_only_the_first_three_places_of_a_context_are_looked_at() -> None:
    text = "<passage>" * 5
    spans = list(near(text)._by_half_context("message", "<", ">"))
    assert spans == [Span(at, at + 7) for at in (1, 10, 19, 1, 10, 19)]


def test_a_place_with_the_old_context_but_quite_other_words_is_no_candidate() -> None:
    """Nor is a place named twice where two clues lead to it."""
    text = (
        "She told the BBC nothing whatsoever of note. Then the bridge under the river fell. The bridge over the river!"
    )
    passage, prefix = "the bridge over the river", "she told the BBC "
    assert near(text, passage, prefix)._candidates(passage, prefix, "", 0) == {Span(50, 76), Span(83, 108)}


HALVES = "abcdefghij", "klmnopqrst"


@pytest.mark.parametrize(("between", "spans"), [(16, [(0, 36)]), (17, [(0, 20), (17, 37)])])
def test_pieces_shifted_by_more_than_16_code_points_are_two_places(between: int, spans: list[Span]) -> None:
    passage, text = "".join(HALVES), ("." * between).join(HALVES)
    assert list(near(text, passage)._by_shingles(passage, 0)) == spans


@pytest.mark.parametrize(("between", "count"), [(18, 1), (19, 2)])
def test_in_a_long_passage_an_eighth_of_it_may_lie_between(between: int, count: int) -> None:
    first, second = ("".join(chr(start + n) for n in range(72)) for start in (0x4E00, 0x5E00))
    passage, text = first + second, first + "." * between + second
    assert len(list(near(text, passage)._by_shingles(passage, 0))) == count


@pytest.mark.parametrize(("old_start", "starts"), [(0, [43, 3, 23]), (60, [43, 63, 23]), (25, [43, 23, 3])])
def test_the_three_places_with_most_pieces_are_taken_of_equals_the_nearest(old_start: int, starts: list[int]) -> None:
    """The pieces of `abcdefg` are three."""
    text = f"...abcdef{'.' * 14}abcdef{'.' * 14}abcdefg{'.' * 13}abcdef{'.' * 14}abcde{'.' * 30}"
    spans = list(near(text, "abcdefg")._by_shingles("abcdefg", old_start))
    assert spans == [Span(at, at + 7) for at in starts]


def test_a_place_begins_and_ends_where_most_of_its_first_and_last_five_pieces_say() -> None:
    """Of this passage every tenth code point begins a piece."""
    shifts = {0: 13, 1: 13, 2: 15, 3: 15, 4: 15, 5: 12, 59: 12, 60: 13, 61: 13, 62: 25, 63: 25, 64: 25}
    passage = "".join(f"{n:05}<--" + chr(0x4E00 + n) + ">" for n in range(65))[:645]
    text = ["."] * 700
    for n, shift in shifts.items():
        text[10 * n + shift : 10 * n + shift + 5] = f"{n:05}"
    assert list(near("".join(text), passage)._by_shingles(passage, 0)) == [Span(15, 25 + 645)]


def test_pieces_are_looked_up_from_the_rarest_on_until_256_places_are_known() -> None:
    assert near("..abcdefg.cdefg", "abcdefg")._shifts("abcdefg") == [(2, 0), (2, 1), (2, 2), (8, 2)]
    passage = "abcdefghi"
    shifts = near((passage + ".") * 64, passage)._shifts(passage)
    assert shifts == [(10 * at, offset) for at in range(64) for offset in (0, 1, 2, 3)]
    assert near("nothing", passage)._shifts(passage) == []


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [(-3, 2, (0, 2)), (0, 0, (0, 1)), (2, 1, (2, 3)), (1, 3, (1, 3)), (4, 9, (4, 6)), (9, 12, (5, 6)), (5, 5, (5, 6))],
)
def test_a_place_has_at_least_one_code_point_of_the_text(start: int, end: int, span: tuple[int, int]) -> None:
    assert near("abcdef")._clipped(start, end) == span


def test_the_ends_of_a_place_are_tried_from_the_nearest_on() -> None:
    places = near("ab cd ef")
    assert places._possible_ends(3, 0, 8, False) == [3, 2, 5, 0, 6, 8]
    assert places._possible_ends(3, 2, 5, False) == [3, 2, 5]
    assert places._possible_ends(3, 1, 5, True) == [3, 2, 4, 1, 5]
    assert sorted(near("x" * 200)._possible_ends(100, 0, 200, True)) == list(range(52, 149))


@pytest.mark.parametrize(
    ("left", "right", "is_same"),
    [
        ((20, 50), (20, 50), True), ((20, 50), (32, 62), True), ((32, 62), (20, 50), True), ((20, 50), (32, 50), True),
        ((20, 50), (33, 50), False), ((33, 50), (20, 50), False), ((20, 50), (20, 63), False),
    ],
)  # fmt: skip
def test_two_places_are_one_if_neither_end_is_more_than_12_code_points_off(
    left: tuple[int, int], right: tuple[int, int], is_same: bool
) -> None:
    assert near_matches._is_same_place(Span(*left), Span(*right)) is is_same


@pytest.mark.parametrize(
    ("character", "old", "may"),
    [
        ("b", "a", True), ("1", "a", True), ("$", "a", True), ("\u0301", "a", True), ("“", "“", True), ("a", "“", True),
        (" ", "a", False), (",", "a", False), ("\x00", "a", False), (" ", "“", False), ("\t", " ", True),
        ("a", " ", False),
    ],
)  # fmt: skip
def test_a_passage_that_began_with_a_letter_does_not_begin_with_a_space_or_a_comma(
    character: str, old: str, may: bool
) -> None:
    assert near_matches._may_replace(character, old) is may


# Where the best place begins and ends


@pytest.mark.parametrize(
    ("text", "known", "found"),
    [
        (  # the more alike of two places that overlap is taken, though the other ends later
            "Call the over it readout evening closed it closed not and. l the readout it over evening closed it "
            "closed not and. Does arrests river of does. ",
            Selector("it readout evening closed it closed", "d it closed not and. l the over ", " not and. Does", 70),
            "readout it over evening closed it closed",
        ),
        (  # after its new beginning the end is sought again
            "Nobody mayor had mayor nobody geneva over. Mention geneva the! ConfGeneva a a no nobody arrests was "
            "nobody to on confirmed!\n\nirmed a mention geneva! va theGeneva in yes police police was monday geneva "
            "over?\n\n! Confirmed a mention geneva! ",
            Selector(
                "geneva over. Mention geneva the! Confirmed",
                "Nobody mayor had mayor nobody ",
                " a mention geneva! ",
                30,
            ),
            "geneva over. Mention geneva the! ConfGeneva",
        ),
        (  # an end may split a word if the old one did
            "So the talk in Geneva failed at last.",
            Selector("the talks in Gen", "So ", "eva failed at last.", 3),
            "the talk in Gen",
        ),
        (
            "So the Geneva talk had failed at last.",
            Selector("eva talks had failed", "So the Gen", " at last.", 10),
            "eva talk had failed",
        ),
        (  # the old context says where a rewritten end is
            "So the talks in Geneva had now collapsed for good last night, they said.",
            Selector("the talks in Geneva had collapsed", "So ", " last night, they said.", 3),
            "the talks in Geneva had now collapsed for good",
        ),
    ],
)
def test_a_place_is_adjusted(text: str, known: Selector, found: str) -> None:
    span, _ = NearMatches(text, [known]).best(known) or (Span(0, 0), 0)
    assert text[slice(*span)] == found
