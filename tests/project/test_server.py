"""What only the real server shows: HEAD on the wire, and what it logs."""

import http.client
import time
from collections.abc import Iterator

import pytest

from tests.service import Service, service_of_its_own

pytestmark = pytest.mark.server
ADDRESSES = [
    "/", "/search/?q=Biden", "/login/", "/healthz/", "/nowhere/", "/static/desk/desk.css", "/static/nowhere.css",
    "/admin/", "/api/v1/", "/api/v1/articles/", "/api/v1/articles/1/", "/api/v1/articles", "/api/v1/articles/999/",
    "/api/v1/articles/?nonsense=1", "/api/v1/statements/export/?format=csv", "/api/v1/feeds/changes.atom",
    "/api/v1/schema/", "/api/v1/docs/", "/api/v1/statements/bulk/",
]  # fmt: skip
OF_ONE_ANSWER = {"Date", "Set-Cookie", "Transfer-Encoding"}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with service_of_its_own(None, 1, PUBLIC_READ="1", THROTTLE_ANONYMOUS="1000000/sec") as running:
        (running.token,) = running.prepare('call_command("create_token", "alice")')
        running.start()
        deadline = time.monotonic() + 60
        while not running.serves():
            assert time.monotonic() < deadline, running.log.read_text()
            time.sleep(0.1)
        yield running


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
