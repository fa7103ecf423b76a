"""Through whom words reached the article, and which attributions share a card."""

from itertools import pairwise

import pytest

from claims.suggesting.suggestions import suggest
from tests.claims.suggesting.cards import chains


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        (
            "CNN reported that Smith said the bridge was closed.",
            ("Smith", ["CNN"], "the bridge was closed"),
        ),
        (
            "He said he would “never, ever” do it, Reuters reported, citing a Kremlin official.",
            ("He", ["a Kremlin official", "Reuters"], "he would “never, ever” do it"),
        ),
        (
            "Smith said that the bridge was closed, Reuters reported on Monday.",
            ("Smith", ["Reuters"], "that the bridge was closed"),
        ),
        ("“We will go,” he said, Reuters reported.", ("he", ["Reuters"], "“We will go,”")),
        (
            "Smith said that when he called Jones, Jones wrote a letter.",
            ("Smith", [], "that when he called Jones, Jones wrote a letter"),
        ),
        (
            "Smith had warned that it was closed, according to an official.",
            ("Smith", ["an official"], "that it was closed"),
        ),
        (
            "According to CNN, an official said Smith told Jones that the bridge was closed.",
            ("Smith", ["an official", "CNN"], "that the bridge was closed"),
        ),
        (
            "Smith, the Post says, cautioned that the bridge was closed.",
            ("Smith", ["the Post"], "that the bridge was closed"),
        ),
        (
            "It was a bad talk, told by an aide, who, the Post reported, called the exchange heated and long.",
            ("an aide", ["the Post"], "the exchange heated and long"),
        ),
        (
            "Reuters reported that the bridge was closed, citing a police officer.",
            ("a police officer", ["Reuters"], "that the bridge was closed"),
        ),
        (
            "“The bridge is now closed for ever, Smith said to Jones,” he wrote, crediting an official.",
            ("Smith", ["an official", "he"], "The bridge is now closed for ever"),
        ),
        (
            "She added that a spokesman for Smith had stated that “some reports are completely false.”",
            ("a spokesman for Smith", ["She"], "that “some reports are completely false.”"),
        ),
    ],
)
def test_the_chain_runs_from_the_speaker_to_the_article(text: str, chain: tuple[str, list[str], str]) -> None:
    assert chains(text) == [chain]


def test_a_nested_pronoun_is_the_speaker_himself() -> None:
    assert chains("She said she believed the bridge was closed.") == [("She", [], "she believed the bridge was closed")]


def test_an_outer_statement_with_words_of_its_own_keeps_its_card_and_holds_the_inner_one() -> None:
    text = (
        "“This is not true. Smith said that the bridge may be closed. We have warned of that for months, and reports"
        " of anything else are false,” Horne said."
    )
    (card,) = suggest(text)
    assert card.speaker
    assert (card.speaker.text, card.denial) == ("Horne", True)
    assert [(inner.text, [each.text for each in inner.via]) for inner in card.nested] == [
        ("that the bridge may be closed", ["Horne"])
    ]


def test_the_passages_of_one_list_never_meet() -> None:
    text = "CNN said Smith said it was so, adding that Jones told Hill that “all is well”, according to Reuters. " * 5
    found = suggest(text)
    assert found
    assert all(one.end <= other.start for one, other in pairwise(found))
