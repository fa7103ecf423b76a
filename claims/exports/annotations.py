"""Objects as plain dicts. Knows no HTTP."""

from typing import Any

from claims.models import Article, Dispute, Evidence, Statement
from factcheck.api.windows import Sorted
from factcheck.journal.models import Entry
from sources.models import Source

FORMAT = "factcheck-annotations/1"


def annotation_document(article: Article) -> dict[str, Any]:
    """The whole annotated article, as `claims.annotations.import_document` takes it."""
    statements, disputes, sources = _parts(article)
    return {
        "format": FORMAT,
        "version": _version(article, sources),
        "article": _article(article),
        "sources": [_source(source) for source in sources],
        "statements": [_statement(statement) for statement in statements],
        "disputes": [_dispute(dispute, article) for dispute in disputes],
    }


def _parts(article: Article) -> tuple[list[Statement], list[Dispute], list[Source]]:
    statements = list(
        Statement.objects.filter(article=article)
        .prefetch_related("via_rows__source", "evidence")
        .order_by("start", "id")
    )
    disputes = list(
        Dispute.objects.filter(statement__article=article)
        .select_related("statement", "counter_statement__article")
        .order_by("id")
    )
    return statements, disputes, _sources_of(article, statements, disputes)


def document_version(article: Article) -> tuple[int, list[int]]:
    """The version of its document, and the sources that stand in it."""
    sources = _parts(article)[2]
    return _version(article, sources), [source.pk for source in sources]


def _version(article: Article, sources: list[Source]) -> int:
    """The last journal entry of anything in it: a document is as old as its youngest part."""
    own = Entry.objects.filter(article=article.pk)
    theirs = Entry.objects.filter(resource="source", resource_id__in=[source.pk for source in sources])
    # Few entries, to be sorted; by the index of ids it would look for them from the end of the whole journal.
    newest = [entries.order_by(Sorted("id").desc()) for entries in (own, theirs)]
    last = [entries.values_list("id", flat=True).first() or 0 for entries in newest]
    return max(last)


def source_key(source_id: int | None) -> str | None:
    return None if source_id is None else f"source-{source_id}"


def _sources_of(article: Article, statements: list[Statement], disputes: list[Dispute]) -> list[Source]:
    """The sources it refers to, and those above them; a query for each step of affiliation."""
    wanted = {article.publisher_id, *(dispute.raised_by_id for dispute in disputes)}
    for statement in statements:
        wanted |= {statement.source_id, *(source.pk for source in statement.via)}
    found: dict[int, Source] = {}
    while missing := {row_id for row_id in wanted if row_id is not None} - found.keys():
        found |= Source.objects.in_bulk(missing)
        wanted = {source.part_of_id for source in found.values()}
    return [found[row_id] for row_id in sorted(found)]


def _article(article: Article) -> dict[str, Any]:
    return {
        "title": article.title,
        "url": article.url,
        "publisher": source_key(article.publisher_id),
        "byline": article.byline,
        "language": article.language,
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "status": article.status,
        "text": article.text,
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "key": source_key(source.pk),
        "name": source.name,
        "kind": source.kind,
        "part_of": source_key(source.part_of_id),
        "anonymous": source.anonymous,
        "description": source.description,
        "aliases": source.aliases,
        "same_as": source.same_as,
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "key": statement.key,
        "text": statement.text,
        "start": statement.start,
        "prefix": statement.prefix,
        "suffix": statement.suffix,
        "paraphrase": statement.paraphrase,
        "quote_type": statement.quote_type,
        "source": source_key(statement.source_id),
        "via": [source_key(source.pk) for source in statement.via],
        "said_on": statement.said_on.isoformat() if statement.said_on else None,
        "tag": statement.tag,
        "tag_reason": statement.tag_reason,
        "evidence": [_evidence(row) for row in sorted(statement.evidence.all(), key=lambda row: row.pk)],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "key": evidence.key,
        "stance": evidence.stance,
        "url": evidence.url,
        "title": evidence.title,
        "excerpt": evidence.excerpt,
        "archived_url": evidence.archived_url,
    }


def _dispute(dispute: Dispute, article: Article) -> dict[str, Any]:
    counter = dispute.counter_statement
    return {
        "key": dispute.key,
        "statement": dispute.statement.key,
        "raised_by": source_key(dispute.raised_by_id),
        "counter_statement": counter.key if counter else None,
        "counter_article": counter.article.url if counter and counter.article_id != article.pk else None,
        "kind": dispute.kind,
        "scope": dispute.scope,
        "note": dispute.note,
        "state": dispute.state,
        "resolution": dispute.resolution,
    }
