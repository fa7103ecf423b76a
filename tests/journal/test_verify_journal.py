"""Whoever owns the tables can write anything past the guards. `manage.py verify_journal` finds it.

Over 400 lines: a catalogue of what an owner can falsify, each with the fault that is named.
"""

import json
import signal
from collections import Counter
from dataclasses import replace
from io import StringIO
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from claims import services
from claims.management.commands.verify_journal import line_of
from claims.models import Article
from claims.verification import CHECKS
from factcheck.journal.models import Entry, Recorded
from factcheck.journal.verification.ranges import Range, verify
from sources.models import Source, SourceRedirect
from sources.services import create_source, delete_source
from tests.newsroom import user_with_role

TEXT = "The mayor said the bridge is closed."


def sql(query: str, *parameters) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or None)


def as_owner(query: str) -> None:
    sql("SET LOCAL session_replication_role = replica")
    sql(query)
    sql("SET LOCAL session_replication_role = origin")


def guards_against_truncate(change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'no_truncate'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} {change} TRIGGER no_truncate")


def make_record() -> SimpleNamespace:
    """Every kind of row, one of them deleted and one merged into another."""
    alice = user_with_role("alice", "editor")
    named = {"actor": alice, "kind": "person"}
    mayor = create_source(name="The mayor", aliases=["Jane Doe", "J. Doe"], **named)
    paper, agency, twin = (create_source(name=name, **named) for name in ("The paper", "The agency", "The mayoress"))
    article = services.create_article(actor=alice, title="A report", text="Soon more.", url="https://news.example/1")
    change = {"article_id": article.pk, "versions": None, "actor": alice}
    services.update_article(text=TEXT, **change)
    services.set_article_status(status="published", reason="Checked.", **change)
    article.refresh_from_db()
    spoken = {"article": article, "actor": alice, "source": mayor}
    statement = services.create_statement(start=0, end=9, via=[paper, agency], **spoken)
    gone = services.create_statement(start=10, end=14, **spoken)
    services.delete_statement(statement_id=gone.pk, versions=None, actor=alice)
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="Because.")
    evidence = services.create_evidence(actor=alice, statement=statement, stance="context", url="https://a.example/")
    dispute = services.open_dispute(actor=alice, statement=statement, raised_by=paper, kind="denial")
    services.resolve_dispute(dispute_id=dispute.pk, versions=None, actor=alice, state="upheld", reason="It is so.")
    services.merge_source(source_id=twin.pk, versions=None, actor=alice, into=mayor, reason="The same.")
    rows = {"user": alice, "article": article, "statement": statement, "gone": gone, "evidence": evidence}
    rows |= {"dispute": dispute, "source": mayor, "paper": paper, "agency": agency, "twin": twin}
    return SimpleNamespace(**{name: row.pk for name, row in rows.items()}, none=4711)


@pytest.fixture
def record(db) -> SimpleNamespace:
    """As the owner, with all triggers off. It ends with the test's transaction."""
    made = make_record()
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    guards_against_truncate("ENABLE")
    return made


@pytest.fixture
def kept_record(transactional_db) -> SimpleNamespace:
    """Committed, so that the threads of the command see it."""
    guards_against_truncate("ENABLE")
    yield make_record()
    guards_against_truncate("DISABLE")


def faults() -> list[str]:
    with connection.cursor() as cursor:
        return [line_of(fault) for check in CHECKS for fault in Range(check).read(cursor).faults]


def test_a_true_record_has_no_faults(record):
    assert faults() == []


LATE = 10**12  # an id after all that other tests have used
NO_DELETION = "there is no row, and no entry of its deletion"
REVISION = (
    "INSERT INTO claims_articlerevision (article, number, text, sha256, created_at) "
    "SELECT {0}, {1}, 'x', encode(sha256('x'), 'hex'), now()"
)
RECREATED = "DROP TRIGGER append_only ON journal_entry; CREATE TRIGGER append_only BEFORE {} journal_refuse()"


def copy(table: str, change: str) -> str:
    return f"INSERT INTO {table} SELECT (jsonb_populate_record(r, '{{{{{change}}}}}')).* FROM {table} r"


def entry(change: str, resource: str, version: int, row: str = "") -> str:
    """Changes the entry of a row, by default of the one named like the resource."""
    return (
        f"UPDATE journal_entry SET {change} WHERE resource = '{resource}' AND resource_id = {{{row or resource}}} "
        f"AND version = {version}"
    )


def merged(fields: str) -> str:
    return f"data = data || '{{{{{fields}}}}}'"


def no_entry(resource: str, version: int, row: str = "") -> str:
    return entry("", resource, version, row).replace("UPDATE journal_entry SET ", "DELETE FROM journal_entry")


