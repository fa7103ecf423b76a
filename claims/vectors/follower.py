"""The follower `vectors`."""

from collections.abc import Sequence

from django.db import connection

from claims.embedding.packaged import ModelMissing
from claims.vectors.model import load_model
from claims.vectors.table import NoVectors, make_table, table
from factcheck.journal.followers import LeftOut
from factcheck.journal.models import Entry

# A model reads no more than the beginning. The titles of evidence, whose words are compared, took more from what was
# found than they added.
CHANGED = """
SELECT s.id, t.text, t.hash
FROM claims_statement s, LATERAL left(concat_ws(E'\\n', s.text, nullif(s.paraphrase, '')), 2000) own,
    LATERAL (SELECT own AS text, hashtextextended(own, 0) AS hash) t
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
        if ids := sorted({entry.resource_id for entry in entries if entry.resource == "statement"}):
            with connection.cursor() as cursor:
                cursor.execute(GONE.format(table=table()), [ids])
                cursor.execute(CHANGED.format(table=table()), [ids])
                if changed := cursor.fetchall():
                    vectors = [str(self.model.embed(text).tolist()) for _, text, _ in changed]
                    statements, _, hashes = zip(*changed, strict=True)
                    cursor.execute(KEEP.format(table=table()), [list(statements), list(hashes), vectors])
