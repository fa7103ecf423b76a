"""Notes: their list, a note, and those that the page of what they are on shows."""

from typing import Any

from django.db.models import F

from claims.models import Article, Note
from factcheck.api.roles import Role, role_of
from factcheck.desk.cards import articles_by_id
from factcheck.desk.page import ListPage, Page
from factcheck.desk.timeline import row_timeline
from factcheck.desk.viewer import Viewer
from factcheck.postgres.prepared import prepared

MAX_NOTES = 50  # on the page of what they are on; the list has all


def notes_on_row(viewer: Viewer, subject: str, row_id: int) -> dict[str, Any]:
    """For the context of the row's page, open notes first. Those of an article are also those in it.

    Proposals stand with their statement, not among the notes.
    """
    if viewer.is_anonymous:
        return {}

    def notes(row_id: int) -> Any:
        return _open_first(Note.objects.filter(tag__isnull=True, **{subject: row_id}))

    kept = prepared((notes_on_row, subject), notes, int)
    return {"desk_notes": kept.objects(row_id), "subject": subject, "subject_id": row_id, "max_notes": MAX_NOTES}


def proposals_for(statement_id: int) -> list[Note]:
    return list(_open_first(Note.objects.proposals().filter(statement=statement_id)))


def _open_first(notes: Any) -> Any:
    return notes.for_reading().order_by(F("resolved_at").desc(nulls_first=True), "-id")[:MAX_NOTES]


class NoteList(ListPage):
    def context(self) -> dict[str, Any]:
        return {"articles": articles_by_id(row.article_id for row in self.rows)}


class NotePage(Page):
    def context(self) -> dict[str, Any]:
        note, user = self.row, self.request.user
        may_change = self.may.get("create") and (note.author_id == user.pk or role_of(user) >= Role.EDITOR)
        return {
            "note": note,
            "article": Article.objects.only("title").get(pk=note.article_id),
            "may_change": may_change,
            **row_timeline(self.viewer, "note", note.pk),
        }
