"""Undoing the last act on a row, from its entry in the journal."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import IntegrityError
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext
from rest_framework.exceptions import ValidationError

from claims.models import Article
from claims.roles import REQUIRED_ROLE, ROLE_FOR_NOTES
from claims.services.undoing import undo, undone_by
from factcheck.api.fields import ReasonSerializer
from factcheck.api.form_methods import own_address, wants_parts
from factcheck.api.problems import problem_of
from factcheck.api.roles import Role, role_of
from factcheck.desk.addresses import address_of
from factcheck.desk.form_words import problem_in_words
from factcheck.desk.page_view import DeskView
from factcheck.desk.pages.notes import notes_on_row
from factcheck.desk.sentences import sentence_in_text
from factcheck.desk.timeline import timeline
from factcheck.errors import Refusal
from factcheck.journal.models import Entry

# What the reason of an act becomes on the row, by the act: to take it back, the former one is offered.
KEPT_REASONS = {"tag": "tag_reason", "resolve": "resolution"}


def last_act(resource: str, row_id: int) -> Any:
    return Entry.objects.of(resource, row_id).with_before().order_by("-version").first()


def may_undo_now(user: Any, last: Any, seen: int | None) -> bool:
    """Whether the last act on a row is that of a form, on the version that it had `seen`, and can be undone."""
    return seen is not None and last.version == seen + 1 and _may_undo(user, last)


def reason_to_undo(entry: Any) -> str:
    """What the form to undo it has as the reason at first."""
    return former_reason(entry) or gettext("Taken back.")


def former_reason(entry: Any) -> str:
    return str(entry.before.get(KEPT_REASONS.get(undone_by(entry) or "", ""), ""))


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
            former_reason=former_reason(entry),
            reason=self.request.POST.get("reason") or reason_to_undo(entry),
            next=self._next(),
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
        done = gettext("Taken back: %(act)s.") % {"act": sentence_in_text(entry)}
        if wants_parts(request):
            return self._parts(entry, done)
        messages.success(request, done)
        return HttpResponseRedirect(self._next() or address_of(entry.resource, entry.resource_id), status=303)

    def _next(self) -> str:
        """The page that led here."""
        given = self.request.POST if self.request.method == "POST" else self.request.GET
        return own_address(str(given.get("next", "")))

    def _parts(self, entry: Any, done: str) -> HttpResponse:
        """For an article's page that is open: what it does not read again by itself (see static/desk/acts.js)."""
        article = Article.objects.for_reading().filter(pk=entry.article).first()
        context = {
            "entry": entry,
            "done": done,
            "article": article,
            "address": address_of("article", entry.article),
            **(notes_on_row(self.viewer, "article", entry.article) if entry.resource == "note" else {}),
        }
        response = render(self.request, "desk/journal/undone.html", super().get_context_data(**context))
        undone = {"focus": focused_after(entry), "statement": statement_of(entry)}
        response["HX-Trigger-After-Swap"] = json.dumps({"undone": undone})
        return response

    def _refuse(self, entry: Any, problem: dict[str, Any]) -> HttpResponse:
        errors = [error["detail"] for error in problem.get("errors", [])] or [problem["detail"]]
        context = self.get_context_data(undone=entry, errors=errors)
        if wants_parts(self.request):
            self.template_name = "desk/journal/undone.html"
        response = self.render_to_response(context, status=problem["status"])
        response.is_problem = True  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response


def statement_of(entry: Any) -> Any:
    return entry.resource_id if entry.resource == "statement" else entry.data.get("statement")


def focused_after(entry: Any) -> str:
    """The id of the element of an article's page on which a keyboard goes on."""
    if entry.resource == "article":
        return "status-form"
    if statement := statement_of(entry):
        return f"statement-{statement}"
    return f"{entry.resource}-{entry.resource_id}"
