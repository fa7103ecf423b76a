"""An article's statements as a page that stands in a frame of any other site: docs/embedding.md."""

from http import HTTPStatus
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_exempt

from claims.models import Article, Dispute, Statement
from factcheck.api.languages import activate_language
from factcheck.api.references import MAX_ID
from factcheck.desk.page_view import PublicView
from factcheck.public_addresses import article_address, public_origin, statement_address

MAX_STATEMENTS = 100  # the public page has all
THEMES = ("light", "dark")


@method_decorator([xframe_options_exempt, csp_replace({"frame-ancestors": ["*"]})], name="get")
class EmbeddedArticle(PublicView):
    """Framing is allowed here alone. There is nothing to click that would change anything."""

    def article_shown(self) -> int | None:
        return self.kwargs["pk"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        activate_chosen_language(request)
        found = Article.objects.public().defer("text").filter(pk=pk).first() if pk <= MAX_ID else None
        theme = request.GET.get("theme")
        context = {"theme": theme if theme in THEMES else "", **(_shown(request, found) if found else {})}
        status = HTTPStatus.OK if found else HTTPStatus.NOT_FOUND
        response = render(request, "desk/pages/embedded_article.html", context, status=status)
        response.is_problem = not found  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response


def activate_chosen_language(request: HttpRequest) -> None:
    """The one in `?lang=` if there is one such, otherwise the reader's."""
    try:
        chosen = translation.get_supported_language_variant(request.GET.get("lang", ""))
    except LookupError:
        return
    if chosen in dict(settings.LANGUAGES):
        activate_language(request, chosen)


def _shown(request: HttpRequest, article: Any) -> dict[str, Any]:
    origin = public_origin(request) or ""
    rows = Statement.objects.public().filter(article=article).with_chain().order_by("start", "pk")
    found = list(rows[: MAX_STATEMENTS + 1])
    statements = found[:MAX_STATEMENTS]
    disputes = Dispute.objects.public().select_related("raised_by").filter(statement__in=statements).order_by("pk")
    of: dict[int, list[Dispute]] = {}
    for dispute in disputes:
        of.setdefault(dispute.statement_id, []).append(dispute)
    return {
        "article": article,
        "address": article_address(origin, article.pk, article.title),
        "statements": [
            (each, statement_address(origin, each.pk, each.text), of.get(each.pk, [])) for each in statements
        ],
        "has_more": len(found) > MAX_STATEMENTS,
    }
