"""The annotation document: one annotated article as JSON. An import writes through the same services as the API."""

from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext, pgettext

from claims import services
from claims.anchoring.cues import Cue, fit
from claims.annotations.disputes import import_disputes
from claims.annotations.errors import DocumentErrors
from claims.annotations.export import document_version
from claims.annotations.sources import import_sources
from claims.annotations.statements import import_evidence, import_statements
from claims.models import Article, Dispute, Evidence, Statement
from claims.models.article import sha256_of
from claims.passages import context_note
from claims.services.articles import UNFIT
from factcheck.errors import StaleVersion, Versions
from factcheck.journal.services import lock_in_order
from factcheck.postgres.transactions import atomic_with_retry
from sources.models import Source

Document = dict[str, Any]
Written = TypeVar("Written", Statement, Evidence, Dispute)
Rows = tuple[list[Statement], list[Evidence], list[Dispute]]
ARTICLE_FIELDS = ("title", "url", "addresses", "byline", "language", "published_at", "media_url", "text")


def import_document(*, document: Document, actor: Any) -> Article:
    """Creates what is missing and changes only what differs. A second import changes nothing.

    The article is found by its url; sources by their address, or else as `matching.py` says; everything else by key.
    Raises InvalidInput or Unprocessable with a JSON pointer for each error, and what the services raise. Nothing is
    then written.
    """
    found = _found_before_locking(document, _by_url(document["article"]["url"]).first())
    return _import_by_url(document, actor, found)


def context_notes(document: Document, article: Article) -> list[tuple[str, str]]:
    """The pointers of imported statements whose prefix or suffix do not stand at their passage, each with a word."""
    rows = {row.key: row for row in Statement.objects.filter(article=article).only("key", "prefix", "suffix")}
    items = enumerate(document["statements"])
    return [(f"#/statements/{n}", note) for n, item in items if (note := context_note(rows[item["key"]], item))]


def _found_before_locking(document: Document, article_id: int | None) -> services.Found:
    """Where the article's statements are in the document's text. What is added meanwhile is sought under the lock."""
    found: services.Found = {}
    text = document["article"]["text"]
    if article_id is not None and not Article.objects.filter(pk=article_id, sha256=sha256_of(text)).exists():
        services.find_again(article_id=article_id, text=text, found=found)
    return found


def replace_document(*, article_id: int, versions: Versions, document: Document, actor: Any) -> Article:
    """Imports the document and deletes what it leaves out of the article, each row with its entry.

    `versions` are the document versions that the caller has seen (see document_version; None: any). Raises
    DoesNotExist, StaleVersion if any part of the document was written since, and what import_document raises.
    """
    found = _found_before_locking(document, article_id)
    return _replace(document, article_id, versions, actor, found)


@atomic_with_retry
def _import_by_url(document: Document, actor: Any, found: services.Found) -> Article:
    article_id = _by_url(document["article"]["url"]).select_for_update(no_key=True).first()
    for rows in _locked_rows(article_id):  # before the sources, which come last
        list(rows.values_list("pk"))
    return _import(document, article_id, actor, found)


@atomic_with_retry
def _replace(document: Document, article_id: int, versions: Versions, actor: Any, found: services.Found) -> Article:
    article = Article.objects.select_for_update(of=("self",), no_key=True).get(pk=article_id)
    statements, evidence, disputes = _locked_rows(article_id)
    rows = (list(statements), list(evidence), list(disputes))  # from here on nobody else writes them
    if versions is not None:
        _check_version(article, versions)
    return _import(document, article_id, actor, found, replaced=rows)


def _import(
    document: Document, article_id: int | None, actor: Any, found: services.Found, replaced: Rows | None = None
) -> Article:
    """Deletes those of the `replaced` rows that the document leaves out."""
    errors = DocumentErrors()
    _check_keys(document, errors)
    sources = import_sources(document, article_id, errors, actor)
    if replaced:  # only now: the sources were sought where the article has them
        _delete_left_out(document, *replaced, actor=actor)
    article = _import_article(document["article"], article_id, sources, errors, actor, found)
    statements, evidence, disputes = _locked_rows(article.pk)  # read after a new text has re-anchored the statements
    imported = import_statements(document["statements"], article, statements, sources, errors, actor)
    import_evidence(document["statements"], imported, evidence, actor)
    import_disputes(document["disputes"], article, disputes, imported, sources, errors, actor)
    errors.raise_if_any()
    return article


def _check_version(article: Article, versions: frozenset[int]) -> None:
    """The article's rows are locked. Locks its sources too, before it reads the version."""
    _, sources = document_version(article)
    lock_in_order(Source.objects.filter(pk__in=sources))
    current, _ = document_version(article)  # read again: another transaction may have changed a source until the lock
    if current not in versions:
        raise StaleVersion(gettext("The article or something in it was changed in the meantime. Export it again."))


