"""The code of the last release reads and writes on the schema of today: in a deploy both run at once, and a release can
be taken back without its migrations. CONTRIBUTING.md has the rule.

The last release is the newest of docs/releases/, in the commit that added it. Its own tests run, with the packages of
today, in a database that was made by the migrations of today.
"""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from factcheck.api.openapi.releases import last_release
from factcheck.postgres import embedded
from tests.fleet.fleet import folder
from tests.service import ROOT

pytestmark = pytest.mark.server
# Each operation of the API with an example, and each write with its journal entry.
SMOKE = ("tests/api/test_examples.py", "tests/claims/test_every_write.py")
MAKE_DATABASE = """
import django
django.setup()
from django.db import connection
connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
with connection.cursor() as cursor:
    cursor.execute({sql!r})
"""


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE).stdout


@pytest.fixture(scope="module")
def former() -> Iterator[Path]:
    """The files of the last release."""
    if git("rev-parse", "--is-shallow-repository") != b"false\n":
        pytest.skip("needs the whole history of git, which has the last release")
    released = last_release(ROOT / "docs/releases").relative_to(ROOT)
    commit = git("log", "-1", "--diff-filter=A", "--format=%H", "--", str(released)).decode().strip()
    with folder() as home, tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as files:
        files.extractall(home, filter="data")
        yield home


@contextmanager
def schema_of_today(sql: str = "SELECT") -> Iterator[dict[str, str]]:
    """The environment for tests that find their database ready, with what the SQL changes in it."""
    with folder() as home:
        environment = {**os.environ, "DATA_DIR": str(home / "data"), "DJANGO_SETTINGS_MODULE": "tests.settings"}
        make = [sys.executable, "-c", MAKE_DATABASE.format(sql=sql)]
        try:
            subprocess.run(make, cwd=ROOT, env=environment, check=True)
            yield environment
        finally:
            embedded.stop(home / "data")


def smoke(release: Path, environment: dict[str, str], *tests: str) -> tuple[int, str]:
    """The exit status and output of the release's own tests."""
    options = ["-p", "former_flush", "-p", "no:cacheprovider", "-o", "addopts=--ds tests.settings -q --reuse-db"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=release,
        env={**environment, "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def test_the_code_of_the_last_release_works_on_the_schema_of_today(former: Path) -> None:
    with schema_of_today() as environment:
        status, said = smoke(former, environment, *SMOKE)
    assert status == 0, said


def test_it_would_be_seen_that_a_column_is_gone_which_the_last_release_reads(former: Path) -> None:
    with schema_of_today("ALTER TABLE claims_article DROP COLUMN byline") as environment:
        status, said = smoke(former, environment, "-x", SMOKE[0])
    assert (status, "column claims_article.byline does not exist" in said) == (1, True), said
