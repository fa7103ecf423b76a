"""The follower `vectors`."""

from collections.abc import Iterable, Sequence

from django.db import connection

from claims.embedding.packaged import ModelMissing
from claims.vectors.model import load_model
from claims.vectors.table import NoVectors, make_table, table
from factcheck.journal.followers import LeftOut
from factcheck.journal.models import Entry

# What matching compares the words of, too: passage, paraphrase and the titles of the first pieces of evidence. A model
# reads no more than the beginning.
CHANGED = """
SELECT s.id, t.text, hashtextextended(t.text, 0) FROM claims_statement s, LATERAL (
    SELECT left(concat_ws(E'\\n', s.text, nullif(s.paraphrase, ''), e.titles), 2000) AS text FROM (
        SELECT string_agg(title, E'\\n' ORDER BY id) AS titles FROM (
            SELECT id, title FROM claims_evidence WHERE statement = s.id AND title <> '' ORDER BY id LIMIT 20
        ) first
    ) e
) t WHERE s.id = ANY(%s)
    AND NOT EXISTS (SELECT FROM {table} v WHERE v.statement = s.id AND v.hash = hashtextextended(t.text, 0))
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
                if changed := cursor.fetchall():
                    vectors = [str(self.model.embed(text).tolist()) for _, text, _ in changed]
                    statements, _, hashes = zip(*changed, strict=True)
                    cursor.execute(KEEP.format(table=table()), [list(statements), list(hashes), vectors])


def _statements(entries: Iterable[Entry]) -> Iterable[int]:
    for entry in entries:
        if entry.resource == "statement":
            yield entry.resource_id
        elif entry.resource == "evidence":
            yield entry.data["statement"]
