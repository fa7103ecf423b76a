"""Which passage a request means, in every way to say it, and what a statement that is pinned to it holds."""

import pytest

from claims.models import Article, Statement
from claims.passages import context_note, find_span, pin_anchored, pop_passage
from factcheck.errors import FieldError, InvalidInput, Unprocessable

ARTICLE = Article(
    text="The bridge is closed. She said no. He said: no. The bridge is closed! Others said no. Why?", revision=3
)
LONG = Article(text=f"{'x' * 20_000} {'y' * 20_001} end", revision=1)
SHE = {"start": 26, "end": 34, "prefix": "The bridge is closed. She ", "suffix": " He said: no. The bridge is clos"}
OTHERS = {"start": 77, "end": 85, "prefix": "o. The bridge is closed! Others ", "suffix": " Why?"}
SAID_NO = [SHE | {"text": "said no."}, OTHERS | {"text": "said no."}]


@pytest.mark.parametrize(
    ("article", "passage", "span"),
    [
        (ARTICLE, {"start": 0, "end": 1}, (0, 1)),
        (ARTICLE, {"start": 86, "end": 90}, (86, 90)),
        (ARTICLE, {"start": 22, "end": 34, "text": "She said no."}, (22, 34)),
        (ARTICLE, {"text": "Why?"}, (86, 90)),
        (ARTICLE, {"text": "Why?", "prefix": None, "suffix": None}, (86, 90)),
        (ARTICLE, {"text": "said no.", "prefix": "Others "}, (77, 85)),
        (ARTICLE, {"text": "said no.", "suffix": " He"}, (26, 34)),
        (ARTICLE, {"text": "no. ", "prefix": "said ", "suffix": "Why"}, (82, 86)),
        (ARTICLE, {"text": "Others said no", "prefix": "? ", "suffix": "!"}, (70, 84)),
        (LONG, {"text": "x" * 20_000}, (0, 20_000)),
        (LONG, {"start": 20_001, "end": 40_001}, (20_001, 40_001)),
    ],
)
def test_a_passage_is_named_by_its_place_or_by_its_text_and_what_stands_around_it(article, passage, span):
    assert find_span(article, passage) == span


@pytest.mark.parametrize(
    ("passage", "name", "code", "detail"),
    [
        ({}, "text", "required", "Give the passage: start and end, or text."),
        ({"prefix": "She ", "suffix": " He"}, "text", "required", "Give the passage: start and end, or text."),
        ({"start": 0}, "end", "required", "start and end go together."),
        ({"end": 4, "text": "The "}, "start", "required", "start and end go together."),
        ({"start": 5, "end": 5}, "end", "range", "end must be greater than start: it is exclusive."),
        ({"start": 6, "end": 5}, "end", "range", "end must be greater than start: it is exclusive."),
        ({"start": 0, "end": 40_007}, "end", "beyond_text",
         "The article ends at 40006. Offsets are Unicode code points."),
        ({"start": 20_001, "end": 40_002}, "text", "max_length", "A passage has at most 20000 code points."),
        ({"text": "y" * 20_001}, "text", "max_length", "A passage has at most 20000 code points."),
        ({"text": "z" * 20_001}, "text", "max_length", "A passage has at most 20000 code points."),
    ],
)  # fmt: skip
def test_what_names_no_range_of_a_text_is_refused_with_the_field_that_is_wrong(passage, name, code, detail):
    with pytest.raises(InvalidInput) as refused:
        find_span(LONG, passage)
    assert (refused.type, refused.value.detail, refused.value.errors, refused.value.members) == (
        InvalidInput, f"{name}: {detail}", [FieldError(f"#/{name}", code, detail)], {},
    )  # fmt: skip


ONCE = "The article does not hold this passage word for word."
TWICE = "The article holds this passage more than once, but nowhere between this prefix and suffix."


