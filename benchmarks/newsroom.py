"""The database that all contenders share: filled once for each size, and copied before each run.

Writes are measured too, and the journal is append-only, so only a copy brings the same rows back. The embedded server
of a size has two databases: `filled_with_vectors`, which is never written to again, and the copy that is measured.
From `IN_PLACE_FROM` statements on there is one, `filled`: a copy would take 20 GB and minutes, and vectors take hours.
"""

import fcntl
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import yaml
from psycopg import sql

from factcheck.postgres import embedded

ROOT = Path(__file__).resolve().parent.parent
FILLED = "filled_with_vectors"
FILLED_IN_PLACE = "filled"
IN_PLACE_FROM = 5_000_000
LEAST = 1_000  # statements; fewer have no drafts, seldom words or far pages to ask for
EDITOR = "bench"
LARGE_ARTICLE = "The article with 300 statements"
LARGE_ARTICLE_STATEMENTS = 300
SAMPLE = 1000  # rows that requests choose from, so that no measurement reads the same row all the time
LOOKED_AT = 500_000  # statements from which the sample is taken


@dataclass(frozen=True)
class Newsroom:
    """What the requests need to know of the database."""

    data_dir: Path
    size: int
    token: str
    public_statements: list[int]
    draft_statements: list[int]
    draft_articles: list[int]
    sources: list[int]
    large_article: int
    deep_id: int  # nine tenths of all statements come before it, newest first
    moment: str  # everything was written before it

    @property
    def is_in_place(self) -> bool:
        return is_in_place(self.size)

    @property
    def has_vectors(self) -> bool:
        return not self.is_in_place

    @property
    def database(self) -> str:
        return measured_database(self.size)

    @property
    def conninfo(self) -> str:
        return conninfo(self.data_dir, self.database)

    def query(self, statement: str, *parameters: Any) -> list[Any]:
        with psycopg.connect(self.conninfo) as connection:
            return connection.execute(statement, parameters).fetchall()


def is_in_place(size: int) -> bool:
    return size >= IN_PLACE_FROM


def measured_database(size: int) -> str:
    return FILLED_IN_PLACE if is_in_place(size) else embedded.DATABASE


def filled_database(size: int) -> str:
    return FILLED_IN_PLACE if is_in_place(size) else FILLED


def is_filled(data_dir: Path, size: int) -> bool:
    """Starts the server of that size, if there is one, for as long as this process lives."""
    if not embedded.locate(data_dir).pgdata.exists():
        return False
    embedded.ensure_running(data_dir)
    return _exists(data_dir, filled_database(size))


def conninfo(data_dir: Path, database: str) -> str:
    found = embedded.connection_settings(data_dir)
    return psycopg.conninfo.make_conninfo(host=found["HOST"], port=found["PORT"], user=found["USER"], dbname=database)


def database_url(data_dir: Path, database: str) -> str:
    found = embedded.connection_settings(data_dir)
    return f"postgres://{found['USER']}@/{database}?{urlencode({'host': found['HOST'], 'port': found['PORT']})}"


def environment_for(data_dir: Path, database: str = embedded.DATABASE) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database_url(data_dir, database),
        "DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "factcheck.settings",
        "DEBUG": "1",
    }


def prepare(data_dir: Path, size: int) -> Newsroom:
    """The database that a run of that size measures. Fills it first if it is not there."""
    data_dir.mkdir(parents=True, exist_ok=True)
    _be_the_only_run(data_dir)
    embedded.ensure_running(data_dir)  # for as long as this process lives
    _configure_as_deployed(data_dir)
    if not _exists(data_dir, filled_database(size)):
        _fill_one(data_dir, size)
    if not is_in_place(size):
        _recreate(data_dir, template=FILLED)
    token = _in_django(data_dir, measured_database(size))
    # A migration that is newer than the filled one may have made an index that has no statistics yet.
    _in_database(data_dir, measured_database(size), sql.SQL("ANALYZE"), sql.SQL("CHECKPOINT"))
    return _read_newsroom(data_dir, size, token)