def ghost(action: str, row: str, version: int) -> str:
    """Adds an entry made from that of the evidence."""
    return (
        "INSERT INTO journal_entry (id, actor, action, resource, resource_id, version, article, reason, data) "
        f"SELECT {LATE}, actor, '{action}', '{action.partition('.')[0]}', {{{row}}}, {version}, NULL, '', data || "
        f"jsonb_build_object('id', {{{row}}}, 'version', {version}) FROM journal_entry WHERE resource = 'evidence'"
    )


# What is falsified: the SQL, and the faults; one that ends in "…" has more to it. {statement} and the like are ids.
FALSIFIED = {
    # Rows
    "a row": (
        "UPDATE sources_source SET name = 'Another' WHERE id = {source}",
        "row_differs: source {source}, version 2: name",
    ),
    "the version of a row": (
        "UPDATE claims_evidence SET version = 2",
        "row_at_other_version: evidence {evidence}, version 1: the row is at version 2",
    ),
    "a user": (
        "UPDATE auth_user SET is_superuser = true",
        "row_differs: user {user}, version 1: is_superuser",
    ),
    "the second step of a user": (
        "INSERT INTO api_passkey (user_id, name, credential_id, credential, sign_count, created) "
        "VALUES ({user}, 'x', 'x', 'x', 0, now())",
        "row_differs: user {user}, version 1: factors",
    ),
    "the roles of a user": (
        "DELETE FROM auth_user_groups",
        "row_differs: user {user}, version 1: roles",
    ),
    "a row is removed": (
        "DELETE FROM claims_dispute",
        "row_missing: dispute {dispute}, version 2: " + NO_DELETION,
    ),
    "a row is put in": (
        copy("claims_evidence", '"id": 4711, "key": "e-2"'),
        "row_without_entry: evidence 4711, version 1: the row has no entry",
    ),
    "a deleted row is put back": (
        copy("claims_statement", '"id": {gone}, "key": "s-2"'),
        "row_after_deletion: statement {gone}, version 2: the row is still there",
    ),
    "a column is rewritten as if for another type": (
        "ALTER TABLE claims_article ALTER title TYPE varchar(500) USING upper(title)",
        "row_differs: article {article}, version 3: title",
    ),
    "a column is added with a value": (
        "ALTER TABLE claims_article ADD subtitle text DEFAULT 'x'",
        "row_differs: article {article}, version 3: subtitle",
    ),
    # Entries
    "the order of an array": (
        entry("""data = jsonb_set(data, '{{aliases}}', '["The mayoress", "J. Doe", "Jane Doe"]')""", "source", 2),
        "row_differs: source {source}, version 2: aliases",
    ),
    "9 becomes 9.0": (
        entry("data = jsonb_set(data, '{{end}}', '9.0')", "statement", 2),
        "row_differs: statement {statement}, version 2: end",
    ),
    "a key too many": (
        entry(merged('"extra": null'), "dispute", 2),
        "row_differs: dispute {dispute}, version 2: extra",
    ),
    "a key too few": (
        entry("data = data - 'state'", "dispute", 2),
        "row_differs: dispute {dispute}, version 2: state",
    ),
    "data that is no object": (
        entry("data = '[]'", "evidence", 1),
        "entry_of_other_row: evidence {evidence}, version 1: id , version ",
    ),
    "the data of another row": (
        entry(merged('"id": 4711'), "dispute", 1),
        "entry_of_other_row: dispute {dispute}, version 1: id 4711, version 1",
    ),
    "the data of another version": (
        entry(merged('"version": 2'), "dispute", 1),
        "entry_of_other_row: dispute {dispute}, version 1: id {dispute}, version 2",
    ),
    "the data of a deletion": (
        entry(merged('"tag": "denied"'), "statement", 2, "gone"),
        "deletion_differs: statement {gone}, version 2: tag",
    ),
    "the time of an entry": (
        entry("at = at - interval '1 hour'", "statement", 2),
        "time_not_later: statement {statement}, version 2: …",
    ),
    "the first entry is removed": (
        no_entry("statement", 1),
        "first_version: statement {statement}, version 2: no entry of an earlier version",
    ),
    "an entry in the middle is removed": (
        no_entry("article", 2),
        "version_gap: article {article}, version 3: the entry before is of version 1",
    ),
    "the last entry is removed": (
        no_entry("dispute", 2),
        "row_at_other_version: dispute {dispute}, version 1: the row is at version 2",
    ),
    "the only entry is removed": (
        no_entry("evidence", 1),
        "row_without_entry: evidence {evidence}, version 1: the row has no entry",
    ),
    "the entry of a deletion is removed": (
        no_entry("statement", 2, "gone"),
        "row_missing: statement {gone}, version 1: " + NO_DELETION,
    ),
    "an entry of no row": (
        ghost("source.created", "none", 1),
        "row_missing: source 4711, version 1: " + NO_DELETION,
    ),
    "an entry of a deleted row": (
        ghost("source.updated", "twin", 3),
        "entry_after_deletion: source {twin}, version 3: source.updated",
    ),
    "an entry of version 0": (
        ghost("dispute.updated", "dispute", 0) + "; " + entry("at = '2001-01-01', id = 0", "dispute", 0),
        "first_version: dispute {dispute}, version 0: no entry of an earlier version",
        "wrong_article: dispute {dispute}, version 1: article {article}",
    ),
    "a deletion of what never was": (
        ghost("source.deleted", "none", 1),
        "wrong_action: source 4711, version 1: source.deleted",
    ),
    "an entry of an unknown resource": (
        ghost("poll.created", "none", 1),
        "unknown_resource: poll 4711, version 1: nothing of this name is recorded",
    ),
    "an id below 1": (
        entry("id = -5", "evidence", 1),
        "entry_out_of_order: evidence {evidence}, version 1: entry -5 follows entry 0",
    ),
    "the order of entries": (
        entry(f"id = {LATE}", "dispute", 1),
        "entry_out_of_order: dispute {dispute}, version 2: entry …",
    ),
    "an action that the resource does not have": (
        entry("action = 'dispute.tagged'", "dispute", 2),
        "wrong_action: dispute {dispute}, version 2: dispute.tagged",
    ),
    "an action of a later version": (
        entry("action = 'dispute.reopened'", "dispute", 1),
        "wrong_action: dispute {dispute}, version 1: dispute.reopened",
    ),
    "the article of an entry": (
        entry("article = 4711", "evidence", 1),
        "wrong_article: evidence {evidence}, version 1: article 4711",
    ),
    "the article of an earlier version": (
        entry("article = NULL", "dispute", 1),
        "wrong_article: dispute {dispute}, version 2: article {article}",
    ),
    "the article of a deleted row": (
        entry("article = 4711", "statement", 1, "gone") + "; " + entry("article = 4711", "statement", 2, "gone"),
        "wrong_article: statement {gone}, version 1: article 4711",
        "wrong_article: statement {gone}, version 2: article 4711",
    ),
    "an article for a source": (
        entry("article = 4711", "source", 1, "paper"),
        "wrong_article: source {paper}, version 1: article 4711",
    ),
    # Chains
    "a relay is removed": (
        "DELETE FROM claims_statementvia WHERE source = {agency}",
        "row_differs: statement {statement}, version 2: via",
    ),
    "relays change places": (
        "UPDATE claims_statementvia SET position = 2 WHERE position = 0",
        "row_differs: statement {statement}, version 2: via",
    ),
    "a relay of no statement": (
        "INSERT INTO claims_statementvia (id, statement, position, source) VALUES (1000, {none}, 0, {paper})",
        "chain_without_statement: chain 1000: there is no statement 4711",
    ),
    # Revisions and passages
    "a revision is put in": (
        REVISION.format("{article}", 3),
        "revision_without_entry: revision {article}, version 3: no entry of the article names it",
    ),
    "a revision with a far number": (
        REVISION.format("{article}", 7),
        "revision_gap: revision {article}, version 7: it is number 3 of its article",
    ),
    "a revision of no article": (
        REVISION.format("{none}", 1),
        "revision_without_entry: revision 4711, version 1: no entry of the article names it",
    ),
    "a digest": (
        "UPDATE claims_articlerevision SET sha256 = '00' WHERE number = 1",
        "digest_differs: revision {article}, version 1: the digest is not that of the text",
    ),
    "a revision with its digest": (
        "UPDATE claims_articlerevision SET text = 'x', sha256 = encode(sha256('x'), 'hex') WHERE number = 1",
        "revision_differs: revision {article}, version 1: an entry names another digest",
    ),
    "the text of an article": (
        "UPDATE claims_article SET text = 'x'",
        "article_text_differs: revision {article}, version 2: the article has another text",
    ),
    "the last revision is removed": (
        "DELETE FROM claims_articlerevision WHERE number = 2",
        "revision_missing: revision {article}: an entry names revision 2",
        "passage_differs: statement {statement}, version 2: revision 2 has other words there",
    ),
    "a passage, in row and entry": (
        "UPDATE claims_statement SET text = 'x'; " + entry(merged('"text": "x"'), "statement", 2),
        "passage_differs: statement {statement}, version 2: revision 2 has other words there",
    ),
    "the time of the first revision": (
        "UPDATE claims_articlerevision SET created_at = '2001-01-01' WHERE number = 1",
        "revision_time_differs: revision {article}, version 1: 2001-01-01 00:00:00+00, and the entry …",
    ),
    "the time of a later revision": (
        "UPDATE claims_articlerevision SET created_at = created_at + interval '2 minutes' WHERE number = 2",
        "revision_time_differs: revision {article}, version 2: …",
    ),
    # Redirects
    "a redirect is removed": (
        "DELETE FROM sources_sourceredirect",
        "redirect_missing: redirect {twin}, version 2: it was merged into source {source}",
    ),
    "a redirect to nowhere": (
        "UPDATE sources_sourceredirect SET into_source = {none}",
        "redirect_to_nowhere: redirect {twin}, version 2: there is no source 4711",
    ),
    "a redirect to another source": (
        "UPDATE sources_sourceredirect SET into_source = {paper}",
        "redirect_without_merge: redirect {twin}, version 2: it was not merged into source {paper}",
    ),
    "a redirect of a source that is there": (
        "INSERT INTO sources_sourceredirect VALUES ({agency}, {paper})",
        "redirect_without_deletion: redirect {agency}: no entry says that it was deleted",
    ),
    "an address of another": (
        "INSERT INTO claims_articleaddress (article, address) VALUES ({article}, 'elsewhere.example/1')",
        "address_of_another: article {article}: elsewhere.example/1 leads to it",
    ),
    "an address is removed": (
        "DELETE FROM claims_articleaddress",
        "address_missing: article {article}: news.example/1 leads nowhere",
    ),
    # Names
    "a table of the same name in another schema": (
        "CREATE SCHEMA clean; CREATE TABLE clean.claims_statement AS TABLE claims_statement",
        "name_elsewhere: claims_statement: schema clean has this name too",
    ),
    "a view of the same name in the schema of a role": (
        "CREATE SCHEMA factcheck_app; CREATE VIEW factcheck_app.journal_entry AS TABLE journal_entry",
        "name_elsewhere: journal_entry: schema factcheck_app has this name too",
    ),
    "a temporary table of the same name": (
        "CREATE TEMPORARY TABLE claims_evidence (id bigint)",
        "name_elsewhere: claims_evidence: schema pg_temp_…",
    ),
    "a function of the same name in another schema": (
        "CREATE SCHEMA evil; CREATE FUNCTION evil.journal_cluster() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "name_elsewhere: journal_cluster: schema evil has this name too",
    ),
    "a search path for everybody": (
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = clean, public', current_database()); END $$",
        "role_setting: all roles: search_path=clean, public",
    ),
    "a search path for a role in this database": (
        "CREATE ROLE quiet; DO $$ BEGIN EXECUTE "
        "format('ALTER ROLE quiet IN DATABASE %I SET search_path = clean, public', current_database()); END $$",
        "role_setting: quiet: search_path=clean, public",
    ),
    "a role for which the guards are off": (
        "CREATE ROLE quiet; ALTER ROLE quiet SET session_replication_role = replica",
        "role_setting: quiet: session_replication_role=replica",
    ),
    "a function in place of PostgreSQL's own hides a row": (
        "UPDATE claims_evidence SET title = 'x'; CREATE FUNCTION to_jsonb(claims_evidence) RETURNS jsonb LANGUAGE sql "
        "AS $$ SELECT data FROM journal_entry WHERE resource = 'evidence' AND resource_id = $1.id $$",
        "builtin_replaced: public.to_jsonb(public.claims_evidence): PostgreSQL has one of this name",
    ),
    "an aggregate in place of PostgreSQL's own hides all faults": (
        "UPDATE claims_evidence SET title = 'x'; "
        "CREATE FUNCTION nothing(jsonb, jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT '[]'::jsonb $$; "
        "CREATE AGGREGATE jsonb_agg(jsonb) (SFUNC = nothing, STYPE = jsonb, INITCOND = '[]')",
        "builtin_replaced: public.jsonb_agg(jsonb): PostgreSQL has one of this name",
    ),
    "a function for one of our types and one of an extension, whose own functions replace nothing": (
        "CREATE EXTENSION IF NOT EXISTS vector; "
        "CREATE FUNCTION to_jsonb(claims_evidence, vector) RETURNS jsonb LANGUAGE sql AS $$ SELECT NULL::jsonb $$",
        "builtin_replaced: public.to_jsonb(public.claims_evidence,public.vector): PostgreSQL has one of this name",
    ),
    "an operator in place of PostgreSQL's own hides an action": (
        "UPDATE journal_entry SET action = 'evidence.tagged' WHERE resource = 'evidence'; "
        "CREATE FUNCTION never(varchar, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'; "
        "CREATE OPERATOR <> (LEFTARG = varchar, RIGHTARG = text, FUNCTION = never)",
        "builtin_replaced: public.<>(character varying,text): PostgreSQL has one of this name",
    ),
    # Tables and guards
    "columns with a collation that PostgreSQL does not have": (  # it may not tell “is” from “is not”
        'CREATE COLLATION lenient FROM "C"; '
        "ALTER TABLE claims_articlerevision ALTER text TYPE text COLLATE lenient, "
        "ALTER sha256 TYPE varchar(64) COLLATE lenient",
        "columns_compare_otherwise: claims_articlerevision: text, sha256",
    ),
    "a column of a type that PostgreSQL does not have": (
        "CREATE DOMAIN word AS text; ALTER TABLE claims_dispute ALTER note TYPE word",
        "columns_compare_otherwise: claims_dispute: note",
    ),
    "a child table with a ghost row": (
        "CREATE TABLE ghosts () INHERITS (claims_evidence); "
        + copy("claims_evidence", '"id": 4711').replace("INTO claims_evidence", "INTO ghosts"),
        "table_inherits: claims_evidence: ghosts",
        "row_without_entry: evidence 4711, version 1: the row has no entry",
    ),
    "a child of the journal with a ghost entry": (
        "CREATE TABLE ghosts () INHERITS (journal_entry); "
        "INSERT INTO ghosts SELECT * FROM journal_entry WHERE resource = 'evidence'",
        "table_inherits: journal_entry: ghosts",
        "version_gap: evidence {evidence}, version 1: the entry before is of version 1",
    ),
    "a table with a parent": (
        "CREATE TABLE parent (note text); ALTER TABLE claims_dispute INHERIT parent",
        "table_inherits: claims_dispute: parent",
    ),
    "a rule": (
        "CREATE RULE quiet AS ON DELETE TO claims_evidence DO INSTEAD NOTHING",
        "table_filtered: claims_evidence: it has rules or row security",
    ),
    "row security": (
        "ALTER TABLE journal_entry ENABLE ROW LEVEL SECURITY",
        "table_filtered: journal_entry: it has rules or row security",
    ),
    "a view in place of a table": (
        "ALTER TABLE claims_articlerevision RENAME TO former; "
        "CREATE VIEW claims_articlerevision AS SELECT * FROM former",
        "table_replaced: claims_articlerevision: it is no table",
        "guard_missing: claims_articlerevision: append_only",
        "guard_missing: claims_articlerevision: journal_entry_required",
        "guard_missing: claims_articlerevision: no_truncate",
        "guard_missing: claims_articlerevision: stamp",
        "guard_missing: claims_articlerevision: stamp_cues",
    ),
    "a guard is off": (
        "ALTER TABLE claims_statement DISABLE TRIGGER journal_entry_required",
        "guard_disabled: claims_statement: journal_entry_required",
    ),
    "a guard is dropped": (
        "DROP TRIGGER append_only ON journal_entry",
        "guard_missing: journal_entry: append_only",
    ),
    "a guard that knows fewer events": (
        RECREATED.format("DELETE ON journal_entry FOR EACH ROW EXECUTE FUNCTION"),
        "guard_changed: journal_entry: append_only",
    ),
    "a guard with a condition": (
        RECREATED.format("UPDATE OR DELETE ON journal_entry FOR EACH ROW WHEN (OLD.id > 9) EXECUTE FUNCTION"),
        "guard_changed: journal_entry: append_only",
    ),
    "a guard that calls another function": (
        "DROP TRIGGER no_truncate ON journal_entry; CREATE TRIGGER no_truncate BEFORE TRUNCATE ON journal_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "guard_changed: journal_entry: no_truncate",
    ),
    "a guard that calls a function of the same name in another schema": (
        "CREATE SCHEMA evil; "
        "CREATE FUNCTION evil.journal_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
        + RECREATED.format("UPDATE OR DELETE ON journal_entry FOR EACH ROW EXECUTE FUNCTION").replace(
            "journal_refuse", "evil.journal_refuse"
        ),
        "name_elsewhere: journal_refuse: schema evil has this name too",
        "guard_changed: journal_entry: append_only",
    ),
    "a guard with another condition": (
        "DROP TRIGGER deletion_required ON journal_entry; CREATE CONSTRAINT TRIGGER deletion_required AFTER INSERT "
        "ON journal_entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (right(NEW.action, 8) = '.removed') "
        "EXECUTE FUNCTION journal_require_deletion()",
        "guard_changed: journal_entry: deletion_required",
    ),
    "a guard that looks at fewer columns": (
        "DROP TRIGGER recorded ON auth_user; CREATE CONSTRAINT TRIGGER recorded AFTER INSERT OR DELETE OR UPDATE OF "
        "username ON auth_user DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION user_record()",
        "guard_changed: auth_user: recorded",
    ),
    "a guard that takes the former rows for the written ones": (
        "DROP TRIGGER passage_on_update ON claims_statement; CREATE TRIGGER passage_on_update AFTER UPDATE ON "
        "claims_statement REFERENCING OLD TABLE AS written NEW TABLE AS former FOR EACH STATEMENT EXECUTE FUNCTION "
        "statements_require_changed_passages()",
        "guard_changed: claims_statement: passage_on_update",
    ),
    "a guard that looks at other tables first": (
        "ALTER FUNCTION statement_require_entry() RESET search_path",
        "guard_changed: statement_require_entry: it runs with other settings",
    ),
    "a guard with other rights": (
        "ALTER FUNCTION journal_stamp() SECURITY INVOKER",
        "guard_changed: journal_stamp: it runs with other settings",
    ),
    "the function of a guard": (
        "CREATE OR REPLACE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "guard_changed: journal_refuse: it is another function",
    ),
    "a function is dropped": (
        "DROP FUNCTION journal_raise_epoch",
        "guard_missing: journal_raise_epoch: there is no such function",
    ),
    "a trigger that no guard has": (
        "CREATE TRIGGER zeal BEFORE INSERT ON journal_entry FOR EACH ROW "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "guard_unknown: journal_entry: zeal",
    ),
    "the function of a trigger that keeps the words of a search": (
        "CREATE OR REPLACE FUNCTION statement_write_words() RETURNS trigger LANGUAGE plpgsql SET search_path = public, "
        "pg_temp SET enable_seqscan = off SET timezone = 'UTC' AS 'BEGIN RETURN NULL; END'",
        "guard_changed: statement_write_words: it is another function",
    ),
    "a function that such a trigger calls": (
        "CREATE OR REPLACE FUNCTION statement_add_words(ids bigint[]) RETURNS void LANGUAGE plpgsql SET search_path = "
        "public, pg_temp SET enable_seqscan = off SET timezone = 'UTC' AS 'BEGIN END'",
        "guard_changed: statement_add_words: it is another function",
    ),
    "a trigger named like one that keeps the words of a search": (
        "DROP TRIGGER words_on_update ON claims_statement; CREATE TRIGGER words_on_update BEFORE UPDATE ON "
        "claims_statement FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "guard_changed: claims_statement: words_on_update",
    ),
    "such a trigger on another table": (
        "CREATE TRIGGER words_on_update AFTER UPDATE ON claims_dispute REFERENCING OLD TABLE AS former NEW TABLE AS "
        "written FOR EACH STATEMENT EXECUTE FUNCTION statement_write_words()",
        "guard_unknown: claims_dispute: words_on_update",
    ),
    "words are no longer kept": (
        "ALTER TABLE claims_evidence DISABLE TRIGGER words_on_insert; DROP TRIGGER words_on_delete ON claims_article",
        "guard_missing: claims_article: words_on_delete",
        "guard_disabled: claims_evidence: words_on_insert",
    ),
}


