"""Suggestions as cards: whom each would be recorded as, and what an editor has to choose."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from factcheck.api.renderers import dump

Data = Mapping[str, Any]  # as the API answers it


@dataclass
class Attributed:
    """A speaker or a relay."""

    data: Data

    @property
    def source(self) -> Data | None:
        """Who is recorded unless somebody else is chosen. It has no id if it would be a new source."""
        known: Data | None = self.data["source"]
        return known or (None if self.data["candidates"] else self.data["new_source"])

    @property
    def choices(self) -> list[tuple[str, Data]]:
        """The JSON that is sent for each of those who may be meant; none if it is clear."""
        known = [self.data["source"]] if self.data["source"] else []
        rows = [(str(row["id"]), row) for row in [*known, *self.data["candidates"]]]
        new = self.data["new_source"]
        return [*rows, *([(dump(new).decode(), new)] if new else [])] if self.data["candidates"] else []

    @property
    def all_choices(self) -> list[tuple[str, Data]]:
        """Also the only one, if it is clear."""
        source = self.source
        alone = [(str(source.get("id") or dump(source).decode()), source)] if source else []
        return self.choices or alone

    @property
    def typed(self) -> Any:
        """For a form: the id of the source, or its name."""
        known = self.data["source"] or self.data["new_source"] or {}
        return known.get("id") or known.get("name") or self.data["name"] or self.data["text"]


class SuggestionCard:
    def __init__(self, data: Data, article: int):
        self.data, self.article = data, article
        self.key: str = data["key"]
        self.speaker = Attributed(data["speaker"]) if data["speaker"] else None
        self.via = [Attributed(each) for each in data["via"]]
        self.nested = [SuggestionCard(each, article) for each in data.get("nested", ())]
        self.same_speaker: list[str] = []  # the keys of the other cards on the page
        self.errors: list[str] = []
        self.chosen: Mapping[str, str] = {}  # what was typed into the form that was refused

    @property
    def is_anybodys(self) -> bool:
        """Whether the text does not tell who says it."""
        return self.speaker is None or not (self.speaker.source or self.speaker.choices)

    @property
    def has_unclear_relay(self) -> bool:
        return any(relay.choices for relay in self.via)

    @property
    def likely_matches(self) -> list[Data]:
        return [match for match in self.data["matches"] if match["likely"]]

    @property
    def first_statements(self) -> str:
        """The article's own are offered before anything is typed."""
        return f"?article={self.article}&page_size=50"

    @property
    def typed(self) -> dict[str, Any]:
        """What the form to record a statement is filled with."""
        given = {name: self.data[name] for name in ("text", "start", "end", "quote_type", "said_on")}
        source = self.speaker.typed if self.speaker else None
        return {**given, "source": source, "via": [relay.typed for relay in self.via]}

    def walk(self) -> Iterator["SuggestionCard"]:
        yield self
        for each in self.nested:
            yield from each.walk()


def suggestion_cards(results: Iterable[Data], article: int) -> list[SuggestionCard]:
    cards = [SuggestionCard(each, article) for each in results]
    by_speaker: dict[str, list[SuggestionCard]] = defaultdict(list)
    for card in (each for root in cards for each in root.walk()):
        if card.speaker and (known := card.speaker.data["source"] or card.speaker.data["new_source"]):
            by_speaker[str(known.get("id") or known["name"])].append(card)
    for same in by_speaker.values():
        for card in same:
            card.same_speaker = [other.key for other in same if other is not card]
    return cards
