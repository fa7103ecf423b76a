"""Imports the disputes of a document, and finds the statements, perhaps of other articles, that they were raised in."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext

from claims import services
from claims.annotations.errors import DocumentErrors
from claims.models import Article, Dispute, Statement
from factcheck.journal.services import values_of
from factcheck.web_addresses import as_stored
from sources.models import Source

REASON = "Changed by an annotation document"
PLAIN_FIELDS = ("kind", "scope", "note")
IMPORTED_DISPUTE_FIELDS = (*PLAIN_FIELDS, "raised_by", "counter_statement")
Item = dict[str, Any]  # one object of the document
Known = dict[tuple[int, str], Dispute]  # by statement and key
StatementReference = tuple[str, str | None]  # a statement's key, and the address of its article if it is another one


class Change(NamedTuple):
    """`draft` is the dispute as the item describes it; `known` is the present row, if there is one."""

    item: Item
    draft: Dispute
    known: Dispute | None


def import_disputes(
    items: list[Item],
    article: Article,
    rows: QuerySet[Dispute],
    statements: dict[str, Statement],
    sources: dict[str, Source],
    errors: DocumentErrors,
    actor: Any,
) -> None:
    """Creates what is missing and changes only what differs. `rows` are the article's; reading them locks them."""
    with_counters = rows.select_related("counter_statement__article").defer("counter_statement__article__text")
    known: Known = {(dispute.statement_id, dispute.key): dispute for dispute in with_counters}
    counters = CounterStatements(items, article, known, statements)
    changes = []
    for index, item in enumerate(items):
        counter = counters.find(item, f"#/disputes/{index}/counter_statement", errors)
        if item["statement"] not in statements or item["raised_by"] not in sources:
            continue
        if item["counter_statement"] and counter is None:
            continue
        with errors.collected_at(f"#/disputes/{index}"):
            draft = services.draft_dispute(
                statement=statements[item["statement"]],
                key=item["key"],
                raised_by=sources[item["raised_by"]],
                counter_statement=counter,
                **{name: item[name] for name in PLAIN_FIELDS},
            )
            changes.append(Change(item, draft, known.get((draft.statement_id, draft.key))))
    for batch in _batches(changes):
        _write(batch, actor)


def _batches(changes: Sequence[Change]) -> list[list[Change]]:
    """If a source raised the same dispute twice, the first must be resolved before the second can be opened."""
    batches: dict[int, list[Change]] = defaultdict(list)
    times_raised: Counter[tuple[int, int, int | None]] = Counter()
    for change in changes:
        raised = (change.draft.statement_id, change.draft.raised_by_id, change.draft.counter_statement_id)
        batches[times_raised[raised]].append(change)
        times_raised[raised] += 1
    return list(batches.values())


def _write(changes: Sequence[Change], actor: Any) -> None:
    present = [
        (item, draft if known is None else _updated(known, item, draft, actor)) for item, draft, known in changes
    ]
    services.insert_disputes(disputes=[draft for _, draft, known in changes if known is None], actor=actor)
    resolutions = [
        (dispute, item["state"], item["resolution"])
        for item, dispute in present
        if (dispute.state, dispute.resolution) != (item["state"], item["resolution"])
    ]
    services.resolve_disputes(resolutions=resolutions, actor=actor)


def _updated(known: Dispute, item: Item, draft: Dispute, actor: Any) -> Dispute:
    """The present row with the draft's values; open if it has to be resolved again."""
    arguments: dict[str, Any] = {"dispute_id": known.pk, "versions": None, "actor": actor, "reason": REASON}
    is_edited = values_of(known, IMPORTED_DISPUTE_FIELDS) != values_of(draft, IMPORTED_DISPUTE_FIELDS)
    has_same_resolution = (known.state, known.resolution) == (item["state"], item["resolution"])
    if known.state != Dispute.State.OPEN and (is_edited or not has_same_resolution):
        known = services.reopen_dispute(**arguments)
    if is_edited:
        known = services.update_dispute(**arguments, **{name: getattr(draft, name) for name in IMPORTED_DISPUTE_FIELDS})
    return known


class CounterStatements:
    """Statements of this document, of the article that the item names, or else the only one anywhere with its key."""

    def __init__(self, items: list[Item], article: Article, known: Known, statements: dict[str, Statement]):
        self.known, self.statements = known, statements
        missing = {_reference(item) for item in items if item["counter_statement"] and not self._in_document(item)}
        others = Statement.objects.exclude(article=article.pk).select_related("article").defer("article__text")
        self.elsewhere: dict[StatementReference, Statement] = {}
        if addresses := {address for _, address in missing if address}:
            keys = {key for key, address in missing if address}
            named = others.filter(key__in=keys, article__in=Article.objects.at_address(*addresses))
            self.elsewhere |= {(row.key, as_stored(row.article.url or "")): row for row in named}
        if keys := {key for key, address in missing if not address}:
            counts = others.filter(key__in=keys).order_by().values("key").annotate(n=Count("pk"), only=Min("pk"))
            unique = others.in_bulk([row["only"] for row in counts if row["n"] == 1])
            self.elsewhere |= {(statement.key, None): statement for statement in unique.values()}

    def find(self, item: Item, pointer: str, errors: DocumentErrors) -> Statement | None:
        statement = self._in_document(item) or self.elsewhere.get(_reference(item))
        if item["counter_statement"] and statement is None:
            detail = gettext(
                "No statement of this document has the key %(key)s, and not exactly one of another "
                "article. Import that article first."
            ) % {"key": repr(item["counter_statement"])}
            errors.add(pointer, "unknown_key", detail)
        return statement

    def _in_document(self, item: Item) -> Statement | None:
        key, address = _reference(item)
        if address is not None or key is None:
            return None
        statement = self.statements.get(item["statement"])
        dispute = self.known.get((statement.pk, item["key"])) if statement else None
        present = dispute.counter_statement if dispute else None
        if present and present.key == key and present.article.url is None:
            return present  # in an article without an address, which a document cannot name
        return self.statements.get(key)


def _reference(item: Item) -> StatementReference:
    return item["counter_statement"], item["counter_article"]
