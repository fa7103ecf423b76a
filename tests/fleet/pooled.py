"""A plugin of pytest: all tests go through PgBouncer in transaction mode (`make test-pooler`).

Each process has a server and a pooler of its own, as it otherwise has an embedded server. They are there before Django
reads its settings, and end with the process.
"""

import atexit
import os
import signal
from contextlib import ExitStack

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
os.environ["POOLER_PORT"] = str(bouncer.port)
