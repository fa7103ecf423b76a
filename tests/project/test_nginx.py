"""deploy/nginx.conf before the real service: what is kept, for whom, and for how long."""

import http.client
import json
import logging
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from tests.listening import CHANGES, Listening
from tests.nginx import NGINX, nginx
from tests.service import Service, free_port, service_of_its_own

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt install nginx-light"),
]
READERS, PASSWORD = 4, "not-a-secret-9"
REQUESTS = int(os.environ.get("EDGE_REQUESTS") or 3_000)
PAGE, JSON = "text/html,application/xhtml+xml,*/*;q=0.8", "application/json"
ARTICLE = {"title": "The call", "text": "The minister said no. Nobody was there."}
RATES = ("THROTTLE_ANONYMOUS", "THROTTLE_USER", "THROTTLE_LOGIN")
logger = logging.getLogger(__name__)


@dataclass
class Got:
    status: int
    headers: Any
    body: bytes

    @property
    def cache(self) -> str | None:
        """None where nginx asked no cache."""
        return self.headers["X-Cache"]


class Edge:
    def __init__(self, service: Service, home: Path, access_log: Path):
        self.service, self.access_log, self.port = service, access_log, free_port()
        self.cache = home / "cache"

    def ask(self, address: str, method: str = "GET", body: str | None = None, **headers: str) -> Got:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, address, body, headers)
        with connection.getresponse() as answer:
            got = Got(answer.status, answer.headers, answer.read())
        connection.close()
        return got

    def write(self, address: str, body: Any) -> Any:
        own = {"Authorization": f"Bearer {self.service.token}", "If-Match": "*", "Content-Type": JSON}
        answer = self.ask(f"/api/v1/{address}", "POST", json.dumps(body), **own)
        assert answer.status in (200, 201), answer.body
        return json.loads(answer.body)

    def reached(self) -> int:
        """How many requests the service has answered."""
        return self.access_log.read_text().count("\n")

    def is_up(self) -> bool:
        try:
            return self.ask("/healthz/").status == 200
        except OSError:
            return False

    def wait_until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.service.log.read_text()
            time.sleep(0.1)


@pytest.fixture(scope="module")
def edge(tmp_path_factory) -> Iterator[Edge]:
    access_log = tmp_path_factory.mktemp("access") / "log"
    settings = {"PUBLIC_READ": "1", "TRUSTED_PROXIES": "1", "DEMO_PASSWORD": PASSWORD}
    settings |= {**dict.fromkeys(RATES, "1000000/sec"), "GUNICORN_ACCESS_LOG": str(access_log)}
    with service_of_its_own(None, 1, **settings) as service:
        (service.token,) = service.prepare('call_command("create_token", "alice")')
        service.start()
        service.start_streams()
        home = service.data_dir.parent / "nginx"
        edge = Edge(service, home, access_log)
        with nginx(home, edge.port, [service.port], service.stream_port):
            edge.wait_until(edge.is_up)
            yield edge


def publish(edge: Edge) -> tuple[int, int]:
    article = edge.write("articles/", ARTICLE)["id"]
    said = {"article": article, "quote_type": "narration", "start": 0, "end": 21}
    statement = edge.write("statements/", said)["id"]
    edge.write(f"articles/{article}/publish/", {"reason": "It is read."})
    return article, statement


def test_what_anonymous_readers_see_is_kept_whatever_cookies_they_have(edge):
    address = "/api/v1/articles/?page_size=3"
    first = edge.ask(address, Accept=JSON, Cookie="_ga=1")
    second = edge.ask(address, Accept=JSON, Cookie="_ga=2; csrftoken=x")
    assert (first.status, first.cache, second.cache) == (200, "MISS", "HIT")
    assert first.body == second.body
    assert edge.ask(address, "HEAD", Accept=JSON).cache == "HIT"
    known = {"If-None-Match": first.headers["ETag"]}
    assert edge.ask(address, Accept=JSON, **known).status == 304
    missing = [edge.ask("/api/v1/articles/424242/", Accept=JSON) for _ in range(2)]
    assert [(each.status, each.cache) for each in missing] == [(404, "MISS"), (404, "HIT")]


def test_what_an_answer_tells_of_another_request_is_not_sent(edge):
    asked = [edge.ask("/api/v1/sources/", **{"Accept": JSON, "X-Request-ID": name}) for name in ("a1", "b2")]
    assert [each.headers["X-Request-ID"] for each in asked] == ["a1", "b2"]
    for name in ("RateLimit", "RateLimit-Policy", "Surrogate-Key"):
        assert name not in asked[1].headers


def test_a_page_and_the_json_of_one_address_never_mix_nor_do_languages_or_encodings(edge):
    seen: dict[str, list[Got]] = {}
    wanted = {
        "page": {"Accept": PAGE},
        "another browser": {"Accept": "text/html,application/xml;q=0.9,*/*;q=0.7", "Accept-Language": "en-US,en;q=0.5"},
        "deutsch": {"Accept": PAGE, "Accept-Language": "de-AT,de;q=0.9,en;q=0.8"},
        "chosen": {"Accept": PAGE, "Accept-Language": "en", "Cookie": "_ga=1; django_language=de"},
        "json": {"Accept": JSON},
        "anything": {"Accept": "*/*"},
        "nothing": {},
        "html is last": {"Accept": "application/json, text/html;q=0.1"},
        "packed": {"Accept": JSON, "Accept-Encoding": "br, gzip"},
    }
    for _ in range(3):
        for name, headers in wanted.items():
            seen.setdefault(name, []).append(edge.ask("/api/v1/statements/6/", **headers))
    kinds = {name: got[0].headers["Content-Type"].partition(";")[0] for name, got in seen.items()}
    assert kinds == {
        **dict.fromkeys(("page", "another browser", "deutsch", "chosen"), "text/html"),
        **dict.fromkeys(("json", "anything", "nothing", "html is last", "packed"), JSON),
    }
    for got in seen.values():
        assert len({each.body for each in got}) == 1
        assert got[-1].cache == "HIT"
    assert {name: got[0].headers["Content-Language"] for name, got in seen.items() if kinds[name] == "text/html"} == {
        "page": "en-gb", "another browser": "en-gb", "deutsch": "de", "chosen": "de",
    }  # fmt: skip
    assert [seen[name][2].headers["Content-Encoding"] for name in ("packed", "json")] == ["gzip", None]


