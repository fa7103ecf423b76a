"""The statements of a document, with their tags and evidence."""

from typing import Any

from django.db.models import QuerySet

from claims import services
from claims.annotations.faults import Document, Faults
from claims.models import Article, Evidence, Statement
from factcheck.errors import InvalidInput
from sources.models import Source

PASSAGE = ("text", "prefix", "suffix")
STATEMENT_FIELDS = (*PASSAGE, "paraphrase", "quote_type", "said_on")
EVIDENCE_FIELDS = ("stance", "url", "title", "excerpt", "archived_url")


def import_statements(
    items: list[Document],
    article: Article,
    rows: QuerySet[Statement],
    sources: dict[str, Source],
    faults: Faults,
    actor: Any,
) -> dict[str, Statement]:
    """By the document's keys, without those that are faulty. `rows` are the article's, held when they are read."""
    known = {statement.key: statement for statement in rows.prefetch_related("via_rows")}
    found: dict[str, Statement] = {}
    new, changed, tags = [], [], []
    for index, item in enumerate(items):
        with faults.at(f"#/statements/{index}"):
            statement = known.get(item["key"])
            fields = _statement_fields(item, statement, sources)
            if statement is None:
                fields |= {"key": item["key"], **_offsets(item, article)}
                new.append(services.draft_statement(article=article, **fields))
                statement = new[-1].statement
            elif draft := services.redraft_statement(statement=statement, article=article, **fields):
                changed.append(draft)
            if (statement.tag, statement.tag_reason) != (item["tag"], item["tag_reason"]):
                if not item["tag_reason"]:
                    detail = "It was tagged otherwise. A new tag needs its reason."
                    raise InvalidInput.field("tag_reason", "required", detail)
                tags.append((statement, item["tag"], item["tag_reason"]))
            found[item["key"]] = statement
    services.insert_statements(drafts=new, actor=actor)
    services.write_statements(drafts=changed, actor=actor)
    services.tag_statements(tags=tags, actor=actor)
    return found


def _statement_fields(item: Document, known: Statement | None, sources: dict[str, Source]) -> dict[str, Any]:
    fields = {name: item[name] for name in STATEMENT_FIELDS}
    if known and all(item[name] == getattr(known, name) for name in PASSAGE):
        for name in PASSAGE:
            fields.pop(name)  # it stays where it is, in doubt or not
    # A key that is unknown has been found fault with: any source will do to look for further faults.
    stand_in = next(iter(sources.values()), None)
    fields["source"] = sources.get(item["source"], stand_in) if item["source"] else None
    fields["via"] = [sources[key] for key in item["via"] if key in sources]
    return fields


def _offsets(item: Document, article: Article) -> dict[str, int]:
    """Tells a passage apart that stands more than once; offsets of another text are no offsets of this one."""
    start, end = item.get("start"), item.get("start", 0) + len(item["text"])
    if start is None or article.text[start:end] != item["text"]:
        return {}
    return {"start": start, "end": end}


def import_evidence(
    items: list[Document], statements: dict[str, Statement], rows: QuerySet[Evidence], actor: Any
) -> None:
    known = {(evidence.statement_id, evidence.key): evidence for evidence in rows}
    new, changes = [], []
    for item in items:
        statement = statements.get(item["key"])
        if statement is None:
            continue  # it is faulty
        for part in item["evidence"]:
            fields = {name: part[name] for name in EVIDENCE_FIELDS}
            fields["archived_url"] = fields["archived_url"] or None
            if evidence := known.get((statement.pk, part["key"])):
                changes.append((evidence, fields))
            else:
                new.append({**fields, "statement": statement, "key": part["key"]})
    services.create_evidence_rows(rows=new, actor=actor)
    services.update_evidence_rows(changes=changes, actor=actor)
