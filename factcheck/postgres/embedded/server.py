"""Starts, looks at and stops the embedded server."""

import fcntl
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from factcheck.postgres.embedded.place import (
    CHECKOUT,
    DATABASE,
    MAJOR_VERSION,
    PORT,
    USER,
    Cluster,
    EmbeddedPostgresError,
    find_binaries,
    give_to_server,
    is_file_at,
    locate,
    locked,
    make_home,
    make_private_folder,
    open_file,
    run_program,
)

GRACE_SECONDS = 5.0  # lets consecutive manage.py commands share the server; EMBEDDED_POSTGRES_GRACE overrides it
# -E, -s and -S: neither the environment nor a site-packages folder changes what it imports.
REAPER = [sys.executable, "-E", "-s", "-S", "-m", "factcheck.postgres.embedded.reaper"]
SERVER_OPTIONS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "random_page_cost": "1.1",  # as in docker-compose.yml: a disk without moving parts
}

_client_locks: dict[Path, int] = {}


def ensure_running(data_dir: Path, grace: float | None = None) -> None:
    """Start the server unless it runs, and keep it running for as long as this process lives.

    Called for every new connection, so that a server that died is started again. While the server runs, a call costs
    reading one small file and looking into /proc. After a fork, child and parent share the lock, as they should.
    Raises EmbeddedPostgresError when the server cannot run.
    """
    cluster = locate(data_dir)
    try:
        if not (_is_client(cluster) and _is_ready(cluster)):
            _join(cluster, grace)
    except (PermissionError, NotADirectoryError) as error:
        raise EmbeddedPostgresError(
            f"The embedded PostgreSQL needs its folder {cluster.home}: {error}. Run as the user that owns "
            "it, or set DATA_DIR to another folder (or DATABASE_URL to a server of your own)."
        ) from error


def stop(data_dir: Path) -> bool:
    """Stop the server now, even with clients (their next connection starts it again). False if it did not run."""
    cluster = locate(data_dir)
    if not cluster.pgdata.is_dir():
        return False
    with locked(cluster, cluster.home / "start.lock"):
        ran = bool(server_processes(cluster))
        stop_processes(cluster)
        return ran


def status(data_dir: Path) -> str | None:
    """One line about the running server; None when it does not run."""
    cluster = locate(data_dir)
    if not _is_ready(cluster):
        return None
    return f"running as pid {postmaster(cluster)[0]}; data in {cluster.home}, socket in {cluster.sockets}"


# Clients and the reaper


def _is_client(cluster: Cluster) -> bool:
    """Whether this process holds the client lock, on the file that is there now (`rm -r .data` replaces it)."""
    lock = _client_locks.get(cluster.home)
    return lock is not None and is_file_at(lock, cluster.home / "clients.lock")


def _become_client(cluster: Cluster) -> None:
    lock = open_file(cluster, cluster.home / "clients.lock")
    fcntl.flock(lock, fcntl.LOCK_SH)  # waits while a reaper is stopping the server
    os.utime(lock)  # tells the reaper that a client has been here during its grace
    _client_locks[cluster.home] = lock


def _join(cluster: Cluster, grace: float | None) -> None:
    make_home(cluster)
    if not _is_client(cluster):
        _become_client(cluster)
    with locked(cluster, cluster.home / "start.lock"):
        _ensure_reaper(cluster, grace)  # first: a client killed while it starts the server must not leave one
        binaries = find_binaries(cluster)
        if not _is_ready(cluster):
            _start_server(cluster, binaries)
        _ensure_database(cluster, binaries)


