"""The process that outlives the last client and then stops the server. The first client starts it."""

import fcntl
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from factcheck.postgres.embedded.place import Cluster, is_file_at
from factcheck.postgres.embedded.server import stop_processes


def reap(cluster: Cluster, grace: float, reaper_lock: int) -> None:
    """Stop the server `grace` seconds after the last client. `reaper_lock` is the inherited file descriptor."""
    os.chdir("/")  # the checkout may be deleted
    if os.fork():
        os._exit(0)  # the client waits for this process; the child belongs to init and leaves no zombie
    clients = os.open(cluster.home / "clients.lock", os.O_RDWR | os.O_CLOEXEC)
    while True:
        fcntl.flock(clients, fcntl.LOCK_EX)  # returns when no client lives
        last_client = os.fstat(clients).st_mtime_ns
        fcntl.flock(clients, fcntl.LOCK_UN)
        time.sleep(grace)
        with suppress(BlockingIOError):
            fcntl.flock(clients, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(clients).st_mtime_ns == last_client:  # if not, a client came and went: wait once more
                break
    if is_file_at(clients, cluster.home / "clients.lock"):  # if not, the server there belongs to another reaper
        stop_processes(cluster)
    # In this order: the process that gets the client lock next must find the reaper's lock free, to start another.
    fcntl.flock(reaper_lock, fcntl.LOCK_UN)
    fcntl.flock(clients, fcntl.LOCK_UN)


if __name__ == "__main__":
    home, sockets, grace, lock = sys.argv[1:]
    reap(Cluster(Path(home), Path(sockets), None), float(grace), int(lock))
