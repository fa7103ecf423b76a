"""deploy/pgbouncer.ini as it is delivered, but for addresses, files and passwords."""

import os
import re
import shutil
import socket
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from factcheck.postgres.embedded.place import DATABASE, PORT, USER
from tests.clusters import PostgresServer
from tests.service import ROOT, free_port

PGBOUNCER = os.environ.get("PGBOUNCER") or shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


def version() -> tuple[int, ...]:
    said = subprocess.run([str(PGBOUNCER), "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


class Bouncer(AbstractContextManager["Bouncer"]):
    users = (USER, "factcheck_app", "factcheck_follow")

    def __init__(self, home: Path, server: PostgresServer, databases: str = DATABASE, pool_size: int = 4) -> None:
        self.home, self.server, self.port = home, server, free_port()
        self.databases, self.pool_size = databases, pool_size

    def __enter__(self) -> "Bouncer":
        self.home.mkdir()
        (self.home / "pgbouncer.ini").write_text(self.configuration())
        (self.home / "users.txt").write_text("".join(f'"{user}" ""\n' for user in self.users))
        user = self.server.cluster.user  # it refuses to run as root, as PostgreSQL does
        given = {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}
        with (self.home / "log").open("w") as log:
            self.process = subprocess.Popen([str(PGBOUNCER), "pgbouncer.ini"], cwd=self.home, stdout=log, stderr=log,
                                            **given)  # fmt: skip
        deadline = time.monotonic() + 10
        while not self.listens():
            assert time.monotonic() < deadline, (self.home / "log").read_text()
            time.sleep(0.05)
        return self

    def configuration(self) -> str:
        conf = (ROOT / "deploy/pgbouncer.ini").read_text()
        settings = {
            "listen_addr": "127.0.0.1", "listen_port": str(self.port), "auth_type": "trust", "auth_file": "users.txt",
            "unix_socket_dir": "", "default_pool_size": str(self.pool_size),
        }  # fmt: skip
        for name, value in settings.items():
            conf, changed = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", conf)
            assert changed, name
        where = f"{self.databases} = host={self.server.cluster.sockets} port={PORT}"
        conf, changed = re.subn(r"(?m)^factcheck = host=\S+ port=\S+", where, conf)
        assert changed
        if version() < (1, 21):
            conf, changed = re.subn(r"(?m)^max_prepared_statements = .*$", "", conf)
            assert changed
        return conf

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def url(self, user: str = "factcheck_app") -> str:
        return f"postgres://{user}@127.0.0.1:{self.port}/{DATABASE}"

    def __exit__(self, *_: Any) -> None:
        self.process.kill()
        self.process.wait()
