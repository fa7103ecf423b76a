"""The import of an annotation document in a browser, with errors at their lines."""

import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from rest_framework.exceptions import ValidationError
from rest_framework.utils import json as strict_json

from claims.annotations import import_document
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.roles import REQUIRED_ROLE
from factcheck.api.problems import MAX_ERRORS, problem_of
from factcheck.desk.json_faults import in_words
from factcheck.desk.json_lines import line_of, lines_of
from factcheck.desk.page_view import DeskView
from factcheck.errors import Refusal

AROUND = 80  # characters of a line that are shown on each side of a fault


@dataclass
class Fault:
    detail: str
    pointer: str = ""
    line: int | None = None
    column: int | None = None
    # The line, before and after the place.
    quoted: str = ""
    rest: str = ""


class ImportPage(DeskView):
    template_name = "desk/pages/import.html"
    required_role = REQUIRED_ROLE["import_annotations"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            text = self._document(request)
        except UnicodeDecodeError:
            return self._refuse("", [Fault("The file is not text in UTF-8.")])
        try:
            document = strict_json.loads(text)
        except json.JSONDecodeError as error:
            return self._refuse(text, [_fault_of_json(text, error)])
        except RecursionError:
            return self._refuse(text, [Fault("This is not JSON that can be read: it is nested too deeply.")])
        except ValueError:
            detail = "This is not JSON that can be read: it holds NaN, Infinity or a number that is too long."
            return self._refuse(text, [Fault(detail)])
        try:
            serializer = AnnotationDocumentSerializer(data=document)
            serializer.is_valid(raise_exception=True)
            article = import_document(document=serializer.validated_data, actor=request.user)
        except (Refusal, ValidationError, ModelError, IntegrityError) as error:
            problem, _ = problem_of(error)
            return self._refuse(text, _faults(text, problem))
        return HttpResponseRedirect(f"/api/v1/articles/{article.pk}/", status=303)

    @staticmethod
    def _document(request: HttpRequest) -> str:
        file: Any = request.FILES.get("file")
        return file.read().decode("utf-8-sig") if file else str(request.POST.get("document", ""))

    def _refuse(self, text: str, faults: list[Fault]) -> HttpResponse:
        context = self.get_context_data(document=text, faults=faults, cut_off=len(faults) >= MAX_ERRORS)
        response = self.render_to_response(context, status=400)
        response.is_problem = True  # type: ignore[attr-defined]  # the middleware's sign that it is told already
        return response


def _faults(text: str, problem: dict[str, Any]) -> list[Fault]:
    try:
        lines = lines_of(text)
    except RecursionError:  # nested more deeply than this reads, though JSON's own parser does
        lines = {}
    found = [
        _fault_at(text, line_of(error["pointer"], lines), error["detail"], error["pointer"])
        for error in problem.get("errors", [])
    ]
    return sorted(found, key=lambda fault: fault.line or 0) or [Fault(problem["detail"])]


def _fault_of_json(text: str, error: json.JSONDecodeError) -> Fault:
    line, at = text.split("\n")[error.lineno - 1], error.colno - 1
    before, rest = line[max(0, at - AROUND) : at], line[at : at + AROUND]
    return Fault(in_words(error), "", error.lineno, error.colno, before.lstrip(), rest.rstrip())


def _fault_at(text: str, line: int | None, detail: str, pointer: str = "") -> Fault:
    quoted = text.split("\n")[line - 1].strip()[:160] if line else ""
    return Fault(detail, pointer, line, quoted=quoted)
