"""The follower `vectors`."""

from collections.abc import Iterable, Sequence

from django.db import connection

from claims.embedding.packaged import ModelMissing
from claims.embedding.statements import embed_statement
from claims.vectors.model import load_model
from claims.vectors.table import NoVectors, make_table, table
from factcheck.journal.followers import LeftOut
from factcheck.journal.models import Entry

# What matching compares the words of, too. A model reads no more than the beginning.
CHANGED = """
SELECT s.id, t.said, t.titles, t.hash
FROM claims_statement s, LATERAL (
    SELECT string_agg(title, E'\\n' ORDER BY id) AS titles
    FROM (SELECT id, title FROM claims_evidence WHERE statement = s.id AND title <> '' ORDER BY id LIMIT 20) first
) e, LATERAL (
    SELECT said, titles, hashtextextended(said || E'\\t' || titles, 0) AS hash FROM (
        SELECT left(concat_ws(E'\\n', s.text, nullif(s.paraphrase, '')), 2000), left(coalesce(e.titles, ''), 2000)
    ) own (said, titles)
) t
WHERE s.id = ANY(%s) AND NOT EXISTS (SELECT FROM {table} v WHERE v.statement = s.id AND v.hash = t.hash)
"""
GONE = """
DELETE FROM {table} v WHERE statement = ANY(%s) AND NOT EXISTS (SELECT FROM claims_statement s WHERE s.id = v.statement)
"""
KEEP = """
INSERT INTO {table} (statement, hash, vector) SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[]::halfvec[])
ON CONFLICT (statement) DO UPDATE SET hash = excluded.hash, vector = excluded.vector
"""


class Vectors:
    batch = 32  # entries in one transaction: while it is open, nobody reads the feed beyond it

    def prepare(self) -> None:
        """Raises LeftOut where there is no model or no pgvector."""
        try:
            self.model = load_model()
            make_table()
        except (ModelMissing, NoVectors) as reason:
            raise LeftOut(str(reason)) from None

    def follow(self, entries: Sequence[Entry]) -> None:
        if ids := sorted(set(_statements(entries))):
            with connection.cursor() as cursor:
                cursor.execute(GONE.format(table=table()), [ids])
                cursor.execute(CHANGED.format(table=table()), [ids])
                made = [
                    (statement, digest, str(embed_statement(self.model, said, titles).tolist()))
                    for statement, said, titles, digest in cursor.fetchall()
                ]
                if made:
                    cursor.execute(KEEP.format(table=table()), [list(column) for column in zip(*made, strict=True)])


def _statements(entries: Sequence[Entry]) -> Iterable[int]:
    for entry in entries:
        if entry.resource == "statement":
            yield entry.resource_id
        elif entry.resource == "evidence":
            yield entry.data["statement"]
