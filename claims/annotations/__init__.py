"""The annotation document: one annotated article as JSON. Import goes through the same services as everything."""

from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from claims import services
from claims.annotations.disputes import import_disputes
from claims.annotations.export import document_version
from claims.annotations.faults import Document, Faults
from claims.annotations.sources import import_sources
from claims.annotations.statements import import_evidence, import_statements
from claims.models import Article, Dispute, Evidence, Statement
from factcheck.errors import StaleVersion
from sources.models import Source

Row = TypeVar("Row", Statement, Evidence, Dispute)
ARTICLE_FIELDS = ("title", "url", "byline", "language", "published_at", "text")


@transaction.atomic
def replace_document(*, article_id: int, versions: frozenset[int] | None, document: Document, actor: Any) -> Article:
    """Makes the article what the document says: what it leaves out is deleted, each row with its entry.

    `versions` are ids of the last journal entry of anything in the document, as the export gives them. Raises
    StaleVersion when any of it was written since.
    """
    article = Article.objects.select_for_update(of=("self",)).get(pk=article_id)
    rows = _rows_of(article_id)
    statements, evidence, disputes = list(rows[0]), list(rows[1]), list(rows[2])  # nobody writes them from now on
    if versions is not None:
        _judge(article, versions)
    wanted = {item["key"] for item in document["statements"]}
    parts = {(item["key"], part["key"]) for item in document["statements"] for part in item["evidence"]}
    raised = {item["key"] for item in document["disputes"]}
    keys = {statement.pk: statement.key for statement in statements}
    by: dict[str, Any] = {"actor": actor, "reason": "Left out of an imported annotation document"}
    services.delete_disputes(disputes=[row for row in disputes if row.key not in raised], **by)
    services.delete_evidence_rows(
        rows=[row for row in evidence if (keys[row.statement_id], row.key) not in parts], **by
    )
    services.delete_statements(statements=[row for row in statements if row.key not in wanted], **by)
    return import_document(document=document, actor=actor, article_id=article_id)


def _judge(article: Article, versions: frozenset[int]) -> None:
    """The caller holds the article's rows; its sources are held from now on."""
    _, sources = document_version(article)
    list(Source.objects.filter(pk__in=sources).order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    current, _ = document_version(article)  # read only now: who held a source may have changed it
    if current not in versions:
        raise StaleVersion("The article or something in it was changed meanwhile. Export it again.")


def _rows_of(article_id: int) -> tuple[QuerySet[Statement], QuerySet[Evidence], QuerySet[Dispute]]:
    """Each held when it is read."""
    return (
        _held(Statement.objects.filter(article=article_id)),
        _held(Evidence.objects.filter(statement__article=article_id)),
        _held(Dispute.objects.filter(statement__article=article_id)),
    )


def _held(rows: QuerySet[Row]) -> QuerySet[Row]:
    return rows.order_by("pk").select_for_update(of=("self",))


@transaction.atomic
def import_document(*, document: Document, actor: Any, article_id: int | None = None) -> Article:
    """Creates what is not there and changes just what differs; a second import changes nothing.

    Without `article_id` the article is known by its url; sources by `same_as`, else by name or alias and kind; the
    rest by key.
    Raises InvalidInput with the JSON pointer of every fault, and then nothing is written.
    """
    faults = Faults()
    _check_keys(document, faults)
    if article_id is None:
        article_id = _held_by_url(document["article"]["url"])  # before its sources, as whoever replaces it holds them
    sources = import_sources(document["sources"], faults, actor)
    article = _import_article(document["article"], article_id, sources, actor)
    rows = _rows_of(article.pk)  # read now that a change of the text has found their places anew
    statements = import_statements(document["statements"], article, rows[0], sources, faults, actor)
    import_evidence(document["statements"], statements, rows[1], actor)
    import_disputes(document["disputes"], article, rows[2], statements, sources, faults, actor)
    faults.raise_all()
    return article


def _check_keys(document: Document, faults: Faults) -> None:
    """Every key that is used stands in the document. A counter-statement's may stand in another, see there."""
    sources = {item["key"] for item in document["sources"]}
    statements = {item["key"] for item in document["statements"]}
    used = [("#/article/publisher", document["article"]["publisher"], sources)]
    for index, item in enumerate(document["sources"]):
        used.append((f"#/sources/{index}/part_of", item["part_of"], sources))
    for index, item in enumerate(document["statements"]):
        used.append((f"#/statements/{index}/source", item["source"], sources))
        used += [(f"#/statements/{index}/via/{place}", key, sources) for place, key in enumerate(item["via"])]
    for index, item in enumerate(document["disputes"]):
        used.append((f"#/disputes/{index}/statement", item["statement"], statements))
        used.append((f"#/disputes/{index}/raised_by", item["raised_by"], sources))
    for pointer, key, known in used:
        if key is not None and key not in known:
            faults.add(pointer, "unknown_key", f"Nothing in this document has the key {key!r}.")


def _held_by_url(url: str | None) -> int | None:
    held = Article.objects.select_for_update(of=("self",)).filter(url=url) if url else Article.objects.none()
    return held.values_list("pk", flat=True).first()


def _import_article(item: Document, article_id: int | None, sources: dict[str, Source], actor: Any) -> Article:
    fields = {name: item[name] for name in ARTICLE_FIELDS}
    fields["publisher"] = sources.get(item["publisher"])
    if article_id is None:
        article = services.create_article(actor=actor, **fields)
    else:
        article = services.update_article(article_id=article_id, versions=None, actor=actor, **fields)
    if article.status != item["status"] and item["status"] != "draft":
        reason = "Imported with an annotation document"
        article = services.set_article_status(
            article_id=article.pk, versions=None, actor=actor, status=item["status"], reason=reason
        )
    return article
