"""A newsroom of many machines, on one: each part starts when a test asks for it, and ends with the test."""

import http.client
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from factcheck.journal.seal.notes import make_key
from factcheck.postgres.embedded.place import DATABASE, USER
from factcheck.postgres.embedded.server import stop_processes
from tests.clusters import PostgresServer
from tests.fleet.bouncer import Bouncer
from tests.fleet.load import Load
from tests.nginx import nginx
from tests.service import ROOT, Service, free_port

APP, FOLLOW = "factcheck_app", "factcheck_follow"
TOKENS = 'call_command("create_token", "alice"); call_command("create_token", "bob")'
RATES = ("THROTTLE_ANONYMOUS", "THROTTLE_USER", "THROTTLE_LOGIN")


@contextmanager
def folder() -> Iterator[Path]:
    """Not under pytest's own folder, which is the caller's alone: root's PostgreSQL runs as another user."""
    with tempfile.TemporaryDirectory(prefix="factcheck-", dir="/tmp", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o755)
        yield Path(name)


@contextmanager
def ending(server: PostgresServer) -> Iterator[PostgresServer]:
    try:
        yield server
    finally:
        if server.cluster.pgdata.is_dir():
            stop_processes(server.cluster)
        shutil.rmtree(server.cluster.home, ignore_errors=True)


def address(host: Path | str, user: str = USER, port: int | str = "") -> str:
    """A DATABASE_URL. `host` is the folder of a server's socket, or the name of a host."""
    return f"postgres://{user}@{quote(str(host), safe='')}{f':{port}' if port else ''}/{DATABASE}"


def ready(service: Service) -> bool:
    return ask(service.port, "/readyz/")[0] == 200


def ask(port: int, path: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, Any, bytes]:
    """Status, headers and body; status 0 where nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"X-Forwarded-Proto": "https", **({"Content-Type": "application/json"} if body else {}), **headers}
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, {}, b""
    finally:
        connection.close()


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Template:
    """The demo newsroom with the roles of docker-compose.yml, on a server that is stopped, to be copied."""

    def __init__(self, home: Path, server: PostgresServer) -> None:
        self.server = server.make_database()
        url = address(self.server.cluster.sockets)
        loader = Service(home / "loader", 1, DATABASE_URL=url)
        loader.log.parent.mkdir()
        self.tokens = dict(zip(("alice", "bob"), loader.prepare(TOKENS), strict=True))
        self.server.run("psql", *self.server.address, "-d", DATABASE, "-q", "-v", "ON_ERROR_STOP=1",
                        stdin=(ROOT / "factcheck/postgres/application_role.sql").read_text())  # fmt: skip
        self.server.stop()


class Fleet:
    def __init__(self, home: Path, template: Template, parts: ExitStack) -> None:
        self.home, self.template, self.parts = home, template, parts
        self.tokens = template.tokens
        self.key = secrets.token_urlsafe(64)
        self.web: list[Service] = []
        self.stream: Service | None = None
        self.nginx_port = 0

    @cached_property
    def primary(self) -> PostgresServer:
        server = self.parts.enter_context(ending(PostgresServer(self.home / "primary")))
        return server.copy(self.template.server).start()

    @cached_property
    def standby(self) -> PostgresServer:
        """Streams from the primary, asynchronously until a test says otherwise."""
        server = self.parts.enter_context(ending(PostgresServer(self.home / "standby")))
        return server.make_standby_of(self.primary)

    @cached_property
    def bouncer(self) -> Bouncer:
        """Before the primary. Its `url(user)` is a DATABASE_URL."""
        return self.parts.enter_context(Bouncer(self.home / "bouncer", self.primary))

    def service(self, name: str, workers: int = 1, **settings: str) -> Service:
        home = self.home / name
        home.mkdir()
        ours = {"DATABASE_URL": address(self.primary.cluster.sockets, APP), "SECRET_KEY": self.key, "PUBLIC_READ": "1",
                "MATCHING_MODEL": "none", "TRUSTED_PROXIES": "1", **dict.fromkeys(RATES, "1000000/sec")}  # fmt: skip
        made = Service(home, workers, **ours | settings)
        self.parts.callback(made.end)
        return made

    def start_web(self, instances: int = 2, workers: int = 2, options: tuple[str, ...] = (), **settings: str) -> None:
        """Instances of gunicorn, each with a port of its own, in `self.web`. Returns when all are ready."""
        new = [self.service(f"web{len(self.web) + n}", workers, **settings) for n in range(instances)]
        self.web += new
        for service in new:
            service.start(*options)
        for service in new:
            wait_until(lambda service=service: ready(service))

    def start_stream(self, **settings: str) -> Service:
        self.stream = stream = self.service("stream", **settings)
        stream.start_streams()
        wait_until(lambda: ask(stream.stream_port, "/livez/")[0] == 200)
        return stream

    def start_follower(self, *names: str, **settings: str) -> None:
        """`manage.py follow`, as the role that docker-compose.yml gives it."""
        given = {"DATABASE_URL": address(self.primary.cluster.sockets, FOLLOW),
                 "JOURNAL_SIGNING_KEY": str(make_key("fleet.example/journal"))}  # fmt: skip
        made = self.service("follower", **given | settings)
        with made.log.open("ab") as log:
            process = subprocess.Popen([sys.executable, "manage.py", "follow", *names], cwd=ROOT, env=made.environment,
                                       stdout=log, stderr=log)  # fmt: skip
        self.parts.callback(process.wait)
        self.parts.callback(process.kill)

    def start_nginx(self) -> int:
        """With what of web and stream has been made. Returns its port."""
        self.nginx_port = port = free_port()
        stream = self.stream.stream_port if self.stream else free_port()
        web = [each.port for each in self.web]
        self.parts.enter_context(nginx(self.home / "nginx", port, web, stream))
        wait_until(lambda: ask(port, "/livez/")[0] == 200)
        return port

    def load(self, port: int = 0, **options: Any) -> Load:
        """By nginx unless `port` says otherwise: `with fleet.load() as load: …`."""
        return Load(port or self.nginx_port, self.tokens["alice"], **options)
