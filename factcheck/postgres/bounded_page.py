"""A page of a filtered list at a bounded cost, also where hardly any row passes the filter.

PostgreSQL either reads the list in its order until the page is full, or sorts what an index of the filter finds. It
chooses by estimates, which take one condition to be independent of another: where two common words never meet, it
reads the whole table for a page that stays empty. So only so much is read in order. If the page is not full by then,
the rest is what the filter's own indexes find beyond that. All of it is one query.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, Q, QuerySet

REACH = 50  # pages that are read in order, where it costs little to judge a row
SHORT = 30  # rows; a shorter page reads as far: of two filters that each leave many, hardly any row passes both
Beyond = Callable[[QuerySet[Any], Any], QuerySet[Any]]


class Looked(Exists):
    """EXISTS, looked up for each row by an index.

    For a page of rows PostgreSQL would else read the whole of the other table, as if for every row there is.
    """

    template = "EXISTS(%(subquery)s OFFSET 0)"


class Either(Func):
    """One condition in two forms: to find the rows by it, or to judge each row of a list that is read in order.

    PostgreSQL does not turn one into the other: a list of ids is put together whole, if only to look one up in it.
    """

    conditional = True
    output_field = BooleanField()

    def __init__(self, *, find: Q, judge: Q):
        super().__init__(find, judge)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        find, judge = self.source_expressions
        sql, parameters = compiler.compile(judge if getattr(compiler.query, "judges", False) else find)
        return f"({sql})", tuple(parameters)


def judging(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same rows, each judged where it is read."""
    rows = rows.all()
    rows.query.judges = True  # type: ignore[attr-defined]
    return rows


class Sorted(Func):
    """Compares as its argument does, but no index has it."""

    function = "GREATEST"


class _OnPage(Func):
    """Whether a row is among those near, read in the list's order, or those far, found by the filter's indexes."""

    output_field = BooleanField()

    def __init__(self, table: Any, near: Any, far: Any, *, reverse: bool, size: int):
        super().__init__(F("pk"))
        self.parts = (table, near, far)
        self.size = size
        self.towards_end = "" if reverse else " DESC"

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        pk, parameters = compiler.compile(self.source_expressions[0])
        texts = []
        for part in self.parts:
            text, own = part.query.sql_with_params()
            texts.append(text)
            parameters = (*parameters, *own)
        table, near, far = texts
        # The count is asked before anything of the far part begins, also its parallel workers.
        # An array, so that the rows are looked up by it: a join the planner might begin at the other end.
        sql = f"""{pk} = ANY(ARRAY(
            WITH reach AS MATERIALIZED (
                SELECT * FROM ({table}) t(key, id) ORDER BY key{self.towards_end}, id{self.towards_end} LIMIT 1),
            near AS MATERIALIZED ({near})
            SELECT * FROM near UNION ALL
            SELECT * FROM ({far}) far WHERE (SELECT count(*) FROM near) < {self.size}))"""  # noqa: S608  made of compiled queries
        return sql, parameters


def newest(rows: QuerySet[Any], found: QuerySet[Any], size: int, reach: int = REACH) -> Any:
    """The newest `size` of the rows `found`, read as `rows` are."""
    return window(rows, found, F("pk"), reverse=True, size=size, beyond=lambda rows, _key: rows, reach=reach)


def window(
    whole: QuerySet[Any],
    found: QuerySet[Any],
    key: Any,
    *,
    reverse: bool,
    size: int,
    beyond: Beyond,
    reach: int = REACH,
    along: QuerySet[Any] | None = None,
) -> Any:
    """The first `size` of the rows `found`, which are some of `whole`, in the order of (key, id).

    `beyond(rows, key)` leaves those that come after the cursor. `along` has all rows that are found, and an index has
    it in the list's order; without it that is the table.
    """

    def in_order(rows: QuerySet[Any], by: Any) -> QuerySet[Any]:
        return rows.alias(_key=by).order_by(*(("-_key", "-pk") if reverse else ("_key", "pk")))

    def from_reach(operator: str, by: Any) -> Func:
        template = f"(%(expressions)s) {operator} (SELECT key, id FROM reach)"  # noqa: S608  an operator of ours
        return Func(by, F("pk"), template=template, output_field=BooleanField())

    by_sorting = Sorted(key)
    along = found.model._base_manager.all() if along is None else along
    table = in_order(beyond(along, key), key).values_list(key, "pk")[: max(size, SHORT) * reach]
    within = beyond(judging(found), key).filter(from_reach(">=" if reverse else "<=", key))
    near = in_order(within, key).values("pk")[:size]
    rest = beyond(found, by_sorting).filter(from_reach("<" if reverse else ">", by_sorting))
    far = in_order(rest, by_sorting).values("pk")[:size]
    page = whole.filter(_OnPage(table, near, far, reverse=reverse, size=size))
    return in_order(page, by_sorting)[:size]
