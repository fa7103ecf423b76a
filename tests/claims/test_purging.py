"""The follower `purge`: which keys a cache is told to forget, until it has accepted them."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from claims import purging, services
from claims.followers import followers_in_use
from claims.purging import Purging, keys_of
from factcheck.errors import Unavailable
from factcheck.journal.followers import LeftOut, lags
from factcheck.journal.models import Entry
from sources.services import create_source, update_source
from tests.service import ROOT

FOLLOW = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.db import connection
connection.settings_dict["NAME"], settings.PURGE_URL = sys.argv[1:]
call_command("follow", "purge")
"""


class Handler(BaseHTTPRequestHandler):
    def do_PURGE(self):
        self.server.asked.append((self.path, self.headers["Surrogate-Key"]))
        status = self.server.answer()
        if status:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def cache(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.answer = [], lambda: 200
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    settings.PURGE_URL = f"http://127.0.0.1:{server.server_address[1]}/edge?all=1"
    yield server
    server.shutdown()
    server.server_close()


def set_status(article, status, alice):
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status=status, reason="Read.")


def made(actor, title="Another", source=None):
    """A published article with one statement."""
    article = services.create_article(actor=actor, title=title, text="It is so.")
    kind = {"source": source} if source else {"quote_type": "narration"}
    statement = services.create_statement(article=article, actor=actor, start=0, end=5, **kind)
    set_status(article, "published", actor)
    return article, statement


def keys_since(last):
    return keys_of(Entry.objects.filter(pk__gt=last).order_by("transaction", "id"))


def newest():
    return Entry.objects.latest("id").pk


def follow():
    call_command("follow", "purge", once=True)


def keys_of_public_answers(*addresses):
    found = [Client().get(address, headers={"Accept": "*/*"}) for address in addresses]
    assert {each["Cache-Control"].partition(",")[0] for each in found} == {"public"}
    return [each["Surrogate-Key"] for each in found]


@pytest.mark.django_db
def test_each_public_answer_has_keys_by_which_one_write_purges_it(settings, alice, minister):
    settings.PUBLIC_READ = True
    article, statement = made(alice, source=minister)
    one, lists = f"article-{article.pk} all", "lists all"
    dispute = services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")
    of_article = (
        f"/api/v1/articles/{article.pk}/", f"/api/v1/articles/{article.pk}/webannotations/",
        f"/api/v1/articles/{article.pk}/changes.atom", f"/api/v1/statements/{statement.pk}/",
        f"/articles/{article.pk}-another/", f"/statements/{statement.pk}-it-is/", f"/embed/articles/{article.pk}/",
        f"/articles/{article.pk}/", f"/statements/{statement.pk}/",
    )  # fmt: skip
    assert keys_of_public_answers(*of_article) == [one] * len(of_article)
    of_several = (
        "/", "/articles/", f"/sources/{minister.pk}-the-minister/", "/sitemap.xml", "/api/v1/statements/",
        f"/api/v1/sources/{minister.pk}/", f"/api/v1/disputes/{dispute.pk}/", "/api/v1/feeds/changes.atom",
        "/api/v1/statements/export/?format=jsonl", "/api/v1/statements/99999/", f"/sources/{minister.pk}/",
    )  # fmt: skip
    assert keys_of_public_answers(*of_several) == [lists] * len(of_several)


@pytest.mark.django_db
def test_a_passage_cannot_take_the_place_of_the_article_in_the_keys(settings, alice):
    settings.PUBLIC_READ = True
    article = services.create_article(actor=alice, title="Odd", text='So "article":77 it is.')
    said = services.create_statement(article=article, actor=alice, quote_type="narration", start=0, end=21)
    set_status(article, "published", alice)
    assert keys_of_public_answers(f"/api/v1/statements/{said.pk}/") == [f"article-{article.pk} all"]


@pytest.mark.django_db
def test_a_write_in_a_published_article_purges_it_and_lists_and_one_in_a_draft_nothing(alice, article, statement):
    assert keys_since(0) == set()
    keys, last = {"lists", f"article-{article.pk}"}, newest()
    set_status(article, "published", alice)
    assert keys_since(last) == keys
    last = newest()
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="He denies it.")
    assert keys_since(last) == keys
    last = newest()
    services.create_evidence(actor=alice, statement=statement, stance="context", url="https://a.example/")
    assert keys_since(last) == keys
    last = newest()
    services.create_note(actor=alice, article=article, text="Ask again.")
    create_source(actor=alice, name="Nobody", kind="person")
    assert keys_since(last) == set()
    set_status(article, "withdrawn", alice)
    assert keys_since(last) == keys


@pytest.mark.django_db
def test_a_source_purges_the_published_articles_that_name_it_or_a_part_of_it(alice, minister, monkeypatch):
    office = create_source(actor=alice, name="The office", kind="organization")
    update_source(source_id=minister.pk, versions=None, actor=alice, part_of=office)
    said, _ = made(alice, "Said", source=minister)
    _, statement = made(alice, "Disputed")
    services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")
    relayed = services.create_article(actor=alice, title="Relayed", text="It is so.")
    other = create_source(actor=alice, name="Other", kind="person")
    services.create_statement(article=relayed, actor=alice, source=other, via=[minister], start=0, end=5)
    set_status(relayed, "published", alice)
    published = services.create_article(actor=alice, title="Out", text="So.", publisher=minister)
    set_status(published, "published", alice)
    made(alice, "Of others")
    draft = services.create_article(actor=alice, title="Draft", text="It is so.")
    services.create_statement(article=draft, actor=alice, source=minister, start=0, end=5)
    named = {f"article-{each}" for each in (said.pk, statement.article_id, relayed.pk, published.pk)} | {"lists"}
    for source in (minister, office):
        last = newest()
        update_source(source_id=source.pk, versions=None, actor=alice, description="Speaks.")
        assert keys_since(last) == named
    monkeypatch.setattr(purging, "MAX_ARTICLES", 3)
    assert keys_since(last) == {"all"}


