"""Vectors for all statements of a newsroom within minutes: to make a million by the model takes hours.

Each is the sum of the vectors of two sentences out of a thousand and of a random one. So they lie about as far apart as
those of texts do, on which the time of a search depends; what is found means nothing.
"""

from django.db import connection

from claims.vectors.model import load_model
from claims.vectors.table import make_table, table

SENTENCES = "SELECT text FROM claims_statement ORDER BY md5(id::text) LIMIT 1024"
DRAWN = """
CREATE TEMP TABLE drawn AS SELECT n - 1 AS n, vector::halfvec(384),
    ARRAY(SELECT 0.12 * (random() - 0.5) FROM generate_series(1, 384 + 0 * n))::halfvec(384) AS noise
FROM unnest(%s::text[]) WITH ORDINALITY AS v(vector, n)
"""
VECTORS = """
INSERT INTO {table} SELECT id, 0, l2_normalize(a.vector + b.vector + c.noise) FROM claims_statement
    JOIN drawn a ON a.n = hashint8(id) & 1023 JOIN drawn b ON b.n = hashint8(id * 7) & 1023
    JOIN drawn c ON c.n = hashint8(id * 31) & 1023
"""


def draw() -> None:
    model = load_model()
    make_table()
    with connection.cursor() as cursor:
        cursor.execute(SENTENCES)
        drawn = [str(model.embed(text).tolist()) for (text,) in cursor.fetchall()]
        cursor.execute(DRAWN, [drawn])
        cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [f"{table()}_near"])
        [definition] = cursor.fetchone()
        cursor.execute(f"DROP INDEX {table()}_near")  # at once it is built in a tenth of the time
        cursor.execute(VECTORS.format(table=table()))
        cursor.execute("SET maintenance_work_mem = '2GB'; SET max_parallel_maintenance_workers = 4")
        cursor.execute(definition)
        cursor.execute("RESET maintenance_work_mem; RESET max_parallel_maintenance_workers")
