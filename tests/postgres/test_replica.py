"""Which server is read from, as far as one server can show it. tests/fleet/test_replica.py has a standby."""

import os
import subprocess
import sys

import pytest
from django.db import OperationalError

from factcheck.api.problems import problem_of
from factcheck.postgres.replica import BEYOND_ALL, Server, number_of, standbys
from tests.newsroom import client_of
from tests.service import ROOT


@pytest.mark.parametrize(
    ("position", "number"),
    [("0/0", 0), ("0/3000148", 0x3000148), ("1/0", 1 << 32), ("FFFFFFFF/FFFFFFFF", (1 << 64) - 1)],
)
def test_a_position_is_a_number_of_64_bits(position, number):
    assert number_of(position) == number


@pytest.mark.parametrize("position", ["", "now", "0/", "/0", "0/g", "0/1 ", "100000000/0", "10:20:", "٣/٣", "0/1\n"])
def test_what_is_no_position_is_beyond_every_position(position):
    assert number_of(position) == BEYOND_ALL > number_of("FFFFFFFF/FFFFFFFF")


@pytest.mark.django_db
def test_without_a_standby_a_write_has_no_position(alice):
    answer = client_of(alice).post("/api/v1/sources/", {"name": "A", "kind": "person"})
    assert answer.status_code == 201
    assert "Write-Position" not in answer.headers


def test_what_a_standby_fails_to_answer_is_no_error_in_the_log(monkeypatch, caplog):
    """The primary is asked, and whoever asked has none."""
    for failure in (OperationalError("gone"), ValueError("odd")):
        problem_of(failure)
        with monkeypatch.context() as reading:
            reading.setattr(standbys.thread, "server", Server("replica1", 1))
            problem_of(failure)
    assert [line.levelname for line in caplog.records] == ["ERROR", "WARNING"] * 2


SHOW = """
from django.conf import settings
for alias, found in settings.DATABASES.items():
    options = found["OPTIONS"]
    print(alias, found["HOST"], options.get("options"), options["pool"]["max_size"], found["TEST"].get("MIRROR"))
from factcheck.api import conditional
print(conditional.FROM_REPLICA)
"""


def shown(**environment):
    command = [sys.executable, "-c", "import django; django.setup()" + SHOW]
    given = {**os.environ, "DATABASE_URL": "postgres://a@db/a", **environment}
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True)


def test_each_address_is_a_database_of_its_own_with_a_pool(tmp_path):
    addresses = "postgres://a@one,two/a?options=-c%20jit=off\n postgres://a:p%2Cq@three/a "
    (tmp_path / "replicas").write_text(addresses)
    found = shown(DATABASE_REPLICA_URL_FILE=str(tmp_path / "replicas"), DATABASE_POOL_SIZE="5", REPLICA_MAX_LAG="5")
    assert found.stdout.splitlines() == [
        "default db None 5 None",
        "replica1 one,two -c jit=off 5 default",
        "replica2 three None 5 default",
        "public, max-age=60, s-maxage=5, stale-while-revalidate=0",
    ]


def test_an_address_that_cannot_be_read_is_refused_without_its_password():
    found = shown(DATABASE_REPLICA_URL="postgres://a@one/a mysql://a:hunter2@two/a")
    assert found.returncode != 0
    assert "DATABASE_REPLICA_URL must be a postgres:// address" in found.stderr
    assert "hunter2" not in found.stderr
