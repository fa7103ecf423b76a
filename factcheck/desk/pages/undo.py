"""Undoing the last act on a row, from its entry in the journal."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import IntegrityError
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from rest_framework.exceptions import ValidationError

from claims.roles import REQUIRED_ROLE, ROLE_FOR_NOTES
from claims.services.undoing import undo, undone_by
from factcheck.api.fields import ReasonSerializer
from factcheck.api.problems import problem_of
from factcheck.api.roles import Role, role_of
from factcheck.desk.addresses import address_of
from factcheck.desk.form_words import problem_in_words
from factcheck.desk.page_view import DeskView
from factcheck.desk.timeline import timeline
from factcheck.errors import Refusal
from factcheck.journal.models import Entry

# What the reason of an act becomes on the row, by the act: to take it back, the former one is offered.
KEPT_REASONS = {"tag": "tag_reason", "resolve": "resolution"}


def undoable_among(entries: Iterable[Any], user: Any) -> set[int]:
    """The ids of those that the user may undo: each the last act on its row, and read by `with_before`."""
    able = [entry.pk for entry in entries if _may_undo(user, entry)]
    later = Entry.objects.filter(
        resource=OuterRef("resource"), resource_id=OuterRef("resource_id"), version=OuterRef("version") + 1
    )
    return set(Entry.objects.filter(~Exists(later), pk__in=able).values_list("pk", flat=True)) if able else set()


def _may_undo(user: Any, entry: Any) -> bool:
    action = undone_by(entry)
    if action is None:
        return False
    is_note = entry.resource == "note"
    if is_note and action == "partial_update" and role_of(user) < Role.EDITOR:
        return role_of(user) >= Role.REPORTER and entry.data["author"] == user.pk
    required = ROLE_FOR_NOTES.get(action) if is_note else None
    return role_of(user) >= (required or REQUIRED_ROLE[action])


class UndoPage(DeskView):
    template_name = "desk/journal/undo.html"

    def _entry(self) -> Any:
        """Raises Http404 for an act without a way back, and PermissionDenied for one that the user may not do."""
        entry = Entry.objects.filter(pk=self.kwargs["entry"]).with_before().first()
        if entry is None or undone_by(entry) is None:
            raise Http404
        if not _may_undo(self.request.user, entry):
            raise PermissionDenied
        return entry

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entry = kwargs.pop("undone", None) or self._entry()
        newer = Entry.objects.of(entry.resource, entry.resource_id).filter(version__gt=entry.version)
        return super().get_context_data(
            items=timeline([entry]),
            newer=timeline(newer.with_before().order_by("-version")[:5]),
            address=address_of(entry.resource, entry.resource_id),
            former_reason=entry.before.get(KEPT_REASONS.get(undone_by(entry) or "", ""), ""),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        entry = self._entry()
        try:
            form = ReasonSerializer(data={"reason": request.POST.get("reason", "")})
            form.is_valid(raise_exception=True)
            undo(entry=entry, actor=request.user, reason=form.validated_data["reason"])
        except (Refusal, ValidationError, IntegrityError) as error:
            return self._refuse(entry, problem_in_words(problem_of(error)[0]))
        except ObjectDoesNotExist:
            raise Http404 from None
        return HttpResponseRedirect(address_of(entry.resource, entry.resource_id), status=303)

    def _refuse(self, entry: Any, problem: dict[str, Any]) -> HttpResponse:
        errors = [error["detail"] for error in problem.get("errors", [])] or [problem["detail"]]
        context = self.get_context_data(undone=entry, errors=errors, reason=self.request.POST.get("reason", ""))
        response = self.render_to_response(context, status=problem["status"])
        response.is_problem = True  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response
