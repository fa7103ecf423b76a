"""An article as its page shows it: the text with its marks, the statements' numbers, and a part of their cards."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.utils.safestring import SafeString

from claims.models import Statement
from factcheck.desk.cards import Card, ChecksByStatement, cards_of, checks_by_statement, group_checks
from factcheck.desk.marks import Passage, marked
from factcheck.desk.page import int_parameter
from factcheck.desk.viewer import Viewer

CARDS_PER_PAGE = 30
UNANCHORED_CARDS = 10


class ShownArticle:
    """`?cards=` chooses the page of cards, or `?at=` a statement whose card must be on it."""

    def __init__(self, article: Any, viewer: Viewer, query: Mapping[str, str]):
        self.article, self.viewer = article, viewer
        self.address = f"/api/v1/articles/{article.pk}/"
        self.as_of_query = as_of_query(query)
        self.anchored = anchored_in(viewer, article)
        self.numbers = {row.id: number for number, row in enumerate(self.anchored, 1)}
        number = self.numbers.get(int_parameter(query, "at"))
        self.page = Paginator(self.anchored, CARDS_PER_PAGE).get_page(
            page_of(number, CARDS_PER_PAGE) if number else int_parameter(query, "cards") or 1
        )

    def card_address(self, statement_id: int) -> str:
        is_on_page = page_of(self.numbers.get(statement_id, 1), CARDS_PER_PAGE) == self.page.number
        page = "" if is_on_page else f"{self.address}?at={statement_id}{self.as_of_query}"
        return f"{page}#statement-{statement_id}"

    @property
    def marked_text(self) -> SafeString:
        return marked_text(self.article, self.anchored, self.card_address)

    def cards(self, ids: list[int]) -> list[Card]:
        """With their desk checks, for editors. In the order of the text."""
        rows = Statement.objects.with_dissent().filter(pk__in=ids).order_by("start", "id")
        cards = cards_of(self.viewer, self.viewer.fetch(rows), self.numbers)
        for card in cards:
            card.checks = self.checks.get(card.statement.pk, [])
        return cards

    @cached_property
    def checks(self) -> ChecksByStatement:
        return {} if self.viewer.is_anonymous else checks_by_statement(self.article.pk)

    @cached_property
    def unanchored(self) -> list[tuple[int, int]]:
        """The id and version of the first statements that are not in the text; one more than have a card."""
        if self.page.number > 1:
            return []
        rows = not_anchored_in(self.viewer, self.article).values_list("id", "version")
        return list(rows[: UNANCHORED_CARDS + 1])

    @property
    def more_unanchored(self) -> int:
        if len(self.unanchored) <= UNANCHORED_CARDS:
            return 0
        return not_anchored_in(self.viewer, self.article).count() - UNANCHORED_CARDS

    def context(self) -> dict[str, Any]:
        """What both the whole page and its parts show."""
        return {
            "article": self.article,
            "address": self.address,
            "as_of_query": self.as_of_query,
            "marked_text": self.marked_text,
            "card_page": self.page,
            **({} if self.viewer.is_anonymous else self._editor_context()),
        }

    def _editor_context(self) -> dict[str, Any]:
        return {
            "article_checks": self.checks.get(None, []),
            "check_groups": group_checks(self.checks, lambda pk: (self.numbers.get(pk), self.card_address(pk))),
            "check_count": sum(len(found) for statement_id, found in self.checks.items() if statement_id),
            "more_unanchored": self.more_unanchored,
        }


def anchored_in(viewer: Viewer, article: Any) -> list[Any]:
    """The statements that are marked in the text, in its order. A statement's number is its place in this list."""
    rows = viewer.visible(Statement.objects.anchored_in(article)).order_by("start", "id")
    return list(rows.values_list("id", "version", "start", "end", "tag", named=True))


def not_anchored_in(viewer: Viewer, article: Any) -> Any:
    """The article's other statements: a page has all that the list has. Anonymous readers do not see them."""
    rows = Statement.objects.not_anchored_in(article).order_by("id")
    return rows.none() if viewer.is_anonymous else rows


def page_of(number: int, page_size: int) -> int:
    return (number - 1) // page_size + 1


def as_of_query(query: Mapping[str, str]) -> str:
    return f"&{urlencode({'as_of': query['as_of']})}" if query.get("as_of") else ""


def marked_text(article: Any, anchored: list[Any], address_of: Callable[[int], str]) -> SafeString:
    passages = [
        Passage(row.id, row.start, row.end, row.tag, number, address_of(row.id))
        for number, row in enumerate(anchored, 1)
    ]
    return marked(article.text, passages)
