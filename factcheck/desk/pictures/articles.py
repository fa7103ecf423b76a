"""Reads what a picture of an article, or of a dispute, shows: in as many queries for many statements as for few."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.models import Dispute, Statement
from factcheck.desk.addresses import address_of
from factcheck.desk.pictures.chains import Denial, Party, Told, chains_of
from factcheck.desk.pictures.layout import drawing_of
from factcheck.desk.viewer import Viewer
from factcheck.desk.words import word

MAX_STATEMENTS = 1_000
TEXT = 160  # characters of a passage
# By how much is disputed, and whether it was raised in another statement that the picture has.
DENIALS = {
    ("whole", False): _("%(kind)s of %(statement)s by %(source)s"),
    ("whole", True): _("%(kind)s of %(statement)s by %(source)s, in %(counter_statement)s"),
    ("part", False): _("%(kind)s of part of %(statement)s by %(source)s"),
    ("part", True): _("%(kind)s of part of %(statement)s by %(source)s, in %(counter_statement)s"),
}


def article_picture(article: Any, viewer: Viewer, numbers: dict[int, int], as_of_query: str = "") -> dict[str, Any]:
    """`numbers` are those of the marks in the text, by statement. The picture has the first MAX_STATEMENTS."""
    address, lists = address_of("article", article.pk), f"/api/v1/statements/?article={article.pk}{as_of_query}"
    outlet = _party(article.publisher) if article.publisher else Party(gettext("No publisher"), address)
    statements = Statement.objects.with_chain().only("text", "tag", "start", "source__name", "source__anonymous")
    rows = viewer.fetch(statements.filter(article=article).order_by("start", "id"), MAX_STATEMENTS + 1)
    told = [
        _told(row, outlet, numbers.get(row.pk), f"{address}?at={row.pk}{as_of_query}#statement-{row.pk}", address)
        for row in rows[:MAX_STATEMENTS]
    ]
    disputes = viewer.fetch(
        Dispute.objects.select_related("raised_by").filter(statement__article=article).order_by("id")
    )
    all_disputes = f"/api/v1/disputes/?article={article.pk}{as_of_query}"
    return {"has_more": len(rows) > MAX_STATEMENTS, **_picture(told, disputes, lists, all_disputes)}


def dispute_picture(dispute: Any, viewer: Viewer) -> dict[str, Any]:
    """`dispute` is redacted for the viewer."""
    ids = [row_id for row_id in (dispute.statement_id, dispute.counter_statement_id) if row_id]
    rows = Statement.objects.with_chain().select_related("article__publisher").defer("article__text")
    shown = viewer.fetch(rows.filter(pk__in=ids).order_by("id"))
    told = [_told(row, _outlet(row.article), None, address_of("statement", row.pk)) for row in shown]
    return _picture(told, [dispute], "", address_of("dispute", dispute.pk))


def _picture(told: Sequence[Told], disputes: Iterable[Any], lists: str, all_disputes: str) -> dict[str, Any]:
    names = {each.id: each.name for each in told}
    denials = [_denial(dispute, names) for dispute in disputes if dispute.statement_id in names]
    chains = chains_of(told, denials, lists, all_disputes)
    return {"chains": chains, "drawing": drawing_of(chains)}


def _told(row: Any, outlet: Party, number: int | None, address: str, itself: str = "") -> Told:
    speaker = _party(row.source) if row.source else Party(gettext("The article itself"), itself or address)
    relays = tuple(_party(source) for source in row.via)
    return Told(row.pk, number, row.text[:TEXT], row.tag, address, speaker, relays, outlet)


def _denial(dispute: Any, names: dict[int, str]) -> Denial:
    raised_in = names.get(dispute.counter_statement_id)
    words = DENIALS[dispute.scope, bool(raised_in)] % {
        "kind": capfirst(word(dispute.kind)), "statement": names[dispute.statement_id],
        "source": dispute.raised_by.name, "counter_statement": raised_in,
    }  # fmt: skip
    return Denial(
        words, dispute.state, address_of("dispute", dispute.pk), _party(dispute.raised_by), dispute.statement_id,
        dispute.counter_statement_id,
    )  # fmt: skip


def _party(source: Any) -> Party:
    return Party(source.name, address_of("source", source.pk), source.anonymous, source.pk)


def _outlet(article: Any) -> Party:
    address = address_of("article", article.pk)
    if article.publisher:
        return _party(article.publisher)
    title = article.title or gettext("Untitled")
    return Party(gettext("No publisher: %(title)s") % {"title": title}, address)
