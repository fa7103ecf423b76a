"""The disputes of a document, and the statements, of other articles perhaps, in which they were raised."""

from collections import Counter, defaultdict
from typing import Any

from django.db.models import Count, Min, QuerySet

from claims import services
from claims.annotations.faults import Document, Faults
from claims.models import Article, Dispute, Statement
from factcheck.journal.services import values_of
from sources.models import Source

CHANGED = "Changed by an annotation document"
PLAIN_FIELDS = ("kind", "scope", "note")
DISPUTE_FIELDS = (*PLAIN_FIELDS, "raised_by", "counter_statement")
Known = dict[tuple[int, str], Dispute]  # by statement and key
Place = tuple[str, str | None]  # a statement's key, and the address of its article
Wanted = tuple[Document, Dispute, Dispute | None]  # the item, the dispute that it asks for, and the one that is there


def import_disputes(
    items: list[Document],
    article: Article,
    rows: QuerySet[Dispute],
    statements: dict[str, Statement],
    sources: dict[str, Source],
    faults: Faults,
    actor: Any,
) -> None:
    """Creates what is not there and changes just what differs. `rows` are the article's, held when they are read."""
    with_counters = rows.select_related("counter_statement__article").defer("counter_statement__article__text")
    known: Known = {(dispute.statement_id, dispute.key): dispute for dispute in with_counters}
    counters = CounterStatements(items, article, known, statements)
    # Of disputes that a source raised twice, one must be resolved before the other can be opened.
    rounds: dict[int, list[Wanted]] = defaultdict(list)
    raised: Counter[tuple[int, int, int | None]] = Counter()
    for index, item in enumerate(items):
        counter = counters.meant(item, f"#/disputes/{index}/counter_statement", faults)
        if item["statement"] not in statements or item["raised_by"] not in sources:
            continue
        with faults.at(f"#/disputes/{index}"):
            draft = services.draft_dispute(
                statement=statements[item["statement"]],
                key=item["key"],
                raised_by=sources[item["raised_by"]],
                counter_statement=counter,
                **{name: item[name] for name in PLAIN_FIELDS},
            )
            side = (draft.statement_id, draft.raised_by_id, draft.counter_statement_id)
            rounds[raised[side]].append((item, draft, known.get((draft.statement_id, draft.key))))
            raised[side] += 1
    for wanted in rounds.values():
        _write(wanted, actor)


def _write(wanted: list[Wanted], actor: Any) -> None:
    present = [(item, draft if known is None else _changed(known, item, draft, actor)) for item, draft, known in wanted]
    services.insert_disputes(disputes=[draft for _, draft, known in wanted if known is None], actor=actor)
    resolutions = [
        (dispute, item["state"], item["resolution"])
        for item, dispute in present
        if (dispute.state, dispute.resolution) != (item["state"], item["resolution"])
    ]
    services.resolve_disputes(resolutions=resolutions, actor=actor)


def _changed(known: Dispute, item: Document, draft: Dispute, actor: Any) -> Dispute:
    """Open, where it has to be resolved anew."""
    by: dict[str, Any] = {"dispute_id": known.pk, "versions": None, "actor": actor, "reason": CHANGED}
    is_edited = values_of(known, DISPUTE_FIELDS) != values_of(draft, DISPUTE_FIELDS)
    is_resolved_so = (known.state, known.resolution) == (item["state"], item["resolution"])
    if known.state != Dispute.State.OPEN and (is_edited or not is_resolved_so):
        known = services.reopen_dispute(**by)
    if is_edited:
        known = services.update_dispute(**by, **{name: getattr(draft, name) for name in DISPUTE_FIELDS})
    return known


class CounterStatements:
    """Of this document, else of the article named, else the only one anywhere with that key."""

    def __init__(self, items: list[Document], article: Article, known: Known, statements: dict[str, Statement]):
        self.known, self.statements = known, statements
        wanted = {_place(item) for item in items if item["counter_statement"] and not self._at_hand(item)}
        others = Statement.objects.exclude(article=article.pk).select_related("article").defer("article__text")
        self.elsewhere: dict[Place, Statement] = {}
        if addresses := {address for _, address in wanted if address}:
            keys = {key for key, address in wanted if address}
            found = others.filter(key__in=keys, article__url__in=addresses)
            self.elsewhere |= {(statement.key, statement.article.url): statement for statement in found}
        if keys := {key for key, address in wanted if not address}:
            alike = others.filter(key__in=keys).order_by().values("key").annotate(n=Count("pk"), only=Min("pk"))
            alone = others.in_bulk([row["only"] for row in alike if row["n"] == 1])
            self.elsewhere |= {(statement.key, None): statement for statement in alone.values()}

    def meant(self, item: Document, pointer: str, faults: Faults) -> Statement | None:
        found = self._at_hand(item) or self.elsewhere.get(_place(item))
        if item["counter_statement"] and found is None:
            detail = (
                f"No statement here has the key {item['counter_statement']!r}, nor is it of just one other article. "
                "Import that one first."
            )
            faults.add(pointer, "unknown_key", detail)
        return found

    def _at_hand(self, item: Document) -> Statement | None:
        key, address = _place(item)
        if address is not None or key is None:
            return None
        statement = self.statements.get(item["statement"])
        dispute = self.known.get((statement.pk, item["key"])) if statement else None
        kept = dispute.counter_statement if dispute else None
        if kept and kept.key == key and kept.article.url is None:
            return kept  # in an article without an address: the document cannot name it better
        return self.statements.get(key)


def _place(item: Document) -> Place:
    return item["counter_statement"], item["counter_article"]
