"""A comparison of (field, id) pairs, the order of lists and of the journal's feed."""

from typing import Any

from django.db.models import BooleanField, F, Func, Value


class RowComparison(Func):
    """`(field, id) > (value, row_id)`: one range of an index, unlike `a > x OR (a = x AND id > y)`."""

    template = "(%(expressions)s)"
    output_field = BooleanField()
    conditional = True

    def __init__(self, key: Any, operator: str, value: Any, row_id: int):
        super().__init__(key, F("pk"), Value(value), Value(row_id))
        self.operator = operator

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        sql = f"({parts[0][0]}, {parts[1][0]}) {self.operator} ({parts[2][0]}, {parts[3][0]})"
        return sql, tuple(parameter for part in parts for parameter in part[1])
