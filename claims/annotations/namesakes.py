"""Of several sources that fit an item, the one that the article already has, best in the same place."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from claims.annotations.export import sources_of
from claims.models import Article, Dispute, Statement, StatementVia
from sources.models import Source

Place = tuple[str | int, ...]  # where an article names a source, such as ("said", key of the statement)


class PresentSources:
    """Reads the article only when it is asked, in a fixed number of queries."""

    def __init__(self, document: dict[str, Any], article_id: int | None):
        self.document, self.article_id = document, article_id

    def choose(self, key: str, fitting: list[Source]) -> list[Source]:
        """The one that stands where the document has this key, or the only one in the article; else all of them."""
        for ids in (self.by_key[key], self.sources.keys()):
            present = [source for source in fitting if source.pk in ids]
            if len(present) == 1:
                return present
        return fitting

    @cached_property
    def sources(self) -> dict[int | None, Source]:
        if self.article_id is None:
            return {}
        return {source.pk: source for source in sources_of(Article.objects.defer("text").get(pk=self.article_id))}

    @cached_property
    def by_key(self) -> dict[str, set[int]]:
        """By the document's keys: the ids of the sources that are in the same places now."""
        at = dict(_places_of_article(self.article_id)) if self.article_id else {}
        part_of = {item["key"]: item["part_of"] for item in self.document["sources"]}
        found: dict[str, set[int]] = defaultdict(set)
        for place, key in _places_of_document(self.document):
            source = self.sources.get(at.get(place))
            while key and source and source.pk not in found[key]:  # what the one is a part of is in the other's place
                found[key].add(source.pk)
                key, source = part_of.get(key), self.sources.get(source.part_of_id)
        return found


def _places_of_document(document: dict[str, Any]) -> Iterator[tuple[Place, str | None]]:
    yield ("published",), document["article"]["publisher"]
    for item in document["statements"]:
        yield ("said", item["key"]), item["source"]
        for position, key in enumerate(item["via"]):
            yield ("relayed", item["key"], position), key
    for item in document["disputes"]:
        yield ("raised", item["statement"], item["key"]), item["raised_by"]


def _places_of_article(article_id: int) -> Iterator[tuple[Place, int | None]]:
    yield ("published",), Article.objects.values_list("publisher", flat=True).get(pk=article_id)
    for key, source in Statement.objects.filter(article=article_id).values_list("key", "source"):
        yield ("said", key), source
    via = StatementVia.objects.filter(statement__article=article_id)
    for key, position, source in via.values_list("statement__key", "position", "source"):
        yield ("relayed", key, position), source
    disputes = Dispute.objects.filter(statement__article=article_id)
    for statement, key, source in disputes.values_list("statement__key", "key", "raised_by"):
        yield ("raised", statement, key), source
