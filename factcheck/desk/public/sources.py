from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from claims.models import Dispute, Statement
from factcheck.desk.page import int_parameter
from factcheck.desk.public.page import Head, RowPage, first, moved_to
from factcheck.desk.words import word
from factcheck.public_addresses import source_path
from sources.models import Source, SourceRedirect

ROWS_PER_PAGE = 30
MAX_ROWS = 20  # of what it relayed and disputed


class SourcePage(RowPage):
    """A source and what it said, newest first. `?before=` is the number of the last statement on the page before."""

    template_name = "desk/public/source.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A source that was merged into another one leads there, as in the API."""
        try:
            return super().get(request, *args, **kwargs)
        except Http404:
            redirect = SourceRedirect.objects.public().filter(pk=kwargs["pk"]).select_related("into").first()
            if redirect is None:
                raise
            return moved_to(source_path(redirect.into_id, redirect.into.name))

    def read(self, pk: int) -> Any:
        return first(self.reader.read(_source, pk))

    def path_of(self, row: Any) -> str:
        return source_path(row.pk, row.name)

    @cached_property
    def before(self) -> int:
        return int_parameter(self.request.GET, "before")

    def page_head(self) -> Head:
        words = _("%(kind)s: what it is recorded to have said or passed on, and what it denies.")
        return Head(
            title=self.row.name,
            description=f"{words % {'kind': capfirst(word(self.row.kind))}} {self.row.description}",
            query=f"?before={self.before}" if self.before else "",
        )

    def content(self) -> dict[str, Any]:
        source = self.row
        rows = Statement.objects.with_chain().select_related("article", "source").defer("article__text").order_by("-id")
        said = rows.filter(source=source)
        found = self.reader.fetch(said.filter(pk__lt=self.before) if self.before else said, ROWS_PER_PAGE + 1)
        return {
            "source": source,
            "said": found[:ROWS_PER_PAGE],
            "next_url": f"?before={found[ROWS_PER_PAGE - 1].pk}" if len(found) > ROWS_PER_PAGE else "",
            "is_later_page": bool(self.before),
            **({} if self.before else self._more(rows)),
        }

    def _more(self, rows: Any) -> dict[str, Any]:
        """On the first page."""
        disputes = Dispute.objects.filter(raised_by=self.row).select_related("raised_by", "statement").order_by("-id")
        return {
            "relayed": self.reader.fetch(rows.relayed_by(self.row.pk), MAX_ROWS),
            "disputes": self.reader.fetch(disputes, MAX_ROWS),
        }


def _source(pk: int) -> Any:
    return Source.objects.for_reading().filter(pk=pk)
