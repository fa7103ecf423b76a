"""The article's page, with the text, its marks and the statements' cards, and its print version."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.utils import timezone

from claims.desk_checks import ERRORS, findings
from claims.models import Article
from factcheck.api.form_methods import wants_parts
from factcheck.api.named_references import is_number
from factcheck.desk.cards import with_statement_and_article
from factcheck.desk.form_pages import FormPage
from factcheck.desk.notes import notes_of
from factcheck.desk.page import Page, int_parameter, query_of
from factcheck.desk.pages.article_parts import PARTS, parts_context, seen_cards
from factcheck.desk.pages.notes import notes_on_row
from factcheck.desk.pages.suggestions import suggested_form
from factcheck.desk.pictures.articles import article_picture
from factcheck.desk.shown_article import (
    UNANCHORED_CARDS,
    ShownArticle,
    anchored_in,
    as_of_query,
    marked_text,
    not_anchored_in,
    page_of,
)
from factcheck.desk.viewer import Viewer

NOTES_PER_PAGE = 1_000
MAX_ERRORS = 20  # that the form to publish names


def article_context(article: Any, viewer: Viewer, query: Mapping[str, str], form: Any = None) -> dict[str, Any]:
    """The article with one page of its statements' cards, and the form to mark another passage.

    `?mark=` names the suggestion that the page's form is filled with.
    """
    shown = ShownArticle(article, viewer, query)
    unanchored = [pk for pk, _ in shown.unanchored[:UNANCHORED_CARDS]]
    cards = shown.cards([*unanchored, *(row.id for row in shown.page)])
    return {
        **shown.context(),
        "cards": [card for card in cards if card.number],
        "unanchored": sorted((card for card in cards if not card.number), key=lambda card: card.statement.pk),
        **notes_on_row(viewer, "article", article.pk),
        "filter_fields": shown.filter_fields(),
        "mark_form": form,
    }


def print_context(article: Any, viewer: Viewer, query: Mapping[str, str]) -> dict[str, Any]:
    """The article with a note on each of its statements, or on a thousand of them: `?print=` chooses the page."""
    anchored = anchored_in(viewer, article)
    numbers = {row.id: number for number, row in enumerate(anchored, 1)}
    statement_ids = [*numbers, *not_anchored_in(viewer, article).values_list("id", flat=True)]
    page = Paginator(statement_ids, NOTES_PER_PAGE).get_page(int_parameter(query, "print"))

    def note_address(statement_id: int) -> str:
        number = numbers[statement_id]
        its_page = page_of(number, NOTES_PER_PAGE)
        return ("" if its_page == page.number else f"?print={its_page}{as_of_query(query)}") + f"#note-{number}"

    notes = notes_of(viewer, list(page), numbers)
    return {
        "article": article,
        "as_of_query": as_of_query(query),
        "marked_text": marked_text(article, anchored, note_address),
        "notes": [note for note in notes if note.number],
        "unanchored_notes": [note for note in notes if not note.number],
        "note_page": page,
        "recorded_at": timezone.now(),
        **(article_picture(article, viewer, numbers, as_of_query(query)) if page.number == 1 else {}),
    }


def picture_context(article: Any, viewer: Viewer, query: Mapping[str, str]) -> dict[str, Any]:
    numbers = {row.id: number for number, row in enumerate(anchored_in(viewer, article), 1)}
    picture = article_picture(article, viewer, numbers, as_of_query(query))
    return {"article": article, "as_of_query": as_of_query(query), **picture}


class ArticlePage(Page):
    is_live = True

    def context(self) -> dict[str, Any]:
        query = self.request.query_params
        if int_parameter(query, "print"):
            self.template = "desk/articles/article_print.html"
            return print_context(self.row, self.viewer, query)
        if int_parameter(query, "picture"):
            self.template = "desk/articles/article_picture.html"
            return picture_context(self.row, self.viewer, query)
        if wants_parts(self.request):
            self.template = PARTS
            return parts_context(ShownArticle(self.row, self.viewer, query), seen_cards(self.request))
        if not (key := query.get("mark", "") if self.may.get("accept_suggestions") else ""):
            return article_context(self.row, self.viewer, query)
        form = suggested_form(self.row, key, self.view.get_serializer_context())
        return {**article_context(self.row, self.viewer, query, form), "form": form}


class PublishPage(FormPage):
    """The form to publish comes back where the desk checks find errors: which, and a button to publish all the same."""

    def context(self) -> dict[str, Any]:
        article = self.view.kwargs["pk"]
        errors = findings(codes=ERRORS, article=article, limit=MAX_ERRORS + 1).rows
        shown = with_statement_and_article(finding for _, finding in errors[:MAX_ERRORS])
        return {
            **super().context(),
            "errors_found": [(finding, statement) for finding, statement, _ in shown],
            "has_more_errors": len(errors) > MAX_ERRORS,
        }


class StatementFormPage(FormPage):
    """The form to mark a passage, beside the article that it is in."""

    def context(self) -> dict[str, Any]:
        context = super().context()
        article = self._article(context["form_data"].get("article", ""))
        if article is None:
            return context
        if wants_parts(self.request):
            self.template = "desk/articles/_mark_form.html"
            return {**context, "article": article, "mark_form": context["form"]}
        self.template = "desk/articles/article_detail.html"
        query = query_of(context["next"])
        return {**context, **article_context(article, self.viewer, query, context["form"])}

    @staticmethod
    def _article(typed: str) -> Any:
        return Article.objects.for_reading().filter(pk=typed).first() if is_number(typed) else None
