"""The page to bring in an article, and the import of an annotation document there, with each error at its line."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError as ModelError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError

from claims.annotations import context_notes, import_document
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.roles import REQUIRED_ROLE
from factcheck.api.problems import MAX_ERRORS, problem_of
from factcheck.api.roles import Role
from factcheck.api.strict_json import loads
from factcheck.desk.form_words import in_words
from factcheck.desk.json_lines import line_of, lines_of
from factcheck.desk.page_view import DeskView
from factcheck.encodings import NotText, decode
from factcheck.errors import InvalidInput, Refusal

QUOTED_CHARACTERS = 80  # of the line, on each side of a JSON error

# What Python's parser says.
JSON_ERRORS = {
    "Expecting value": _("Expecting value"),
    "Expecting property name enclosed in double quotes": _("Expecting property name enclosed in double quotes"),
    "Expecting ':' delimiter": _("Expecting ':' delimiter"),
    "Expecting ',' delimiter": _("Expecting ',' delimiter"),
    "Illegal trailing comma before end of object": _("Illegal trailing comma before end of object"),
    "Illegal trailing comma before end of array": _("Illegal trailing comma before end of array"),
    "Extra data": _("Extra data"),
    "Unterminated string starting": _("Unterminated string starting"),
    "Invalid control character": _("Invalid control character"),
    "Invalid \\escape": _("Invalid \\escape"),
}


@dataclass
class DocumentError:
    detail: str
    pointer: str = ""
    line: int | None = None
    # The line as it is in the document. For invalid JSON, up to the place of the error and from there on.
    quoted: str = ""
    quoted_from_error: str = ""
    candidates: list[dict[str, str]] = field(default_factory=list)  # the sources that may be meant


class ImportPage(DeskView):
    template_name = "desk/pages/import.html"
    post_role = REQUIRED_ROLE["import_annotations"]

    @property
    def required_role(self) -> Role:  # type: ignore[override]
        """Whoever may create an article sees the page; it offers what the role may do."""
        return self.post_role if self.request.method == "POST" else REQUIRED_ROLE["create"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            text = self._document(request)
        except NotText as error:
            return self._refuse("", [DocumentError(f"{error} {gettext('Save the file as UTF-8.')}")])
        if not text.strip():
            return self._refuse("", [DocumentError(gettext("There is no document. Paste one, or choose a file."))])
        try:
            document = loads(text)
        except json.JSONDecodeError as error:
            return self._refuse(text, [_json_error(text, error)])
        except RecursionError:
            return self._refuse(text, [DocumentError(gettext("This JSON cannot be read: it is nested too deeply."))])
        except ValueError:
            detail = gettext("This JSON cannot be read: it contains NaN, Infinity or a number that is too long.")
            return self._refuse(text, [DocumentError(detail)])
        except InvalidInput as error:
            return self._refuse(text, _errors_at_lines(text, problem_of(error)[0]))
        try:
            serializer = AnnotationDocumentSerializer(data=document)
            serializer.is_valid(raise_exception=True)
            article = import_document(document=serializer.validated_data, actor=request.user)
        except (Refusal, ValidationError, ModelError, IntegrityError) as error:
            problem, _headers = problem_of(error)
            return self._refuse(text, _errors_at_lines(text, problem))
        if notes := context_notes(serializer.validated_data, article):
            lines = lines_of(text)
            shown = [_error_at(text, line_of(pointer, lines), note, pointer) for pointer, note in notes]
            return self.render_to_response(self.get_context_data(imported=article, notes=shown))
        messages.success(request, gettext("The document was imported."))
        return HttpResponseRedirect(f"/api/v1/articles/{article.pk}/", status=303)

    @staticmethod
    def _document(request: HttpRequest) -> str:
        file: Any = request.FILES.get("file")
        return decode(file.read()) if file else str(request.POST.get("document", ""))

    def _refuse(self, text: str, errors: list[DocumentError]) -> HttpResponse:
        context = self.get_context_data(document=text, errors=errors, has_more=len(errors) >= MAX_ERRORS)
        response = self.render_to_response(context, status=400)
        response.is_problem = True  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response


def _errors_at_lines(text: str, problem: dict[str, Any]) -> list[DocumentError]:
    try:
        lines = lines_of(text)
    except RecursionError:  # nested more deeply than this can read, though Python's JSON parser can
        lines = {}
    errors = [
        _error_at(text, line_of(error["pointer"], lines), in_words(error["detail"]), error["pointer"])
        for error in problem.get("errors", [])
    ]
    for error in errors:
        error.candidates = [each for each in problem.get("source_candidates", []) if each["pointer"] == error.pointer]
    return sorted(errors, key=lambda error: error.line or 0) or [DocumentError(problem["detail"])]


def _json_error(text: str, error: json.JSONDecodeError) -> DocumentError:
    known = error.msg.removesuffix(" at")
    message = JSON_ERRORS.get(known, known)
    place = {"line": error.lineno, "column": error.colno, "message": message}
    detail = gettext("This is not valid JSON at line %(line)s, column %(column)s: %(message)s.") % place
    line, at = text.split("\n")[error.lineno - 1], error.colno - 1
    before, after = line[max(0, at - QUOTED_CHARACTERS) : at], line[at : at + QUOTED_CHARACTERS]
    return DocumentError(detail, quoted=before.lstrip(), quoted_from_error=after.rstrip() or "⏎")


def _error_at(text: str, line: int | None, detail: str, pointer: str) -> DocumentError:
    quoted = text.split("\n")[line - 1].strip()[: 2 * QUOTED_CHARACTERS] if line else ""
    return DocumentError(detail, pointer, line, quoted)
