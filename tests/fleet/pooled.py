"""A plugin of pytest: all tests go through PgBouncer in transaction mode (`make test-pooler`).

Each process has a server and a pooler of its own, as it otherwise has an embedded server. They are there before Django
reads its settings, and end with the process.
"""

import atexit
import os
import signal
from contextlib import ExitStack

import pytest

from factcheck.postgres.embedded.place import USER
from tests.clusters import PostgresServer
from tests.fleet.bouncer import Bouncer
from tests.fleet.fleet import ending, folder

ROLE = {"statement_timeout": "10s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "30s"}
signal.signal(signal.SIGTERM, signal.default_int_handler)
parts = ExitStack()
atexit.register(parts.close)
home = parts.enter_context(folder())
server = parts.enter_context(ending(PostgresServer(home / "server")))
server.make_database()
for change in (
    "ALTER SYSTEM SET timezone = 'UTC'",
    "ALTER SYSTEM SET random_page_cost = 1.1",
    *(f"ALTER ROLE {USER} SET {name} = '{value}'" for name, value in ROLE.items()),
    "SELECT pg_reload_conf()",
):
    server.sql(change)
bouncer = parts.enter_context(Bouncer(home / "bouncer", server, databases="*", pool_size=40))
os.environ["POOLED_URL"] = bouncer.url(USER)

# What these tests do is done to PostgreSQL's own connection, which nobody has here.
BY_NATURE = {
    "test_a_database_from_before_0_1_is_refused_in_one_line_that_says_how_to_start_again",
    "test_a_slow_statement_is_cancelled_and_the_answer_is_503",
    "test_manage_py_lifts_the_limits_and_a_web_server_keeps_them",
    "test_the_command_waits_for_a_database_that_ends_its_connections",
    "test_when_the_server_has_ended_all_connections_of_the_pool_the_next_one_is_had_at_once",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.name in BY_NATURE:
            item.add_marker(pytest.mark.skip(reason="needs a connection that no pooler hands round"))
        elif leaves_a_limit_behind(item):
            item.add_marker(pytest.mark.skip(reason="the limit that it sets would stay on a connection of others"))


def leaves_a_limit_behind(item: pytest.Item) -> bool:
    """One that shortens a limit, or migrates, for which operations.md demands PostgreSQL's own address."""
    return "shorter" in getattr(item, "fixturenames", ()) or item.path.name == "test_migration_locks.py"
