"""Reads from a standby: how old they may be, who sees their own writes, and what happens when it is gone."""

import json
import os
import random
import re
import signal
import time
from itertools import cycle
from threading import Event, Thread

import psycopg
import pytest

from factcheck.postgres.embedded.place import DATABASE, PORT, USER
from factcheck.postgres.embedded.server import server_processes
from tests.fleet.fleet import APP, address, ask, wait_until
from tests.service import free_port

LAG = 2
ARTICLE, STATEMENT = "/api/v1/articles/1/", "/api/v1/statements/5/"


@pytest.fixture
def web(fleet):
    """One worker that has a standby, beside an address where none is, and one that leads to the primary."""
    nowhere, no_standby = address("127.0.0.1", APP, free_port()), address(fleet.primary.cluster.sockets, APP)
    replicas = f"{address(fleet.standby.cluster.sockets, APP)} {nowhere} {no_standby}"
    fleet.start_web(1, workers=1, DATABASE_REPLICA_URL=replicas, METRICS_PORT=str(free_port()))
    service = fleet.web[0]
    wait_until(lambda: ask(service.port, ARTICLE)[0] == 200 and answered(service, "replica") > 0)
    return service


def database(server, **options):
    return psycopg.connect(
        host=str(server.cluster.sockets), port=PORT, user=USER, dbname=DATABASE, autocommit=True, **options
    )


def answered(web, by, name="factcheck_replica_reads_total", label="answered_by"):
    text = ask(int(web.environment["METRICS_PORT"]), "/metrics")[2].decode()
    return sum(float(each) for each in re.findall(rf'^{name}\{{{label}="{by}"\}} (\S+)$', text, re.MULTILINE))


def starts(server):
    """Not while a process of the killed one still has its memory."""
    try:
        return server.start()
    except AssertionError:
        return None


def title(web, **headers):
    return json.loads(ask(web.port, ARTICLE, **headers)[2])["title"]


def rename(fleet, web, to):
    """Returns the Write-Position of the answer."""
    status, headers, body = ask(
        web.port, ARTICLE, "PATCH", {"title": to}, Authorization=f"Bearer {fleet.tokens['alice']}", **{"If-Match": "*"}
    )
    assert (status, headers["Set-Cookie"]) == (200, None), body
    return headers["Write-Position"]


def wait_for_replay(fleet, position):
    with database(fleet.standby) as standby:
        wait_until(lambda: standby.execute("SELECT pg_last_wal_replay_lsn() >= %s", [position]).fetchone()[0])


def test_while_replay_is_paused_writers_see_their_writes_and_others_do_after_the_lag(fleet, web):
    alice = {"Authorization": f"Bearer {fleet.tokens['alice']}"}
    before = title(web)
    fleet.standby.sql("SELECT pg_wal_replay_pause()")
    began = time.monotonic()
    position = rename(fleet, web, "Renamed")

    found = ask(web.port, ARTICLE)
    own, by_cookie = title(web, **{"Write-Position": position}), title(web, Cookie=f'write_position="{position}"')
    exported = ask(web.port, "/api/v1/articles/export/", **alice)[2].decode()
    own_export = ask(web.port, "/api/v1/articles/export/", **alice, **{"Write-Position": position})[2].decode()
    signed_in, no_position = title(web, **alice), title(web, **{"Write-Position": "now"})
    if time.monotonic() - began < LAG:  # else this machine was too slow to see it
        assert json.loads(found[2])["title"] == before
        assert found[1]["Cache-Control"] == "public, max-age=60, s-maxage=5, stale-while-revalidate=2"
        assert "Renamed" not in exported
    assert (own, by_cookie, signed_in, no_position) == ("Renamed",) * 4
    assert "Renamed" in own_export

    time.sleep(LAG + 0.1 - (time.monotonic() - began))
    _, headers, body = ask(web.port, ARTICLE)
    assert json.loads(body)["title"] == "Renamed"
    assert headers["Cache-Control"] == "public, max-age=60, s-maxage=5, stale-while-revalidate=4"
    assert answered(web, "replica1", "factcheck_replica_lag_bytes", "replica") > 0
    assert answered(web, "replica1", "factcheck_replica_lag_seconds", "replica") > LAG - 1
    assert answered(web, "replica2", "factcheck_replica_up", "replica") == 0

    fleet.standby.sql("SELECT pg_wal_replay_resume()")
    wait_for_replay(fleet, position)
    seen = answered(web, "replica")
    wait_until(lambda: title(web) == "Renamed" and answered(web, "replica") > seen, 10)

    fleet.standby.sql("SELECT pg_wal_replay_pause()")
    browser = {**alice, "Cookie": "sessionid=unknown", "If-Match": "*"}
    cookie = ask(web.port, ARTICLE, "PATCH", {"title": "By a browser"}, **browser)[1]["Set-Cookie"]
    assert re.fullmatch(
        r'write_position="?[0-9A-F]+/[0-9A-F]+"?; expires=[^;]+; HttpOnly; Max-Age=60; Path=/; SameSite=Lax; Secure',
        cookie,
    )
    assert title(web, Cookie=cookie.partition(";")[0]) == "By a browser"


