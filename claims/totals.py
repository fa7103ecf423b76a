"""How much there is, in one query. PostgreSQL counts row by row, so it counts no further than MAX_COUNTED of each."""

from django.db import connection

MAX_COUNTED = 10_000
# Each condition has an index.
COUNTED = {
    "draft": ("claims_article", "status = 'draft'"),
    "published": ("claims_article", "status = 'published'"),
    "withdrawn": ("claims_article", "status = 'withdrawn'"),
    "asserted": ("claims_statement", "tag = 'asserted'"),
    "denied": ("claims_statement", "tag = 'denied'"),
    "unverified": ("claims_statement", "tag = 'unverified'"),
    "open_disputes": ("claims_dispute", "state = 'open'"),
    "open_notes": ("claims_note", "resolved_at IS NULL"),
}


def totals() -> dict[str, int]:
    """One more than MAX_COUNTED stands for any higher number."""
    counts = (
        f"(SELECT count(*) FROM (SELECT FROM {table} WHERE {condition} LIMIT {MAX_COUNTED + 1}) t)"  # noqa: S608  constants
        for table, condition in COUNTED.values()
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(counts))
        return dict(zip(COUNTED, cursor.fetchone(), strict=True))
