"""The cues of captions in a text, and where they are after an edit: no Django."""

import pytest

from claims.anchoring.cues import MAX_COMPARISONS, Cue, fit, moved, spoken

OLD = "Anna: \U0001f600 We will not pay a cent.\n\nTom: The bridge is closed. It was never open."
CUES = [Cue(6, 31, 1000, 4500), Cue(38, 59, 5000, 7000), Cue(60, 78, 7000, 9000)]


def after(new: str) -> list[tuple[str, int]]:
    """The words of each cue in the new text, and when it begins."""
    assert fit(moved(CUES, OLD, new), new)
    return [(new[cue.start : cue.end], cue.begins) for cue in moved(CUES, OLD, new)]


ALL = [("\U0001f600 We will not pay a cent.", 1000), ("The bridge is closed.", 5000), ("It was never open.", 7000)]


def test_the_cues_of_these_tests_are_the_sentences() -> None:
    assert after(OLD) == ALL


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        (8, 12, (1.0, 4.5)),
        (38, 59, (5.0, 7.0)),
        (27, 40, (1.0, 7.0)),
        (59, 60, None),
        (0, 6, None),
        (31, 38, None),
        (77, 200, (7.0, 9.0)),
    ],
)
def test_a_passage_is_spoken_from_its_first_cue_to_its_last(
    start: int, end: int, seconds: tuple[float, float] | None
) -> None:
    assert spoken(CUES, start, end) == seconds


def test_of_cues_that_overlap_in_time_the_earliest_begin_and_the_latest_end_count() -> None:
    assert spoken([Cue(0, 5, 3000, 9000), Cue(6, 9, 1000, 2000)], 0, 9) == (1.0, 9.0)


@pytest.mark.parametrize(
    ("new", "cues"),
    [
        ("\U0001f600\U0001f600 Intro.\n\n" + OLD, ALL),
        (OLD.replace("Anna: ", "ANNA REYES: "), ALL),
        (OLD.replace("not pay", "never pay"), [("\U0001f600 We will never pay a cent.", 1000), *ALL[1:]]),
        (OLD.upper(), [(words.upper(), begins) for words, begins in ALL]),
        (OLD.replace("The bridge is closed. ", ""), [ALL[0], ALL[2]]),
        ("\n\n".join(reversed(OLD.split("\n\n"))), [*ALL[1:], ALL[0]]),
        (OLD.replace("bridge is", "bridge\n\nis"), [ALL[0], ("The bridge\n\nis closed.", 5000), ALL[2]]),
        (OLD.replace("\U0001f600 We will not pay a cent.", "Nobody here can say a word."), ALL[1:]),
        ("Something else.", []),
        ("", []),
    ],
    ids=[
        "put before",
        "a label",
        "a word",
        "capitals",
        "a sentence cut",
        "paragraphs",
        "a break",
        "rewritten",
        "other",
        "empty",
    ],
)
def test_cues_move_with_their_words(new: str, cues: list[tuple[str, int]]) -> None:
    assert after(new) == cues


def test_the_same_words_again_and_again_keep_their_own_times() -> None:
    old = " ".join(["No."] * 6)
    cues = [Cue(4 * n, 4 * n + 3, 1000 * n, 1000 * n + 500) for n in range(6)]
    assert [cue.begins for cue in moved(cues, old, "Well. " + old)] == [0, 1000, 2000, 3000, 4000, 5000]


def test_of_two_long_texts_without_a_common_paragraph_no_cue_is_kept_rather_than_compared_for_long() -> None:
    old, new = "a " * 200_000, "b " * 200_000
    assert MAX_COMPARISONS < 200_000**2
    assert moved([Cue(0, 9, 0, 1)], old, new) == []


@pytest.mark.parametrize(
    "cue",
    [Cue(3, 3, 0, 1), Cue(5, 4, 0, 1), Cue(0, 100, 0, 1), Cue(-1, 4, 0, 1), Cue(0, 4, 5, 4), Cue(0, 4, -1, 4)],
)
def test_what_is_no_range_does_not_fit(cue: Cue) -> None:
    assert not fit([cue], OLD)


def test_cues_that_overlap_in_the_text_do_not_fit() -> None:
    assert fit([Cue(0, 4, 0, 1), Cue(4, 6, 0, 1)], OLD)
    assert not fit([Cue(0, 4, 0, 1), Cue(3, 6, 0, 1)], OLD)
