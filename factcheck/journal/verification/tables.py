"""The tables and their guards are as the migrations made them. Only the owner of the tables can change that."""

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from django.db.migrations.operations import RunSQL

from factcheck.journal.verification.ranges import Check

FUNCTION = re.compile(r"CREATE FUNCTION (\w+)\(.*?\$\$(.*?)\$\$", re.DOTALL)
TRIGGER = re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER (\w+)\s([^;]*?)\sON (\w+)\s([^;]*?)EXECUTE FUNCTION (\w+)")
# The bits of pg_trigger.tgtype.
KINDS = {"FOR EACH ROW": 1, "BEFORE": 2, "INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


class Trigger(NamedTuple):
    name: str
    table: str
    function: str
    kind: int
    has_condition: bool


def tables_and_guards(guards: Iterable[RunSQL]) -> list[Check]:
    sql = "\n".join(guard.sql for guard in guards if isinstance(guard.sql, str))
    triggers = [
        Trigger(name, table, function, _kind(event + rest), "WHEN (" in rest)
        for name, event, table, rest, function in TRIGGER.findall(sql)
    ]
    digests = [(name, sha256(body.encode()).hexdigest()) for name, body in FUNCTION.findall(sql)]
    tables = _values(sorted({(trigger.table,) for trigger in triggers}))
    return [
        Check("table", TABLES.format(tables=tables)),
        Check("guard", TRIGGERS.format(tables=tables, triggers=_values(triggers))),
        Check("function", FUNCTIONS.format(digests=_values(digests))),
    ]


def _kind(definition: str) -> int:
    return sum(bit for word, bit in KINDS.items() if word in definition)


def _values(rows: Iterable[tuple[object, ...]]) -> str:
    return ", ".join(f"({', '.join(map(repr, row))})" for row in rows)


# The rows of a table that inherits from another are rows of that one too.
TABLES = """
    SELECT t.name AS resource, NULL::bigint AS id, NULL::integer AS version, CASE
        WHEN c.relkind IS DISTINCT FROM 'r' THEN ARRAY['table_replaced', 'it is no table']
        WHEN i.relatives IS NOT NULL THEN ARRAY['table_inherits', i.relatives]
        WHEN c.relhasrules OR c.relrowsecurity THEN ARRAY['table_filtered', 'it has rules or row security']
        END AS fault
    FROM (VALUES {tables}) t(name) LEFT JOIN pg_class c ON c.oid = to_regclass(t.name)
    LEFT JOIN LATERAL (
        SELECT string_agg(r.oid::regclass::text, ', ') AS relatives FROM pg_inherits i
        JOIN pg_class r ON r.oid <> c.oid AND r.oid IN (i.inhparent, i.inhrelid)
        WHERE c.oid IN (i.inhparent, i.inhrelid)) i ON true
"""
# Those of foreign keys are internal: they may be there, but not switched off.
TRIGGERS = """
    SELECT coalesce(w.of, t.of::text) AS resource, NULL::bigint AS id, NULL::integer AS version, CASE
        WHEN t.tgname IS NULL THEN ARRAY['guard_missing', w.name]
        WHEN t.tgenabled NOT IN ('O', 'A') THEN ARRAY['guard_disabled', t.tgname]
        WHEN w.name IS NULL AND t.tgisinternal THEN NULL
        WHEN w.name IS NULL THEN ARRAY['guard_unknown', t.tgname]
        WHEN (t.function, t.tgtype, t.tgqual IS NOT NULL) <> (w.function, w.kind, w.has_condition)
            THEN ARRAY['guard_changed', t.tgname]
        END AS fault
    FROM (VALUES {triggers}) w(name, of, function, kind, has_condition)
    FULL JOIN (
        SELECT t.*, t.tgrelid::regclass::text AS of, p.proname AS function
        FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE t.tgrelid IN (SELECT to_regclass(name) FROM (VALUES {tables}) n(name))
    ) t ON t.tgname = w.name AND t.of = w.of
    UNION ALL SELECT 'session_replication_role', NULL, NULL, CASE current_setting('session_replication_role')
        WHEN 'replica' THEN ARRAY['guard_disabled', 'all guards are off for this role'] END
"""
FUNCTIONS = """
    SELECT w.name AS resource, NULL::bigint AS id, NULL::integer AS version, CASE
        WHEN p.oid IS NULL THEN ARRAY['guard_missing', 'there is no such function']
        WHEN encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') <> w.digest
            THEN ARRAY['guard_changed', 'it is another function']
        END AS fault
    FROM (VALUES {digests}) w(name, digest) LEFT JOIN pg_proc p ON p.oid = to_regproc(w.name)
"""