@pytest.mark.parametrize("name", FALSIFIED)
def test_what_an_owner_falsifies_is_found_and_named(record, name):
    query, *expected = FALSIFIED[name]
    ids = vars(record)
    as_owner(query.format(**ids))
    found = faults()
    for n, fault in enumerate(expected):
        beginning, more, _ = fault.format(**ids).partition("…")
        assert found[n].startswith(beginning) if more else found[n] == beginning
    assert len(found) == len(expected)


def test_foreign_keys_that_are_off_and_a_role_without_guards_are_found(record):
    sql("ALTER TABLE claims_statementvia DISABLE TRIGGER ALL")
    sql("SET LOCAL session_replication_role = replica")
    found = faults()
    assert [line for line in found if "RI_Constraint" not in line] == [
        "guard_disabled: claims_statementvia: journal_entry_required",
        "guard_disabled: claims_statementvia: no_truncate",
        "guard_disabled: claims_statementvia: words_on_delete",
        "guard_disabled: claims_statementvia: words_on_insert",
        "guard_disabled: claims_statementvia: words_on_update",
        "guard_disabled: session_replication_role: all guards are off for this role",
    ]
    assert len(found) == 6 + 4


def test_true_copies_that_only_the_verifying_role_sees_do_not_deceive_it(record):
    sql("CREATE SCHEMA clean")
    for table in ("claims_statement", "journal_entry"):
        sql(f"CREATE TABLE clean.{table} AS TABLE {table}")
    as_owner("UPDATE public.claims_statement SET tag_reason = 'Another.'")
    sql("CREATE ROLE checker; ALTER ROLE checker SET search_path = clean, public")
    sql("SET LOCAL search_path = clean, public")
    assert faults() == [
        "role_setting: checker: search_path=clean, public",
        "name_elsewhere: claims_statement: schema clean has this name too",
        "name_elsewhere: journal_entry: schema clean has this name too",
        f"row_differs: statement {record.statement}, version 2: tag_reason",
    ]


