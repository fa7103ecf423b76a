"""What a sentence leaves open is settled by those around it."""

from typing import Any

import pytest

from claims.suggesting.suggestions import suggest
from tests.claims.suggesting.cards import chains, said


def test_a_quotation_alone_goes_on_with_the_speaker_before() -> None:
    text = "“We are done,” Smith said. “There is no more to say.”"
    assert said(text) == [("Smith", "said", text)]


def test_so_it_does_in_the_next_paragraph() -> None:
    text = "“We are done,” Smith said.\n\n“There is no more to say about it.”"
    assert said(text)[1] == ("Smith", None, "“There is no more to say about it.”")


def test_a_quotation_that_is_not_closed_goes_on_in_the_next_paragraph() -> None:
    text = "Smith said: “We are done with all of this.\n\n“There is no more to say.”"
    assert said(text) == [("Smith", "said", text.removeprefix("Smith said: "))]


def test_a_colon_at_the_end_announces_the_next_paragraph() -> None:
    text = "The minister of works disagreed:\n\n“This is not how it was.”"
    assert said(text) == [("The minister of works", "disagreed", "“This is not how it was.”")]


def test_a_statement_announced_before_a_full_stop() -> None:
    text = "Ann Smith said in a statement. “The bridge is closed for good.”"
    assert said(text) == [("Ann Smith", "said", "“The bridge is closed for good.”")]


def test_a_signature_names_the_speaker() -> None:
    quotation = "“Nothing is built until it is broken.”"
    assert said(f"{quotation} — Ann Smith") == [("Ann Smith", "—", quotation)]
    assert said(f"{quotation}\n— Ann Smith") == [("Ann Smith", "—", quotation)]


def test_a_long_quotation_without_a_cue_is_offered_without_a_speaker() -> None:
    assert said("A sign hung there: “No entry for any car or cart.”") == [
        (None, None, "“No entry for any car or cart.”")
    ]


def test_a_quotation_ends_no_sentence_and_hides_its_cues() -> None:
    text = "“We told him so. He left,” Ann Smith said."
    assert said(text) == [("Ann Smith", "said", "“We told him so. He left,”")]


def test_a_sentence_behind_a_quotation_is_its_tag_only_if_it_has_no_content_of_its_own() -> None:
    text = "“It is all over now, my friends.” Ann Smith said that it was late."
    assert said(text) == [(None, None, "“It is all over now, my friends.”"), ("Ann Smith", "said", "that it was late")]


def test_a_title_is_no_first_name() -> None:
    assert [card.speaker and card.speaker.name for card in suggest("President Smith came. Smith said it was old.")] == [
        None
    ]


def test_a_full_name_is_given_for_a_surname_and_for_a_pronoun() -> None:
    text = "Ann Smith said the bridge was closed.\n\nSmith said it was old. She said it was long."
    assert [card.speaker and card.speaker.name for card in suggest(text)] == [None, "Ann Smith", "Ann Smith"]


def test_no_full_name_is_given_where_two_fit_or_a_thing_may_be_meant() -> None:
    text = "Ann Smith and Bob Smith came. Smith said it was old. It said the bridge was closed."
    assert [card.speaker and card.speaker.name for card in suggest(text)] == [None, None]


def test_it_stands_for_a_thing() -> None:
    text = "The ministry said the bridge was closed. It said the ferry was running."
    assert [card.speaker and card.speaker.name for card in suggest(text)] == [None, "The ministry"]


def test_a_person_is_whoever_the_paragraph_opens_with() -> None:
    text = "Dan Hill said the bridge was closed.\n\nAnn Smith’s post was as even. In it she said the ferry was running."
    assert [card.speaker and card.speaker.name for card in suggest(text)] == [None, "Ann Smith"]


NO_DEAL = "“No deal today.”"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Jane Doe said, “We stay.” John Roe denied it. It was late.", "en", [("Jane Doe", [], "“We stay.”")]),
        (
            "Jane Doe said: “We stay.” Councilman John Roe called the remark a disgrace.",
            "en",
            [("Jane Doe", [], "“We stay.”"), ("Councilman John Roe", [], "the remark a disgrace")],
        ),
        (
            "Jane Doe told CNN, “We stay.” President John Roe said, “No deal today.”",
            "en",
            [("Jane Doe", [], "“We stay.”"), ("President John Roe", [], NO_DEAL)],
        ),
        (
            "“We,” Jane Doe said, “stay here.” John Roe said the city would go.",
            "en",
            [("Jane Doe", [], "“We,” Jane Doe said, “stay here.”"), ("John Roe", [], "the city would go")],
        ),
        # not even where it has none, if what follows is said or denied by itself
        (
            "“We stay,” Jane Doe said. “It is over.” John Roe denied it.",
            "en",
            [("Jane Doe", [], "“We stay,” Jane Doe said. “It is over.”")],
        ),
        (
            "They left. “It is over now.” John Roe said the city would go.",
            "en",
            [("John Roe", [], "the city would go")],
        ),
        ("“It is over.” Smith told the city.", "en", [("Smith", [], "“It is over.”")]),
        ("„Wir gehen.“ Scholz sagte, er komme bald wieder.", "de", [("Scholz", [], "er komme bald wieder")]),
        ("« Oui. » Castex a dit que la ville est riche.", "fr", [("Castex", [], "que la ville est riche")]),
        (
            "Olaf Scholz sagte: „Wir halten Wort.“ Nancy Faeser erklärte, das Gesetz werde kommen.",
            "de",
            [("Olaf Scholz", [], "„Wir halten Wort.“"), ("Nancy Faeser", [], "das Gesetz werde kommen")],
        ),
        (
            "Anne Hidalgo a déclaré : « Nous paierons. » Jean Castex a démenti. Il était tard.",
            "fr",
            [("Anne Hidalgo", [], "« Nous paierons. »")],
        ),
        ("Pedro Sánchez dijo: “No pagaremos.” Ada Colau lo negó.", "es", [("Pedro Sánchez", [], "“No pagaremos.”")]),
    ],
)
def test_a_quotation_that_has_its_speaker_is_not_the_next_ones(text: str, language: str, expected: list[Any]) -> None:
    assert chains(text, language) == expected
