"""How gunicorn serves factcheck.wsgi, in production and for `make run`. Command-line options override this file."""

import ctypes
import errno
import gc
import os
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

port = os.environ.get("PORT") or "8000"
if not (port.isdecimal() and int(port) < 65536):
    sys.exit(f"Factcheck does not start: PORT must be a number up to 65535, not {port!r}.")
metrics_host, colon, metrics_port = os.environ.get("METRICS_PORT", "").strip().rpartition(":")
if (metrics_port or colon) and not (metrics_port.isdecimal() and int(metrics_port) < 65536):
    sys.exit(f"Factcheck does not start: METRICS_PORT must be a port or HOST:PORT, not {os.environ['METRICS_PORT']!r}.")
bind = f"0.0.0.0:{port}"  # for a container; `make run` binds to 127.0.0.1


class worker_class(ThreadWorker):  # noqa: N801  the name of gunicorn's setting
    """Threads, since a request mostly waits for PostgreSQL. Each worker has its own connection pool."""

    def accept(self, listener: Any) -> None:
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno != errno.EINVAL:  # no longer listening: see stop_listening
                raise


workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 4
# Loaded once, by the main process, which opens no connection and starts no thread: a worker begins by a fork, in
# milliseconds. All workers accept from one socket. With a socket for each (`reuse_port`), the connections that wait at
# one are reset when its worker ends, and those at a new worker's wait until it has loaded.
preload_app = True
reuse_port = False

timeout = 60  # for a worker that does not answer at all; a slow request in one thread does not count
graceful_timeout = 30
keepalive = 65  # longer than a proxy's usual 60, so that no request arrives on a connection that is just closing

# A worker is replaced after so many requests, which returns leaked memory. With the jitter not all end at once.
max_requests = 100_000
max_requests_jitter = 10_000

limit_request_line = 8190  # the most that gunicorn allows; the reason of a DELETE is in the address

accesslog = os.environ.get("GUNICORN_ACCESS_LOG") or None  # "-" is stdout
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  on a disk the heartbeat can block
control_socket_disable = True  # it would be in $HOME, which is read-only in the container


if os.environ.get("LOG_FORMAT", "").strip() == "json":

    class logger_class(Logger):  # noqa: N801  the name of gunicorn's setting
        """gunicorn's own lines as the service's."""

        def setup(self, cfg: Any) -> None:
            from factcheck.logs import JSONFormatter

            super().setup(cfg)
            for handler in self.error_log.handlers:
                handler.setFormatter(JSONFormatter())


def write_problem(sock: Any, status_int: int, reason: str, mesg: str) -> None:
    """What gunicorn itself refuses, such as too long an address, is a problem document as everything else."""
    from factcheck.api.problems import CONTENT_TYPE, problem_document
    from factcheck.api.renderers import dump

    body = dump(problem_document(status_int, detail=mesg))
    head = f"HTTP/1.1 {status_int} {reason}\r\nConnection: close\r\nContent-Type: {CONTENT_TYPE}\r\n"
    util.write_nonblock(sock, f"{head}Content-Length: {len(body)}\r\n\r\n".encode("latin1") + body)


util.write_error = write_problem  # gunicorn has no setting for it


def on_starting(server: Any) -> None:
    """A folder for each start: its counters begin at zero."""
    if metrics_port:
        server.metrics_folder = tempfile.mkdtemp(prefix="factcheck-metrics-", dir=worker_tmp_dir)
        os.environ.update(PROMETHEUS_MULTIPROC_DIR=server.metrics_folder)


def on_exit(server: Any) -> None:
    if metrics_port:
        shutil.rmtree(server.metrics_folder, ignore_errors=True)


def pre_fork(server: Any, worker: Any) -> None:
    """The lowest number that no living worker has."""
    worker.slot = min(set(range(len(server.WORKERS) + 1)) - {each.slot for each in server.WORKERS.values()})


def child_exit(server: Any, worker: Any) -> None:
    if metrics_port:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.slot, server.metrics_folder)


def when_ready(server: Any) -> None:
    """Before the first fork: what the first request would load, all workers share."""
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018  imports every view
    # What is loaded now stays loaded. Collecting it again and again would copy its memory into each worker, and make an
    # import of many rows 5% slower.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    server.handle_term = partial(handle_term, server)


def handle_term(server: Any) -> None:
    """First be not ready, and serve until whoever sends requests has seen that. A second SIGTERM shortens it."""
    from django.conf import settings

    from factcheck import draining

    if settings.DRAIN_SECONDS and not draining.has_begun():
        draining.begin()
        signal.signal(signal.SIGALRM, lambda *_: server.signal(signal.SIGTERM, None))
        signal.alarm(settings.DRAIN_SECONDS)
        return
    if (
        server.reexec_pid == server.master_pid == 0 and not server.systemd
    ):  # otherwise another process listens there too
        stop_listening([each.sock for each in server.LISTENERS])
    type(server).handle_term(server)


SO_ATTACH_FILTER = 26
# Of a TCP header, the byte of flags: of SYN and ACK, is SYN alone set? Then drop it, else let it pass.
NO_SYN = [(0x30, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFF)]
ACCEPT_WITHIN = 1.0  # seconds


def stop_listening(listeners: list[socket.socket]) -> None:
    """Lets no connection wait for nobody: those that are there are accepted, and later ones refused.

    gunicorn's workers stop accepting, but keep the socket open until their last request is answered, and then the
    kernel resets what waits at it. A proxy sends no POST twice, but what it could not send, it sends to another
    instance. While the last ones are accepted, a filter drops the first packet of new ones, which TCP sends again after
    a second. Some kernels let only privileged processes attach one: then a connection can still come in the moment
    between the last look and the end.
    """
    tcp = [each for each in listeners if each.family in (socket.AF_INET, socket.AF_INET6)]
    if sys.platform == "linux" and tcp:
        code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in NO_SYN))
        for listener in tcp:
            program = struct.pack("HL", len(NO_SYN), ctypes.addressof(code))
            with suppress(PermissionError):
                listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        deadline = time.monotonic() + ACCEPT_WITHIN
        time.sleep(0.05)  # for a connection that is half made
        while any(map(waiting, tcp)) and time.monotonic() < deadline:
            time.sleep(0.01)
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)


def waiting(listener: socket.socket) -> int:
    """How many connections no worker has accepted yet: `tcpi_unacked` of a socket that listens."""
    return struct.unpack_from("I", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 24)[0]


def pre_request(worker: Any, request: Any) -> None:
    """A worker with more connections than threads closes one with every hundredth answer; any may take its successor.

    Otherwise a worker that once took most of the connections that a proxy keeps open would have them for ever.
    """
    if worker.nr_conns > worker.cfg.threads and worker.nr % 100 == 99:
        request.force_close()


def post_worker_init(worker: Any) -> None:
    from factcheck.api.deadlines import DeadlineMiddleware
    from factcheck.journal.stream.waiting import WaitingThread
    from factcheck.postgres.backend.base import keep_connections

    keep_connections(worker.cfg.threads)
    DeadlineMiddleware.start(worker.cfg.threads)
    if metrics_port:
        from factcheck import metrics

        metrics.start(worker.slot, (metrics_host or "127.0.0.1", int(metrics_port)))
    WaitingThread.worker = worker  # so that streams end with it, which otherwise waits for them
    # Ctrl-C reaches every process of the terminal, and the arbiter passes it on. Of the two signals the second met the
    # worker within its shutdown, whose lock it then waited for until the graceful timeout.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