def _delete_left_out(
    document: Document, statements: list[Statement], evidence: list[Evidence], disputes: list[Dispute], *, actor: Any
) -> None:
    statement_keys = {item["key"] for item in document["statements"]}
    evidence_keys = {(item["key"], each["key"]) for item in document["statements"] for each in item["evidence"]}
    dispute_keys = {item["key"] for item in document["disputes"]}
    key_of = {statement.pk: statement.key for statement in statements}
    entry: dict[str, Any] = {"actor": actor, "reason": "Left out of an imported annotation document"}
    services.delete_disputes(disputes=[row for row in disputes if row.key not in dispute_keys], **entry)
    services.delete_evidence_rows(
        rows=[row for row in evidence if (key_of[row.statement_id], row.key) not in evidence_keys], **entry
    )
    services.delete_statements(statements=[row for row in statements if row.key not in statement_keys], **entry)


def _locked_rows(article_id: int | None) -> tuple[QuerySet[Statement], QuerySet[Evidence], QuerySet[Dispute]]:
    """The rows of the article. Reading a queryset locks its rows."""
    return (
        _locking(Statement.objects.filter(article=article_id)),
        _locking(Evidence.objects.filter(statement__article=article_id)),
        _locking(Dispute.objects.filter(statement__article=article_id)),
    )


def _locking(rows: QuerySet[Written]) -> QuerySet[Written]:
    return rows.order_by("pk").select_for_update(of=("self",), no_key=True)


def _by_url(url: str | None) -> QuerySet[Article, int]:
    return (Article.objects.at_address(url) if url else Article.objects.none()).values_list("pk", flat=True)


def _check_keys(document: Document, errors: DocumentErrors) -> None:
    """Every key in use names something in the document; import_disputes checks those of counter-statements."""
    sources = {item["key"] for item in document["sources"]}
    statements = {item["key"] for item in document["statements"]}
    used = [("#/article/publisher", document["article"]["publisher"], sources)]
    for index, item in enumerate(document["sources"]):
        used.append((f"#/sources/{index}/part_of", item["part_of"], sources))
    for index, item in enumerate(document["statements"]):
        used.append((f"#/statements/{index}/source", item["source"], sources))
        used += [(f"#/statements/{index}/via/{position}", key, sources) for position, key in enumerate(item["via"])]
    for index, item in enumerate(document["disputes"]):
        used.append((f"#/disputes/{index}/statement", item["statement"], statements))
        used.append((f"#/disputes/{index}/raised_by", item["raised_by"], sources))
    for pointer, key, known in used:
        if key is not None and key not in known:
            errors.add(
                pointer, "unknown_key", gettext("Nothing in this document has the key %(key)s.") % {"key": repr(key)}
            )


def _import_article(
    item: Document,
    article_id: int | None,
    sources: dict[str, Source],
    errors: DocumentErrors,
    actor: Any,
    found: services.Found,
) -> Article:
    fields = {name: item[name] for name in ARTICLE_FIELDS}
    fields["publisher"] = sources.get(item["publisher"])
    if "cue_times" in item and (cues := _new_cues(item, article_id, errors)) is not None:
        fields["cues"] = cues
    if article_id is None:
        article = services.create_article(actor=actor, **fields)
    else:
        article = services.update_article(article_id=article_id, versions=None, actor=actor, found=found, **fields)
    return _set_status(article, item.get("status", article.status), errors, actor)


def _new_cues(item: Document, article_id: int | None, errors: DocumentErrors) -> list[Cue] | None:
    """None if they are those that the article has: they were left alone, and move with the text."""
    cues = [Cue(*each) for each in item["cue_times"] or ()]
    if article_id is not None and cues == Article.objects.defer("text").get(pk=article_id).cues:
        return None
    if fit(cues, item["text"]):
        return cues
    errors.add("#/article/cue_times", "range", UNFIT)
    return None


def _set_status(article: Article, status: str, errors: DocumentErrors, actor: Any) -> Article:
    if status == article.status:
        return article
    if status not in article.next_statuses[article.status]:
        allowed = " or ".join((article.status, *article.next_statuses[article.status]))
        detail = gettext(
            "The article is %(status)s and cannot become %(next)s. Write %(allowed)s, or leave status out."
        ) % {"status": pgettext("code", article.status), "next": pgettext("code", status), "allowed": allowed}
        errors.add("#/article/status", "not_allowed", detail)
        return article
    reason = "Imported with an annotation document"
    return services.set_article_status(article_id=article.pk, versions=None, actor=actor, status=status, reason=reason)