def test_who_is_signed_in_is_answered_by_the_service_and_nothing_of_it_is_kept(edge):
    address = "/api/v1/statements/5/"
    own = {"Accept": JSON, "Authorization": f"Bearer {edge.service.token}"}
    before = edge.reached()
    answers = [edge.ask(address, **own) for _ in range(3)]
    for nobody in ({"Authorization": "Bearer of-nobody"}, {"Cookie": "_ga=1; sessionid=of-nobody"}):
        answers += [edge.ask(address, Accept=JSON, **nobody) for _ in range(2)]
    assert [(each.status, each.cache) for each in answers] == [(200, None)] * 3 + [(401, None)] * 2 + [(200, None)] * 2
    edge.wait_until(lambda: edge.reached() >= before + 7, seconds=5)  # a former answer may be renewed meanwhile
    assert "tagged_by" in json.loads(answers[0].body)
    anonymous = [edge.ask(address, Accept=JSON) for _ in range(2)]
    assert [each.cache for each in anonymous] == ["MISS", "HIT"]
    assert all("tagged_by" not in json.loads(each.body) for each in anonymous)
    kept = [path.read_bytes() for path in edge.cache.rglob("*") if path.is_file()]
    assert any(address.encode() in each for each in kept)
    assert not any(b'"tagged_by"' in each for each in kept)


def test_somebody_can_log_in(edge):
    form = edge.ask("/login/", Accept=PAGE)
    cookie = SimpleCookie(form.headers["Set-Cookie"])["csrftoken"].value
    again = edge.ask("/login/", Accept=PAGE, Cookie=f"csrftoken={cookie}")  # in another tab
    assert (form.cache, again.cache) == (None, None)
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', form.body)[1].decode()
    body = f"csrfmiddlewaretoken={token}&username=alice&password={PASSWORD}"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={cookie}", "Accept": PAGE}
    answer = edge.ask("/login/", "POST", body, **headers, Origin="https://127.0.0.1")
    assert (answer.status, "sessionid=" in str(answer.headers)) == (302, True)


def test_what_is_withdrawn_is_gone_after_ten_seconds_and_what_is_published_is_there_after_six(edge):
    article, statement = publish(edge)
    often, seldom = f"/api/v1/articles/{article}/", f"/api/v1/statements/{statement}/"
    assert [edge.ask(each, Accept=JSON).status for each in (often, seldom)] == [200, 200]
    edge.write(f"articles/{article}/withdraw/", {"reason": "It was wrong."})
    began, seen = time.monotonic(), []
    while (elapsed := time.monotonic() - began) < 10:
        seen.append((edge.ask(often, Accept=JSON).status, elapsed))
        time.sleep(0.1)
    last = max(at for status, at in seen if status == 200)
    logger.info("Withdrawn: last seen after %.1f s", last)
    assert (seen[-1][0], {status for status, _ in seen}) == (404, {200, 404})
    # Nobody asked for this one meanwhile: the old answer is not shown once more.
    assert edge.ask(seldom, Accept=JSON).status == 404
    edge.write(f"articles/{article}/publish/", {"reason": "It was right."})
    edge.wait_until(lambda: edge.ask(often, Accept=JSON).status == 200, seconds=6.5)


def test_few_of_many_requests_reach_the_service(edge):
    api = [f"/api/v1/{each}/" for each in ("articles/1", "statements", "articles/777")]
    addresses = ["/articles/", "/sitemap.xml", *api]
    before, began = edge.reached(), time.monotonic()

    def read(reader: int) -> Counter[int]:
        connection, statuses = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=30), Counter[int]()
        for number in range(REQUESTS // READERS):
            address = addresses[(number + reader) % len(addresses)]
            connection.request("GET", address, headers={"Cookie": f"_ga={number}", "Accept": "*/*"})
            with connection.getresponse() as answer:
                statuses[answer.status] += 1
                answer.read()
        connection.close()
        return statuses

    with ThreadPoolExecutor(READERS) as pool:
        statuses = sum(pool.map(read, range(READERS)), Counter[int]())
    seconds = time.monotonic() - began
    through = edge.reached() - before
    logger.info("%s requests, %.0f a second; %s reached the service", REQUESTS, REQUESTS / seconds, through)
    assert statuses == {200: REQUESTS * 4 // 5, 404: REQUESTS // 5}
    assert through <= len(addresses) * (2 + seconds / 4)


def test_streams_are_not_held_back_and_static_files_are_kept_for_everybody(edge):
    edge.wait_until(lambda: edge.ask(f"{CHANGES}?after=nonsense").status == 400)
    listener = Listening(edge.port, CHANGES)
    assert listener.status == 200
    publish(edge)
    assert listener.event(seconds=5)["resource"] == "article"
    listener.close()
    files = [edge.ask("/static/desk/desk.css", Cookie=f"sessionid={n}") for n in range(2)]
    assert [(each.status, each.cache) for each in files] == [(200, "MISS"), (200, "HIT")]
