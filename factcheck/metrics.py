"""What METRICS_PORT tells Prometheus. docs/operations.md has each metric.

Each worker counts in files of its own, and any of them answers for all. What the database knows is asked when somebody
reads. A worker's files are named by its slot, not by its process: its successor goes on counting in them, so that there
are never more files than there were workers at once.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.db import DEFAULT_DB_ALIAS, connections
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import ThreadingWSGIServer, make_wsgi_app
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from claims.followers import followers_in_use
from factcheck.api.access import Access, AccessMiddleware
from factcheck.api.deadlines import DeadlineMiddleware
from factcheck.errors import Unavailable
from factcheck.journal.followers import held_back, lags
from factcheck.postgres.deadline import Deadline
from factcheck.postgres.prepared import kept_answers
from factcheck.postgres.question import Question
from factcheck.postgres.replica import standbys
from factcheck.webhooks.queue import backlog

IN_TIME = 2  # seconds for what the database knows
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def start(slot: int, address: tuple[str, int]) -> None:
    """In a worker. Its metrics are made after this, so that they are in the files of the slot."""
    values.ValueClass = values.MultiProcessValue(lambda: slot)
    metrics = WorkerMetrics()
    AccessMiddleware.observers.append(metrics.count)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    registry.register(JournalMetrics())
    registry.register(ReplicaMetrics())

    class Server(ThreadingWSGIServer):
        allow_reuse_port = True  # each worker listens, and so does its successor before it ends

        def service_actions(self) -> None:
            metrics.publish()

    server = make_server(*address, make_wsgi_app(registry), Server, QuietHandler)
    Thread(target=server.serve_forever, daemon=True).start()  # which calls service_actions twice a second


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a scrape is no news."""


class WorkerMetrics:
    def __init__(self) -> None:
        self.requests = Counter(
            "factcheck_requests", "Requests answered.", ["method", "route", "status"], registry=None
        )
        self.seconds = Histogram(
            "factcheck_request_seconds", "How long answers took.", ["route"], registry=None, buckets=SECONDS
        )
        self.database_seconds = Counter(
            "factcheck_request_database_seconds", "Of that, waiting for the database.", ["route"], registry=None
        )
        self.queries = Counter(
            "factcheck_request_queries", "Statements and commits sent to the database.", ["route"], registry=None
        )
        self.pool = Gauge(
            "factcheck_pool_connections", "Connections to the database: open, idle, and the most that may be.",
            ["state"], registry=None, multiprocess_mode="livesum",
        )  # fmt: skip
        self.waiting = Gauge(
            "factcheck_pool_waiting", "Threads that wait for a connection.", registry=None, multiprocess_mode="livesum"
        )
        self.timeouts = Counter("factcheck_pool_timeouts", "Threads that waited in vain.", registry=None)
        self.kept = Counter(
            "factcheck_kept_answers", "Reads that could be answered from memory.", ["result"], registry=None
        )
        self.shared = Counter(
            "factcheck_replica_reads", "Requests that a standby might answer.", ["answered_by"], registry=None
        )
        self.given_up = Counter(
            "factcheck_database_waits_given_up", "Waits for the database that a request gave up.", registry=None
        )
        self.refused = Counter(
            "factcheck_writes_refused", "Writes refused, since those under way wait for the database.", registry=None
        )
        self.published: dict[str, int] = defaultdict(int)
        self.of_requests: dict[tuple[str, str, int], Any] = {}
        self.of_routes: dict[str, Any] = {}

    def count(self, access: Access) -> None:
        """Looks labels up by itself, since prometheus_client takes longer for that than for the counting."""
        route = access.route
        key = access.method, route, access.status
        requests = self.of_requests.get(key)
        if requests is None:
            requests = self.of_requests[key] = self.requests.labels(*key)
        of_route = self.of_routes.get(route)
        if of_route is None:
            kinds = self.seconds, self.database_seconds, self.queries
            of_route = self.of_routes[route] = [kind.labels(route) for kind in kinds]
        requests.inc()
        for metric, observed in zip(of_route, (access.seconds, access.database_seconds, access.queries), strict=True):
            metric.observe(observed) if metric is of_route[0] else metric.inc(observed)

    def publish(self) -> None:
        """What is counted elsewhere in this process."""
        kept = tuple(kept_answers.values())
        self._add("hit", sum(each.hits for each in kept), self.kept.labels("hit"))
        self._add("miss", sum(each.misses for each in kept), self.kept.labels("miss"))
        for server, answered in standbys.answered.items():
            self._add(server, answered, self.shared.labels(server))
        self._add("given_up", Deadline.given_up, self.given_up)
        if DeadlineMiddleware.writes:
            self._add("refused", DeadlineMiddleware.writes.refused, self.refused)
        if pool := connections[DEFAULT_DB_ALIAS]._connection_pools.get(DEFAULT_DB_ALIAS):  # type: ignore[attr-defined]
            found = pool.get_stats()
            self.pool.labels("open").set(found["pool_size"])
            self.pool.labels("idle").set(found["pool_available"])
            self.pool.labels("most").set(found["pool_max"])
            self.waiting.set(found["requests_waiting"])
            self._add("timeout", pool.timeouts, self.timeouts)

    def _add(self, name: str, total: int, counter: Counter) -> None:
        counter.inc(total - self.published[name])
        self.published[name] = total


