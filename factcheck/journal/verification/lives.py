"""Each row and its entries: versions from 1 without a gap, and the last entry equals the row."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from factcheck.journal.models import Recorded
from factcheck.journal.verification.ranges import Check


@dataclass(frozen=True)
class Life:
    """What is recorded as one resource. `data`, `article` and `version` are SQL about the row `r`."""

    resource: str
    table: str
    created: str  # the action of version 1
    changed: Sequence[str]  # the actions of later versions, beside the deletion
    data: str
    article: str = "NULL::bigint"
    version: str = "NULL::integer"  # only the entries count the versions


def recorded(model: type[Recorded], *, created: str = "created", changed: Sequence[str] = ("updated",)) -> Check:
    resource = model.journal_resource
    omitted = "".join(f" - '{name}'" for name in model.journal_omits)
    children = "".join(f" || jsonb_build_object('{name}', ({sql}))" for name, sql in model.journal_children.items())
    return life(
        Life(
            resource=resource,
            table=model._meta.db_table,
            created=f"{resource}.{created}",
            changed=[f"{resource}.{action}" for action in changed],
            data=f"(to_jsonb(r){omitted}){children}",
            article=model.journal_article,
            version="r.version",
        )
    )


def life(of: Life) -> Check:
    """Each entry beside the one before it, and the last one beside the row.

    JSON is compared as text: 2 and 2.0 are equal, but not the same record. `before` and `r` are null where there is no
    such entry or row. The order matters: the first fault of an entry is the one that is told.
    """
    deleted = f"{of.resource}.deleted"
    written_version = f"e.version - (e.action = '{deleted}')::integer" if of.version != Life.version else "NULL"
    return Check(
        of.resource,
        f"""
        SELECT '{of.resource}' AS resource, coalesce(e.resource_id, r.id) AS id,
            coalesce(e.version, r.version) AS version, CASE
            WHEN e.id IS NULL
                THEN ARRAY['row_without_entry', 'the row has no entry']
            WHEN (e.before).id IS NULL AND e.version <> 1
                THEN ARRAY['first_version', 'no entry of an earlier version']
            WHEN e.version <> (e.before).version + 1
                THEN ARRAY['version_gap', 'the entry before is of version ' || (e.before).version]
            WHEN (e.before).action = '{deleted}'
                THEN ARRAY['entry_after_deletion', e.action]
            WHEN e.id <= coalesce((e.before).id, 0)
                THEN ARRAY['entry_out_of_order', 'entry ' || e.id || ' follows entry ' || coalesce((e.before).id, 0)]
            WHEN e.at <= (e.before).at
                THEN ARRAY['time_not_later', e.at || ' follows ' || (e.before).at]
            WHEN CASE e.version WHEN 1 THEN e.action <> '{of.created}'
                 ELSE e.action <> ALL ({_array([*of.changed, deleted])}) END
                THEN ARRAY['wrong_action', e.action]
            WHEN e.data->>'id' IS DISTINCT FROM e.resource_id::text
                    OR e.data->>'version' IS DISTINCT FROM ({written_version})::text
                THEN ARRAY['entry_of_other_row', concat('id ', e.data->>'id', ', version ', e.data->>'version')]
            WHEN e.article IS DISTINCT FROM {_article_in_data(of)}
                    OR (e.before).id IS NOT NULL AND e.article IS DISTINCT FROM (e.before).article
                    OR r.id IS NOT NULL AND e.article IS DISTINCT FROM r.article
                THEN ARRAY['wrong_article', 'article ' || coalesce(e.article::text, 'null')]
            WHEN e.action = '{deleted}' AND {_differs("e.data", "(e.before).data")}
                THEN ARRAY['deletion_differs', {_differing("e.data", "(e.before).data")}]
            WHEN e.last_of IS NULL
                THEN NULL
            WHEN e.action = '{deleted}'
                THEN CASE WHEN r.id IS NOT NULL THEN ARRAY['row_after_deletion', 'the row is still there'] END
            WHEN r.id IS NULL
                THEN ARRAY['row_missing', 'there is no row, and no entry of its deletion']
            WHEN r.version <> e.version
                THEN ARRAY['row_at_other_version', 'the row is at version ' || r.version]
            WHEN {_differs("r.data", "e.data")}
                THEN ARRAY['row_differs', {_differing("r.data", "e.data")}]
            END AS fault
        FROM (
            SELECT e.*, lag(e) OVER life AS before,
                CASE WHEN lead(e.id) OVER life IS NULL THEN e.resource_id END AS last_of
            FROM journal_entry e WHERE e.resource = '{of.resource}' AND e.resource_id BETWEEN %(low)s AND %(high)s
            WINDOW life AS (PARTITION BY e.resource_id ORDER BY e.version)
        ) e
        FULL JOIN (
            SELECT r.id, {of.version} AS version, {of.article} AS article, {of.data} AS data
            FROM {of.table} r WHERE r.id BETWEEN %(low)s AND %(high)s
        ) r ON r.id = e.last_of
        """,
        ids=(
            f"SELECT id FROM {of.table}",
            f"SELECT resource_id AS id FROM journal_entry WHERE resource = '{of.resource}'",
        ),
    )


def known_resources(lives: Iterable[Check]) -> Check:
    """Each step of the recursion looks up the next name in an index, whatever the number of entries."""
    return Check(
        "resource",
        f"""
        WITH RECURSIVE found(name) AS (
            SELECT min(resource) FROM journal_entry
            UNION ALL SELECT (SELECT min(resource) FROM journal_entry WHERE resource > found.name) FROM found
                WHERE found.name IS NOT NULL
        )
        SELECT name AS resource, e.resource_id AS id, e.version,
            CASE WHEN name <> ALL ({_array(each.name for each in lives)})
                THEN ARRAY['unknown_resource', 'nothing of this name is recorded'] END AS fault
        FROM found CROSS JOIN LATERAL (
            SELECT * FROM journal_entry e WHERE e.resource = found.name ORDER BY e.resource_id, e.version LIMIT 1) e
        """,
    )


def _array(texts: Iterable[str]) -> str:
    return f"ARRAY[{', '.join(map(repr, texts))}]"


def _article_in_data(of: Life) -> str:
    """The article that the entry's data names, where it names one: it is there after the row is deleted too."""
    if column := re.fullmatch(r"r\.(\w+)", of.article):
        value = f"e.data->>'{column[1]}'"
        return f"(CASE WHEN pg_input_is_valid({value}, 'bigint') THEN ({value})::bigint END)"
    return "NULL" if of.article == Life.article else "e.article"


def _differs(data: str, before: str) -> str:
    """A column that a migration added in between is null in `data`, and `before` does not have it."""
    added = f"ARRAY(SELECT key FROM jsonb_each({data}) WHERE value = 'null' AND NOT {before} ? key)"
    return f"{data}::text <> {before}::text AND ({data} - {added})::text <> {before}::text"


def _differing(data: str, before: str) -> str:
    """The names of the fields that differ."""
    return f"""(SELECT string_agg(key, ', ' ORDER BY key) FROM jsonb_each({data}) new FULL JOIN jsonb_each({before}) old
        USING (key) WHERE new.value::text IS DISTINCT FROM old.value::text
            AND (new.value <> 'null' OR old.value IS NOT NULL))"""


USERS = life(Life("user", "auth_user", "user.created", ["user.updated"], data="journal_user_data(r.id)"))
