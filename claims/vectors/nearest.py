"""Which statements say the same as a text by their vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from claims.matching.scoring import nearness
from claims.vectors.model import has_model, load_model
from claims.vectors.table import has_table, table
from factcheck.postgres.prepared import execute_prepared

FOUND = 80  # statements that the index finds, by a bit of each number
FULFIL = 50  # of these that a condition need let pass
NEAR = 30  # the nearest of these by the numbers themselves
# With a condition the index goes on until enough fulfil it, or it has looked at so many: without this, whatever is near
# and may not be shown would leave no room for what may be. To go on takes as long as to begin, so fewer are asked for
# then. The settings hold for this one query: a condition that depends on no row is judged before the first one is read.
NEAREST = """
WITH found AS MATERIALIZED (
    SELECT statement, vector FROM {table} WHERE (SELECT set_config('hnsw.ef_search', '{found}', true)
        || set_config('hnsw.iterative_scan', 'relaxed_order', true)
        || set_config('hnsw.max_scan_tuples', '5000', true)) <> '' {also}
    ORDER BY binary_quantize(vector)::bit(384) <~> binary_quantize(%s::halfvec(384))::bit(384) LIMIT {limit}
), near AS (SELECT statement FROM found ORDER BY vector <#> %s::halfvec(384) LIMIT {near})
SELECT v.statement, -(v.vector <#> %s::halfvec(384)),
    CASE WHEN v.statement = ANY(%s::bigint[]) THEN '' ELSE w.words::text END
FROM {table} v JOIN claims_statementwords w ON w.statement = v.statement
WHERE v.statement = ANY(ARRAY(SELECT statement FROM near) || %s::bigint[])
"""
OWN = "SELECT vector::text FROM {table} WHERE statement = %s"


@dataclass(frozen=True)
class Near:
    statement: int
    nearness: float  # 0 for a text that has nothing to do with it, 1 for the same text
    words: str  # a tsvector; empty for statements that are known already


@dataclass(frozen=True)
class Vector:
    """Of a text, by the model in use."""

    text: str  # as PostgreSQL writes it
    unrelated: float  # product of texts that have nothing to do with each other


def is_semantic() -> bool:
    """Whether texts are compared by vectors too."""
    return has_table() and has_model()


def vector_of(text: str, statement: int | None) -> Vector | None:
    """The one that is kept, if the text is that of a recorded statement. None where texts are compared by words."""
    if not is_semantic():
        return None
    model = load_model()
    if not model.reads(text):
        return None
    kept = execute_prepared(OWN.format(table=table()), [statement]) if statement else []
    return Vector(kept[0][0] if kept else str(model.embed(text).tolist()), model.unrelated)


def nearest(vector: Vector, condition: tuple[str, Sequence[Any]], known: Sequence[int]) -> list[Near]:
    """Those that the index finds, and the known ones, as far as they have a vector.

    `condition`: SQL on a row of the table, with its parameters, that those of the index fulfil.
    """
    also, parameters = condition
    sql = NEAREST.format(table=table(), also=also, found=FOUND, limit=FULFIL if also else FOUND, near=NEAR)
    rows = execute_prepared(sql, [*parameters, vector.text, vector.text, vector.text, known, known])
    return [Near(statement, nearness(product, vector.unrelated), words) for statement, product, words in rows]