class JournalMetrics(Collector):
    """Where the database does not answer in time, only that."""

    question = Question(lambda: list(_of_journal()))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            found = self.question.answer(IN_TIME)
        except Exception:  # a scrape has the rest, and this says enough
            found = []
        yield _gauge("factcheck_database_up", "Whether the database answered this scrape.", float(bool(found)))
        yield from found


class ReplicaMetrics(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        if not standbys:
            return
        up = GaugeMetricFamily("factcheck_replica_up", "Whether the standby answered this scrape.", labels=["replica"])
        size = GaugeMetricFamily("factcheck_replica_lag_bytes", "Of the log, not yet replayed.", labels=["replica"])
        seconds = GaugeMetricFamily(
            "factcheck_replica_lag_seconds", "Since the last commit that is replayed, while some are not.",
            labels=["replica"],
        )  # fmt: skip
        with suppress(Exception):  # the primary does not answer, which factcheck_database_up tells
            for lag in standbys.lags():
                up.add_metric([lag.alias], lag.is_up)
                if lag.is_up:
                    size.add_metric([lag.alias], lag.size)
                    seconds.add_metric([lag.alias], lag.seconds)
        yield from (up, size, seconds)


def _of_journal() -> Iterator[GaugeMetricFamily]:
    entries = GaugeMetricFamily(
        "factcheck_follower_lag_entries", "Entries not yet followed, counted up to 1000.", labels=["follower"]
    )
    seconds = GaugeMetricFamily(
        "factcheck_follower_lag_seconds", "Since the first of them was written.", labels=["follower"]
    )
    for lag in lags(followers_in_use()):
        entries.add_metric([lag.name], lag.entries)
        seconds.add_metric([lag.name], lag.seconds)
    yield entries
    yield seconds
    try:
        held = held_back()
    except Unavailable:
        yield _gauge("factcheck_epoch_confirmed", "Whether the feed can be read.", 0)
    else:
        yield _gauge("factcheck_epoch_confirmed", "Whether the feed can be read.", 1)
        yield _gauge("factcheck_feed_held_entries", "Entries behind an open transaction, up to 1000.", held.entries)
        yield _gauge("factcheck_feed_held_seconds", "Since the first of them was written.", held.seconds)
    deliveries, waited = backlog()
    yield _gauge("factcheck_webhook_backlog", "Deliveries that are pending, counted up to 1000.", deliveries)
    yield _gauge("factcheck_webhook_backlog_seconds", "How long the eldest of them is pending.", waited)


def _gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, value=value)
