"""The endpoints of notes."""

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from claims.filters import NoteFilter
from claims.models import Note
from claims.note_serializers import NoteSerializer, OptionalReasonSerializer
from claims.roles import ROLE_FOR_NOTES
from claims.services.notes import create_note, delete_note, reopen_note, resolve_note, update_note
from factcheck.api.roles import Role, role_of
from factcheck.errors import Versions
from factcheck.journal.views import JournaledViewSet

OF_THE_AUTHOR = frozenset({"update", "partial_update", "destroy", "resolve"})


class NoteViewSet(JournaledViewSet):
    """What the newsroom remarks on an article, a statement or a dispute. Never public, and no part of exports.

    A note with a `tag` is a proposal. `propose/` and `take/` of the statement make and take it.
    """

    serializer_class = NoteSerializer
    filterset_class = NoteFilter
    schema_tag = "notes"
    noun = "a note"
    has_public_reads = False
    as_of_filters = ("article",)
    ordering_fields = ("id", "updated_at")
    selective_filters = frozenset({"ids", "article", "statement", "dispute"})
    index_ordered_filters = {
        "id": (frozenset({"resolved"}), frozenset({"proposal"}), frozenset({"resolved", "proposal"})),
        "updated_at": (frozenset({"updated_since"}),),
    }
    queryset = Note.objects.for_reading()

    @property
    def required_role(self) -> Role | None:  # type: ignore[override]
        return ROLE_FOR_NOTES.get(self.action)

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if self.action not in OF_THE_AUTHOR or role_of(request.user) >= Role.EDITOR:
            return
        of_others = Note.objects.filter(pk=self.kwargs["pk"]).exclude(author=request.user.pk)
        if self.action == "resolve" and of_others.proposals().exists():
            raise PermissionDenied(gettext("Only its author withdraws a proposal. Editors set it aside."))
        if self.action != "resolve" and of_others.exists():
            raise PermissionDenied(gettext("Only its author and editors change or delete a note."))

    def perform_create(self, **fields: Any) -> Note:
        return create_note(actor=self.request.user, **fields)

    def perform_update(self, row_id: int, versions: Versions, **fields: Any) -> None:
        update_note(note_id=row_id, versions=versions, actor=self.request.user, **fields)

    def perform_destroy(self, row_id: int, versions: Versions, reason: str) -> None:
        delete_note(note_id=row_id, versions=versions, actor=self.request.user, reason=reason)

    @extend_schema(responses=NoteSerializer)
    @action(detail=True, methods=["post"], conditional=True, serializer_class=OptionalReasonSerializer)
    def resolve(self, request: Request, pk: int) -> Any:
        """Resolve a note.

        It says who did so and when, until it is reopened. A proposal is so withdrawn by its author, and set aside by an
        editor: it cannot be reopened.
        """
        return self.run_action(resolve_note)

    @extend_schema(responses=NoteSerializer)
    @action(detail=True, methods=["post"], conditional=True, serializer_class=OptionalReasonSerializer)
    def reopen(self, request: Request, pk: int) -> Any:
        """Reopen a note.

        Who had resolved it is removed; the journal keeps it.
        """
        return self.run_action(reopen_note)
