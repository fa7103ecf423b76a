"""What `manage.py verify_journal` checks of sources."""

from factcheck.journal.verification.lives import recorded
from factcheck.journal.verification.ranges import Check
from sources.models import Source

SOURCES = recorded(Source, changed=("updated", "merged"))

# A redirect leads from a source that was deleted by a merge to the source that it was merged into, or that this one was
# merged into later. A merge has one transaction.
REDIRECTS = Check(
    "redirect",
    """
    SELECT 'redirect' AS resource, coalesce(r.id, d.resource_id) AS id, d.version,
        CASE
        WHEN r.id IS NULL AND EXISTS (SELECT FROM sources_source s WHERE s.id = d.into_source)
            THEN ARRAY['redirect_missing', 'it was merged into source ' || d.into_source]
        WHEN r.id IS NULL THEN NULL
        WHEN d.id IS NULL THEN ARRAY['redirect_without_deletion', 'no entry says that it was deleted']
        WHEN NOT EXISTS (SELECT FROM sources_source s WHERE s.id = r.into_source)
            THEN ARRAY['redirect_to_nowhere', 'there is no source ' || r.into_source]
        WHEN NOT EXISTS (
            SELECT FROM journal_entry m LEFT JOIN sources_sourceredirect onward ON onward.id = m.resource_id
            WHERE m.resource = 'source' AND m.action = 'source.merged' AND m.transaction = d.transaction
                AND r.into_source IN (m.resource_id, onward.into_source))
            THEN ARRAY['redirect_without_merge', 'it was not merged into source ' || r.into_source]
        END AS fault
    FROM (
        SELECT e.id, e.resource_id, e.version, e.transaction, m.resource_id AS into_source
        FROM journal_entry e LEFT JOIN journal_entry m ON m.resource = 'source' AND m.action = 'source.merged'
            AND m.transaction = e.transaction AND starts_with(e.reason, 'Merged into source ' || m.resource_id || '. ')
        WHERE e.resource = 'source' AND e.action = 'source.deleted' AND e.resource_id BETWEEN %(low)s AND %(high)s
    ) d
    FULL JOIN (SELECT * FROM sources_sourceredirect WHERE id BETWEEN %(low)s AND %(high)s) r ON r.id = d.resource_id
    """,
    ids=(
        "SELECT id FROM sources_sourceredirect",
        "SELECT resource_id AS id FROM journal_entry WHERE resource = 'source'",
    ),
)