@pytest.mark.parametrize(
    ("article", "passage", "code", "detail", "members"),
    [
        (ARTICLE, {"start": 22, "end": 34, "text": "She said so."}, "mismatch",
         "From 22 to 34 the article says 'She said no.'.", {}),
        (LONG, {"start": 0, "end": 81, "text": "z"}, "mismatch", f"From 0 to 81 the article says '{'x' * 80}'.", {}),
        (ARTICLE, {"text": "said no."}, "ambiguous",
         "The passage occurs 2 times in the article. Add prefix or suffix, or send start and end.",
         {"candidates": SAID_NO}),
        (ARTICLE, {"text": "said no.", "prefix": "They "}, "not_found",
         f"{TWICE} These places fit equally well: 26, 77.", {"nearest": SAID_NO[0], "candidates": SAID_NO}),
        (ARTICLE, {"text": "said no.", "prefix": "They ", "suffix": " Why"}, "not_found", TWICE,
         {"nearest": SAID_NO[1]}),
        (ARTICLE, {"text": "Others  said no."}, "not_found", ONCE, {"nearest": {
            "start": 70, "end": 85, "prefix": "said: no. The bridge is closed! ", "suffix": " Why?",
            "text": "Others said no."}}),
        (ARTICLE, {"text": "The bridge was closed"}, "not_found", f"{ONCE} These places fit equally well: 0, 48.", {
            "nearest": {
                "start": 0, "end": 20, "prefix": "", "suffix": ". She said no. He said: no. The ",
                "text": "The bridge is closed"},
            "candidates": [
                {"start": 0, "end": 20, "prefix": "", "suffix": ". She said no. He said: no. The ",
                 "text": "The bridge is closed"},
                {"start": 48, "end": 68, "prefix": "osed. She said no. He said: no. ",
                 "suffix": "! Others said no. Why?", "text": "The bridge is closed"}]}),
        (ARTICLE, {"text": "Nobody speaks of anything here."}, "not_found", ONCE, {}),
    ],
)  # fmt: skip
def test_a_passage_that_does_not_fit_the_text_is_refused_with_the_places_that_do(
    article, passage, code, detail, members
):
    with pytest.raises(Unprocessable) as refused:
        find_span(article, passage)
    assert (refused.value.detail, refused.value.errors, refused.value.members) == (
        detail, [FieldError("#/text", code, detail)], members,
    )  # fmt: skip


def test_a_passage_is_taken_out_of_the_fields_of_a_request_without_what_is_null():
    fields = {"start": 0, "end": 4, "text": "", "prefix": None, "tag": None, "source": 5}
    assert pop_passage(fields) == {"start": 0, "end": 4, "text": ""}
    assert fields == {"tag": None, "source": 5}


def held(statement):
    names = ("start", "end", "text", "prefix", "suffix", "revision", "anchor", "candidate")
    return {name: getattr(statement, name) for name in names}


PINNED = SHE | {"text": "said no.", "revision": 3, "anchor": "anchored", "candidate": None}


@pytest.mark.parametrize(
    "before",
    [{"start": 25}, {"end": 33}, {"revision": 2}, {"anchor": "needs_review", "candidate": {"start": 1}}],
)
def test_a_statement_is_pinned_to_a_passage_of_the_present_text_and_is_in_no_doubt(before):
    statement = Statement(**PINNED | {"text": "Before.", "prefix": "Before", "suffix": "Before"} | before)
    assert pin_anchored(statement, ARTICLE, find_span(ARTICLE, {"start": 26, "end": 34})) is True
    assert held(statement) == PINNED


def test_a_statement_that_is_pinned_there_already_stays_as_it_is():
    statement = Statement(**PINNED | {"text": "Before."})
    assert pin_anchored(statement, ARTICLE, find_span(ARTICLE, {"start": 26, "end": 34})) is False
    assert held(statement) == PINNED | {"text": "Before."}


@pytest.mark.parametrize(
    ("passage", "wrong"),
    [
        ({}, ""),
        ({"prefix": None, "suffix": None}, ""),
        ({"prefix": "She ", "suffix": " He"}, ""),
        ({"prefix": SHE["prefix"], "suffix": SHE["suffix"] + "ed"}, ""),
        ({"prefix": "x" + SHE["prefix"]}, "prefix"),
        ({"prefix": "he"}, "prefix"),
        ({"prefix": "ehS "}, "prefix"),
        ({"prefix": "She ", "suffix": "He"}, "suffix"),
        ({"prefix": "He ", "suffix": "x" + SHE["suffix"]}, "prefix and suffix"),
        ({"suffix": "XX"}, "suffix"),
    ],
)
def test_a_context_that_does_not_stand_around_the_passage_is_named(passage, wrong):
    note = f"The passage was taken where the text holds it, but not with this {wrong}."
    assert context_note(Statement(**PINNED), passage) == (note if wrong else "")
