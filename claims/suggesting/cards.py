"""Suggestions by their keys, and which of them are recorded already."""

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import NamedTuple

from claims.suggesting.grammar import Grammar
from claims.suggesting.naming import bare_name, is_pronoun
from claims.suggesting.suggestions import Speaker, Suggestion

KEY_LENGTH = 20
SAME_PLACE = 0.5  # of all that a card and a recorded passage cover, the part that both cover


@dataclass(frozen=True)
class Card:
    """`key` stays the same in every revision that has the passage, whatever stands before it.

    Of equal passages by one speaker the first has one key, the second another, and so on.
    """

    key: str
    suggestion: Suggestion
    nested: tuple["Card", ...]

    def walk(self) -> Iterator["Card"]:
        yield self
        for each in self.nested:
            yield from each.walk()


class RecordedPassage(NamedTuple):
    """Of the statement `id`, by a source with these names."""

    id: int
    start: int
    end: int
    names: frozenset[str]


def cards_of(suggestions: Iterable[Suggestion]) -> list[Card]:
    """Equal passages of one speaker are told apart by their order."""
    seen: Counter[str] = Counter()

    def card(each: Suggestion) -> Card:
        passage = f"{_plain(each.text)}\0{_plain(each.speaker.text) if each.speaker else ''}"
        seen[passage] += 1
        digest = hashlib.sha256(f"{passage}\0{seen[passage]}".encode()).hexdigest()
        return Card(digest[:KEY_LENGTH], each, tuple(map(card, each.nested)))

    return list(map(card, suggestions))


def kept(cards: Iterable[Card], keep: Callable[[Card], bool]) -> list[Card]:
    """Where a card goes, those within it take its place."""
    found = []
    for card in cards:
        nested = kept(card.nested, keep)
        found += [replace(card, nested=tuple(nested))] if keep(card) else nested
    return found


def names_of(speaker: Speaker, grammar: Grammar | None) -> list[str]:
    """By which the speaker may be known, the fullest first: no pronoun, and besides without “the”, “a” or “Mayor”."""
    written = speaker.name if grammar and is_pronoun(speaker.text, grammar) else speaker.text
    bare = bare_name(written, grammar) if written and grammar else None
    return list(dict.fromkeys(filter(None, (speaker.name, written, bare))))


def statements_by_card(
    cards: Iterable[Card], passages: Sequence[RecordedPassage], grammar: Grammar | None
) -> dict[str, int]:
    """The statement of each recorded card, by its key.

    A passage is the card that it shares most of its place with, if that is half of both; and each card that it meets
    by the same speaker, since an editor has marked another part of what they said, or more.
    """
    ordered = sorted(passages, key=itemgetter(1))
    starts, longest = [each.start for each in ordered], max((each.end - each.start for each in ordered), default=0)
    best: dict[int, tuple[float, str]] = {}
    found: dict[str, int] = {}
    for card in (each for root in cards for each in root.walk()):
        start, end = card.suggestion.start, card.suggestion.end
        near = ordered[bisect_left(starts, start - longest) : bisect_left(starts, end)]
        for passage in near:
            if passage.end <= start:
                continue
            if _names(card.suggestion, grammar) & passage.names:
                found.setdefault(card.key, passage.id)
            best[passage.id] = max(best.get(passage.id, (0.0, "")), (_shared(passage, start, end), card.key))
    return {key: row_id for row_id, (shared, key) in best.items() if shared >= SAME_PLACE} | found


def plain_names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(_plain(name).casefold() for name in names)


def _names(suggestion: Suggestion, grammar: Grammar | None) -> frozenset[str]:
    return plain_names(names_of(suggestion.speaker, grammar)) if suggestion.speaker else frozenset()


def _shared(passage: RecordedPassage, start: int, end: int) -> float:
    return (min(end, passage.end) - max(start, passage.start)) / (max(end, passage.end) - min(start, passage.start))


def _plain(text: str) -> str:
    return " ".join(text.split())
