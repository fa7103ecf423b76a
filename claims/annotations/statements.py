"""Imports the statements of a document, with their tags and evidence."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from claims import services
from claims.annotations.errors import DocumentErrors
from claims.models import Article, Evidence, Statement
from factcheck.errors import InvalidInput
from sources.models import Source

Item = dict[str, Any]  # one object of the document
QUOTE_FIELDS = ("text", "prefix", "suffix")
IMPORTED_STATEMENT_FIELDS = (*QUOTE_FIELDS, "paraphrase", "quote_type", "said_on", "said_on_precision")


def import_statements(
    items: list[Item],
    article: Article,
    rows: QuerySet[Statement],
    sources: dict[str, Source],
    errors: DocumentErrors,
    actor: Any,
) -> dict[str, Statement]:
    """By the document's keys, without those that have errors. `rows` are the article's; reading them locks them."""
    known = {statement.key: statement for statement in rows.prefetch_related("via_rows")}
    imported: dict[str, Statement] = {}
    new, changed, tags = [], [], []
    for index, item in enumerate(items):
        with errors.collected_at(f"#/statements/{index}"):
            statement = known.get(item["key"])
            fields = _statement_fields(item, statement, sources)
            if statement is None:
                fields |= {"key": item["key"], **_offsets(item, article)}
                new.append(services.draft_statement(article=article, **fields))
                statement = new[-1].statement
            elif draft := services.draft_statement_update(statement=statement, article=article, **fields):
                changed.append(draft)
            if (statement.tag, statement.tag_reason) != (item["tag"], item["tag_reason"]):
                tags.append((statement, item["tag"], _tag_reason(item)))
            imported[item["key"]] = statement
    services.insert_statements(drafts=new, actor=actor)
    services.update_statements(drafts=changed, actor=actor)
    services.tag_statements(tags=tags, actor=actor)
    return imported


def _statement_fields(item: Item, known: Statement | None, sources: dict[str, Source]) -> dict[str, Any]:
    fields = {name: item[name] for name in IMPORTED_STATEMENT_FIELDS}
    if known and all(item[name] == getattr(known, name) for name in QUOTE_FIELDS):
        for name in QUOTE_FIELDS:
            fields.pop(name)  # the statement stays where it is, in doubt or not
    # An unknown key is an error already. Any source serves while the rest is checked.
    placeholder = next(iter(sources.values()), None)
    fields["source"] = sources.get(item["source"], placeholder) if item["source"] else None
    fields["via"] = [sources[key] for key in item["via"] if key in sources]
    return fields


def _offsets(item: Item, article: Article) -> dict[str, int]:
    """Tell identical passages apart. Offsets that do not fit the article's text count in another text."""
    start, text = item.get("start"), item["text"]
    if start is None or not article.text.startswith(text, start):
        return {}
    return {"start": start, "end": start + len(text)}


def _tag_reason(item: Item) -> str:
    if not item["tag_reason"]:
        detail = gettext("The statement has another tag. A new tag needs a reason.")
        raise InvalidInput.field("tag_reason", "required", detail)
    return item["tag_reason"]


def import_evidence(items: list[Item], statements: dict[str, Statement], rows: QuerySet[Evidence], actor: Any) -> None:
    """`items` are the document's statements, `statements` those without errors. Reading the `rows` locks them."""
    known = {(evidence.statement_id, evidence.key): evidence for evidence in rows}
    new, changes = [], []
    for item in items:
        statement = statements.get(item["key"])
        if statement is None:
            continue
        for part in item["evidence"]:
            key, fields = part["key"], {name: value for name, value in part.items() if name != "key"}
            fields["archived_url"] = fields["archived_url"] or None
            if evidence := known.get((statement.pk, key)):
                changes.append((evidence, fields))
            else:
                new.append({**fields, "statement": statement, "key": key})
    services.create_evidence_rows(rows=new, actor=actor)
    services.update_evidence_rows(changes=changes, actor=actor)
