"""What only the real server shows: HEAD on the wire, what it logs, and answers while its workers are replaced."""

import http.client
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.service import ROOT, Service, service_of_its_own

pytestmark = pytest.mark.server
ADDRESSES = [
    "/", "/search/?q=Biden", "/login/", "/healthz/", "/nowhere/", "/static/desk/desk.css", "/static/nowhere.css",
    "/admin/", "/api/v1/", "/api/v1/articles/", "/api/v1/articles/1/", "/api/v1/articles", "/api/v1/articles/999/",
    "/api/v1/articles/?nonsense=1", "/api/v1/statements/export/?format=csv", "/api/v1/feeds/changes.atom",
    "/api/v1/schema/", "/api/v1/docs/", "/api/v1/statements/bulk/",
]  # fmt: skip
OF_ONE_ANSWER = {"Date", "Expires", "RateLimit", "Set-Cookie", "Transfer-Encoding", "X-Request-ID"}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with service_of_its_own(None, 1, PUBLIC_READ="1", THROTTLE_ANONYMOUS="1000000/sec") as running:
        (running.token,) = running.prepare('call_command("create_token", "alice")')
        running.start()
        wait_until(running, running.serves)
        yield running


def wait_until(service: Service, condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, service.log.read_text()
        time.sleep(0.1)


def ask(service: Service, method: str, address: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    connection.request(method, address, headers={**headers, "X-Forwarded-Proto": "https"})
    answer = connection.getresponse()
    kept = {name: value for name, value in answer.getheaders() if name not in OF_ONE_ANSWER}
    body = answer.read()
    connection.close()
    return answer.status, kept, body


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_head_has_the_headers_of_get_and_no_body(service, address, accept):
    for caller in ({}, {"Authorization": f"Token {service.token}"}):
        got, head = (ask(service, method, address, Accept=accept, **caller) for method in ("GET", "HEAD"))
        assert head == (*got[:2], b"")


def test_no_head_is_logged(service):
    for address in ADDRESSES:
        ask(service, "HEAD", address, **{"Accept": "text/html", "Accept-Encoding": "gzip"})
    assert "no-body response" not in service.log.read_text()
    assert "WARNING" not in service.log.read_text()


def test_the_main_process_has_no_thread_and_no_connection_that_a_worker_would_inherit(service):
    assert ask(service, "GET", "/api/v1/articles/")[0] == 200
    main = Path(f"/proc/{service.master.pid}")
    assert len(list(main.glob("task/*"))) == 1
    assert [link.readlink() for link in main.glob("fd/*")].count(listening_socket(service)) == 1
    assert len([link for link in main.glob("fd/*") if str(link.readlink()).startswith("socket:")]) == 1


def listening_socket(service: Service) -> Path:
    rows = map(str.split, Path("/proc/net/tcp").read_text().splitlines())
    (inode,) = {row[9] for row in rows if row[1].endswith(f":{service.port:04X}") and row[3] == "0A"}
    return Path(f"socket:[{inode}]")


@pytest.mark.parametrize(("others", "closed"), [(0, 0), (5, 2)])
def test_a_worker_with_more_connections_than_threads_closes_one_with_every_hundredth_answer(service, others, closed):
    kept = [http.client.HTTPConnection("127.0.0.1", service.port, timeout=30) for _ in range(others + 1)]
    assert [is_closed_by(connection) for connection in kept].count(True) <= 1
    assert [is_closed_by(kept[0]) for _ in range(200)].count(True) == closed
    for connection in kept:
        connection.close()


def is_closed_by(connection: http.client.HTTPConnection) -> bool:
    connection.request("GET", "/healthz/")
    answer = connection.getresponse()
    assert answer.read() == b"ok\n"
    return answer.will_close


@contextmanager
def load_on(service: Service) -> Iterator[Counter[object]]:
    """What six clients get, by status or kind of error. Half of them keep their connections."""
    answers: Counter[object] = Counter()
    stop = Event()

    def call(*, keeps_connection: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        while not stop.is_set():
            try:
                connection.request("GET", "/healthz/")
                answer = connection.getresponse()
                answer.read()
                answers[answer.status] += 1
            except (OSError, http.client.HTTPException) as error:
                answers[type(error)] += 1
                connection.close()
            if not keeps_connection:
                connection.close()
        connection.close()

    clients = [Thread(target=call, kwargs={"keeps_connection": n % 2 == 0}) for n in range(6)]
    for client in clients:
        client.start()
    try:
        yield answers
    finally:
        stop.set()
        for client in clients:
            client.join()


def test_no_answer_is_lost_while_the_service_is_reloaded_and_while_workers_are_replaced():
    with service_of_its_own(None, 2) as running:
        running.start("--max-requests", "300", "--max-requests-jitter", "100")
        wait_until(running, lambda: running.serves() and len(running.workers()) == 2)
        first = set(running.workers())
        with load_on(running) as answers:
            running.master.send_signal(signal.SIGHUP)
            wait_until(running, lambda: not first & set(running.workers()))
            wait_until(running, lambda: running.log.read_text().count("Autorestarting worker") >= 2)
        assert set(answers) == {200}, answers


UNPRIVILEGED = """
import encodings.idna, os, runpy, socket
stop_listening = runpy.run_path("gunicorn.conf.py")["stop_listening"]
if os.getuid() == 0:
    os.setuid(65534)
listener = socket.create_server(("127.0.0.1", 0))
address = listener.getsockname()
stop_listening([listener])
try:
    socket.create_connection(address, timeout=5)
except ConnectionRefusedError:
    print("refused")
"""


def test_a_process_without_privileges_can_stop_listening_too():
    done = subprocess.run([sys.executable, "-c", UNPRIVILEGED], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("refused\n", "")
