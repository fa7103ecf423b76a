"""Writes an annotation document as a plain dict."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from claims.models import Article, Dispute, Evidence, Statement, StatementVia
from claims.partial_dates import said_on_text
from factcheck.journal.models import Entry
from factcheck.postgres.prepared import prepared
from factcheck.postgres.snapshot_cache import Rows
from sources.models import Source

FORMAT = "factcheck-annotations/1"
EXPORTED_STATEMENT_FIELDS = ("key", "text", "start", "prefix", "suffix", "paraphrase", "quote_type")
EXPORTED_EVIDENCE_FIELDS = ("key", "stance", "url", "title", "excerpt", "archived_url", "obtained_how")
EXPORTED_DISPUTE_FIELDS = ("kind", "scope", "note", "state", "resolution")


def annotation_document(article: Article) -> dict[str, Any]:
    """The whole annotated article, in the form that `claims.annotations.import_document` takes.

    Read the article and call this within one `snapshot()`: several queries make the document.
    """
    sources = sources_of(article)
    return {
        "format": FORMAT,
        "version": _version(article, sources),
        "article": _article(article),
        "sources": [_source(source) for source in sources],
        "statements": _statements(article),
        "disputes": _disputes(article),
    }


def document_version(article: Article) -> tuple[int, list[int]]:
    """The version of the article's document, and the ids of the sources in it."""
    sources = sources_of(article)
    return _version(article, sources), [source.pk for source in sources]


def _version(article: Article, sources: list[Source]) -> int:
    """Digests how often the article and what belongs to it were written, and the versions of the sources.

    Not the greatest id of an entry: a transaction may commit later than one whose entry has a greater id.
    """
    entries = Entry.objects.filter(article=article.pk).exclude(resource="note")  # notes are no part of the document
    written = [entries.count(), *((source.pk, source.version) for source in sources)]
    return int.from_bytes(hashlib.sha256(repr(written).encode()).digest()[:6])


def source_key(source_id: int | None) -> str | None:
    return None if source_id is None else f"source-{source_id}"


def sources_of(article: Article) -> list[Source]:
    """The sources it refers to, and those that these are parts of. One query for each step of part_of."""
    ids = {article.publisher_id, *(source for (source,) in _read(_source_ids, article))}
    sources: dict[int, Source] = {}
    while missing := {row_id for row_id in ids if row_id is not None} - sources.keys():
        read = Source.objects.in_bulk(missing)
        sources |= read
        ids = {source.part_of_id for source in read.values()}
    return [sources[row_id] for row_id in sorted(sources)]


def _article(article: Article) -> dict[str, Any]:
    return {
        "title": article.title,
        "url": article.url,
        "addresses": article.addresses or [],
        "publisher": source_key(article.publisher_id),
        "byline": article.byline,
        "language": article.language,
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "status": article.status,
        "media_url": article.media_url,
        "text": article.text,
        "cue_times": [list(cue) for cue in article.cues] or None,
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "key": source_key(source.pk),
        "id": source.address,
        "name": source.name,
        "kind": source.kind,
        "part_of": source_key(source.part_of_id),
        "anonymous": source.anonymous,
        "description": source.description,
        "aliases": source.aliases,
        "same_as": source.same_as,
    }


def _statements(article: Article) -> list[dict[str, Any]]:
    """Read as plain columns, since an article may have thousands."""
    chains: dict[int, list[str | None]] = defaultdict(list)
    for statement, source in _read(_chain_rows, article):
        chains[statement].append(source_key(source))
    evidence: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for statement, obtained_on, *values in _read(_evidence_rows, article):
        day = obtained_on.isoformat() if obtained_on else None
        evidence[statement].append({**dict(zip(EXPORTED_EVIDENCE_FIELDS, values, strict=True)), "obtained_on": day})
    return [
        {
            **dict(zip(EXPORTED_STATEMENT_FIELDS, values, strict=True)),
            "source": source_key(source),
            "via": chains.get(row_id, []),
            "said_on": said_on_text(said_on, precision),
            "tag": tag,
            "tag_reason": tag_reason,
            "evidence": evidence.get(row_id, []),
        }
        for row_id, source, said_on, precision, tag, tag_reason, *values in _read(_statement_rows, article)
    ]


def _disputes(article: Article) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "statement": statement,
            "raised_by": source_key(raised_by),
            "counter_statement": counter,
            "counter_article": counter_url if counter_article != article.pk else None,
            **dict(zip(EXPORTED_DISPUTE_FIELDS, values, strict=True)),
        }
        for key, statement, raised_by, counter, counter_article, counter_url, *values in _read(_dispute_rows, article)
    ]


def _read(build: Callable[[int], QuerySet[Any, Any]], article: Article) -> Rows:
    return prepared(build, build, int).rows(article.pk)


def _source_ids(article: int) -> QuerySet[Any, Any]:
    said = Statement.objects.filter(article=article).values_list("source")
    relayed = StatementVia.objects.filter(statement__article=article).values_list("source")
    return said.union(relayed, Dispute.objects.filter(statement__article=article).values_list("raised_by"))


def _chain_rows(article: int) -> QuerySet[Any, Any]:
    via = StatementVia.objects.filter(statement__article=article).order_by("position")
    return via.values_list("statement", "source")


def _evidence_rows(article: int) -> QuerySet[Any, Any]:
    return (
        Evidence.objects.filter(statement__article=article)
        .order_by("id")
        .values_list("statement", "obtained_on", *EXPORTED_EVIDENCE_FIELDS)
    )


def _statement_rows(article: int) -> QuerySet[Any, Any]:
    rows = Statement.objects.filter(article=article).order_by("start", "id")
    others = ("id", "source", "said_on", "said_on_precision", "tag", "tag_reason")
    return rows.values_list(*others, *EXPORTED_STATEMENT_FIELDS)


def _dispute_rows(article: int) -> QuerySet[Any, Any]:
    counter = [f"counter_statement__{name}" for name in ("key", "article", "article__url")]
    rows = Dispute.objects.filter(statement__article=article).order_by("id")
    return rows.values_list("key", "statement__key", "raised_by", *counter, *EXPORTED_DISPUTE_FIELDS)
