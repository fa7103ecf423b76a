"""The tables and their guards are as the migrations made them. Only the owner of the tables can change that."""

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from django.db.migrations.operations import RunSQL

from factcheck.journal.verification.ranges import Check

FUNCTION = re.compile(r"CREATE FUNCTION (\w+)\((.*?)\$\$(.*?)\$\$", re.DOTALL)
TRIGGER = re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER (\w+)\s([^;]*?)\sON (\w+)\s([^;]*?)EXECUTE FUNCTION (\w+)")
# What PostgreSQL adds to a condition: the types of values, quotation marks and parentheses.
SPELLING = r"""::[a-z ]+|[\s"'()]"""
# The bits of pg_trigger.tgtype.
KINDS = {"FOR EACH ROW": 1, "BEFORE": 2, "INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


class Trigger(NamedTuple):
    name: str
    table: str
    function: str
    kind: int
    columns: str  # of UPDATE OF
    condition: str
    rows: str  # what the function calls the written rows and the former ones


def tables_and_guards(guards: Iterable[RunSQL]) -> list[Check]:
    sql = "\n".join(guard.sql for guard in guards if isinstance(guard.sql, str))
    triggers = [
        Trigger(name, table, function, _kind(event + rest), _columns(event), _condition(rest), _rows(rest))
        for name, event, table, rest, function in TRIGGER.findall(sql)
    ]
    functions = [
        (name, sha256(body.encode()).hexdigest(), "SECURITY DEFINER" in head)
        for name, head, body in FUNCTION.findall(sql)
    ]
    tables = sorted({trigger.table for trigger in triggers})
    return [
        unambiguous([*tables, *(name for name, _, _ in functions)]),
        plain(tables),
        Check("guard", TRIGGERS.format(tables=_names(tables), triggers=_values(triggers), SPELLING=SPELLING)),
        Check("function", FUNCTIONS.format(functions=_values(functions))),
    ]


def unambiguous(names: Iterable[str]) -> Check:
    """Each of the tables and functions is the same one for everybody.

    Where this finds a fault, the other checks are worth nothing: only this one calls no function and no operator but
    PostgreSQL's own.
    """
    return Check("name", NAMES.format(names=_names(names)), schemas="pg_temp")


def plain(tables: Iterable[str]) -> Check:
    """Everybody sees the same rows in each of the tables, and its columns compare as usual."""
    return Check("table", TABLES.format(tables=_names(tables)))


def _names(names: Iterable[str]) -> str:
    return _values((name,) for name in names)


def _kind(definition: str) -> int:
    return sum(bit for word, bit in KINDS.items() if word in definition)


def _columns(event: str) -> str:
    found = re.search(r"UPDATE OF ([\w, ]+)", event)
    return found[1] if found else ""


def _condition(rest: str) -> str:
    found = re.search(r"WHEN (\(.*\))", rest)
    return re.sub(SPELLING, "", found[1].lower()) if found else ""


def _rows(rest: str) -> str:
    found = re.search(r"REFERENCING (.*?)\s+FOR EACH", rest)
    return found[1] if found else ""


def _values(rows: Iterable[tuple[object, ...]]) -> str:
    return ", ".join(f"({', '.join(map(repr, row))})" for row in rows)


# Where a name stands in two schemas, the search path of a role decides which one it sees. A function or an operator of
# the schema public is called instead of PostgreSQL's own if it fits the types better; only a superuser makes one in C.
# One that takes only types of an extension, such as pgvector's avg(vector), fits none of our values. Beside one of our
# types it may: an operator for varchar and citext is called for a varchar and a literal.
NAMES = """
    SELECT o.name AS resource, NULL::bigint AS id, NULL::integer AS version,
        ARRAY['name_elsewhere', 'schema ' || n.nspname || ' has this name too'] AS fault
    FROM (SELECT relname AS name, relnamespace AS schema FROM pg_class
          UNION ALL SELECT proname, pronamespace FROM pg_proc) o
    JOIN (VALUES {names}) w(name) ON w.name = o.name
    JOIN pg_namespace n ON n.oid = o.schema AND n.nspname <> 'public'
    UNION ALL
    SELECT o.name, NULL, NULL, ARRAY['builtin_replaced', 'PostgreSQL has one of this name']
    FROM (SELECT oid::regprocedure::text AS name, proname AS word, pronamespace AS schema, oid AS function FROM pg_proc
          UNION ALL SELECT oid::regoperator::text, oprname, oprnamespace, oprcode FROM pg_operator) o
    JOIN pg_proc p ON p.oid = o.function JOIN pg_language l ON l.oid = p.prolang AND l.lanname <> 'c'
    WHERE o.schema = 'public'::regnamespace AND o.word IN (
        SELECT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
        UNION ALL SELECT oprname FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace)
        AND NOT (p.pronargs > 0 AND p.proargtypes::oid[] <@ ARRAY(
            SELECT d.objid FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.deptype = 'e'))
    UNION ALL
    SELECT coalesce(r.rolname, 'all roles'), NULL, NULL, ARRAY['role_setting', c.setting]
    FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c(setting) LEFT JOIN pg_roles r ON r.oid = s.setrole
    WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
        AND c.setting ~ '^(search_path|session_replication_role)='
"""
# The rows of a table that inherits from another are rows of that one too.
TABLES = """
    SELECT t.name AS resource, NULL::bigint AS id, NULL::integer AS version, CASE
        WHEN c.relkind IS DISTINCT FROM 'r' THEN ARRAY['table_replaced', 'it is no table']
        WHEN i.relatives IS NOT NULL THEN ARRAY['table_inherits', i.relatives]
        WHEN c.relhasrules OR c.relrowsecurity THEN ARRAY['table_filtered', 'it has rules or row security']
        WHEN k.strange IS NOT NULL THEN ARRAY['columns_compare_otherwise', k.strange]
        END AS fault
    FROM (VALUES {tables}) t(name) LEFT JOIN pg_class c ON c.oid = to_regclass(t.name)
    LEFT JOIN LATERAL (
        SELECT string_agg(r.oid::regclass::text, ', ') AS relatives FROM pg_inherits i
        JOIN pg_class r ON r.oid <> c.oid AND r.oid IN (i.inhparent, i.inhrelid)
        WHERE c.oid IN (i.inhparent, i.inhrelid)) i ON true
    LEFT JOIN LATERAL (
        SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) AS strange FROM pg_attribute a
        JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE a.attrelid = c.oid AND (y.typnamespace <> 'pg_catalog'::regnamespace OR l.collnamespace <> y.typnamespace)
        ) k ON true
"""
# Those of foreign keys are internal: they may be there, but not switched off.
TRIGGERS = """
    SELECT coalesce(w.of, t.of::text) AS resource, NULL::bigint AS id, NULL::integer AS version, CASE
        WHEN t.tgname IS NULL THEN ARRAY['guard_missing', w.name]
        WHEN t.tgenabled NOT IN ('O', 'A') THEN ARRAY['guard_disabled', t.tgname]
        WHEN w.name IS NULL AND t.tgisinternal THEN NULL
        WHEN w.name IS NULL THEN ARRAY['guard_unknown', t.tgname]
        WHEN (t.function, t.tgtype, t.columns, t.condition, t.rows)
                <> (w.function, w.kind, w.columns, w.condition, w.rows)
            THEN ARRAY['guard_changed', t.tgname]
        END AS fault
    FROM (VALUES {triggers}) w(name, of, function, kind, columns, condition, rows)
    FULL JOIN (
        SELECT t.*, t.tgrelid::regclass::text AS of, t.tgfoid::regproc::text AS function,  -- with another schema
            concat_ws(' ', 'OLD TABLE AS ' || t.tgoldtable, 'NEW TABLE AS ' || t.tgnewtable) AS rows,
            array_to_string(ARRAY(
                SELECT a.attname FROM unnest(t.tgattr) WITH ORDINALITY c(number, place)
                JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = c.number ORDER BY c.place
            ), ', ') AS columns,
            CASE WHEN t.tgqual IS NULL THEN '' ELSE regexp_replace(lower(
                substring(pg_get_triggerdef(t.oid) FROM 'WHEN (.*) EXECUTE FUNCTION')), $${SPELLING}$$, '', 'g')
                END AS condition
        FROM pg_trigger t WHERE t.tgrelid IN (SELECT to_regclass(name) FROM (VALUES {tables}) n(name))
    ) t ON t.tgname = w.name AND t.of = w.of
    UNION ALL SELECT 'session_replication_role', NULL, NULL, CASE current_setting('session_replication_role')
        WHEN 'replica' THEN ARRAY['guard_disabled', 'all guards are off for this role'] END
"""
FUNCTIONS = """
    SELECT w.name AS resource, NULL::bigint AS id, NULL::integer AS version, CASE
        WHEN p.oid IS NULL THEN ARRAY['guard_missing', 'there is no such function']
        WHEN encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') <> w.digest
            THEN ARRAY['guard_changed', 'it is another function']
        WHEN p.prosecdef <> w.definer OR p.proconfig IS DISTINCT FROM
                ARRAY[format('search_path=%%I, pg_temp', current_schema()), 'enable_seqscan=off', 'TimeZone=UTC']
            THEN ARRAY['guard_changed', 'it runs with other settings']
        END AS fault
    FROM (VALUES {functions}) w(name, digest, definer) LEFT JOIN pg_proc p ON p.oid = to_regproc(w.name)
"""
