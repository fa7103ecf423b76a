"""The public page of an article, and the list of them."""

from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from claims.exports import atom
from claims.models import Article
from factcheck.desk.page import int_parameter
from factcheck.desk.public.cards import cards_of
from factcheck.desk.public.page import Alternate, Head, PublicPage, RowPage, annotations_of, first, linked_data
from factcheck.desk.shown_article import ShownArticle
from factcheck.desk.words import word
from factcheck.public_addresses import article_path

ARTICLES_PER_PAGE = 30
MAX_EVIDENCE = MAX_DISPUTES = 5  # on each card; the statement's page has more


class ArticlePage(RowPage):
    template_name = "desk/public/article.html"

    def read(self, pk: int) -> Any:
        return first(self.reader.read(_article, pk))

    def path_of(self, row: Any) -> str:
        return article_path(row.pk, row.title)

    @cached_property
    def shown(self) -> ShownArticle:
        query = {name: self.request.GET[name] for name in ("cards", "at") if name in self.request.GET}
        return ShownArticle(self.row, self.reader, query, address=self.path)

    @cached_property
    def cards(self) -> list[Any]:
        ids = [row.id for row in self.shown.page]
        return cards_of(self.reader, ids, self.shown.numbers, max_evidence=MAX_EVIDENCE, max_disputes=MAX_DISPUTES)

    def page_head(self) -> Head:
        article, page = self.row, self.shown.page
        feed = f"{self.origin}/api/v1/articles/{article.pk}/changes.atom"
        return Head(
            title=article.title or _("Untitled"),
            description=self._description(),
            alternates=(
                Alternate(feed, atom.MEDIA_TYPE, _("Changes in this article")),
                annotations_of(self.origin, "articles", article.pk, "webannotations"),
            ),
            query=f"?cards={page.number}" if page.number > 1 else "",
            published_at=article.published_at,
            data=linked_data([card.statement for card in self.cards], self.base),
            is_article=True,
        )

    def _description(self) -> str:
        counts = ", ".join(f"{number} {word(tag)}" for tag, number in self.row.tags.items())
        words = _("Who is said to have said what, through whom it came, and who denies it. Statements: %(counts)s.")
        return words % {"counts": counts}

    def content(self) -> dict[str, Any]:
        return {"article": self.row, "cards": self.cards, **self.shown.context()}


def _article(pk: int) -> Any:
    return Article.objects.for_reading().filter(pk=pk)


class ArticleList(PublicPage):
    """The newest first. `?before=` is the number of the last article on the page before."""

    template_name = "desk/public/articles.html"
    path = "/articles/"

    @cached_property
    def before(self) -> int:
        return int_parameter(self.request.GET, "before")

    def page_head(self) -> Head:
        return Head(
            title=_("Published articles"),
            description=_(
                "Their statements are marked: you see who is said to have said them, through whom they reached the "
                "newsroom, and who denies them."
            ),
            query=f"?before={self.before}" if self.before else "",
        )

    def content(self) -> dict[str, Any]:
        rows = Article.objects.for_reading().defer("text").order_by("-id")
        found = self.reader.fetch(rows.filter(pk__lt=self.before) if self.before else rows, ARTICLES_PER_PAGE + 1)
        articles = found[:ARTICLES_PER_PAGE]
        has_more = len(found) > ARTICLES_PER_PAGE
        return {
            "articles": articles,
            "is_later_page": bool(self.before),
            "next_url": f"?before={articles[-1].pk}" if has_more else "",
        }
