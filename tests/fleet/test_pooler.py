"""The service through PgBouncer in transaction mode, as deploy/pgbouncer.ini has it, told nothing but its address.

PGBOUNCER names another program than the one on the PATH.
"""

from contextlib import ExitStack

import pytest

from tests.fleet.bouncer import version
from tests.fleet.fleet import APP, FOLLOW, Fleet, folder, wait_until
from tests.listening import CHANGES, Listening

pytestmark = pytest.mark.server
LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


def sql(fleet, query, user):
    port = str(fleet.bouncer.port)
    address = ["-h", "127.0.0.1", "-p", port, "-U", user, "-d", "factcheck"]
    return fleet.primary.run("psql", "-X", "-A", "-t", "-q", *address, "-c", query).split()


@pytest.fixture(scope="module")
def pooled(template):
    """Two instances of two workers, of which each may have eight connections, on four of PostgreSQL's."""
    with folder() as home, ExitStack() as parts:
        fleet = Fleet(home, template, parts)
        fleet.start_web(DATABASE_URL=fleet.bouncer.url(APP))
        yield fleet


def test_everything_goes_through_a_pooler_with_few_connections(pooled):
    stream = pooled.start_stream(DATABASE_URL=pooled.bouncer.url(APP))
    pooled.start_follower(DATABASE_URL=pooled.bouncer.url(FOLLOW))
    listener = Listening(stream.stream_port, CHANGES)
    pooled.start_nginx()
    with pooled.load(readers=6, writers=4) as load:
        load.wait_for(1_000)
    assert (load.failed, load.faults, load.lost_or_doubled(pooled.primary)) == ({}, [], [])
    sealed = "SELECT (SELECT count(*) FROM journal_leaf) = (SELECT count(*) FROM journal_entry)"
    wait_until(lambda: pooled.primary.sql(sealed) == "t")
    connections = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'factcheck_app'"
    assert 1 <= int(pooled.primary.sql(connections)) <= 4
    listener.close()
    logs = "".join(each.log.read_text() for each in (*pooled.web, stream))
    assert "Traceback" not in logs


def test_the_limits_are_those_of_the_role_and_no_client_leaves_its_own_behind(pooled):
    with pooled.load(pooled.web[0].port) as load:
        load.wait_for(100)
    assert load.failed == {}
    shown = "; ".join(f"SHOW {name}" for name in LIMITS)
    assert sql(pooled, shown, APP) == ["10s", "5s", "30s"]
    assert sql(pooled, f"SELECT DISTINCT source FROM pg_settings WHERE name IN {LIMITS}", APP) == ["user"]
    assert sql(pooled, shown, FOLLOW) == ["0", "0", "0"]


def test_reads_stay_prepared_where_the_pooler_keeps_track_of_them_and_else_are_not(pooled):
    with pooled.load(pooled.web[0].port, writers=0) as load:
        load.wait_for(500)
    assert load.failed == {}
    kept = "SELECT count(*) || '|' || coalesce(sum(generic_plans + custom_plans), 0) FROM pg_prepared_statements"
    statements, runs = map(int, sql(pooled, f"{kept} WHERE name LIKE 'PGBOUNCER%'", APP)[0].split("|"))
    if version() < (1, 21):
        assert (statements, runs) == (0, 0)
        pytest.skip("This PgBouncer is older than 1.21, which keeps track of prepared statements.")
    assert statements >= 2
    assert runs >= 50  # on this one of its connections
