"""A dispute, and the form to open one."""

from typing import Any

from claims.models import Article, ArticleRevision, Dispute, Statement
from claims.models.statement import TAGGED
from factcheck.api.named_references import is_number
from factcheck.desk.cards import cards_of
from factcheck.desk.form_pages import FormPage
from factcheck.desk.page import Page
from factcheck.desk.pages.notes import notes_on_row
from factcheck.desk.pictures.articles import dispute_picture
from factcheck.desk.timeline import TIMELINE_LENGTH, timeline
from factcheck.desk.viewer import Viewer
from factcheck.journal.models import Entry


class DisputePage(Page):
    """Both passages side by side, each in its context."""

    is_live = True

    def context(self) -> dict[str, Any]:
        (dispute,) = self.viewer.fetch(Dispute.objects.with_passages().filter(pk=self.row.pk))
        counter = dispute.counter_statement
        return {
            "dispute": dispute,
            "live_about": [f"dispute-{dispute.pk}", f"statement-{dispute.statement_id}"],
            "around": ArticleRevision.objects.around(dispute.statement),
            "around_counter": ArticleRevision.objects.around(counter) if counter else None,
            **dispute_picture(dispute, self.viewer),
            **notes_on_row(self.viewer, "dispute", dispute.pk),
            **_timeline(self.viewer, dispute),
        }


def _timeline(viewer: Viewer, dispute: Any) -> dict[str, Any]:
    """With the tags that the statement got in one act with what happened to the dispute."""
    if viewer.is_anonymous:
        return {}
    own = Entry.objects.of("dispute", dispute.pk).with_before().order_by("-id")[:TIMELINE_LENGTH]
    acts = {entry.transaction for entry in own}
    tagged = Entry.objects.of("statement", dispute.statement_id).filter(action=TAGGED, transaction__in=acts)
    entries = sorted([*own, *tagged.with_before()], key=lambda entry: entry.pk, reverse=True)
    return {"timeline": timeline(entries)}


def suggest_same_article(form: Any, statement: Any) -> Any:
    """Makes the form offer other statements of the article as the counter-statement before anything is typed."""
    counter = form.fields["counter_statement"]
    counter.style = {**counter.style, "first": f"?article={statement.article_id}&page_size=50"}
    return form


class DisputeFormPage(FormPage):
    """The form to open a dispute, beside the disputed passage."""

    def context(self) -> dict[str, Any]:
        context = super().context()
        typed = str(context["form_data"].get("statement", ""))
        statement = Statement.objects.for_reading().filter(pk=typed).first() if is_number(typed) else None
        if statement is None:
            return context
        (card,) = cards_of(self.viewer, [statement])
        return {
            **context,
            "form": suggest_same_article(context["form"], statement),
            "statement": statement,
            "card": card,
            "article": Article.objects.defer("text").get(pk=statement.article_id),
            "around": ArticleRevision.objects.around(statement),
            "is_side_by_side": True,
        }
