"""What an operator sees of the running service: log, metrics, health, and what Sentry and OpenTelemetry are sent."""

import gzip
import json
import os
import re
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import yaml

from factcheck.health import what_is_wrong
from factcheck.postgres import embedded
from factcheck.postgres.embedded.place import DATABASE, USER
from tests.service import Service, free_port, service_of_its_own

pytestmark = pytest.mark.server
ROOT = Path(__file__).parents[2]
SECRETS = {
    "Cookie": "sessionid=a-secret-session",
    "X-Request-ID": "seen-by-the-proxy",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}


class Receiver(ThreadingHTTPServer):
    """Stands for Sentry and for a collector of traces."""

    def __init__(self) -> None:
        self.received: dict[str, list[bytes]] = {}
        super().__init__(("127.0.0.1", 0), Receiving)
        Thread(target=self.serve_forever, daemon=True).start()

    def wait_for(self, path: str, words: bytes) -> bytes:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for body in self.received.get(path, []):
                if words in body:
                    return body
            time.sleep(0.1)
        raise AssertionError(f"{path} was not sent {words!r}: {self.received.keys()}")


class Receiving(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        self.server.received.setdefault(self.path, []).append(body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture(scope="module")
def service(receiver) -> Iterator[Service]:
    address = f"127.0.0.1:{receiver.server_port}"
    settings = {
        "PUBLIC_READ": "1",
        "LOG_FORMAT": "json",
        "METRICS_PORT": str(free_port()),
        "SENTRY_DSN": f"http://a-public-key@{address}/7",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{address}",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "PYTHONWARNINGS": "ignore",  # of the tests' own settings: no static files are collected
    }
    with service_of_its_own(None, 2, **settings) as running:
        # It is no standby, but is asked as one.
        sockets = quote(str(running.cluster.sockets), "")
        running.environment["DATABASE_REPLICA_URL"] = f"postgres://{USER}@{sockets}/{DATABASE}"
        (running.token,) = running.prepare('call_command("create_token", "alice")')
        running.lines_before = running.log.read_text().count("\n")
        running.start()
        running.start_streams()
        deadline = time.monotonic() + 60
        while not (running.serves() and ask(running, "/readyz/")[0] == 200):
            assert time.monotonic() < deadline, running.log.read_text()
            time.sleep(0.1)
        yield running
        running.master.terminate()  # so that it takes the folder of its metrics along
        running.master.wait(40)


def ask(service: Service, path: str, *, port: str = "", **headers: str) -> tuple[int, str]:
    address = f"http://127.0.0.1:{port or service.port}{path}"
    request = urllib.request.Request(address, headers={**headers, "X-Forwarded-Proto": "https"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def ask_as_alice(service: Service, path: str) -> tuple[int, str]:
    return ask(service, path, Authorization=f"Token {service.token}", **SECRETS)


def log_lines(service: Service) -> list[dict[str, Any]]:
    return [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]


def metrics(service: Service) -> dict[str, float]:
    time.sleep(0.7)  # what is counted elsewhere is published twice a second
    status, text = ask(service, "/metrics", port=service.environment["METRICS_PORT"])
    assert status == 200
    rows = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in rows}


@contextmanager
def changed(service: Service, sql: str, back: str) -> Iterator[None]:
    place = embedded.connection_settings(service.data_dir)
    with psycopg.connect(
        host=place["HOST"], port=place["PORT"] or None, dbname=place["NAME"], user=place["USER"], autocommit=True
    ) as database:
        database.execute(sql)
        try:
            yield
        finally:
            database.execute(back)


def test_each_request_is_one_line_of_json_that_names_who_asked_for_what(service):
    assert ask_as_alice(service, "/api/v1/statements/1/?format=json")[0] == 200
    (line,) = [each for each in log_lines(service) if each.get("path") == "/api/v1/statements/1/"]
    took = {name: line.pop(name) for name in ("time", "seconds", "database_seconds", "queries")}
    assert line == {
        "level": "info", "logger": "factcheck.access", "message": "GET /api/v1/statements/<int:pk>/ 200",
        "request_id": "seen-by-the-proxy", "user": 1, "role": "editor", "method": "GET",
        "route": "api/v1/statements/<int:pk>/", "path": "/api/v1/statements/1/", "status": 200,
    }  # fmt: skip
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00", took["time"])
    assert 0 < took["database_seconds"] < took["seconds"] < 20
    assert 2 <= took["queries"] <= 12


def test_no_line_has_what_somebody_could_log_in_with(service):
    ask_as_alice(service, "/api/v1/statements/?search=a-secret-word")
    ask(service, "/reset/MQ/a-secret-token/", **SECRETS)
    ask(service, "/reset/MQ/a-secret-token", **SECRETS)
    text = service.log.read_text()
    assert "reset/<uidb64>/<token>/" in text
    assert "a-secret" not in text
    assert service.token not in text
    ask(service, "/api/v1/journal/stream/?after=a-secret-word", port=str(service.stream_port), **SECRETS)
    served = service.log.read_text().splitlines()[service.lines_before :]
    assert [line for line in log_lines(service) if line.get("route") == "api/v1/journal/stream/"] != []
    assert [line for line in log_lines(service) if line["logger"] == "uvicorn.error"] != []
    assert "a-secret" not in "".join(served)
    assert [line for line in served if not line.startswith("{")] == []


def test_a_metric_has_one_series_for_each_route_however_many_paths_are_asked_for(service):
    before = metrics(service)
    for path in ("/api/v1/statements/1/", "/api/v1/statements/2/", "/no/1/", "/no/2/", "/static/no.css"):
        ask_as_alice(service, path)
    after = metrics(service)
    grown = {
        name: after[name] - before.get(name, 0)
        for name in after
        if name.startswith("factcheck_requests_total") and after[name] != before.get(name, 0)
    }
    assert grown == {
        'factcheck_requests_total{method="GET",route="api/v1/statements/<int:pk>/",status="200"}': 2,
        'factcheck_requests_total{method="GET",route="",status="404"}': 3,
    }


def test_the_fast_reads_are_on_while_everything_is_measured(service):
    hits = 'factcheck_kept_answers_total{result="hit"}'
    before = metrics(service).get(hits, 0)
    for _ in range(12):  # of two workers, with what each keeps
        assert ask(service, "/api/v1/sources/")[0] == 200
    assert metrics(service)[hits] >= before + 10


def test_a_worker_that_is_killed_takes_no_count_along_and_its_successor_goes_on(service):
    name = 'factcheck_requests_total{method="GET",route="livez/",status="200"}'
    for path in ("/livez/", "/healthz/") * 15:
        ask(service, path)
    before = metrics(service)[name]
    old = set(service.workers())
    os.kill(min(old), signal.SIGKILL)
    deadline = time.monotonic() + 20
    while len(service.workers()) < 2 or min(old) in service.workers():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1)
    for _ in range(20):
        assert ask(service, "/livez/")[0] == 200
    found = metrics(service)
    assert found[name] == before + 20
    assert found['factcheck_pool_connections{state="most"}'] == 8  # the successor has not asked the database yet


def test_a_frozen_database_is_told_within_two_seconds_while_the_process_lives(service):
    assert json.loads(ask(service, "/readyz/")[1])["database"] == "primary"
    frozen = service.postgres_processes()
    for process in frozen:
        os.kill(process, signal.SIGSTOP)
    try:
        for _ in range(4):
            began = time.monotonic()
            status, body = ask(service, "/readyz/")
            assert (status, time.monotonic() - began < 2) == (503, True)
        assert json.loads(body) == {
            "type": "urn:factcheck:problem:service-unavailable", "title": "Service Unavailable", "status": 503,
            "detail": "The database does not answer within 1.5 seconds.", "database": "unreachable",
        }  # fmt: skip
        assert ask(service, "/livez/") == (200, "ok\n")
        assert metrics(service)["factcheck_database_up"] == 0
    finally:
        for process in frozen:
            os.kill(process, signal.SIGCONT)
    deadline = time.monotonic() + 20
    while ask(service, "/readyz/")[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_migration_that_is_not_applied_is_named(service):
    back = "INSERT INTO django_migrations (app, name, applied) VALUES ('sources', '0001_initial', now())"
    gone = "DELETE FROM django_migrations WHERE (app, name) = ('sources', '0001_initial')"
    with changed(service, gone, back):
        status, body = ask(service, "/readyz/")
    assert (status, json.loads(body)["detail"]) == (503, "Migrations are not applied: run `manage.py migrate`.")
    assert json.loads(body)["unapplied_migrations"] == ["sources.0001_initial"]


def test_an_epoch_that_is_not_confirmed_is_told_but_closes_only_the_feed(service):
    with changed(service, "UPDATE journal_epoch SET confirmed = false", "UPDATE journal_epoch SET confirmed = true"):
        status, body = ask(service, "/readyz/")
        found = metrics(service)
    assert (status, json.loads(body)["epoch"]) == (200, "unconfirmed")
    assert (found["factcheck_epoch_confirmed"], found["factcheck_database_up"]) == (0, 1)
    assert "factcheck_feed_held_seconds" not in found
    answer = json.loads(ask(service, "/readyz/")[1])
    assert answer.pop("followers").keys() >= {"seal", "webhooks"}
    assert answer == {"status": "ready", "database": "primary", "unapplied_migrations": [], "epoch": "confirmed"}


def test_a_standby_is_not_ready():
    assert what_is_wrong({"database": "standby"}) == "The database is a standby, which only reads."


def test_an_error_reaches_sentry_and_the_log_without_what_somebody_could_log_in_with(service, receiver):
    away, back = "ALTER TABLE claims_note RENAME TO gone", "ALTER TABLE gone RENAME TO claims_note"
    with changed(service, away, back):
        status, _ = ask_as_alice(service, "/api/v1/notes/?article=1")
        assert status == 500
    sent = receiver.wait_for("/api/7/envelope/", b"UndefinedTable")
    event = json.loads(sent.splitlines()[-1])
    assert event["tags"]["request_id"] == "seen-by-the-proxy"
    assert "request" not in event
    assert service.token.encode() not in sent
    assert b"a-secret" not in sent
    (line,) = [each for each in log_lines(service) if each["message"] == "Unexpected error"]
    assert (line["level"], line["request_id"], line["error"]) == ("error", "seen-by-the-proxy", "ProgrammingError")
    assert 'relation "claims_note" does not exist' in line["traceback"]


def test_each_request_is_a_span_of_its_callers_trace(service, receiver):
    ask_as_alice(service, "/api/v1/sources/1/?a-secret-parameter=1")
    sent = receiver.wait_for("/v1/traces", b"GET api/v1/sources/<int:pk>/")
    assert bytes.fromhex("0af7651916cd43dd8448eb211c80319c") in sent
    assert b"factcheck.database_seconds" in sent
    assert b"a-secret" not in sent
    assert service.token.encode() not in sent


def test_the_dashboard_and_the_alerts_name_only_metrics_that_there_are(service):
    names = {re.match(r"\w+", name)[0] for name in metrics(service)}
    dashboard = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    for rule in rules:
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["annotations"].keys() == {"summary", "description"}
        assert re.fullmatch(r"\d+[sm]", rule["for"])
        assert rule["labels"]["severity"] in ("page", "ticket")
    assert len({rule["alert"] for rule in rules}) == len(rules)
    used = set(re.findall(r"factcheck_\w+", "\n".join([*asked, *(rule["expr"] for rule in rules)])))
    assert len(used) > 15
    assert used - names == set()
    documented = set(re.findall(r"`(factcheck_\w+)", (ROOT / "docs/operations.md").read_text()))
    assert documented == {re.sub("_(bucket|sum|count|created)$", "", name) for name in names}
