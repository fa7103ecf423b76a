"""The journal and the public changes as server-sent events, from the asynchronous process and from gunicorn."""

import http.client
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from itertools import count
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from django.test import Client

from factcheck.journal.stream.waiting import AT_MOST
from factcheck.postgres import embedded
from tests.listening import CHANGES, JOURNAL, Listening
from tests.service import Service, service_of_its_own

pytestmark = pytest.mark.server

PEOPLE = ["alice", "revoked", "expired", "inactive", "demoted", "promoted", "changed"]
PREPARE = f"""
from django.contrib.auth.models import Group, User
from factcheck.api.models import Token
for name in {PEOPLE}:
    user, _ = User.objects.get_or_create(username=name)
    if name != "alice":
        user.set_password("correct horse battery")
        user.save()
        user.groups.add(Group.objects.get(name="viewer"))
    print(Token.issue(user, name=name).key)
"""
names = (f"Source {n}" for n in count())


class Newsroom:
    """A service with both servers, its tokens by name, and its database."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.tokens = dict(zip(PEOPLE, service.prepare(PREPARE), strict=True))
        self.open: list[Listening] = []

    @property
    def ports(self) -> dict[str, int]:
        return {"asgi": self.service.stream_port, "gunicorn": self.service.port}

    def start(self) -> None:
        self.service.start()
        self.start_streams()
        wait_until(self.service.serves)

    def start_streams(self) -> None:
        self.service.start_streams("tests.impatient_streams:application")
        wait_until(lambda: self.answers(self.service.stream_port))

    def answers(self, port: int) -> bool:
        try:
            return self.ask("GET", "/healthz/", port=port)[0] == 200
        except OSError:
            return False

    def listen(self, address: str = JOURNAL, who: str = "alice", server: str = "asgi", **more: Any) -> Listening:
        self.open.append(Listening(self.ports[server], address, self.tokens.get(who, ""), **more))
        return self.open[-1]

    def ask(self, method: str, address: str, body: Any = None, port: int = 0, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.service.port, timeout=30)
        headers |= {"X-Forwarded-Proto": "https", "Authorization": f"Bearer {self.tokens['alice']}", "If-Match": "*"}
        connection.request(method, address, json.dumps(body), {**headers, "Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, json.loads(content) if content[:1] == b"{" else content

    def write(self, address: str, **body: Any) -> Any:
        status, row = self.ask("POST", f"/api/v1/{address}", body)
        assert status in (200, 201), row
        return row

    def source(self, **fields: Any) -> Any:
        return self.write("sources/", **{"name": next(names), "kind": "person", **fields})

    def sql(self, statement: str) -> None:
        settings = embedded.connection_settings(self.service.data_dir)
        with psycopg.connect(
            host=settings["HOST"], port=settings["PORT"], user=settings["USER"], dbname=settings["NAME"]
        ) as connection:
            connection.execute(statement)


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    settings = {"PUBLIC_READ": "1", "THROTTLE_ANONYMOUS": "1000000/sec", "MATCHING_MODEL": "none"}
    with service_of_its_own(None, 1, **settings) as service:
        made = Newsroom(service)
        made.start()
        yield made


@pytest.fixture(autouse=True)
def nobody_listens_any_more(newsroom: Newsroom) -> Iterator[None]:
    yield
    for each in newsroom.open:
        each.close()
    newsroom.open.clear()
    time.sleep(0.3)  # gunicorn's threads notice


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


BOTH = pytest.mark.parametrize("server", ["asgi", "gunicorn"])


@BOTH
def test_events_are_the_entries_of_the_list_in_its_order(newsroom, server):
    listening = newsroom.listen(server=server)
    headers = {name: listening.answer.headers[name] for name in ("Content-Type", "Cache-Control", "X-Accel-Buffering")}
    assert headers == {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    opening = listening.block()
    made = [newsroom.source()["id"] for _ in range(5)]
    blocks = [listening.block() for _ in range(5)]
    listed = newsroom.ask("GET", f"/api/v1/journal/?after={opening['id']}")[1]
    assert opening == {"retry": "2000", "id": opening["id"]}
    assert [json.loads(block["data"]) for block in blocks] == listed["results"]
    assert [entry["resource_id"] for entry in listed["results"]] == made
    assert listening.last_id == listed["cursor"]
    assert set(blocks[0]) == {"id", "data"}  # without a name, so that EventSource.onmessage hears it


@BOTH
def test_a_stream_goes_on_behind_the_last_event_and_the_header_comes_before_the_address(newsroom, server):
    first = newsroom.listen(server=server)
    first.block()
    made = [newsroom.source()["id"]]
    assert first.event()["resource_id"] == made[0]
    start = first.last_id
    first.close()
    made = [newsroom.source()["id"] for _ in range(3)]
    address = f"{JOURNAL}?after=0-0&resource=source"
    again = newsroom.listen(address, server=server, **{"Last-Event-ID": start})
    assert [again.event()["resource_id"] for _ in range(3)] == made
    made.append(newsroom.source()["id"])
    assert again.event()["resource_id"] == made[3]
    by_address = newsroom.listen(f"{JOURNAL}?after={start}", server=server)
    assert [by_address.event()["resource_id"] for _ in range(4)] == made


@BOTH
def test_the_whole_journal_can_be_heard_from_its_beginning(newsroom, server):
    listed = newsroom.ask("GET", "/api/v1/journal/?page_size=200")[1]["results"]
    for start in ("0-0", ""):
        listening = newsroom.listen(f"{JOURNAL}?after={start}", server=server)
        assert [listening.event()["id"] for _ in listed] == [
            entry["id"] for entry in listed if entry["resource"] != "user"
        ]
        listening.close()


@BOTH
@pytest.mark.parametrize(
    ("query", "header", "status", "detail"),
    [
        ("?after=nonsense", "", 400, "after: This is not a cursor. Take it from `cursor` of an earlier answer."),
        ("", "12", 400, "Last-Event-ID: This is not the id of an event. Leave it out to begin now."),
        ("", "now", 400, "Last-Event-ID: This is not the id of an event. Leave it out to begin now."),
        ("?after=1-1", "", 410, "This cursor is of an entry that the journal does not have."),
        ("", "1-1", 410, "This cursor is of an entry that the journal does not have."),
        ("?page_size=2", "", 400, "page_size: There is no such filter here."),
        ("?article=x", "", 400, "A filter is not valid."),
    ],
)
def test_what_is_wrong_is_a_problem(newsroom, server, query, header, status, detail):
    for address in (JOURNAL, CHANGES):
        answer = newsroom.listen(f"{address}{query}", server=server, **({"Last-Event-ID": header} if header else {}))
        assert (answer.status, answer.answer.headers["Content-Type"]) == (status, "application/problem+json")
        assert answer.problem()["detail"].startswith(detail)


@BOTH
def test_a_journal_whose_epoch_is_not_confirmed_is_503(newsroom, server):
    newsroom.sql("UPDATE journal_epoch SET confirmed = false")
    try:
        answer = newsroom.listen(server=server)
        assert (answer.status, answer.answer.headers["Retry-After"]) == (503, "30")
    finally:
        newsroom.sql("UPDATE journal_epoch SET confirmed = true")


def test_streams_end_where_the_epoch_has_to_be_confirmed(newsroom):
    listening = newsroom.listen()
    listening.block()
    newsroom.sql("UPDATE journal_epoch SET confirmed = false")
    try:
        assert listening.event() is None
    finally:
        newsroom.sql("UPDATE journal_epoch SET confirmed = true")


@BOTH
def test_filters_are_those_of_the_list(newsroom, server):
    article = newsroom.write("articles/", title="A report", text="The minister said no.")
    listening = newsroom.listen(f"{JOURNAL}?article={article['id']}&resource=article&actor=1", server=server)
    listening.block()
    newsroom.write("notes/", article=article["id"], text="Ask again.")
    other = newsroom.write("articles/", title="Another", text="The minister said yes.")
    newsroom.ask("PATCH", f"/api/v1/articles/{other['id']}/", {"title": "B"})
    newsroom.ask("PATCH", f"/api/v1/articles/{article['id']}/", {"title": "C"})
    found = listening.event()
    assert (found["action"], found["data"]["title"]) == ("article.updated", "C")


def test_comments_keep_a_quiet_stream_open(newsroom):
    listening = newsroom.listen()
    listening.block()
    assert listening.block() == listening.block() == {"comment": "the connection is open"}


ENDINGS = {
    "revoked": "DELETE FROM api_token WHERE name = 'revoked'",
    "expired": "UPDATE api_token SET expiry = now() WHERE name = 'expired'",
    "inactive": "UPDATE auth_user SET is_active = false WHERE username = 'inactive'",
    "demoted": "DELETE FROM auth_user_groups WHERE user_id = (SELECT id FROM auth_user WHERE username = 'demoted')",
}


@pytest.mark.parametrize("who", ENDINGS)
def test_a_stream_ends_with_the_access(newsroom, who):
    quiet, told = newsroom.listen(who=who), newsroom.listen(who=who, server="gunicorn")
    quiet.block(), told.block()
    newsroom.sql(ENDINGS[who])
    assert [quiet.event(), newsroom.listen(who=who).status] == [None, 403 if who == "demoted" else 401]
    newsroom.source()
    assert told.event() is None


@BOTH
def test_a_session_can_listen_until_its_password_is_changed_or_it_is_logged_out(newsroom, server):
    for ending in (
        "DELETE FROM api_session WHERE user_id = (SELECT id FROM auth_user WHERE username = 'changed')",
        "UPDATE auth_user SET password = password || 'x' WHERE username = 'changed'",
    ):
        listening = newsroom.listen(who="", server=server, Cookie=log_in(newsroom, "changed"))
        assert listening.block()["retry"] == "2000"
        seen = newsroom.source()
        assert listening.event()["resource_id"] == seen["id"]
        newsroom.sql(ending)
        newsroom.source()
        assert listening.event() is None
    newsroom.sql("UPDATE auth_user SET password = left(password, -1) WHERE username = 'changed'")


def log_in(newsroom: Newsroom, name: str) -> str:
    """The cookies of a browser."""
    connection = http.client.HTTPConnection("127.0.0.1", newsroom.service.port, timeout=30)
    secure = {"X-Forwarded-Proto": "https", "Referer": "https://127.0.0.1/", "Host": "127.0.0.1"}
    connection.request("GET", "/login/", headers=secure)
    answer = connection.getresponse()
    answer.read()
    token = cookies_of(answer)["csrftoken"]
    form = f"username={name}&password=correct+horse+battery&csrfmiddlewaretoken={token}"
    headers = {**secure, "Cookie": f"csrftoken={token}", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login/", form, headers)
    answer = connection.getresponse()
    answer.read()
    return f"sessionid={cookies_of(answer)['sessionid']}"


def cookies_of(answer: http.client.HTTPResponse) -> dict[str, str]:
    given = (line.partition(";")[0].partition("=") for line in answer.headers.get_all("Set-Cookie") or ())
    return {name: value for name, _, value in given}


@BOTH
def test_who_becomes_an_admin_hears_of_users_from_then_on(newsroom, server):
    listening = newsroom.listen(f"{JOURNAL}?resource=user", "promoted", server)
    listening.block()
    group = "UPDATE auth_user_groups SET group_id = (SELECT id FROM auth_group WHERE name = '{}') WHERE user_id = "
    promoted = "(SELECT id FROM auth_user WHERE username = 'promoted')"
    newsroom.sql("UPDATE auth_user SET first_name = 'Hidden' WHERE username = 'promoted'")
    newsroom.sql(group.format("admin") + promoted)
    newsroom.sql("UPDATE auth_user SET first_name = 'Shown' WHERE username = 'promoted'")
    heard = [listening.event()]
    while heard[-1]["data"].get("first_name") != "Shown":
        heard.append(listening.event())
    assert "Hidden" not in [entry["data"]["first_name"] for entry in heard if entry["action"] == "user.created"]
    newsroom.sql(group.format("viewer") + promoted)


@BOTH
def test_strangers_hear_of_an_article_while_it_is_published(newsroom, server):
    text = "The minister said no. The minister said yes."
    articles = [newsroom.write("articles/", title=title, text=text)["id"] for title in "ABC"]
    listening = newsroom.listen(CHANGES, "", server)
    of_one = newsroom.listen(f"{CHANGES}?article={articles[1]}", "", server)
    assert set(listening.block()) == {"retry", "id"}
    of_one.block()
    for article in articles[:2]:
        newsroom.write(f"articles/{article}/publish/", reason="It is edited.")

    def tag(article: int, passage: tuple[int, int]) -> None:
        row = newsroom.write("statements/", article=article, quote_type="narration", start=passage[0], end=passage[1])
        newsroom.write(f"statements/{row['id']}/tag/", tag="denied", reason="She denies it.")

    for article in articles:
        tag(article, (0, 21))
    heard = [listening.event() for _ in range(6)]
    newsroom.write(f"articles/{articles[0]}/withdraw/", reason="It is wrong.")
    for article in articles:
        tag(article, (22, 44))
    heard += [listening.event() for _ in range(2)]
    acts = ["article.published", "statement.created", "statement.tagged"]
    assert [(entry["article"], entry["action"]) for entry in heard] == [
        (articles[0], "article.published"), (articles[1], "article.published"),
        (articles[0], "statement.created"), (articles[0], "statement.tagged"),
        (articles[1], "statement.created"), (articles[1], "statement.tagged"),
        (articles[1], "statement.created"), (articles[1], "statement.tagged"),
    ]  # fmt: skip
    assert set(heard[0]) == {"id", "at", "action", "resource", "resource_id", "version", "article"}
    assert [of_one.event()["action"] for _ in range(5)] == [*acts, *acts[1:]]


@BOTH
def test_what_strangers_missed_is_judged_when_they_connect(newsroom, server):
    kept_open = newsroom.listen(CHANGES, "", server)
    kept_open.block()

    def publish(title: str) -> int:
        article = newsroom.write("articles/", title=title, text="The minister said no.")["id"]
        newsroom.write(f"articles/{article}/publish/", reason="It is edited.")
        assert kept_open.event()["article"] == article
        return article

    publish("D")
    last, withdrawn = kept_open.last_id, publish("E")
    newsroom.write(f"articles/{withdrawn}/withdraw/", reason="It is wrong.")
    late = newsroom.listen(CHANGES, "", server, **{"Last-Event-ID": last})
    assert set(late.block()) == {"retry", "id"}
    published = publish("F")
    assert late.event()["article"] == published


def test_nothing_is_skipped_or_repeated_though_the_server_is_killed(newsroom):
    listening = newsroom.listen(f"{JOURNAL}?resource=source")
    start = listening.block()["id"]
    is_done = Event()
    made: list[int] = []
    heard: list[int] = []

    def write() -> None:
        while not is_done.is_set():
            made.append(newsroom.source()["id"])
            time.sleep(0.01)

    writing = Thread(target=write)
    writing.start()
    for _ in range(3):
        heard += [listening.event()["resource_id"] for _ in range(5)]
        newsroom.service.streams.kill()
        newsroom.service.streams.wait()
        while event := listening.event():
            heard.append(event["resource_id"])
        newsroom.start_streams()
        listening = newsroom.listen(f"{JOURNAL}?resource=source", **{"Last-Event-ID": listening.last_id or start})
    is_done.set()
    writing.join()
    while len(heard) < len(made):
        heard.append(listening.event()["resource_id"])
    assert heard == made


def test_who_does_not_read_is_dropped_and_can_go_on_while_others_hear_everything(newsroom):
    slow, quick = newsroom.listen(receive_buffer=4096), newsroom.listen()
    quick.block()
    assert slow.answer.readline() == b"retry: 2000\n"
    start = slow.answer.readline().decode().removeprefix("id: ").strip()
    made = [newsroom.source(description="\U0001f600" * 10_000)["id"] for _ in range(150)]  # more than buffers hold
    assert [quick.event()["resource_id"] for _ in made] == made
    wait_until(lambda: "A listener that was too slow was dropped" in newsroom.service.log.read_text())
    with pytest.raises((OSError, http.client.HTTPException)):
        slow.answer.read()
    again = newsroom.listen(**{"Last-Event-ID": start})
    assert [again.event()["resource_id"] for _ in made] == made


def test_gunicorn_keeps_threads_for_requests_and_makes_room_when_a_listener_goes(newsroom):
    listening = [newsroom.listen(server="gunicorn") for _ in range(AT_MOST)]
    refused = newsroom.listen(server="gunicorn")
    assert (refused.status, refused.answer.headers["Retry-After"]) == (503, "30")
    assert refused.problem()["detail"] == "As many streams are open here as can be. Read the list from time to time."
    assert newsroom.ask("HEAD", JOURNAL)[0] == 503
    listening[0].close()
    wait_until(lambda: newsroom.ask("HEAD", JOURNAL)[0] == 200, 2)
    assert newsroom.ask("HEAD", JOURNAL)[0] == 200  # which leaves the room to others


def test_streams_end_at_once_with_their_server_and_go_on_with_its_successor(newsroom):
    listening = [newsroom.listen(), newsroom.listen(server="gunicorn")]
    [each.block() for each in listening]
    began = time.monotonic()
    newsroom.service.streams.terminate()
    newsroom.service.streams.wait()
    worker = newsroom.service.workers()
    newsroom.service.master.send_signal(signal.SIGHUP)
    assert [each.event() for each in listening] == [None, None]
    assert time.monotonic() - began < 4
    wait_until(lambda: set(newsroom.service.workers()).isdisjoint(worker))
    made = newsroom.source()["id"]
    newsroom.start_streams()
    for server, each in zip(("asgi", "gunicorn"), listening, strict=True):
        again = newsroom.listen(server=server, **{"Last-Event-ID": each.last_id})
        assert again.event()["resource_id"] == made


def test_streams_outlive_a_crash_of_the_database(newsroom):
    listening = newsroom.listen()
    listening.block()

    os.kill(newsroom.service.postmaster(), signal.SIGKILL)
    wait_until(lambda: newsroom.answers(newsroom.service.port))
    made = newsroom.source()["id"]
    assert listening.event(30)["resource_id"] == made


def test_without_public_reads_the_public_stream_is_401(db):
    assert Client().get(CHANGES).status_code == Client().get(JOURNAL).status_code == 401
