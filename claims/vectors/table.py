"""The table of the vectors. No migration makes it: a database may have no pgvector, and get it later."""

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from claims.vectors.model import MODELS
from factcheck.journal.models import FollowerCursor
from factcheck.postgres.prepared import execute_prepared

FOLLOWER = "vectors"
PREFIX = "claims_statementvector_"
AVAILABLE = (
    "SELECT string_to_array(default_version, '.')::int[] >= '{0,8}' FROM pg_available_extensions WHERE name = 'vector'"
)
# The index holds a bit for each number, which makes it small and fast; what it finds is put into order by the numbers.
# `hash` is that of the text: a write that leaves the text as it was makes no new vector.
MAKE = """
CREATE TABLE {table} (statement bigint PRIMARY KEY, hash bigint NOT NULL, vector halfvec(384) NOT NULL);
CREATE INDEX {table}_near ON {table} USING hnsw ((binary_quantize(vector)::bit(384)) bit_hamming_ops);
"""


class NoVectors(Exception):
    """This database has no table of vectors, and cannot get one now. The message says why."""


def table() -> str:
    """Of the model that the settings name."""
    return f"{PREFIX}{settings.MATCHING_MODEL}"


def has_table() -> bool:
    """Which this role may read."""
    [[found]] = execute_prepared("SELECT has_table_privilege(to_regclass(%s), 'SELECT')", [table()])
    return bool(found)


def make_table() -> None:
    """If it is not there; those of other models are dropped, and the follower begins again. Raises NoVectors."""
    if settings.MATCHING_MODEL not in MODELS:
        raise NoVectors("MATCHING_MODEL is none, so no vectors are kept.")
    if has_table():
        return
    with connection.cursor() as cursor:
        cursor.execute(AVAILABLE)
        if cursor.fetchone() != (True,):
            raise NoVectors(
                "PostgreSQL has no pgvector 0.8 or later. Install it on the server of the database "
                "(such as postgresql-18-pgvector), or choose an image that has it."
            )
    try:
        _make_table()
    except DatabaseError as error:
        raise NoVectors(
            f"The table of the vectors cannot be made: {str(error).splitlines()[0]}. "
            "Run `manage.py make_vector_table` as the owner of the tables; pgvector itself (`CREATE EXTENSION vector`) "
            "may need a superuser, once."
        ) from None


@transaction.atomic
def _make_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [PREFIX])  # two processes may come here at once
        cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
        if has_table():
            return
        for name in MODELS:
            cursor.execute(f"DROP TABLE IF EXISTS {PREFIX}{name}")
        cursor.execute(MAKE.format(table=table()))
    FollowerCursor.objects.filter(pk=FOLLOWER).delete()