def _fill_one(data_dir: Path, size: int) -> None:
    if is_in_place(size) and _is_begun(data_dir):
        raise RuntimeError(
            f"{data_dir} holds a database that was not filled to the end. Remove the folder to fill it anew."
        )
    _recreate(data_dir)
    vectors = [] if is_in_place(size) else ["--vectors"]
    _in_django(data_dir, embedded.DATABASE, "--fill", str(size), *vectors)
    _in_database(data_dir, embedded.DATABASE, sql.SQL("VACUUM (FREEZE, ANALYZE)"))
    names = map(sql.Identifier, (embedded.DATABASE, filled_database(size)))
    # Last, so that a database of this name is complete, however an earlier attempt ended.
    _in_database(data_dir, "postgres", sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))


def _configure_as_deployed(data_dir: Path) -> None:
    """Use the options that docker-compose.yml starts PostgreSQL with. Some need a restart."""
    words = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["database"]["command"].split()
    wanted = dict(word.split("=", 1) for word in words if "=" in word)
    with psycopg.connect(conninfo(data_dir, "postgres"), autocommit=True) as connection:
        if all(
            connection.execute("SELECT current_setting(%s)", [name]).fetchone() == (wanted[name],) for name in wanted
        ):
            return
        for name, value in wanted.items():
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
    embedded.stop(data_dir)
    embedded.ensure_running(data_dir)


def _be_the_only_run(data_dir: Path) -> None:
    """Hold a lock until this process ends: a second run would replace the database that the first is measuring."""
    lock = os.open(data_dir / "run.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RuntimeError(
            f"Another run is measuring in {data_dir}. Wait for it, or use another folder: --data."
        ) from None


def _exists(data_dir: Path, database: str) -> bool:
    with psycopg.connect(conninfo(data_dir, "postgres")) as connection:
        return bool(connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).fetchall())


def _is_begun(data_dir: Path) -> bool:
    with psycopg.connect(conninfo(data_dir, embedded.DATABASE)) as connection:
        return bool(connection.execute("SELECT FROM pg_tables WHERE tablename = 'claims_statement'").fetchall())


def _in_database(data_dir: Path, database: str, *statements: sql.SQL | sql.Composed) -> None:
    with psycopg.connect(conninfo(data_dir, database), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def _recreate(data_dir: Path, template: str = "template1") -> None:
    name = sql.Identifier(embedded.DATABASE)
    _in_database(
        data_dir,
        "postgres",
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name),
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(name, sql.Identifier(template)),
    )


def _in_django(data_dir: Path, database: str, *arguments: str) -> str:
    """In another program, since its connections must be closed before the database can be copied."""
    command = [sys.executable, "-m", "benchmarks.filling", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment_for(data_dir, database), stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode().strip()


def _read_newsroom(data_dir: Path, size: int, token: str) -> Newsroom:
    percent = min(100, 100 * LOOKED_AT / size)
    with psycopg.connect(conninfo(data_dir, measured_database(size))) as connection:

        def column(statement: str, *parameters: Any) -> list[Any]:
            return [row[0] for row in connection.execute(statement, parameters).fetchall()]

        statements = (
            f"SELECT s.id FROM claims_statement s TABLESAMPLE SYSTEM ({percent}) REPEATABLE (1) JOIN claims_article a ON a.id = s.article "
            f"WHERE a.status = %s AND a.title <> '{LARGE_ARTICLE}' ORDER BY md5(s.id::text) LIMIT {SAMPLE}"
        )
        drafts = f"SELECT id FROM claims_article WHERE status = 'draft' ORDER BY md5(id::text) LIMIT {SAMPLE}"
        [moment] = column("SELECT clock_timestamp()")
        return Newsroom(
            data_dir=data_dir,
            size=size,
            token=token,
            public_statements=column(statements, "published"),
            draft_statements=column(statements, "draft"),
            draft_articles=column(drafts),
            sources=column(f"SELECT id FROM sources_source ORDER BY md5(id::text) LIMIT {SAMPLE}"),
            large_article=column("SELECT id FROM claims_article WHERE title = %s", LARGE_ARTICLE)[0],
            deep_id=column("SELECT min(id) + (max(id) - min(id)) / 10 FROM claims_statement")[0],
            moment=moment.isoformat().replace("+00:00", "Z"),
        )
