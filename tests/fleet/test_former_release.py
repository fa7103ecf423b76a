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
from pathlib import Path

import psycopg
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


@pytest.fixture
def today() -> Iterator[Path]:
    """The DATA_DIR of a database that the migrations of today have made, under the name that tests look for."""
    with folder() as home:
        try:
            made = [sys.executable, "-c", MAKE_DATABASE]
            subprocess.run(made, cwd=ROOT, env=environment_of(home / "data"), check=True)
            yield home / "data"
        finally:
            embedded.stop(home / "data")


def environment_of(data_dir: Path) -> dict[str, str]:
    return {**os.environ, "DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "tests.settings"}


def smoke(release: Path, data_dir: Path, *tests: str) -> tuple[int, str]:
    """The exit status and output of the release's own tests."""
    options = ["-p", "former_flush", "-p", "no:cacheprovider", "-o", "addopts=--ds tests.settings -q --reuse-db"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=release,
        env={**environment_of(data_dir), "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def test_the_code_of_the_last_release_works_on_the_schema_of_today_and_would_not_if_a_column_were_gone(
    former: Path, today: Path
) -> None:
    status, said = smoke(former, today, *SMOKE)
    assert status == 0, said
    embedded.ensure_running(today)
    sockets = embedded.locate(today).sockets
    with psycopg.connect(host=str(sockets), user="factcheck", dbname="test_factcheck") as connection:
        connection.execute("ALTER TABLE claims_article DROP COLUMN byline")
    status, said = smoke(former, today, "-x", SMOKE[0])
    assert (status, "column claims_article.byline does not exist" in said) == (1, True), said
