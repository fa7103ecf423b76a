"""One row of each resource, and raw SQL to attack it with: for the tests of what the database refuses."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

TEXT = "The mayor said the bridge is closed. The ministry said it is open."
COPY = 900_000_001  # the id of the row that a test adds
TABLES = {
    "source": "sources_source",
    "article": "claims_article",
    "statement": "claims_statement",
    "evidence": "claims_evidence",
    "dispute": "claims_dispute",
    "note": "claims_note",
}
COLUMN = {
    "source": "name",
    "article": "title",
    "statement": "paraphrase",
    "evidence": "title",
    "dispute": "note",
    "note": "text",
}
OF_STATEMENT = "(SELECT s.article FROM claims_statement s WHERE s.id = r.statement)"
ARTICLE_OF = {
    "source": "NULL::bigint",
    "article": "r.id",
    "statement": "r.article",
    "evidence": OF_STATEMENT,
    "dispute": OF_STATEMENT,
    "note": "r.article",
}
APPEND_ONLY = ["journal_entry", "claims_articlerevision"]
every_resource = pytest.mark.parametrize("resource", TABLES)
with_real_commits = pytest.mark.django_db(transaction=True)


def sql(query: str, *parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.rowcount


def rows(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


@contextmanager
def committing() -> Iterator[None]:
    """Runs the deferred guards at the end of the block, as a commit would."""
    with transaction.atomic():
        yield
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    with pytest.raises(IntegrityError) as refusal, committing():
        yield
    assert refusal.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]


@contextmanager
def refused_at_commit(constraint: str) -> Iterator[None]:
    """The block or its COMMIT is refused, and nothing of it remains. For transactional tests."""
    before = everything()
    transaction.set_autocommit(False)
    try:
        with pytest.raises(IntegrityError) as refusal:  # noqa: PT012
            yield
            transaction.commit()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
    assert refusal.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]
    assert everything() == before


def everything() -> list[Any]:
    tables = [*TABLES.values(), "claims_statementvia", *APPEND_ONLY]
    return [rows(f"SELECT to_jsonb(r) FROM {table} r ORDER BY id") for table in tables]


@dataclass
class World:
    """One row of each resource. Nothing refers to it, so no foreign key prevents its deletion."""

    actor: Any
    ids: dict[str, int]
    speaker: int
    relay: int
    chained: int  # a statement that came to us through the relay

    def write(self, query: str, resource: str, *parameters: Any) -> None:
        """Runs the query on the resource's row. {table} and {column} stand for its table and a text column."""
        done = sql(query.format(table=TABLES[resource], column=COLUMN[resource]), *parameters, self.ids[resource])
        assert done == 1

    def copy(self, resource: str, **changes: Any) -> None:
        other = {"statement": self.chained, "raised_by": self.speaker, "key": "copy"}
        fresh = {"source": {}, "article": {"url": None}, "dispute": other, "note": {}}
        different = {"id": COPY, "version": 1, **fresh.get(resource, {"key": "copy"}), **changes}
        query = "INSERT INTO {table} SELECT (jsonb_populate_record(r, %s::jsonb)).* FROM {table} r WHERE r.id = %s"
        self.write(query, resource, json.dumps(different))

    def enter(self, resource: str, action: str, step: int, forged: str = "{}", **columns: str) -> None:
        """Adds an entry copied from the current row, except for the `forged` data. The statement has no chain.

        `columns` are SQL for other columns of the entry.
        """
        omitted = "text" if resource == "article" else ""
        forged = json.dumps({"via": []} | json.loads(forged)) if resource == "statement" else forged
        given = {"actor": str(self.actor.pk), "article": ARTICLE_OF[resource], "reason": "''", **columns}
        self.write(
            f"""
            INSERT INTO journal_entry (action, resource, resource_id, version, data, {", ".join(given)})
            SELECT %s, %s, r.id, r.version + %s, to_jsonb(r) - %s || %s::jsonb, {", ".join(given.values())}
            FROM {{table}} r WHERE r.id = %s
            """,
            resource, action, resource, step, omitted, forged,
        )  # fmt: skip


UPDATE = "UPDATE {table} SET {column} = 'rewritten', version = version + 1 WHERE id = %s"
DELETE = "DELETE FROM {table} WHERE id = %s"
ADD_RELAY = "INSERT INTO claims_statementvia (source, statement, position) VALUES (%s, %s, 1)"
REPLACE_RELAY = "UPDATE claims_statementvia SET source = %s WHERE statement = %s"
REMOVE_RELAYS = "DELETE FROM claims_statementvia WHERE source <> %s AND statement = %s"
WRITES: dict[str, Callable[[World, str], None]] = {
    "insert": World.copy,
    "update": lambda world, resource: world.write(UPDATE, resource),
    "delete": lambda world, resource: world.write(DELETE, resource),
}
