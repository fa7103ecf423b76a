"""Up to where the journal can be read, and whether it is the journal that its readers know.

PostgreSQL's transaction ids order the feed. They are counted from the journal's epoch (see `guards.py`): another
cluster, or another timeline of the same one, may give the same ids again.
"""

from django.db import connection, transaction

from factcheck.errors import Unavailable

# In one statement, so that the epoch and the snapshot belong together. On a standby a snapshot does not list what is in
# progress. Its xmin is the oldest transaction whose end is not replayed, whether or not the standby has seen a write of
# it: all before that are over, and what they wrote can be seen.
STATE_SQL = """
    SELECT e.base, e.confirmed AND (e.system_identifier, e.timeline) = (c.system_identifier, c.timeline),
        CASE WHEN pg_is_in_recovery() THEN pg_snapshot_xmin(s) ELSE pg_snapshot_xmax(s) END::text::bigint,
        ARRAY(SELECT x::text::bigint FROM pg_snapshot_xip(s) x)
    FROM journal_epoch e, journal_cluster() c, pg_current_snapshot() s
    """
# The open ones of these transactions that belong to another database. The holder of an id has a lock on it. Where the
# holder is gone, or is not a session of another database, the transaction counts as one of ours.
FOREIGN_SQL = """
    SELECT l.transactionid::text::bigint FROM pg_locks l
    LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN pg_prepared_xacts p ON l.pid IS NULL AND p.transaction = l.transactionid
    WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
    AND coalesce(a.datname, p.database) <> current_database()
    """


def first_open_transaction() -> int:
    """The oldest transaction of this database that may still commit, as entries count them.

    The feed ends before it: a reader who saw a later entry would never see those that this transaction commits.
    Read the entries in a later statement: what was committed until now is then visible to it.

    Raises Unavailable until the epoch is raised and confirmed after a failover, a restore or an upgrade.
    """
    with connection.cursor() as cursor:
        cursor.execute(STATE_SQL)
        base, is_confirmed, end, running = cursor.fetchone()
        if not is_confirmed:
            raise Unavailable(
                "The database was restored, promoted or upgraded. Until an operator has run "
                "`manage.py journal_epoch --raise`, the journal cannot be read as a feed."
            )
        if running:
            cursor.execute(FOREIGN_SQL)
            foreign = {row[0] for row in cursor.fetchall()}  # PostgreSQL's locks have the lower 32 bits
            end = min((each for each in running if each % 2**32 not in foreign), default=end)
    return base + end


@transaction.atomic
def raise_epoch() -> None:
    """Counts transactions and ids from beyond every one that was handed out, and opens the feed.

    Waits for the writers who still count from the epoch before.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE journal_entry IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SELECT journal_raise_epoch()")
        cursor.execute("UPDATE journal_epoch SET confirmed = true")
