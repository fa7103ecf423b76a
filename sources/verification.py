"""What `manage.py verify_journal` checks of sources."""

from factcheck.journal.verification.lives import recorded
from factcheck.journal.verification.ranges import Check
from sources.models import Source

SOURCES = recorded(Source, changed=("updated", "merged"))

# A merge has one transaction: the deletion of the merged source says in its reason into which source, and this one has
# the entry source.merged. A redirect leads from the merged source to the other one, or to the one that this was merged
# into later, and so on. It ends when the last of them is deleted.
REDIRECTS = Check(
    "redirect",
    """
    WITH RECURSIVE deletion AS (
        SELECT * FROM journal_entry
        WHERE resource = 'source' AND action = 'source.deleted' AND resource_id BETWEEN %(low)s AND %(high)s
    ), onward(id, into_source) AS (
        SELECT d.resource_id, d.resource_id FROM deletion d
        UNION SELECT o.id, m.into_source FROM onward o CROSS JOIN LATERAL (
            SELECT m.resource_id AS into_source
            FROM journal_entry e JOIN journal_entry m ON m.transaction = e.transaction
                AND m.resource_id = substring(e.reason FROM '^Merged into source ([0-9]{1,18})[.]')::bigint
                AND m.resource = 'source' AND m.action = 'source.merged'
            WHERE e.resource = 'source' AND e.resource_id = o.into_source AND e.action = 'source.deleted'
            OFFSET 0) m  -- by the index, for each
    )
    SELECT 'redirect' AS resource, coalesce(r.id, d.resource_id) AS id, d.version,
        CASE
        WHEN r.id IS NULL AND o.into_source IS NOT NULL
            THEN ARRAY['redirect_missing', 'it was merged into source ' || o.into_source]
        WHEN r.id IS NULL THEN NULL
        WHEN d.id IS NULL THEN ARRAY['redirect_without_deletion', 'no entry says that it was deleted']
        WHEN NOT EXISTS (SELECT FROM sources_source s WHERE s.id = r.into_source)
            THEN ARRAY['redirect_to_nowhere', 'there is no source ' || r.into_source]
        WHEN r.into_source IS DISTINCT FROM o.into_source
            THEN ARRAY['redirect_without_merge', 'it was not merged into source ' || r.into_source]
        END AS fault
    FROM deletion d
    LEFT JOIN onward o ON o.id = d.resource_id AND o.into_source <> o.id
        AND EXISTS (SELECT FROM sources_source s WHERE s.id = o.into_source)
    FULL JOIN (SELECT * FROM sources_sourceredirect WHERE id BETWEEN %(low)s AND %(high)s) r ON r.id = d.resource_id
    """,
    ids=(
        "SELECT id FROM sources_sourceredirect",
        "SELECT resource_id AS id FROM journal_entry WHERE resource = 'source'",
    ),
)
