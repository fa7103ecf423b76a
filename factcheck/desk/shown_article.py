"""An article as its page shows it: the text with its marks, the statements' numbers, and a part of their cards."""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.utils.safestring import SafeString

from claims.models import Article, Statement
from factcheck.desk.card_filter import CardFilter
from factcheck.desk.cards import Card, ChecksByStatement, cards_of, checks_by_statement, group_checks
from factcheck.desk.filter_form import FilterField
from factcheck.desk.marks import Passage, marked
from factcheck.desk.page import int_parameter
from factcheck.desk.viewer import Viewer
from factcheck.postgres.prepared import any_of, prepared

CARDS_PER_PAGE = 30
UNANCHORED_CARDS = 10


class ShownArticle:
    """`?cards=` chooses the page of cards, or `?at=` a statement whose card must be on it.

    The cards may be filtered (see CardFilter). That of `?at=` is among them nevertheless, and so are those to `keep`.
    """

    def __init__(
        self, article: Any, viewer: Viewer, query: Mapping[str, str], keep: Collection[int] = (), address: str = ""
    ):
        self.article, self.viewer = article, viewer
        self.address = address or f"/api/v1/articles/{article.pk}/"
        self.as_of_query = as_of_query(query)
        self.anchored = anchored_in(viewer, article)
        self.numbers = {row.id: number for number, row in enumerate(self.anchored, 1)}
        self.filter = CardFilter.read(query, viewer)
        self.card_query = self.as_of_query + self.filter.query
        at = int_parameter(query, "at")
        self.kept = {at, *keep}
        filtered = [row for row in self.anchored if self.has_card(row.id)]
        self.places = {row.id: number for number, row in enumerate(filtered, 1)}
        self.page = Paginator(filtered, CARDS_PER_PAGE).get_page(
            page_of(self.places[at], CARDS_PER_PAGE) if at in self.places else int_parameter(query, "cards") or 1
        )

    @cached_property
    def passing(self) -> set[int] | None:
        """The statements that the filter lets through; None if there is no filter."""
        if not self.filter.query:
            return None
        rows = self.viewer.visible(Statement.objects.filter(article=self.article))
        return set(self.filter.of(rows, self.checks).values_list("pk", flat=True))

    def has_card(self, statement_id: int) -> bool:
        return self.passing is None or statement_id in self.passing or statement_id in self.kept

    def card_address(self, statement_id: int) -> str:
        number = self.places.get(statement_id, 0 if statement_id in self.numbers else 1)  # 1: not in the text, so first
        is_on_page = page_of(number, CARDS_PER_PAGE) == self.page.number and self.has_card(statement_id)
        page = "" if is_on_page else f"{self.address}?at={statement_id}{self.card_query}"
        return f"{page}#statement-{statement_id}"

    @property
    def marked_text(self) -> SafeString:
        return marked_text(self.article, self.anchored, self.card_address, self.passing)

    def cards(self, ids: list[int]) -> list[Card]:
        """With their desk checks, for editors. In the order of the text."""
        cards = cards_of(self.viewer, self.viewer.read(_statements, ids), self.numbers)
        for card in cards:
            card.checks = self.checks.get(card.statement.pk, [])
            card.query = self.card_query
        return cards

    def filter_fields(self) -> list[FilterField]:
        return self.filter.fields(self.viewer, self.article.pk, self.checks)

    @cached_property
    def checks(self) -> ChecksByStatement:
        return {} if self.viewer.is_anonymous else checks_by_statement(self.article.pk)

    @cached_property
    def unanchored(self) -> list[tuple[int, int]]:
        """The id and version of the first statements that are not in the text; one more than have a card."""
        if self.page.number > 1:
            return []
        if self.passing is not None:
            return list(_first(self._not_anchored()))

        def build(article_id: int, revision: int) -> Any:
            return _first(not_anchored_in(self.viewer, Article(pk=article_id, revision=revision)))

        kept = prepared((not_anchored_in, self.viewer.is_anonymous), build, int, int)
        return kept.rows(self.article.pk, self.article.revision)

    def _not_anchored(self) -> Any:
        rows = not_anchored_in(self.viewer, self.article)
        return rows if self.passing is None else rows.filter(pk__in=self.passing | self.kept)

    @property
    def more_unanchored(self) -> int:
        if len(self.unanchored) <= UNANCHORED_CARDS:
            return 0
        return self._not_anchored().count() - UNANCHORED_CARDS

    def context(self) -> dict[str, Any]:
        """What both the whole page and its parts show."""
        return {
            "article": self.article,
            "address": self.address,
            "as_of_query": self.as_of_query,
            "marked_text": self.marked_text,
            "card_page": self.page,
            "card_query": self.card_query,
            "filtered_address": f"{self.address}?{self.card_query[1:]}",
            "passing": None if self.passing is None else sum(row.id in self.passing for row in self.anchored),
            "passages": len(self.anchored),
            **({} if self.viewer.is_anonymous else self._editor_context()),
        }

    def _editor_context(self) -> dict[str, Any]:
        return {
            "article_checks": self.checks.get(None, []),
            "check_groups": group_checks(self.checks, lambda pk: (self.numbers.get(pk), self.card_address(pk))),
            "check_count": sum(len(found) for statement_id, found in self.checks.items() if statement_id),
            "more_unanchored": self.more_unanchored,
        }


def _first(rows: Any) -> Any:
    return rows.values_list("id", "version")[: UNANCHORED_CARDS + 1]


def _statements(ids: list[int]) -> Any:
    return Statement.objects.with_dissent().filter(any_of("pk", ids)).order_by("start", "id")


class Anchored(NamedTuple):
    id: int
    version: int
    start: int
    end: int
    tag: str


def anchored_in(viewer: Viewer, article: Any) -> list[Anchored]:
    """The statements that are marked in the text, in its order. A statement's number is its place in this list."""

    def build(article_id: int, revision: int) -> Any:
        rows = Statement.objects.anchored_in(Article(pk=article_id, revision=revision))
        return viewer.visible(rows).order_by("start", "id").values_list(*Anchored._fields)

    kept = prepared((anchored_in, viewer.is_anonymous), build, int, int)
    return [Anchored(*row) for row in kept.rows(article.pk, article.revision)]


def not_anchored_in(viewer: Viewer, article: Any) -> Any:
    """The article's other statements: a page has all that the list has. Anonymous readers do not see them."""
    rows = Statement.objects.not_anchored_in(article).order_by("id")
    return rows.none() if viewer.is_anonymous else rows


def page_of(number: int, page_size: int) -> int:
    return (number - 1) // page_size + 1


def as_of_query(query: Mapping[str, str]) -> str:
    return f"&{urlencode({'as_of': query['as_of']})}" if query.get("as_of") else ""


def marked_text(
    article: Any, anchored: list[Any], address_of: Callable[[int], str], passing: Collection[int] | None = None
) -> SafeString:
    """`passing`: the statements that a filter lets through."""
    passages = [
        Passage(row.id, row.start, row.end, row.tag, number, address_of(row.id), passing is None or row.id in passing)
        for number, row in enumerate(anchored, 1)
    ]
    return marked(article.text, passages)
