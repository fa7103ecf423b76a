"""How gunicorn serves factcheck.wsgi, in production and for `make run`. Command-line options win."""

import gc
import os
import subprocess
import sys
from typing import Any

port = os.environ.get("PORT") or "8000"
if not (port.isdecimal() and int(port) < 65536):
    sys.exit(f"Factcheck does not start: PORT must be a number up to 65535, not {port!r}.")
bind = f"0.0.0.0:{port}"  # in a container; `make run` binds to 127.0.0.1

# Threads, since a request mostly waits for PostgreSQL. Each worker has a connection pool of its own.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 4
preload_app = False  # a pool and its connections must not be shared over a fork
# A socket for each worker, among which the kernel spreads connections. From one socket that all share, often one
# worker takes every connection that a proxy keeps open, and the others stand by.
reuse_port = True

timeout = 60  # for a worker that answers nothing at all; a slow request in one thread does not count
graceful_timeout = 30
keepalive = 65  # longer than the usual proxy's 60, or a request may meet a connection that is just closing

# So that memory which leaks somewhere is given back; the jitter keeps workers from ending all at once.
max_requests = 100_000
max_requests_jitter = 10_000

limit_request_line = 8190  # the most it allows; a reason to delete stands in the address

accesslog = os.environ.get("GUNICORN_ACCESS_LOG") or None  # "-" is stdout
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  a heartbeat on disk can block
control_socket_disable = True  # it would be made in $HOME, which a container has read-only


def on_starting(server: object) -> None:
    """Else each worker would end with a traceback. A process of its own, since workers inherit what is read here."""
    if status := subprocess.call([sys.executable, "-m", "factcheck.startup"]):
        sys.exit(status)


def post_worker_init(worker: Any) -> None:
    from factcheck.postgres.backend.base import keep_connections

    keep_connections(worker.cfg.threads)
    # What is loaded by now stays. Looking through it again and again costs an import of many rows a twentieth.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