def test_the_primary_judges_what_a_standby_refuses(fleet, web):
    """Also with a body, which is read twice."""
    alice = {"Authorization": f"Bearer {fleet.tokens['alice']}"}
    status, _, body = ask(web.port, "/api/v1/statements/matches/", "POST", {"text": ""}, **alice)
    assert (status, json.loads(body)["errors"][0]["code"]) == (400, "blank")
    status, _, body = ask(web.port, "/api/v1/statements/matches/", "POST", {"text": "Ukraine called"}, **alice)
    assert (status, len(json.loads(body)["results"])) == (200, 10)
    fleet.standby.sql("SELECT pg_wal_replay_pause()")
    body = ask(web.port, "/api/v1/sources/", "POST", {"name": "New", "kind": "person"}, **alice)[2]
    new = json.loads(body)["id"]
    draft = {"title": "New", "text": "The new one spoke.", "publisher": new}
    article = json.loads(ask(web.port, "/api/v1/articles/", "POST", draft, **alice)[2])["id"]
    by_primary = answered(web, "primary")
    assert [ask(web.port, f"/api/v1/articles/{article}/")[0] for _ in range(20)] == [404] * 20
    wait_until(lambda: answered(web, "primary") >= by_primary + 20, 5)  # who did answer
    published = f"/api/v1/articles/{article}/publish/"
    assert ask(web.port, published, "POST", {"reason": "Ready."}, **alice, **{"If-Match": "*"})[0] == 200
    assert ask(web.port, f"/api/v1/articles/{article}/")[0] == 200
    assert ask(web.port, f"/articles/{article}-new/")[0] == 200


def test_what_is_replayed_is_seen_by_the_next_read_and_what_is_kept_is_answered_while_nothing_is(fleet, web):
    stale, answers = [], 0
    with database(fleet.standby) as standby:
        for number in range(60):
            position = rename(fleet, web, f"Title {number}")
            while not standby.execute("SELECT pg_last_wal_replay_lsn() >= %s", [position]).fetchone()[0]:
                answers += title(web) != f"Title {number}"  # which keeps it as it was before
            stale += [number] * (title(web) != f"Title {number}")
    assert stale == []
    hits = answered(web, "hit", "factcheck_kept_answers_total", "result")
    by_replica = answered(web, "replica")
    for _ in range(50):
        title(web)
    wait_until(lambda: answered(web, "replica") >= by_replica + 45, 5)
    assert answered(web, "hit", "factcheck_kept_answers_total", "result") >= hits + 45


def test_a_standby_that_is_cut_off_from_the_primary_answers_for_no_longer_than_the_lag(fleet, web):
    time.sleep(LAG + 0.5)  # nobody writes, and the standby goes on
    by_replica = answered(web, "replica")
    wait_until(lambda: title(web) and answered(web, "replica") > by_replica, 5)
    fleet.standby.sql("ALTER SYSTEM SET primary_conninfo = ''")
    fleet.standby.sql("SELECT pg_reload_conf()")
    wait_until(lambda: fleet.standby.sql("SELECT count(*) FROM pg_stat_wal_receiver") == "0", 10)
    rename(fleet, web, "Behind its back")
    time.sleep(LAG)
    assert title(web) == "Behind its back"
    # As a standby that was taken for the primary: it has all that was written before, and lacks what comes.
    fleet.standby.sql("SELECT pg_promote()")
    rename(fleet, web, "After its promotion")
    assert {title(web) for _ in range(20)} == {"After its promotion"}


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_a_standby_that_is_gone_under_load_fails_no_request(fleet, web, how):
    with fleet.load(web.port, anonymous=True, writers=1) as load:
        wait_until(lambda: answered(web, "replica") > 100, 30)
        if how == "killed":
            fleet.standby.kill()
        else:
            frozen = server_processes(fleet.standby.cluster)
            for process in frozen:
                os.kill(process, signal.SIGSTOP)
        load.wait_for(load.answers.total() + 600)
        if how == "killed":
            wait_until(lambda: starts(fleet.standby))
        else:
            for process in frozen:
                os.kill(process, signal.SIGCONT)
        gone = answered(web, "replica")
        wait_until(lambda: answered(web, "replica") > gone + 100, 20)
    assert load.failed == {}
    assert " ERROR " not in web.log.read_text()  # nobody has had one
    assert max(took for _, took in load.reads) < 4
    assert load.lost_or_doubled(fleet.primary) == []


