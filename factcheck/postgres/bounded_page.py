"""A page of a filtered list at a bounded cost, even where hardly any row passes the filter.

PostgreSQL either reads the list in its order until the page is full, or sorts what an index of the filter finds. It
chooses by estimates, which assume that conditions are independent: where two common words never occur together, it
reads the whole table for an empty page. So only a limited part is read in order, the head. If the page is not full
then, the tail is what the filter's own indexes find after that part. Both are one query.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, Q, QuerySet

SCAN_PAGES = 50  # pages that are read in order, where it costs little to check a row
MIN_SCAN_ROWS = 30  # rows; a smaller page reads as far: of two filters that many rows pass, few may pass both
AfterCursor = Callable[[QuerySet[Any], Any], QuerySet[Any]]


class ExistsPerRow(Exists):
    """EXISTS, looked up for each row by an index.

    Without OFFSET PostgreSQL reads the whole other table for one page, as if it were for all rows.
    """

    template = "EXISTS(%(subquery)s OFFSET 0)"


class IndexOrRowFilter(Func):
    """One condition in two forms: to find the rows by an index, or to check each row of a list that is read in order.

    PostgreSQL does not turn one into the other: it builds a whole list of ids, even to look up a single one.
    """

    conditional = True
    output_field = BooleanField()

    def __init__(self, *, by_index: Q, per_row: Q):
        super().__init__(by_index, per_row)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        by_index, per_row = self.source_expressions
        sql, parameters = compiler.compile(per_row if getattr(compiler.query, "per_row", False) else by_index)
        return f"({sql})", tuple(parameters)


def filtered_per_row(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same rows, with each IndexOrRowFilter in its `per_row` form."""
    rows = rows.all()
    rows.query.per_row = True  # type: ignore[attr-defined]
    return rows


class WithoutIndex(Func):
    """Compares as its argument does, but no index holds it, so PostgreSQL has to sort."""

    function = "GREATEST"


class _OnPage(Func):
    """Whether a row is in the head, read in the list's order, or in the tail, found by the filter's indexes."""

    output_field = BooleanField()

    def __init__(self, table: Any, head: Any, tail: Any, *, reverse: bool, size: int):
        super().__init__(F("pk"))
        self.parts = (table, head, tail)
        self.size = size
        self.towards_end = "" if reverse else " DESC"

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        pk, parameters = compiler.compile(self.source_expressions[0])
        texts = []
        for part in self.parts:
            text, own = part.query.sql_with_params()
            texts.append(text)
            parameters = (*parameters, *own)
        table, head, tail = texts
        # The head is counted before any work on the tail begins, including its parallel workers.
        # An array, so that the rows are looked up by id: a join could begin at the other table.
        sql = f"""{pk} = ANY(ARRAY(
            WITH scan_end AS MATERIALIZED (
                SELECT * FROM ({table}) t(key, id) ORDER BY key{self.towards_end}, id{self.towards_end} LIMIT 1),
            head AS MATERIALIZED ({head})
            SELECT * FROM head UNION ALL
            SELECT * FROM ({tail}) tail WHERE (SELECT count(*) FROM head) < {self.size}))"""  # noqa: S608  made of compiled queries
        return sql, parameters


def newest(rows: QuerySet[Any], found: QuerySet[Any], size: int, scan_pages: int = SCAN_PAGES) -> Any:
    """The newest `size` of the rows `found`, as a queryset like `rows`."""
    return bounded_page(
        rows, found, F("pk"), reverse=True, size=size, after_cursor=lambda rows, _key: rows, scan_pages=scan_pages
    )


def bounded_page(
    whole: QuerySet[Any],
    found: QuerySet[Any],
    key: Any,
    *,
    reverse: bool,
    size: int,
    after_cursor: AfterCursor,
    scan_pages: int = SCAN_PAGES,
    scanned: QuerySet[Any] | None = None,
) -> Any:
    """The first `size` of the rows `found`, a part of `whole`, in the order of (key, id).

    `after_cursor(rows, key)` keeps the rows after the cursor. `scanned` must contain all of `found` and have an index
    in that order; without it the whole table is scanned.
    """

    def in_order(rows: QuerySet[Any], by: Any) -> QuerySet[Any]:
        return rows.alias(_key=by).order_by(*(("-_key", "-pk") if reverse else ("_key", "pk")))

    def from_scan_end(operator: str, by: Any) -> Func:
        template = f"(%(expressions)s) {operator} (SELECT key, id FROM scan_end)"  # noqa: S608  the operator is a constant
        return Func(by, F("pk"), template=template, output_field=BooleanField())

    by_sorting = WithoutIndex(key)
    scanned = found.model._base_manager.all() if scanned is None else scanned
    table = in_order(after_cursor(scanned, key), key).values_list(key, "pk")[: max(size, MIN_SCAN_ROWS) * scan_pages]
    in_head = after_cursor(filtered_per_row(found), key).filter(from_scan_end(">=" if reverse else "<=", key))
    head = in_order(in_head, key).values("pk")[:size]
    remainder = after_cursor(found, by_sorting).filter(from_scan_end("<" if reverse else ">", by_sorting))
    tail = in_order(remainder, by_sorting).values("pk")[:size]
    page = whole.filter(_OnPage(table, head, tail, reverse=reverse, size=size))
    return in_order(page, by_sorting)[:size]