@pytest.mark.django_db
def test_a_dispute_across_articles_purges_both(alice, minister):
    (here, statement), (there, counter) = made(alice, "Here"), made(alice, "There")
    services.open_dispute(
        actor=alice, statement=statement, raised_by=minister, counter_statement=counter, kind="denial"
    )
    for article in (here, there):
        last = newest()
        set_status(article, "withdrawn", alice)
        assert keys_since(last) == {"lists", f"article-{here.pk}", f"article-{there.pk}"}
        set_status(article, "published", alice)


@pytest.mark.django_db(transaction=True)
def test_the_keys_are_sent_in_batches_and_only_once(alice, cache, monkeypatch):
    monkeypatch.setattr(purging, "KEYS", 2)
    articles = [made(alice)[0].pk for _ in range(3)]
    follow()
    keys = sorted(["lists", *(f"article-{each}" for each in articles)])
    assert cache.asked == [("/edge?all=1", " ".join(keys[:2])), ("/edge?all=1", " ".join(keys[2:]))]
    follow()
    assert len(cache.asked) == 2
    assert (lags(["purge"])[0].entries, followers_in_use()[-1]) == (0, "purge")


@pytest.mark.django_db(transaction=True)
def test_far_behind_it_purges_everything_at_once(alice, cache, monkeypatch):
    monkeypatch.setattr(Purging, "batch", 4)
    made(alice)
    follow()
    assert cache.asked[0] == ("/edge?all=1", "all")
    assert lags(["purge"])[0].entries == 0


@pytest.mark.django_db(transaction=True)
def test_what_a_cache_refuses_is_sent_again_later_and_later_until_it_accepts(alice, cache, monkeypatch):
    article, _ = made(alice)
    clock, answers = [1000.0], iter([503, 302, 0, 200])
    monkeypatch.setattr(purging.time, "monotonic", lambda: clock[0])
    cache.answer = lambda: next(answers)
    follower = Purging()
    follower.prepare()
    entries, told, pauses = list(Entry.objects.order_by("id")), [], []
    while True:
        try:
            follower.follow(entries)
            break
        except Unavailable as error:
            told.append(str(error).rpartition(": ")[2])
            pauses.append(round(follower.again_at - clock[0], 3))
            asked = len(cache.asked)
            with pytest.raises(Unavailable):
                follower.follow(entries)
            assert len(cache.asked) == asked  # not before its time
            clock[0] = follower.again_at
    assert told == ["it answered 503.", "it answered 302.", "Remote end closed connection without response."]
    assert pauses == [1, 2, 4]
    assert cache.asked == [("/edge?all=1", f"article-{article.pk} lists")] * 4
    assert (follower.failures, lags(["purge"])[0].entries > 0) == (0, True)


@pytest.mark.django_db(transaction=True)
def test_one_that_is_killed_before_it_hears_the_answer_sends_it_again(alice, cache, settings):
    article, _ = made(alice)
    command = [sys.executable, "-c", FOLLOW, connection.settings_dict["NAME"], settings.PURGE_URL]
    running = []

    def kill():
        running[0].kill()
        running[0].wait()
        return 200

    cache.answer = kill
    running.append(subprocess.Popen(command, cwd=ROOT))
    assert running[0].wait(60) < 0
    cache.answer = lambda: 200
    follow()
    assert cache.asked == [("/edge?all=1", f"article-{article.pk} lists")] * 2
    assert lags(["purge"])[0].entries == 0


@pytest.mark.django_db(transaction=True)
def test_a_cache_that_is_not_there_is_told_of_and_nothing_is_lost(alice, cache, settings):
    made(alice)
    cache.answer = lambda: 500
    with pytest.raises(CommandError, match=r"The cache at http://127\.0\.0\.1:\d+/edge\?all=1 cannot be purged: it "):
        follow()
    cache.answer = lambda: 204
    follow()
    assert len(cache.asked) == 2
    settings.PURGE_URL = "http://nowhere.invalid/"
    made(alice)
    with pytest.raises(CommandError, match="there is no such server"):
        follow()


@pytest.mark.parametrize("address", ["varnish:6081", "ftp://varnish/", "http://me:secret@varnish/", "/purge"])
def test_an_address_that_cannot_be_one_is_refused_and_its_password_not_told(settings, address):
    settings.PURGE_URL = address
    with pytest.raises(ImproperlyConfigured, match=r"^PURGE_URL must be an http:// or https:// address") as refused:
        Purging().prepare()
    assert "secret" not in str(refused.value)
    settings.PURGE_URL = ""
    with pytest.raises(LeftOut, match="PURGE_URL is not set"):
        Purging().prepare()
