"""PostgreSQL servers of a test's own: a primary, its standby, a fresh one to restore into."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections

from factcheck.postgres.embedded.place import (
    DATABASE,
    PORT,
    USER,
    find_binaries,
    give_to_server,
    locate,
    make_home,
    make_private_folder,
    run_program,
)
from factcheck.postgres.embedded.server import postmaster, stop_processes

OPTIONS = {"listen_addresses": "", "port": PORT, "fsync": "off", "max_prepared_transactions": "2"}
INITDB = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]


class PostgresServer:
    def __init__(self, home: Path) -> None:
        self.cluster = locate(home)
        make_home(self.cluster)
        make_private_folder(self.cluster, self.cluster.sockets)
        self.binaries = find_binaries(self.cluster)

    def run(self, program: str, *arguments: str, stdin: str = "") -> str:
        done = run_program(self.cluster, self.binaries, program, *arguments, stdin=stdin)
        assert done.returncode == 0, done.stdout
        return done.stdout

    @property
    def address(self) -> list[str]:
        return ["-h", str(self.cluster.sockets), "-p", PORT, "-U", USER]

    def sql(self, query: str, database: str = DATABASE) -> str:
        return self.run("psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", *self.address, "-d", database, "-c",
                        query).strip()  # fmt: skip

    def make(self) -> "PostgresServer":
        self.run("initdb", f"--username={USER}", "--auth=trust", "--no-sync", *INITDB)
        return self.start(database="postgres")

    def make_database(self) -> "PostgresServer":
        self.make().sql(f"CREATE DATABASE {DATABASE}", "postgres")
        return self

    def start(self, database: str = DATABASE) -> "PostgresServer":
        options = {**OPTIONS, "cluster_name": self.cluster.process_name,
                   "unix_socket_directories": str(self.cluster.sockets)}  # fmt: skip
        given = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in options.items())
        self.cluster.log.touch()
        give_to_server(self.cluster, self.cluster.log)
        self.run("pg_ctl", "start", "-w", "-s", "-l", self.cluster.log.name, "-o", given)
        return self

    def copy(self, stopped: "PostgresServer") -> "PostgresServer":
        shutil.copytree(stopped.cluster.pgdata, self.cluster.pgdata)
        for path in (self.cluster.pgdata, *self.cluster.pgdata.rglob("*")):
            give_to_server(self.cluster, path)
        return self

    def make_standby_of(self, primary: "PostgresServer") -> "PostgresServer":
        self.run("pg_basebackup", "--pgdata", str(self.cluster.pgdata), "--write-recovery-conf", "--checkpoint=fast",
                 "--no-sync", *primary.address)  # fmt: skip
        return self.start()

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "stop", "-w", "-s", "-m", mode)

    def kill(self) -> None:
        os.kill(postmaster(self.cluster)[0], signal.SIGKILL)
        stop_processes(self.cluster)

    @contextmanager
    def as_default(self, user: str = USER) -> Iterator[None]:
        """In this thread, Django's database is this server's."""
        former = connections["default"]
        own = former.copy()
        place = {"NAME": DATABASE, "USER": user, "HOST": str(self.cluster.sockets), "PORT": PORT}
        own.settings_dict = {**own.settings_dict, **place}
        own.settings_dict["OPTIONS"] = {
            name: value for name, value in own.settings_dict["OPTIONS"].items() if name != "pool"
        }
        own.settings_dict.pop("DATA_DIR", None)
        own.embedded_data_dir = None
        connections["default"] = own
        try:
            yield
        finally:
            own.close()
            connections["default"] = former


@contextmanager
def servers() -> Iterator[list[PostgresServer]]:
    """Three folders for servers, which end with the test. Not under pytest's own folder: that is the caller's alone."""
    with tempfile.TemporaryDirectory(prefix="factcheck-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        made = [PostgresServer(Path(folder) / name) for name in "abc"]
        try:
            yield made
        finally:
            for server in made:
                if server.cluster.pgdata.is_dir():
                    stop_processes(server.cluster)
                shutil.rmtree(server.cluster.home, ignore_errors=True)