# After merges of A into B and of B into C, and of D into E: which redirect is falsified, and the fault.
MERGED_ON = {
    "the redirect of the first is removed": (
        "DELETE FROM sources_sourceredirect WHERE id = {A}",
        "redirect_missing: redirect {A}, version 2: it was merged into source {C}",
    ),
    "the redirect of the second is removed": (
        "DELETE FROM sources_sourceredirect WHERE id = {B}",
        "redirect_missing: redirect {B}, version 3: it was merged into source {C}",
    ),
    "a redirect to another source of the same transaction": (
        "UPDATE sources_sourceredirect SET into_source = {E} WHERE id = {A}",
        "redirect_without_merge: redirect {A}, version 2: it was not merged into source {E}",
    ),
    "a redirect to the source that is no longer there": (
        "UPDATE sources_sourceredirect SET into_source = {B} WHERE id = {A}",
        "redirect_to_nowhere: redirect {A}, version 2: there is no source {B}",
    ),
    "a redirect from a source that was deleted and not merged": (
        "INSERT INTO sources_sourceredirect VALUES ({F}, {C})",
        "redirect_without_merge: redirect {F}, version 2: it was not merged into source {C}",
    ),
}


@pytest.mark.parametrize("name", MERGED_ON)
def test_a_false_redirect_after_several_merges_is_found(record, name):
    query, expected = MERGED_ON[name]
    by = {"actor": User.objects.get(), "versions": None}
    sql("SET CONSTRAINTS ALL DEFERRED")
    rows = {name: create_source(actor=by["actor"], name=name, kind="person") for name in "ABCDEF"}
    for source, into in ("AB", "BC", "DE"):
        services.merge_source(source_id=rows[source].pk, into=rows[into], reason="The same.", **by)
        sql("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    delete_source(source_id=rows["F"].pk, reason=f"Merged into source {rows['C'].pk + LATE}. No.", **by)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    ids = {name: source.pk for name, source in rows.items()}
    assert faults() == []
    as_owner(query.format(**ids))
    assert faults() == [expected.format(**ids)]


def test_a_later_entry_that_names_a_revision_does_not_tell_its_time(record):
    as_owner("UPDATE journal_entry SET at = at + interval '1 day' WHERE action = 'article.published'")
    assert faults() == []


def test_a_revision_from_when_the_clock_was_set_back_is_no_fault(record):
    as_owner(
        "UPDATE journal_entry SET at = now() + interval '1 day' + version * interval '1 microsecond' "
        "WHERE resource = 'article'; "
        "UPDATE claims_articlerevision SET created_at = now() + interval '1 day' WHERE number = 1"
    )
    assert faults() == []


def test_a_column_that_a_migration_added_since_is_no_fault(record):
    sql("ALTER TABLE claims_evidence ADD page integer")
    sql("ALTER TABLE claims_statement ADD heard_on date")
    assert faults() == []


def test_every_recorded_model_is_checked():
    recorded = {model.journal_resource for model in apps.get_models() if issubclass(model, Recorded)}
    assert recorded == {"source", "article", "statement", "evidence", "dispute", "note"}
    assert recorded < {check.name for check in CHECKS}


def test_it_needs_no_right_but_to_read(record):
    sql("CREATE ROLE reader; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    sql("SET LOCAL ROLE reader")
    try:
        assert faults() == []
    finally:
        sql("RESET ROLE")


# The command


class Output(StringIO):
    """Calls `seen` with each line as it is written."""

    def __init__(self, seen=None):
        super().__init__()
        self.seen = seen

    def write(self, text: str) -> int:
        if self.seen:
            self.seen(text.strip())
        return super().write(text)


def run(*arguments: str, seen=None) -> tuple[int, str, str]:
    """The exit status, and what was printed to stdout and stderr."""
    out, err = Output(), Output(seen)
    with pytest.raises(SystemExit) as exited:
        call_command("verify_journal", *arguments, stdout=out, stderr=err)
    return exited.value.code, out.getvalue(), err.getvalue()


CHECKED = {
    "user": 2,
    "source": 6,
    "redirect": 1,
    "article": 3,
    "revision": 2,
    "address": 1,
    "statement": 4,
    "chain": 2,
    "passage": 1,
    "evidence": 1,
    "dispute": 2,
}


def test_a_true_record_exits_with_0_and_says_what_was_checked(kept_record):
    status, out, err = run("--json")
    assert json.loads(out) == {"complete": True, "point": None, "checked": CHECKED, "found": 0, "faults": []}
    assert status == 0
    assert err == ""
    status, out, err = run("-v", "2")
    assert status == 0
    assert out == (
        "Checked: entries 18 (user 2, source 6, article 3, statement 4, evidence 1, dispute 2), redirects 1, "
        "revisions 2, addresses 1, places in chains 2, passages 1.\nFaults: 0.\n"
    )
    assert Entry.objects.count() == 18
    assert err.endswith(f"\nChecked everything before dispute:{kept_record.dispute + 1}.\n")


def test_faults_exit_with_1_and_the_first_are_named(kept_record):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE claims_evidence SET title = 'x'")
        cursor.execute("UPDATE claims_dispute SET note = 'x', scope = 'part'")
        cursor.execute("RESET session_replication_role")
    named = {"code": "row_differs", "resource": "evidence", "id": kept_record.evidence, "version": 1, "detail": "title"}
    other = {"code": "row_differs", "resource": "dispute", "id": kept_record.dispute, "version": 2}
    status, out, _ = run("--json")
    assert json.loads(out)["faults"] == [named, {**other, "detail": "note, scope"}]
    assert status == 1
    status, out, _ = run("--limit-faults", "1")
    assert out.splitlines()[:2] == [f"row_differs: evidence {kept_record.evidence}, version 1: title", "and 1 more"]
    assert out.endswith("\nFaults: 2.\n")
    assert status == 1
    assert run("--from", f"dispute:{kept_record.dispute + 1}")[0] == 0


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_is_stopped_says_where_to_go_on(kept_record, number, status):
    point = f"statement:{kept_record.gone + 1}"
    before = signal.getsignal(number)
    line = f"Checked everything before {point}."
    stopped, out, err = run("--json", "-v", "2", seen=lambda seen: seen == line and signal.raise_signal(number))
    assert stopped == status
    assert (json.loads(out)["complete"], json.loads(out)["point"]) == (False, point)
    assert err.endswith(f"\nStopped.\nGo on with --from {point}\n")
    assert signal.getsignal(number) == before
    status, rest, _ = run("--json", "--from", point)
    assert status == 0
    first, rest = json.loads(out)["checked"], json.loads(rest)["checked"]
    assert {name: first.get(name, 0) + rest.get(name, 0) for name in CHECKED} == CHECKED


def test_ranges_of_any_size_check_each_thing_once(kept_record):
    small = [replace(check, size=1) for check in CHECKS]
    results = list(verify(small, jobs=2))
    assert not any(result.faults for result in results)
    checked = Counter()
    for result in results:
        checked[result.check] += result.checked
    assert {name: checked[name] for name in CHECKED} == CHECKED
    points = [result.point for result in results if result.point]
    for n, point in enumerate(points):
        name, row_id = point.split(":")
        rest = [result.point for result in verify(small, jobs=1, start=(name, int(row_id))) if result.point]
        assert rest == points[n + 1 :]


def test_revisions_of_the_newest_article_that_were_removed_with_it_are_missed(kept_record):
    change = {"versions": None, "actor": User.objects.get()}
    article = services.create_article(title="Another", text="Soon more.", actor=change["actor"])
    services.delete_article(article_id=article.pk, **change)
    sql("ALTER TABLE claims_articlerevision DISABLE TRIGGER USER")
    sql("DELETE FROM claims_articlerevision WHERE article = %s", article.pk)
    sql("ALTER TABLE claims_articlerevision ENABLE TRIGGER USER")
    status, out, _ = run()
    assert status == 1
    assert f"revision_missing: revision {article.pk}: an entry names revision 1" in out


def test_sources_that_are_merged_again_or_deleted_after_a_merge_are_no_faults(kept_record):
    change = {"versions": None, "actor": User.objects.get()}
    mayor, twin = (create_source(actor=change["actor"], name=name, kind="person") for name in ("A", "B"))
    services.merge_source(source_id=mayor.pk, into=twin, reason="The same.", **change)
    delete_source(source_id=twin.pk, **change)
    paper = Source.objects.get(pk=kept_record.paper)
    services.merge_source(source_id=kept_record.source, into=paper, reason="The same.", **change)
    assert SourceRedirect.objects.filter(into=paper).count() == 2
    assert run()[0] == 0


def test_writes_in_the_meantime_are_no_faults(kept_record):
    done = Event()

    def write() -> None:
        alice, article = User.objects.get(), Article.objects.get()
        paper = Source.objects.get(pk=kept_record.paper)
        try:
            while not done.is_set():
                made = services.create_statement(article=article, actor=alice, source=paper, start=0, end=9, via=[])
                change = {"statement_id": made.pk, "actor": alice, "versions": None}
                services.tag_statement(tag="denied", reason="Because.", **change)
                services.update_statement(via=[Source.objects.get(pk=kept_record.agency)], **change)
                services.delete_statement(**change)
                text = f"{TEXT} {made.pk}"
                services.update_article(article_id=article.pk, versions=None, actor=alice, text=text)
                article.refresh_from_db()
        finally:
            connection.close()

    def check() -> None:
        for _ in range(5):
            found.extend(result.faults for result in verify(small, jobs=2) if result.faults)

    small = [replace(check, size=2) for check in CHECKS]
    found: list[object] = []
    before = Entry.objects.count()
    writer, *readers = threads = [Thread(target=write), Thread(target=check), Thread(target=check)]
    for thread in threads:
        thread.start()
    for thread in readers:
        thread.join()
    done.set()
    writer.join()
    assert found == []
    assert Entry.objects.count() > before + 20


def test_what_cannot_be_read_exits_with_2_and_says_what_was_found_and_where_to_go_on(kept_record):
    sql("ALTER TABLE claims_dispute RENAME TO former")
    try:
        status, out, err = run("--json")
    finally:
        sql("ALTER TABLE former RENAME TO claims_dispute")
    report = json.loads(out)
    assert not report["complete"]
    assert report["faults"][0]["code"] == "table_replaced"
    assert 'It could not run. relation "claims_dispute" does not exist' in err
    assert err.endswith(f"Go on with --from {report['point']}\n")
    assert status == 2


@pytest.mark.parametrize("point", ["poll:1", "statement", "statement:x", "table:1"])
def test_a_point_that_is_none_is_refused(point):
    with pytest.raises(CommandError, match=r"is not one of user, source, .* with a colon and an id"):
        call_command("verify_journal", "--from", point)
