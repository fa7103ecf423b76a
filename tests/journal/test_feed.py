"""The journal as a feed: a reader that continues from its cursor sees every entry once, even if commits overlap."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connections, transaction
from rest_framework.test import APIClient

from claims import services
from factcheck.api.models import Token
from factcheck.journal.models import Entry
from factcheck.journal.services import record
from sources.models import Source
from sources.services import create_source

pytestmark = pytest.mark.django_db(transaction=True)

FEED = "/api/v1/journal/"
WRITERS, ENTRIES = 8, 20_000
TIMEOUT = 30  # seconds


@pytest.fixture
def alice(db: None) -> User:
    user = User.objects.create_user("alice")
    user.groups.add(Group.objects.get_or_create(name="viewer")[0])
    return user


@pytest.fixture
def api(alice: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Token " + Token.issue(alice, name="feed").key)
    return client


def read(api: APIClient, after: str = "0-0", page_size: int = 200) -> Any:
    answer = api.get(FEED, {"after": after, "page_size": page_size})
    assert answer.status_code == 200, answer.content
    return answer.json()


def read_when_there(api: APIClient, after: str, count: int) -> Any:
    """The page when it has `count` entries: transactions of the server itself can hold them back for a moment."""
    deadline = time.monotonic() + TIMEOUT
    while len((page := read(api, after))["results"]) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    return page


def names(page: Any) -> list[str]:
    return [entry["data"]["name"] for entry in page["results"]]


def entries() -> Any:
    """Those that a viewer may read."""
    return Entry.objects.exclude(resource="user")


def add(actor: User, name: str) -> int:
    return create_source(actor=actor, name=name, kind="person").pk


def on_a_connection_of_its_own(work: Any, *arguments: Any) -> Any:
    """Runs `work` in a thread without the connection pool, which has fewer connections than the tests have threads."""
    own = connections["default"].copy()
    own.settings_dict["OPTIONS"].pop("pool", None)
    connections["default"] = own
    try:
        return work(*arguments)
    finally:
        own.close()


# Many writers


class Undone(Exception):
    """Rolls a transaction back, as an error in a request does."""


def write(number: int, share: int, actor: User) -> list[int]:
    """Adds `share` sources in transactions of up to 19, each open for a while. Returns the committed ids."""
    dice, committed = random.Random(number), []
    while len(committed) < share:
        size = min(dice.randint(1, 19), share - len(committed))
        with suppress(Undone), transaction.atomic():
            made = [add(actor, f"Writer {number}")]
            time.sleep(dice.uniform(0, 0.005))  # lets other writers add entries between the first one and the rest
            rows = Source.objects.bulk_create(Source(name=f"Writer {number}", kind="person") for _ in range(size - 1))
            record(rows, action="source.created", actor=actor)
            time.sleep(dice.uniform(0, 0.02))
            if dice.random() < 0.05:
                raise Undone
            committed += made + [row.pk for row in rows]
    return committed


def follow(api: APIClient, writers: list[Future[Any]]) -> list[Any]:
    """Polls the feed as an API client would, until after the last commit."""
    entries: list[Any] = []
    cursor, deadline = "0-0", time.monotonic() + TIMEOUT
    while True:
        finished = all(writer.done() for writer in writers)
        page = read(api, cursor)
        entries, cursor = entries + page["results"], page["cursor"]
        if finished and (len(entries) >= ENTRIES or time.monotonic() > deadline) and not page["results"]:
            return entries
        if not page["results"]:
            time.sleep(0.02)


def follow_by_id(writers: list[Future[Any]]) -> list[int]:
    """The naive reader, which ignores overlapping commits: it continues from the last entry's id."""
    ids: list[int] = []
    while True:
        finished = all(writer.done() for writer in writers)
        page = list(entries().filter(pk__gt=ids[-1] if ids else 0).order_by("pk").values_list("pk", flat=True)[:200])
        ids += page
        if finished and not page:
            return ids
        if not page:
            time.sleep(0.02)


def test_a_reader_of_the_feed_sees_every_entry_once_in_a_lasting_order(api: APIClient, alice: User) -> None:
    with ThreadPoolExecutor(WRITERS + 1) as threads:
        share = ENTRIES // WRITERS
        writers = [threads.submit(on_a_connection_of_its_own, write, n, share, alice) for n in range(WRITERS)]
        by_id = threads.submit(on_a_connection_of_its_own, follow_by_id, writers)
        seen = follow(api, writers)
        written = [row_id for writer in writers for row_id in writer.result()]
        missed = ENTRIES - len(by_id.result())
    assert len(written) == entries().count() == ENTRIES
    assert sorted(entry["resource_id"] for entry in seen) == sorted(written)
    # How many the naive reader misses is chance, so it is not asserted. A test below has a certain case. See: pytest -s
    print(f"\nOf {ENTRIES} entries the feed missed none, and a reader by id {missed}.")  # noqa: T201

    again, address = [], f"{FEED}?page_size=200"
    while address:
        page = api.get(address).json()
        again, address = again + page["results"], page["next"]
    assert again == seen


