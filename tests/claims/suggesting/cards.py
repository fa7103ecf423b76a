"""Suggestions in short form, for literal comparison."""

from datetime import date

from claims.suggesting.suggestions import Suggestion, suggest

FRIDAY = date(2026, 3, 6)


def cards(text: str, language: str = "en") -> list[Suggestion]:
    """Of a list and nested in it, the offsets checked."""
    found = [each for card in suggest(text, language, FRIDAY) for each in (card, *card.nested)]
    for each in found:
        assert text[each.start : each.end] == each.text
        for mention in filter(None, (each.speaker, each.cue, *each.via)):
            assert text[mention.start : mention.end] == mention.text
    return found


def said(text: str, language: str = "en") -> list[tuple[str | None, str | None, str]]:
    """(speaker, cue, content)"""
    return [(c.speaker and c.speaker.text, c.cue and c.cue.text, c.text) for c in cards(text, language)]


def chains(text: str, language: str = "en") -> list[tuple[str | None, list[str], str]]:
    """(speaker, via, content)"""
    return [(c.speaker and c.speaker.text, [v.text for v in c.via], c.text) for c in cards(text, language)]
