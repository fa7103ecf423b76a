"""The server as it is deployed, with its own port and database, for tests that need the real server."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from factcheck.postgres import embedded

ROOT = Path(__file__).resolve().parent.parent
STREAM_OPTIONS = ["--workers", "1", "--no-access-log", "--no-proxy-headers", "--timeout-graceful-shutdown", "5"]

LOAD_DEMO = """
import sys
import django
from factcheck.startup import lift_time_limits
lift_time_limits()
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("demo", stdout=sys.stderr)
call_command("import_annotations", *sys.argv[1:])
"""


class Service:
    """gunicorn and an embedded PostgreSQL, in a folder that no other run shares."""

    def __init__(self, home: Path, workers: int, **settings: str) -> None:
        self.worker_count = workers
        self.data_dir = home / "data"
        self.log = home / "server.log"
        self.port = free_port()
        self.stream_port = free_port()
        self.masters: list[subprocess.Popen[bytes]] = []
        self.streams: subprocess.Popen[bytes] | None = None
        self.environment = {
            **os.environ,
            "DATABASE_URL": "postgres://server@settings.invalid/replaces",
            "DATA_DIR": str(self.data_dir),
            "DJANGO_SETTINGS_MODULE": "tests.server_settings",
            "DEBUG": "0",
            "DRAIN_SECONDS": "0",
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ALLOWED_HOSTS": "127.0.0.1",
            "WEB_CONCURRENCY": str(workers),
            "THROTTLE_USER": "1000000/sec",
            **settings,
        }

    @property
    def cluster(self) -> embedded.Cluster:
        return embedded.locate(self.data_dir)

    @property
    def master(self) -> subprocess.Popen[bytes]:
        return self.masters[-1]

    def prepare(self, then: str) -> list[str]:
        """Migrate, make the demo users, load the seeds, then run the code `then`. Returns the words it prints."""
        seeds = map(str, sorted((ROOT / "seeds").glob("*.json")))
        command = [sys.executable, "-c", LOAD_DEMO + then, *seeds]
        with self.log.open("ab") as log:
            done = subprocess.run(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=log)
        if done.returncode:
            raise RuntimeError(f"The demo could not be loaded:\n{self.log.read_text()}")
        return done.stdout.decode().split()

    def start(self, *options: str) -> None:
        command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", *options]
        command += ["--bind", f"127.0.0.1:{self.port}", "--error-logfile", str(self.log), "factcheck.wsgi"]
        with self.log.open("ab") as log:
            self.masters.append(
                subprocess.Popen(
                    command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
                )
            )

    def start_streams(self, application: str = "factcheck.asgi:application") -> None:
        """The asynchronous process beside gunicorn, as docker-compose.yml starts it."""
        command = [sys.executable, "-m", "uvicorn", *STREAM_OPTIONS, "--port", str(self.stream_port), application]
        with self.log.open("ab") as log:
            self.streams = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def web_processes(self) -> list[int]:
        """The master and its workers. Their command line names this service's log file."""
        return processes_with(f"{self.log} factcheck.wsgi")

    def workers(self) -> list[int]:
        return [pid for pid in self.web_processes() if pid != self.master.pid]

    def postmaster(self) -> int:
        return embedded.postmaster(self.cluster)[0]

    def postgres_processes(self) -> list[int]:
        return embedded.server_processes(self.cluster)

    def is_whole(self) -> bool:
        return len(self.workers()) == self.worker_count and self.postmaster() in self.postgres_processes()

    def serves(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self) -> None:
        if self.streams:
            self.streams.kill()
            self.streams.wait()
        kill(self.web_processes())
        for master in self.masters:
            with suppress(ProcessLookupError):  # this also ends a pg_ctl or psql that a worker was running
                os.killpg(master.pid, signal.SIGKILL)
            master.wait()
        kill(processes_with(f"initdb --pgdata {self.cluster.home}/"))
        embedded.stop(self.data_dir)
        # The reaper would end by itself some seconds later, but by then its folder is gone.
        kill(processes_with(f"embedded.reaper {self.cluster.home} "))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes_with(words: str) -> list[int]:
    return [pid for pid, command in embedded.command_lines() if words in command]


def kill(pids: list[int]) -> int:
    killed = 0
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


@contextmanager
def service_of_its_own(log_copy: Path | None, workers: int, **settings: str) -> Iterator[Service]:
    """In /tmp and open to all, since root's PostgreSQL runs as another user (see factcheck.postgres.embedded)."""
    home = Path(tempfile.mkdtemp(prefix="factcheck-service-", dir="/tmp"))
    home.chmod(0o755)
    service = Service(home, workers, **settings)
    try:
        yield service
    finally:
        try:
            service.end()
        finally:
            if log_copy and service.log.exists():
                shutil.copy(service.log, log_copy)
            shutil.rmtree(home)