def _ensure_reaper(cluster: Cluster, grace: float | None) -> None:
    """Start a reaper unless one lives. It inherits the lock that is taken here, so the lock is never free between."""
    lock = open_file(cluster, cluster.home / "reaper.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        seconds = float(os.environ.get("EMBEDDED_POSTGRES_GRACE") or GRACE_SECONDS) if grace is None else grace
        quiet = subprocess.DEVNULL  # an inherited pipe would keep `make test | tee log` from ending
        subprocess.run(  # noqa: S603 - our own module
            [*REAPER, str(cluster.home), str(cluster.sockets), str(seconds), str(lock)],
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C is for the client; the reaper still has to stop the server
            cwd=CHECKOUT,  # where -m looks for the module
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            check=True,
        )
    finally:
        os.close(lock)


# Start


def _start_server(cluster: Cluster, binaries: Path) -> None:
    _make_cluster(cluster, binaries)
    make_private_folder(cluster, cluster.sockets)
    os.close(open_file(cluster, cluster.log))
    output = ""
    for _attempt in range(3):  # a killed client's start may come before ours; the next attempt finds its server
        if _wait_until_ready(cluster):
            return
        if server_processes(cluster, postmaster(cluster)[0]):
            break  # alive, but not ready after all this time: it may be recovering, so it is not killed
        _remove_leftovers(cluster)
        output = run_program(cluster, binaries, "pg_ctl", "start", "-w", "-t", "60", "-s", "-l", cluster.log.name,
                             "-o", _server_options(cluster)).stdout  # fmt: skip
    if not _wait_until_ready(cluster):
        raise EmbeddedPostgresError(
            f"The embedded PostgreSQL does not start. {output.strip()}\nThe end of {cluster.log}:\n{_log_tail(cluster)}"
        )


def _make_cluster(cluster: Cluster, binaries: Path) -> None:
    """Run initdb under another name, then rename: a cluster is complete or not there, also after kill -9."""
    if cluster.pgdata.is_dir() and any(cluster.pgdata.iterdir()):
        _check_cluster_version(cluster)
        return
    for unfinished in cluster.home.glob("initdb-*"):
        shutil.rmtree(unfinished, ignore_errors=True)  # an orphaned initdb may still be writing; it will fail
    staging = Path(tempfile.mkdtemp(prefix="initdb-", dir=cluster.home))
    give_to_server(cluster, staging)
    made = run_program(cluster, binaries, "initdb", "--pgdata", str(staging), "--username", USER, "--auth=trust",
                       "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                       "--no-instructions")  # fmt: skip
    if made.returncode:
        raise EmbeddedPostgresError(f"initdb failed in {cluster.home}:\n{made.stdout}")
    staging.rename(cluster.pgdata)


def _check_cluster_version(cluster: Cluster) -> None:
    version_file = cluster.pgdata / "PG_VERSION"
    found = version_file.read_text().strip() if version_file.exists() else "an unknown version"
    if found != MAJOR_VERSION:
        raise EmbeddedPostgresError(
            f"{cluster.pgdata} was made by PostgreSQL {found}, and this is {MAJOR_VERSION}. Dump it with the "
            "old version if you need its data, then move it away: the next start makes a new one."
        )


def _server_options(cluster: Cluster) -> str:
    """All settings are on the command line, not in postgresql.conf, so that a moved checkout still works."""
    options = {
        **SERVER_OPTIONS,
        "cluster_name": cluster.process_name,
        "unix_socket_directories": str(cluster.sockets),
    }
    return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())


def _ensure_database(cluster: Cluster, binaries: Path) -> None:
    """At every start, not only after initdb: that client may have been killed, or somebody dropped the database."""
    statement = (
        f"SELECT 'CREATE DATABASE {DATABASE}' "  # noqa: S608 - constants
        f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec\n"
    )
    made = run_program(cluster, binaries, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(cluster.sockets),
                       "-p", PORT, "-U", USER, "-d", "postgres", stdin=statement)  # fmt: skip
    if made.returncode:
        raise EmbeddedPostgresError(f"Cannot create the database {DATABASE}:\n{made.stdout}\n{_log_tail(cluster)}")


def _log_tail(cluster: Cluster, lines: int = 15) -> str:
    return "\n".join(cluster.log.read_text(errors="replace").splitlines()[-lines:])


def _wait_until_ready(cluster: Cluster) -> bool:
    """False at once if there is no server to wait for. Waits up to two minutes: recovery after kill -9 takes time."""
    for _tenth in range(1200):
        if _is_ready(cluster):
            return True
        if not server_processes(cluster, postmaster(cluster)[0]):
            return False
        time.sleep(0.1)
    return False


# Processes


def postmaster(cluster: Cluster) -> tuple[int, str]:
    """Process id and state from the server's own lock file; (0, "") when there is none."""
    try:
        lines = (cluster.pgdata / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else "starting"
    except (FileNotFoundError, ValueError, IndexError):
        return 0, ""


def _is_ready(cluster: Cluster) -> bool:
    pid, state = postmaster(cluster)
    return state == "ready" and bool(server_processes(cluster, pid) or _answers(cluster))


def _answers(cluster: Cluster) -> bool:
    """Whether a server answers on the socket: one in a container that shares this folder has no pid out here.

    A connection alone proves little, since a process that is being killed still accepts. So it is asked for TLS, and
    answers with one letter.
    """
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.settimeout(2)
        probe.connect(str(cluster.socket))
        probe.sendall(bytes.fromhex("0000000804d2162f"))
        return probe.recv(1) in (b"N", b"S")
    return False


def server_processes(cluster: Cluster, pid: int | None = None) -> list[int]:
    """All processes of this very server; or only this pid, if it is one of them.

    A pid from a file proves nothing: the file may be old, and the pid may now belong to another program.
    """
    if not cluster.pgdata.is_dir():
        return []
    ours = re.compile(rf"(^|/)postgres:? .*{cluster.process_name}(?![0-9a-f])", re.DOTALL)
    return [number for number, command in command_lines(pid) if ours.search(command)]


def command_lines(pid: int | None = None) -> Iterator[tuple[int, str]]:
    """Pid and command line of each process, or of one. /proc/PID/cwd and exe are not readable in every container."""
    proc = Path("/proc")
    if (proc / "self/cmdline").exists():
        for name in [str(pid)] if pid is not None else filter(str.isdecimal, os.listdir(proc)):
            with suppress(OSError):
                words = (proc / name / "cmdline").read_bytes().split(b"\0")
                yield int(name), b" ".join(words).decode(errors="replace")
        return
    chosen = ["-A"] if pid is None else ["-p", str(pid)]
    listing = ["ps", "-ww", "-o", "pid=,args=", *chosen]
    found = subprocess.run(listing, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    for line in found.stdout.splitlines():
        number, _space, command = line.strip().partition(" ")
        yield int(number), command


def _remove_leftovers(cluster: Cluster) -> None:
    """Remove what a killed server left behind and PostgreSQL would refuse to start on.

    Its backends may still live and hold its shared memory; its lock files name a pid that may now be another process.
    Called only under start.lock, and only when no server of this folder runs.
    """
    _signal_until_gone(cluster, ((0, 1), (signal.SIGQUIT, 1), (signal.SIGKILL, 5)))
    for left in (cluster.pgdata / "postmaster.pid", cluster.socket, Path(f"{cluster.socket}.lock")):
        left.unlink(missing_ok=True)


def stop_processes(cluster: Cluster) -> None:
    """Does what `pg_ctl stop -m fast` does, but never to a process that only has the pid of an old lock file.

    It does not need the programs: the reaper must work when the virtual environment has been deleted.
    """
    _signal_until_gone(cluster, ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)))
    with suppress(OSError):
        cluster.sockets.rmdir()  # it may be in /tmp


def _signal_until_gone(cluster: Cluster, rounds: Sequence[tuple[int, float]]) -> None:
    """Signal the server, or its orphaned backends if it is gone. Each round is a signal and the seconds to wait."""
    for number, patience in rounds:
        living = server_processes(cluster)
        parent = postmaster(cluster)[0]
        for pid in [parent] if parent in living else living:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while server_processes(cluster):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        else:
            return