# One open transaction


@contextmanager
def open_transaction(actor: User, ending: str) -> Iterator[Any]:
    """A transaction on another connection, which has written "Slow". It yields a function, which writes "Slow too" and
    ends the transaction.
    """
    has_written, may_end = Event(), Event()

    def write_and_wait() -> None:
        with suppress(Undone), transaction.atomic():
            add(actor, "Slow")
            has_written.set()
            assert may_end.wait(TIMEOUT)
            add(actor, "Slow too")
            if ending == "rollback":
                raise Undone

    with ThreadPoolExecutor(1) as threads:
        thread = threads.submit(on_a_connection_of_its_own, write_and_wait)

        def end() -> None:
            may_end.set()
            thread.result()

        try:
            assert has_written.wait(TIMEOUT)
            yield end
        finally:
            end()


@pytest.mark.parametrize(("ending", "first"), [("commit", ["Slow", "Slow too"]), ("rollback", [])])
def test_an_open_transaction_holds_back_the_entries_of_later_ones(
    api: APIClient, alice: User, ending: str, first: list[str]
) -> None:
    add(alice, "Before")
    cursor = read_when_there(api, "0-0", 1)["cursor"]
    with open_transaction(alice, ending) as end:
        add(alice, "Quick")
        waiting = read(api, cursor)
        assert (waiting["results"], waiting["next"], waiting["cursor"]) == ([], None, cursor)
        end()
    assert names(read_when_there(api, cursor, len(first) + 1)) == [*first, "Quick"]


def test_a_reader_by_id_passes_by_what_an_older_transaction_commits_later(alice: User) -> None:
    with open_transaction(alice, "commit") as end:
        quick = Entry.objects.get(resource_id=add(alice, "Quick"))
        end()
    later = Entry.objects.filter(pk__gt=quick.pk).values_list("data__name", flat=True)
    assert (list(later), entries().count()) == (["Slow too"], 3)


@pytest.mark.parametrize("names", [(), ("resource",), ("article",), ("actor",), ("resource", "article", "actor")])
def test_with_any_filter_the_feed_runs_from_the_oldest_entry_to_the_newest(
    api: APIClient, alice: User, names: tuple[str, ...]
) -> None:
    bob = User.objects.create_user("bob")
    articles = [services.create_article(actor=alice, title=title, text="He said no.") for title in "AB"]
    for article, actor in [(article, actor) for article in articles for actor in (alice, bob, alice)]:
        services.create_statement(article=article, actor=actor, quote_type="narration", start=0, end=11)
    filters = {"resource": "statement", "article": articles[1].pk, "actor": alice.pk}
    chosen = {name: filters[name] for name in names}
    expected = [
        entry["id"]
        for entry in read_when_there(api, "0-0", 8)["results"]
        if ("resource" not in chosen or entry["resource"] == "statement")
        and ("article" not in chosen or entry["article"] == chosen["article"])
        and ("actor" not in chosen or entry["actor"]["id"] == alice.pk)
    ]
    assert expected == sorted(expected)
    seen, cursor = [], "0-0"
    while page := api.get(FEED, {**chosen, "after": cursor, "page_size": 1}).json()["results"]:
        seen += [entry["id"] for entry in page]
        cursor = f"{Entry.objects.get(pk=seen[-1]).transaction}-{seen[-1]}"
    assert seen == expected


# Cursors


def test_the_cursor_of_an_empty_answer_stays_valid(api: APIClient, alice: User) -> None:
    nothing_yet = read(api)
    assert (nothing_yet["results"], nothing_yet["next"]) == ([], None)
    add(alice, "First")
    first = read_when_there(api, nothing_yet["cursor"], 1)
    nothing_new = read(api, first["cursor"])
    assert (names(first), nothing_new["results"], nothing_new["cursor"]) == (["First"], [], first["cursor"])
    add(alice, "Second")
    assert names(read_when_there(api, nothing_new["cursor"], 1)) == ["Second"]


def test_a_cursor_may_stand_within_a_transaction(api: APIClient, alice: User) -> None:
    with transaction.atomic():
        for name in "ABC":
            add(alice, name)
    read_when_there(api, "0-0", 3)
    first = read(api, page_size=2)
    assert (names(first), names(read(api, first["cursor"]))) == (["A", "B"], ["C"])
    assert names(api.get(first["next"]).json()) == ["C"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "after",
    [
        "x",
        "1",
        "1-",
        "-1",
        "1-2-3",
        "1.5-2",
        "+1-2",
        " 1-2",
        "1-2\n",
        "\u0661-\u0662",
        "0x1-2",
        "1-" + "9" * 19,
        "1-2\0",
    ],
)
def test_what_is_no_cursor_is_refused_by_name(api: APIClient, after: str) -> None:
    answer = api.get(FEED, {"after": after})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["?after"]
