"""The article of the demo: what an editor would mark in it, and news on which no rule was written."""

import json
from pathlib import Path

import pytest

from claims.suggesting.suggestions import Suggestion, suggest

ROOT = Path(__file__).parents[3]
SEED = json.loads((ROOT / "seeds" / "biden-zelensky-call-2022.json").read_text(encoding="utf-8"))
TEXT = SEED["article"]["text"]
NEWS = ROOT.parent / "shared/data/wikinews"
# Mark, and who is shown to have said it, through whom.
FOUND = [
    ("called the exchange heated", "one unnamed Ukrainian official", ["the Kyiv Post"]),
    ("Zelensky had objected vehemently", "that official", ["CNN"]),
    ("Biden portrayed a Russian attack", "Joe Biden", ["that official", "CNN"]),
    ("A Russian invasion is now virtually certain", "Joe Biden", ["a Ukrainian official", "Alexander Marquardt"]),
    ("no American or NATO soldiers", "Joe Biden", ["The Kyiv Post"]),
    ("President Biden said that there is a distinct", "Joe Biden", ["Emily Horne"]),
    ("some reports regarding today’s conversation", "a spokesperson for Zelensky", ["Emily Horne"]),
    ("press reports of tension or conflict", "Dmytro Kuleba", []),
    ("President Biden reaffirmed the readiness", "The White House readout", []),
    ("agreed on joint actions for the future", "Volodymyr Zelensky", []),
    ("The White House, he said, was making a mistake", "Volodymyr Zelensky", []),
    ("I’m the president of Ukraine", "Volodymyr Zelensky", []),
    ("There was no misunderstanding", "Volodymyr Zelensky", []),
]
DENIED = [
    "“This is not true.",
    "that “some reports",
    "press reports of tension",
    "There was no misunderstanding",
]


def all_cards(text: str) -> list[Suggestion]:
    return [each for card in suggest(text, "en") for each in (card, *card.nested)]


def shared(card: Suggestion, start: int, end: int) -> float:
    """Of all that the card and a passage cover, the part that both cover."""
    return (min(end, card.end) - max(start, card.start)) / (max(end, card.end) - min(start, card.start))


def card_of(beginning: str) -> Suggestion:
    """The one that is nearest to the statement that an editor has marked, if it has half of it."""
    [marked] = [row["text"] for row in SEED["statements"] if row["text"].startswith(beginning)]
    start = TEXT.index(marked)
    nearest = max(all_cards(TEXT), key=lambda card: shared(card, start, start + len(marked)))
    assert shared(nearest, start, start + len(marked)) >= 0.5
    return nearest


@pytest.mark.parametrize(("beginning", "speaker", "via"), FOUND)
def test_what_an_editor_has_marked_is_suggested_with_its_speaker_and_chain(
    beginning: str, speaker: str, via: list[str]
) -> None:
    card = card_of(beginning)
    assert card.speaker
    assert (card.speaker.name or card.speaker.text) == speaker
    assert [each.name or each.text for each in card.via] == via


def test_words_of_denial_are_offered_as_disputes() -> None:
    denials = [card.text for card in all_cards(TEXT) if card.denial]
    assert len(denials) == len(DENIED)
    assert all(text.startswith(beginning) for text, beginning in zip(denials, DENIED, strict=True))


@pytest.mark.skipif(not NEWS.is_dir(), reason="the news articles are not beside this checkout")
@pytest.mark.parametrize("path", sorted(NEWS.glob("*.txt")), ids=lambda path: path.stem)
def test_any_news_article_is_read_and_what_is_suggested_stands_in_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for card in all_cards(text):
        assert text[card.start : card.end] == card.text == card.text.strip()
        assert card.cue is None or text[card.cue.start : card.cue.end] == card.cue.text
        for mention in filter(None, (card.speaker, *card.via)):
            assert text[mention.start : mention.end] == mention.text
            assert len(mention.text.split()) < 25