# Entry and row of a source that a published article names, as the service writes them.
WRITE = """
    WITH r AS (UPDATE sources_source SET description = %s, version = version + 1 WHERE id = %s RETURNING *)
    INSERT INTO journal_entry (actor, action, resource, resource_id, version, article, reason, data)
    SELECT (SELECT min(id) FROM auth_user), 'source.updated', 'source', r.id, r.version, NULL, '', to_jsonb(r) FROM r
"""
NAMED = """
    SELECT DISTINCT s.source FROM claims_statement s JOIN claims_article a ON a.id = s.article
    WHERE a.status = 'published' AND s.source IS NOT NULL ORDER BY 1 LIMIT 4
"""


def test_a_reader_of_the_feed_by_primary_and_standby_skips_nothing(fleet, web):
    """Writers overlap, replay stops and goes on, and every second page is of the primary."""
    ends = Event()

    def write(source):
        """As the service does, but it thinks before it commits."""
        with database(fleet.primary) as own:
            while not ends.is_set():
                with own.transaction():
                    own.execute(WRITE, [str(random.random()), source])
                    time.sleep(random.random() / 20)

    def pause():
        with database(fleet.standby) as standby:
            while not ends.is_set():
                for step in ("pause", "resume"):
                    standby.execute(f"SELECT pg_wal_replay_{step}()")
                    time.sleep(random.random())

    path, seen, faults = "/api/v1/feeds/changes/?page_size=200&after=", [], []
    whom = cycle([{}, {"Write-Position": "unknown"}])
    cursor = json.loads(ask(web.port, f"{path}now")[2])["cursor"]
    first = tuple(map(int, cursor.split("-")))
    threads = [Thread(target=pause), *(Thread(target=write, args=[n]) for n in fleet.primary.sql(NAMED).split())]
    for thread in threads:
        thread.start()

    def read():
        nonlocal cursor
        status, _, body = ask(web.port, path + cursor, **next(whom))
        page = json.loads(body)
        if status != 200:
            faults.append(body)
            return []
        cursor = page["cursor"]
        seen.extend(row["id"] for row in page["results"])
        return page["results"]

    end = time.monotonic() + 8
    while time.monotonic() < end:
        read()
    ends.set()
    for thread in threads:
        thread.join()
    wait_for_replay(fleet, fleet.primary.sql("SELECT pg_current_wal_flush_lsn()"))
    while read():
        pass
    rows = fleet.primary.sql(f"SELECT id FROM journal_entry WHERE (transaction, id) > {first} ORDER BY transaction, id")
    assert (faults, seen) == ([], [int(each) for each in rows.split()])
    assert len(seen) > 200
    assert min(answered(web, "replica"), answered(web, "primary")) > 20


def test_a_service_that_has_only_a_standby_refuses_a_past_that_this_has_not_come_to(fleet):
    service = fleet.service("site", DATABASE_URL=address(fleet.standby.cluster.sockets, APP))
    service.start()
    wait_until(lambda: ask(service.port, "/livez/")[0] == 200)
    alice = {"Authorization": f"Bearer {fleet.tokens['alice']}"}
    for name in ("First", "Second"):
        fleet.primary.sql(f"UPDATE api_token SET name = '{name}'")
        wait_for_replay(fleet, fleet.primary.sql("SELECT pg_current_wal_flush_lsn()"))
        for _ in range(3):
            assert {
                token["name"] for token in json.loads(ask(service.port, "/api/v1/tokens/", **alice)[2])["results"]
            } == {name}
    fleet.primary.sql("CREATE SEQUENCE any_write")
    wait_for_replay(fleet, fleet.primary.sql("SELECT pg_current_wal_flush_lsn()"))
    replayed = fleet.standby.sql('SELECT to_char(pg_last_xact_replay_timestamp(), \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')')
    status, _, body = ask(service.port, f"{STATEMENT}?as_of={replayed}", **alice)
    assert (status, json.loads(body)["id"]) == (200, 5)
    now = fleet.primary.sql('SELECT to_char(clock_timestamp(), \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')')
    status, headers, body = ask(service.port, f"{STATEMENT}?as_of={now}", **alice)
    assert (status, headers["Retry-After"]) == (503, "30")
    assert json.loads(body)["detail"] == "The database is a standby, which has not yet come to this moment."
    assert ask(service.port, f"{STATEMENT}?as_of=2999-01-01T00:00:00Z", **alice)[0] == 400


def test_while_the_primary_is_frozen_standbys_answer_for_as_long_as_the_lag_allows(fleet):
    fleet.start_web(
        1, workers=1, DATABASE_REPLICA_URL=address(fleet.standby.cluster.sockets, APP), REPLICA_MAX_LAG="20"
    )
    port = fleet.web[0].port
    for _ in range(5):  # until it knows both
        assert ask(port, ARTICLE)[0] == 200
        time.sleep(0.2)
    frozen = server_processes(fleet.primary.cluster)
    for process in frozen:
        os.kill(process, signal.SIGSTOP)
    try:
        with fleet.load(port, anonymous=True, writers=0) as load:
            load.wait_for(500, 15)
    finally:
        for process in frozen:
            os.kill(process, signal.SIGCONT)
    assert load.failed == {}
    assert max(took for _, took in load.reads) < 2
