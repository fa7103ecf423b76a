"""Starts and ends the servers that are compared. All use one database and the same number of processes."""

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.newsroom import ROOT, Newsroom, database_url, environment_for
from factcheck.postgres import embedded

OURS, LIMIT, DRF, NINJA, FASTAPI = "factcheck", "limit", "DRF", "ninja", "FastAPI"
ALL = (OURS, LIMIT, DRF, NINJA, FASTAPI)
BY_WORDS = "factcheck by words"  # the service with MATCHING_MODEL=none; its figures stand in the service's column
APPLICATIONS = {
    OURS: "factcheck.wsgi",
    BY_WORDS: "factcheck.wsgi",
    LIMIT: "benchmarks.rivals.bare_limit",
    DRF: "benchmarks.rivals.django_wsgi",
    NINJA: "benchmarks.rivals.django_wsgi",
    FASTAPI: "benchmarks.rivals.fastapi_rival",
}
RIVAL_URLS = {DRF: "benchmarks.rivals.drf_rival", NINJA: "benchmarks.rivals.ninja_rival"}
RIVAL_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
PROCESSES = os.environ.get("WEB_CONCURRENCY") or "2"
START_LIMIT = 60.0  # seconds until a server must answer; a busy machine needs them


@dataclass(frozen=True)
class Request:
    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Contender:
    name: str
    port: int
    process: "subprocess.Popen[bytes]"

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def send(self, request: Request) -> Answer:
        connection = self.connect()
        try:
            body = request.body.encode() or None
            connection.request(request.method, request.path, body, request.headers)
            found = connection.getresponse()
            return Answer(found.status, dict(found.getheaders()), found.read())
        finally:
            connection.close()


@contextmanager
def started(newsroom: Newsroom, names: tuple[str, ...]) -> Iterator[dict[str, Contender]]:
    """All of them at once, so that measurements can alternate. An idle server costs nothing."""
    collect_static_files(newsroom)
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(
                run_server(name, command_of(name), environment_of(name, newsroom), newsroom.data_dir)
            )
            for name in names
        }
        for contender in running.values():
            wait_for(contender, newsroom.data_dir / f"{contender.name}.log")
        yield running


@contextmanager
def run_server(name: str, command: list[str], environment: dict[str, str], data_dir: Path) -> Iterator[Contender]:
    """In the command, `{port}` stands for the port."""
    port = _free_port()
    with (data_dir / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [word.format(port=port) for word in command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us; the server ends when we say so
        )
    try:
        yield Contender(name, port, process)
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError):  # workers that outlived it
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def command_of(name: str) -> list[str]:
    """gunicorn as the service is deployed, for each contender that is WSGI.

    But no worker is replaced after so many requests: that would punish a fast contender, and would measure another
    one together with a start each time.
    """
    ours = name in (OURS, BY_WORDS)
    python = sys.executable if ours else str(RIVAL_PYTHON)
    if name == FASTAPI:
        options = ["--host", "127.0.0.1", "--port", "{port}", "--workers", PROCESSES, "--no-access-log"]
        return [python, "-m", "uvicorn", f"{APPLICATIONS[name]}:application", *options]
    config = "gunicorn.conf.py" if ours else "benchmarks/rivals/gunicorn_conf.py"
    options = ["--config", config, "--bind", "127.0.0.1:{port}", "--max-requests", "0"]
    return [python, "-m", "gunicorn", *options, f"{APPLICATIONS[name]}:application"]


def environment_of(name: str, newsroom: Newsroom) -> dict[str, str]:
    environment = environment_for(newsroom.data_dir, newsroom.database) | {"WEB_CONCURRENCY": PROCESSES}
    if name in (OURS, BY_WORDS):
        model = "minilm" if name == OURS and newsroom.has_vectors else "none"
        return environment | settings_of_ours(newsroom.data_dir, newsroom.database) | {"MATCHING_MODEL": model}
    found = embedded.connection_settings(newsroom.data_dir)
    names = {"BENCH_HOST": "HOST", "BENCH_PORT": "PORT", "BENCH_USER": "USER"}
    environment |= {variable: found[key] for variable, key in names.items()} | {"BENCH_DATABASE": newsroom.database}
    return environment | {"RIVAL_URLS": RIVAL_URLS.get(name, "")}


def settings_of_ours(data_dir: Path, database: str = embedded.DATABASE) -> dict[str, str]:
    unlimited = "1000000/sec"
    return {
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": database_url(data_dir, database),
        "PUBLIC_READ": "1",
        "THROTTLE_ANONYMOUS": unlimited,
        "THROTTLE_USER": unlimited,
    }


def collect_static_files(newsroom: Newsroom) -> None:
    """Our service does not start without them."""
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment_of(OURS, newsroom), check=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(contender: Contender, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while True:
        with suppress(OSError, http.client.HTTPException):
            contender.send(Request("/api/v1/statements/0/", headers={"X-Forwarded-Proto": "https"}))
            return
        if contender.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{contender.name} did not start:\n{log.read_text()[-3000:]}")
        time.sleep(0.02)
