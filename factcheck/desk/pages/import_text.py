"""The import of a plain text, or of the captions of a recording, in a browser."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from rest_framework.exceptions import ValidationError

from claims.form_input import from_form
from claims.roles import REQUIRED_ROLE
from claims.serializers import ArticleSerializer
from claims.services import create_article
from claims.suggesting.transcripts import is_transcript
from factcheck.api.problems import problem_of
from factcheck.desk.form_words import in_words
from factcheck.desk.labels import field_label
from factcheck.desk.pages.imports import ImportPage
from factcheck.encodings import NotText, decode
from factcheck.errors import InvalidInput, Refusal

FIELDS = ("title", "url", "media_url", "byline", "language", "text")


class ImportTextPage(ImportPage):
    post_role = REQUIRED_ROLE["create"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect("/import/")

    def post(self, request: HttpRequest) -> HttpResponse:
        typed = {name: str(request.POST.get(name, "")) for name in FIELDS}
        try:
            text = _text_or_file(typed.pop("text"), request.FILES.get("file"))
            given = {name: value for name, value in typed.items() if value or name == "title"}
            serializer = ArticleSerializer(data={**given, "captions" if is_transcript(text) else "text": text})
            serializer.is_valid(raise_exception=True)
            article = create_article(actor=request.user, **serializer.validated_data)
        except NotText as error:
            return self._refuse_text(request, [f"{error} {gettext('Save the file as UTF-8.')}"])
        except (Refusal, ValidationError, IntegrityError) as error:
            problem, _ = problem_of(error)
            found = ((each["pointer"].removeprefix("#/"), each["detail"]) for each in problem["errors"])
            return self._refuse_text(request, [f"{field_label(name)}: {in_words(detail)}" for name, detail in found])
        messages.success(request, gettext("The article was brought in, as a draft."))
        return HttpResponseRedirect(f"/api/v1/articles/{article.pk}/", status=303)

    def _refuse_text(self, request: HttpRequest, errors: list[str]) -> HttpResponse:
        response = self.render_to_response(self.get_context_data(typed=request.POST, text_errors=errors), status=400)
        response.is_problem = True  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response


def _text_or_file(typed: str, file: Any) -> str:
    if not file:
        if not typed.strip():
            raise InvalidInput.field("text", "blank", gettext("Give a text, or choose a file."))
        return from_form(typed)
    if typed.strip():
        detail = gettext("Give either a text or a file. Choose the file again to send it.")
        raise InvalidInput.field("file", "text_too", detail)
    text = decode(file.read())
    if not text.strip():
        raise InvalidInput.field("file", "blank", gettext("It is empty."))
    return text
