"""What is suggested of an article: its cards, which of them are settled, and the sources that they may mean."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from claims.matches_of_many import RowMatch, matches_of_each
from claims.models import Article, DismissedSuggestion, Statement
from claims.passages import MAX_PASSAGE
from claims.suggesting.cards import (
    Card,
    RecordedPassage,
    cards_of,
    kept,
    names_of,
    plain_names,
    statements_by_card,
)
from claims.suggesting.grammar import Grammar, grammar_of
from claims.suggesting.naming import is_common_noun, named
from claims.suggesting.suggestions import Speaker, suggest
from claims.suggesting.turns import Label, voices
from sources.mentions import Mentioned, mentioned_sources
from sources.models import Source

MAX_CANDIDATES = 5
MATCHES = 3
MAX_NAME = 300  # as of a source


@dataclass(frozen=True)
class KnownSpeaker:
    """`source` is the one that is called so. `candidates` may be meant; the article's own come first. `new_source` has
    the fields of the source that accepting would make; None if there is a source, or no name."""

    source: Source | None
    candidates: list[Source]
    new_source: dict[str, Any] | None


class ArticleSuggestions:
    """Two queries: the article's statements and its dismissals; of captions a third: their times."""

    def __init__(self, article: Article):
        self.article = article
        self.grammar = grammar_of(article.language)
        published_on = article.published_at.date() if article.published_at else None
        self.cards = _cards(article.text, article.language, published_on, _voices(article))
        self.by_key = {card.key: card for root in self.cards for card in root.walk()}
        self.statements = statements_by_card(self.cards, _recorded_passages(article), self.grammar)
        dismissals = DismissedSuggestion.objects.filter(article=article).select_related("dismissed_by")
        self.dismissals = {row.key: row for row in dismissals}

    def unsettled(self, *, dismissed: bool = False) -> list[Card]:
        """Those that are not recorded, in the order of the text: the dismissed ones, or all others."""

        def keep(card: Card) -> bool:
            return card.key not in self.statements and (card.key in self.dismissals) == dismissed

        return kept(self.cards, keep)

    def known_speakers(self, cards: Iterable[Card]) -> dict[Speaker, KnownSpeaker]:
        """Of the speakers and relays of these cards. A fixed number of queries."""
        return self.known({each for card in cards for each in speakers_of(card)})

    def matches(self, cards: Collection[Card]) -> dict[str, list[RowMatch]]:
        """The statements of other articles that are most like each card, by its key. A fixed number of queries."""
        found = matches_of_each([card.suggestion.text for card in cards], outside=self.article.pk, size=MATCHES)
        return {card.key: matches for card, matches in zip(cards, found, strict=True)}

    def known(self, speakers: Collection[Speaker]) -> dict[Speaker, KnownSpeaker]:
        names = {speaker: names_of(speaker, self.grammar) for speaker in speakers}
        wanted = {name for each in names.values() for name in each}
        own = _own_sources(self.article) if wanted else set()
        words = {word for name in wanted for word in name.split()}
        mentioned = mentioned_sources(wanted, own, {word for word in words if is_common_noun(word, self.grammar)})
        return {
            speaker: self._known(speaker, [mentioned[name] for name in names[speaker]], own) for speaker in speakers
        }

    def _known(self, speaker: Speaker, found: list[Mentioned], own: Collection[int]) -> KnownSpeaker:
        """By the fullest name that a source has. Of several sources with that name, the article's own, if it is one."""
        exact = next((each.exact for each in found if each.exact), [])
        fitting = exact if len(exact) == 1 else [row for row in exact if row.pk in own]
        source = fitting[0] if len(fitting) == 1 else None
        near = dict.fromkeys([*exact, *(row for each in found for row in (*each.exact, *each.near))])
        candidates = [row for row in near if row != source][:MAX_CANDIDATES]
        is_label = self.article.text[speaker.end : speaker.end + 1] == ":"
        return KnownSpeaker(source, candidates, None if source else _new_source(speaker, self.grammar, is_label))


@lru_cache(maxsize=16)
def _cards(text: str, language: str, published_on: date | None, voices: tuple[Label, ...]) -> list[Card]:
    """Kept, since the longest texts take seconds, and their pages are read one after another. Nobody changes them."""
    cards = cards_of(suggest(text, language, published_on, voices))
    return kept(cards, lambda card: len(card.suggestion.text) <= MAX_PASSAGE)


def _voices(article: Article) -> tuple[Label, ...]:
    if article.cue_times_sha256 is None:
        return ()
    times = article.revisions.values_list("cue_times", flat=True).get(number=article.revision)
    return voices(article.text, [(start, end) for start, end, *_ in times or ()])


def speakers_of(card: Card) -> list[Speaker]:
    own = [card.suggestion.speaker] if card.suggestion.speaker else []
    return [*own, *card.suggestion.via]


def _recorded_passages(article: Article) -> list[RecordedPassage]:
    """Of the statements in the present text, also of those that may be at the place of their candidate."""
    rows = Statement.objects.filter(article=article).select_related("source").only(
        "start", "end", "revision", "anchor", "candidate", "source__name", "source__aliases"
    )  # fmt: skip
    found = []
    for row in rows:
        names = plain_names([row.source.name, *row.source.aliases]) if row.source else frozenset()
        if row.revision == article.revision and row.anchor in ("anchored", "moved"):
            found.append(RecordedPassage(row.pk, row.start, row.end, names))
        elif row.candidate and row.candidate["revision"] == article.revision:
            found.append(RecordedPassage(row.pk, row.candidate["start"], row.candidate["end"], names))
    return found


def _own_sources(article: Article) -> set[int]:
    publisher = {article.publisher_id} if article.publisher_id else set()
    return Statement.objects.filter(article=article).source_ids() | publisher


def _new_source(speaker: Speaker, grammar: Grammar | None, is_label: bool) -> dict[str, Any] | None:
    names = names_of(speaker, grammar)
    if grammar is None or not names or len(names[0]) > MAX_NAME:
        return None
    who = named(speaker.name or speaker.text, grammar, is_label)
    return {"name": who.name, "kind": who.kind, "anonymous": who.is_anonymous}
