"""The annotation document: one annotated article as JSON. Import goes through the same services as everything."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import Q

from claims import services
from claims.exports.annotations import document_version
from claims.models import Article, Dispute, Evidence, Statement
from factcheck.api.errors import FieldError, InvalidInput, StaleVersion
from sources.models import Source
from sources.services import create_source, update_source

Document = dict[str, Any]
CHANGED = "Changed by an annotation document"
SOURCE_FIELDS = ("name", "kind", "anonymous", "description", "aliases", "same_as")
ARTICLE_FIELDS = ("title", "url", "byline", "language", "published_at", "text")
STATEMENT_FIELDS = ("text", "prefix", "suffix", "paraphrase", "quote_type", "said_on")
EVIDENCE_FIELDS = ("stance", "url", "title", "excerpt", "archived_url")
DISPUTE_FIELDS = ("kind", "scope", "note")


class Faults:
    """Every fault of a document, so that its author hears of all of them at once."""

    def __init__(self) -> None:
        self.refusals: list[InvalidInput] = []

    def add(self, pointer: str, code: str, detail: str) -> None:
        self.refusals.append(InvalidInput(f"{pointer}: {detail}", [FieldError(pointer, code, detail)]))

    @contextmanager
    def at(self, pointer: str) -> Iterator[None]:
        """Keeps what the service refuses about that part of the document; the work goes on, to be rolled back."""
        try:
            yield
        except InvalidInput as refusal:
            found = refusal.errors or [FieldError("#", "invalid", refusal.detail)]
            errors = [replace(error, pointer=pointer + error.pointer.removeprefix("#")) for error in found]
            self.refusals.append(type(refusal)(f"{pointer}: {refusal.detail}", errors, **refusal.members))

    def raise_all(self) -> None:
        if len(self.refusals) == 1:
            raise self.refusals[0]
        if self.refusals:
            kinds = {type(refusal) for refusal in self.refusals}
            kind = kinds.pop() if len(kinds) == 1 else InvalidInput
            raise kind(self.refusals[0].detail, [error for refusal in self.refusals for error in refusal.errors])


@transaction.atomic
def replace_document(*, article_id: int, versions: frozenset[int] | None, document: Document, actor: Any) -> Article:
    """Makes the article what the document says: what it leaves out is deleted, each row with its entry.

    `versions` are ids of the last journal entry of anything in the document, as the export gives them. Raises
    StaleVersion when any of it was written since.
    """
    article = _lock_all(article_id)
    current, sources = document_version(article)
    list(Source.objects.filter(pk__in=sources).order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    current, _ = document_version(article)  # anew: who held a source may have changed it
    if versions is not None and current not in versions:
        raise StaleVersion("The article or something in it was changed meanwhile. Export it again.")
    wanted = {name: {item["key"] for item in document[name]} for name in ("statements", "disputes")}
    evidence = {(s["key"], e["key"]) for s in document["statements"] for e in s["evidence"]}
    reason = "Left out of an imported annotation document"
    for dispute in Dispute.objects.filter(statement__article=article_id).exclude(key__in=wanted["disputes"]):
        services.delete_dispute(dispute_id=dispute.pk, versions=None, actor=actor, reason=reason)
    for row in Evidence.objects.filter(statement__article=article_id).select_related("statement"):
        if (row.statement.key, row.key) not in evidence:
            services.delete_evidence(evidence_id=row.pk, versions=None, actor=actor, reason=reason)
    for statement in Statement.objects.filter(article=article_id).exclude(key__in=wanted["statements"]):
        services.delete_statement(statement_id=statement.pk, versions=None, actor=actor, reason=reason)
    return import_document(document=document, actor=actor, article_id=article_id)


def _lock_all(article_id: int) -> Article:
    """Holds every row of the document, so that nobody writes between the check and the import."""
    article = Article.objects.select_for_update(of=("self",)).get(pk=article_id)
    for rows in (
        Statement.objects.filter(article=article_id),
        Evidence.objects.filter(statement__article=article_id),
        Dispute.objects.filter(statement__article=article_id),
    ):
        list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    return article


@transaction.atomic
def import_document(*, document: Document, actor: Any, article_id: int | None = None) -> Article:
    """Creates what is not there and changes just what differs; a second import changes nothing.

    Without `article_id` the article is known by its url; sources by `same_as`, else by name or alias and kind; the
    rest by key.
    Raises InvalidInput with the JSON pointer of every fault, and then nothing is written.
    """
    faults = Faults()
    _check_keys(document, faults)
    sources = _import_sources(document["sources"], faults, actor)
    article = _import_article(document["article"], article_id, sources, actor)
    statements: dict[str, Statement] = {}
    for index, item in enumerate(document["statements"]):
        with faults.at(f"#/statements/{index}"):
            statements[item["key"]] = _import_statement(item, article, sources, actor)
    for index, item in enumerate(document["disputes"]):
        counter = _counter_statement(item, f"#/disputes/{index}/counter_statement", statements, article, faults)
        if item["statement"] in statements and item["raised_by"] in sources:
            with faults.at(f"#/disputes/{index}"):
                _import_dispute(item, counter, statements, sources, actor)
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


def _counter_statement(
    item: Document, pointer: str, statements: dict[str, Statement], article: Article, faults: Faults
) -> Statement | None:
    """Of this document, else of the article named, else the only one anywhere with that key."""
    key, address = item["counter_statement"], item["counter_article"]
    present = Dispute.objects.filter(statement__article=article, statement__key=item["statement"], key=item["key"])
    kept = present.filter(counter_statement__key=key, counter_statement__article__url=None).first() if key else None
    if address is None and kept is not None:
        return kept.counter_statement  # in an article without an address: the document cannot name it better
    if key is None or (address is None and key in statements):
        return statements.get(key) if key else None
    elsewhere = Statement.objects.filter(key=key).exclude(article=article.pk)
    found = list((elsewhere.filter(article__url=address) if address else elsewhere)[:2])
    if len(found) == 1:
        return found[0]
    detail = f"No statement here has the key {key!r}, nor is it of just one other article. Import that one first."
    faults.add(pointer, "unknown_key", detail)
    return None


def _find_source(item: Document, pointer: str, faults: Faults) -> Source | None:
    same = Q(same_as__overlap=item["same_as"]) if item["same_as"] else Q(pk=None)
    candidates = list(Source.objects.filter(same)[:2]) if item["same_as"] else []
    if not candidates:
        named = Q(name=item["name"]) | Q(aliases__contains=[item["name"]])
        candidates = list(Source.objects.filter(named, kind=item["kind"])[:2])
    if len(candidates) > 1:
        faults.add(pointer, "ambiguous", f"More than one source is {item['name']!r}. Make same_as tell them apart.")
    return candidates[0] if candidates else None


def _import_sources(items: list[Document], faults: Faults, actor: Any) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for index, item in enumerate(items):
        pointer = f"#/sources/{index}"
        source = _find_source(item, pointer, faults)
        if source is not None and source in found.values():
            detail = f"{item['name']!r} and another source of this document are one source here. Make them one."
            faults.add(pointer, "ambiguous", detail)
        fields = {name: item[name] for name in SOURCE_FIELDS}
        found[item["key"]] = source or create_source(actor=actor, **fields)
    for item in items:
        fields = _source_fields(item, found[item["key"]])
        fields["part_of"] = found.get(item["part_of"])
        source_id = found[item["key"]].pk
        found[item["key"]] = update_source(source_id=source_id, versions=None, actor=actor, **fields)
    return found


def _source_fields(item: Document, known: Source) -> dict[str, Any]:
    """As the document says; but who is known by an alias keeps the name, and loses none of the others."""
    fields = {name: item[name] for name in SOURCE_FIELDS}
    if item["name"] in known.aliases:
        fields["name"] = known.name
        for name in ("aliases", "same_as"):
            kept = getattr(known, name)
            fields[name] = [*kept, *(each for each in item[name] if each not in kept and each != known.name)]
    return fields


def _import_article(item: Document, article_id: int | None, sources: dict[str, Source], actor: Any) -> Article:
    fields = {name: item[name] for name in ARTICLE_FIELDS}
    fields["publisher"] = sources.get(item["publisher"])
    if article_id is None and item["url"]:
        article_id = Article.objects.filter(url=item["url"]).values_list("pk", flat=True).first()
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


def _import_statement(item: Document, article: Article, sources: dict[str, Source], actor: Any) -> Statement:
    fields = {name: item[name] for name in STATEMENT_FIELDS}
    # A key that is unknown has been found fault with: any source will do to look for further faults.
    stand_in = next(iter(sources.values()), None)
    fields["source"] = sources.get(item["source"], stand_in) if item["source"] else None
    fields["via"] = [sources[key] for key in item["via"] if key in sources]
    known = Statement.objects.filter(article=article, key=item["key"]).first()
    if known is None:
        fields |= _offsets(item, article)
        statement = services.create_statement(article=article, key=item["key"], actor=actor, **fields)
    else:
        passage = ("text", "prefix", "suffix")
        if all(item[name] == getattr(known, name) for name in passage):
            for name in passage:
                fields.pop(name)  # it stays where it is, in doubt or not
        statement = services.update_statement(statement_id=known.pk, versions=None, actor=actor, **fields)
    if (statement.tag, statement.tag_reason) != (item["tag"], item["tag_reason"]):
        if not item["tag_reason"]:
            raise InvalidInput.field("tag_reason", "required", "It was tagged otherwise. A new tag needs its reason.")
        services.tag_statement(
            statement_id=statement.pk, versions=None, actor=actor, tag=item["tag"], reason=item["tag_reason"]
        )
    for evidence in item["evidence"]:
        _import_evidence(evidence, statement, actor)
    return statement


def _offsets(item: Document, article: Article) -> dict[str, int]:
    """Tells a passage apart that stands more than once; offsets of another text are no offsets of this one."""
    start, end = item.get("start"), item.get("start", 0) + len(item["text"])
    if start is None or article.text[start:end] != item["text"]:
        return {}
    return {"start": start, "end": end}


def _import_evidence(item: Document, statement: Statement, actor: Any) -> None:
    fields = {name: item[name] for name in EVIDENCE_FIELDS}
    fields["archived_url"] = fields["archived_url"] or None
    known = Evidence.objects.filter(statement=statement, key=item["key"]).first()
    if known is None:
        services.create_evidence(statement=statement, key=item["key"], actor=actor, **fields)
    else:
        services.update_evidence(evidence_id=known.pk, versions=None, actor=actor, **fields)


def _import_dispute(
    item: Document,
    counter: Statement | None,
    statements: dict[str, Statement],
    sources: dict[str, Source],
    actor: Any,
) -> None:
    fields = {name: item[name] for name in DISPUTE_FIELDS}
    fields["raised_by"] = sources[item["raised_by"]]
    fields["counter_statement"] = counter
    statement = statements[item["statement"]]
    dispute = Dispute.objects.filter(statement=statement, key=item["key"]).first()
    if dispute is None:
        dispute = services.open_dispute(statement=statement, key=item["key"], actor=actor, **fields)
    elif any(getattr(dispute, name) != value for name, value in fields.items()):
        if dispute.state != "open":
            services.reopen_dispute(dispute_id=dispute.pk, versions=None, actor=actor, reason=CHANGED)
        dispute = services.update_dispute(dispute_id=dispute.pk, versions=None, actor=actor, reason=CHANGED, **fields)
    if (dispute.state, dispute.resolution) == (item["state"], item["resolution"]):
        return
    if dispute.state != "open":
        dispute = services.reopen_dispute(dispute_id=dispute.pk, versions=None, actor=actor, reason=CHANGED)
    if item["state"] != "open":
        services.resolve_dispute(
            dispute_id=dispute.pk, versions=None, actor=actor, state=item["state"], reason=item["resolution"]
        )
