"""`make run` in a checkout of its own, and manage.py beside it without any settings in the environment."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from factcheck import startup
from factcheck.postgres import embedded
from tests.service import ROOT, free_port, processes_with

AT_REST = "".join(f"{name}: 0 entries and 0 seconds behind\n" for name in ("seal", "vectors", "webhooks"))
PARTS = ["Makefile", "manage.py", "gunicorn.conf.py", "factcheck", "sources", "claims", "seeds"]


@pytest.fixture
def checkout() -> Iterator[Path]:
    """In /tmp and open to all, since root's PostgreSQL runs as another user."""
    folder = Path(tempfile.mkdtemp(prefix="factcheck-checkout-", dir="/tmp"))
    folder.chmod(0o755)
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    yield folder
    embedded.stop(folder / ".data")
    shutil.rmtree(folder)


def environment() -> dict[str, str]:
    kept = {"PATH", "HOME", "LANG", "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name in kept}


def run(checkout: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=checkout, env=environment() | settings, capture_output=True, text=True
    )


def make_run(checkout: Path) -> str:
    """What it prints until it serves; then it is ended."""
    with served(checkout) as said:
        return said


@contextmanager
def served(checkout: Path) -> Iterator[str]:
    port = free_port()
    # -o: the environment counts as made.
    command = ["make", "--no-print-directory", "-o", "environment", "run", f"PY={sys.executable}", f"PORT={port}"]
    log = checkout / "make.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=checkout, env=environment(), stdout=output, stderr=output, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 90
        while "Ctrl-C ends it" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield log.read_text()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


BREAK_THE_DEMO = """
from django.contrib.auth.models import User
from claims.models import Article
from claims.services import delete_article, set_article_status
from sources.services import create_source
alice = User.objects.get(username="alice")
demo = {"article_id": Article.objects.get().pk, "versions": None, "actor": alice, "reason": "Of no use here."}
set_article_status(status="withdrawn", **demo)
delete_article(**demo)
create_source(actor=alice, name="Emily Horne", kind="person")
"""


@pytest.mark.server
def test_commands_find_the_settings_of_make_run_which_starts_whatever_became_of_the_demo(checkout):
    first = make_run(checkout)
    assert "Factcheck runs at http://127.0.0.1:" in first
    assert "not imported" not in first
    assert stat.S_IMODE((checkout / ".development.env").stat().st_mode) == 0o600

    made = run(checkout, "manage.py", "create_token", "alice")
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.split()) == 1
    assert made.stderr == "Using the settings of `make run`.\n"

    server = run(checkout, "-c", "import factcheck.wsgi")
    assert server.stderr.startswith("Factcheck does not start: SECRET_KEY is not set.")
    for explicit in ({"DEBUG": "0"}, {"DATABASE_URL": "postgres://me@database.example/x"}):
        done = run(checkout, "manage.py", "check", **explicit)
        assert done.stderr.startswith("Factcheck does not start: SECRET_KEY is not set.")

    broken = run(checkout, "manage.py", "shell", "--command", BREAK_THE_DEMO)
    assert broken.returncode == 0, broken.stderr
    second = make_run(checkout)
    (complaint,) = [line for line in second.splitlines() if "not imported" in line]
    assert "More than one source is 'Emily Horne'" in complaint
    assert "Factcheck runs at http://127.0.0.1:" in second


def followers_of(checkout: Path) -> list[tuple[int, int]]:
    """The processes that follow the journal there, each with the process that it is beside."""
    found = []
    for pid in processes_with("manage.py follow --while"):
        with suppress(OSError):
            if Path(f"/proc/{pid}/cwd").samefile(checkout):
                found.append((pid, int(Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[-2])))
    return found


@pytest.mark.server
def test_the_journal_is_sealed_beside_the_server_and_no_longer_than_that(checkout):
    with served(checkout):
        deadline = time.monotonic() + 90
        while (shown := run(checkout, "manage.py", "follow", "--status")).stdout != AT_REST:
            assert time.monotonic() < deadline, shown
        ((_, server),) = followers_of(checkout)
        os.kill(server, signal.SIGKILL)
        while followers_of(checkout):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert stat.S_IMODE((checkout / ".data/journal-signing-key").stat().st_mode) == 0o600


def test_a_value_in_the_environment_wins_over_the_one_that_make_run_left(tmp_path, monkeypatch):
    left = tmp_path / "development.env"
    left.write_text("DEBUG=1\nDATA_DIR=/kept/by=make run\nDATABASE_URL=\n")
    monkeypatch.setattr(startup, "DEVELOPMENT_SETTINGS", left)
    monkeypatch.setattr(os, "environ", {"DATA_DIR": ""})
    startup.read_development_settings()
    assert os.environ == {"DEBUG": "1", "DATA_DIR": "/kept/by=make run", "DATABASE_URL": ""}

    monkeypatch.setattr(os, "environ", {"DATA_DIR": "/mine"})
    startup.read_development_settings()
    assert os.environ["DATA_DIR"] == "/mine"


def test_without_make_run_nothing_is_set(tmp_path, monkeypatch):
    monkeypatch.setattr(startup, "DEVELOPMENT_SETTINGS", tmp_path / "development.env")
    monkeypatch.setattr(os, "environ", {})
    startup.read_development_settings()
    assert os.environ == {}
