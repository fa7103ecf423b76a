"""What crawlers read first: /robots.txt, and the sitemap of the public pages (https://www.sitemaps.org/protocol.html).

A part holds the public rows of one range of ids. So each part reads a range of an index, however many parts there are,
and keeps its address when rows come and go.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from django.db import connection
from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest, Left
from django.http import Http404, HttpRequest, HttpResponse
from django.views.generic import View

from claims.models import Article, Statement
from factcheck.api.conditional import share
from factcheck.api.references import MAX_ID
from factcheck.desk.page_view import OptionsForAnybody, PublicView
from factcheck.journal.models import Entry
from factcheck.public_addresses import MAX_TITLE, article_address, public_origin, source_address, statement_address
from sources.models import Source

PART = 5_000  # ids; the protocol allows 50,000 addresses
MAX_PARTS = 15_000  # of each kind; the protocol allows 50,000 in all
# Nothing here is for readers of what is published.
DISALLOWED = (
    "account", "accounts", "admin", "api", "choose", "import", "language", "live", "login", "logout", "oidc", "reset",
    "search", "then", "undo",
)  # fmt: skip
# From each part that has a row to the next one.
PARTS = """
WITH RECURSIVE part (number) AS (
    (SELECT id / {size} FROM {table} ORDER BY id LIMIT 1)
    UNION ALL
    SELECT (SELECT id / {size} FROM {table} WHERE id >= (part.number + 1) * {size} ORDER BY id LIMIT 1)
    FROM part WHERE part.number IS NOT NULL
)
SELECT number FROM part WHERE number IS NOT NULL LIMIT {limit}
"""


@dataclass(frozen=True)
class Kind:
    rows: Callable[[], QuerySet[Any, Any]]  # of id, title and the time of the last change
    address: Callable[[str, int, str], str]

    def part(self, number: int) -> Iterable[tuple[int, str, datetime]]:
        return self.rows().filter(pk__gte=number * PART, pk__lt=(number + 1) * PART).order_by("pk")

    def parts(self) -> Iterator[int]:
        """Those that have a row. Whether one of its rows is public may take to read all of them."""
        table = self.rows().model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(PARTS.format(table=table, size=PART, limit=MAX_PARTS))
            yield from (number for (number,) in cursor.fetchall())


def _articles() -> QuerySet[Any, Any]:
    """An article's page shows its statements, evidence and disputes too: of any of these was the last change."""
    shown = Entry.objects.filter(article=OuterRef("pk"), resource__in=["article", "statement", "evidence", "dispute"])
    return Article.objects.public().values_list("pk", "title", Subquery(shown.order_by("-pk").values("at")[:1]))


def _statements() -> QuerySet[Any, Any]:
    changes = [F("updated_at"), *(Subquery(_last_change(of)) for of in ("evidence", "disputes"))]
    return Statement.objects.public().values_list("pk", Left("text", MAX_TITLE), Greatest(*changes))


def _last_change(relation: str) -> QuerySet[Any, Any]:
    rows = Statement._meta.get_field(relation).related_model.objects.filter(statement=OuterRef("pk"))  # type: ignore[union-attr]
    return rows.order_by().values("statement").annotate(last=Max("updated_at")).values("last")


def _sources() -> QuerySet[Any, Any]:
    return Source.objects.public().values_list("pk", "name", "updated_at")


KINDS = {
    "articles": Kind(_articles, article_address),
    "statements": Kind(_statements, statement_address),
    "sources": Kind(_sources, source_address),
}


def _xml(root: str, element: str, entries: Iterable[str]) -> HttpResponse:
    inside = "".join(f"<{element}>{entry}</{element}>\n" for entry in entries)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return HttpResponse(f"{text}{inside}</{root}>\n", content_type="application/xml")


class SitemapIndex(PublicView):
    def get(self, request: HttpRequest) -> HttpResponse:
        origin = escape(public_origin(request) or "")
        parts = (f"{name}-{number}" for name, kind in KINDS.items() for number in kind.parts())
        return _xml("sitemapindex", "sitemap", (f"<loc>{origin}/sitemap-{part}.xml</loc>" for part in parts))


class SitemapPart(PublicView):
    """At the root: the protocol lets a sitemap name only what stands in its own folder, or below."""

    def get(self, request: HttpRequest, name: str, number: int) -> HttpResponse:
        kind, origin = KINDS.get(name), public_origin(request)
        if not (kind and origin) or number > MAX_ID // PART - 1:
            raise Http404
        return _xml(
            "urlset", "url", (_entry(kind.address(origin, pk, title), at) for pk, title, at in kind.part(number))
        )


def _entry(address: str, changed_at: datetime) -> str:
    at = changed_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return f"<loc>{escape(address)}</loc><lastmod>{at}</lastmod>"


class Robots(OptionsForAnybody, View):
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest) -> Any:
        origin = public_origin(request)
        closed = [f"/{name}/" for name in DISALLOWED] if origin else ["/"]
        lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
        lines += ["", f"Sitemap: {origin}/sitemap.xml"] if origin else []
        return share(HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8"))
