"""Sends what is due: one thread that speaks to the database, and one for each exchange, which does not."""

import logging
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from queue import Empty, SimpleQueue
from typing import Any

from django.db import connection
from django.utils import timezone

from factcheck.api.renderers import dump
from factcheck.journal.followers import TROUBLE
from factcheck.journal.serializers import EntrySerializer
from factcheck.webhooks.exchange import SECONDS, TOO_SLOW, Exchange, Outcome
from factcheck.webhooks.models import Delivery
from factcheck.webhooks.queue import Sent, delete_old, lease_due, record_delivered, record_failed
from factcheck.webhooks.services import disable_webhook
from factcheck.webhooks.signing import signed_headers

PAUSE = 1.0  # seconds between two looks for what is due
CLEANING = 3600.0  # seconds between two deletions of what is old
LAST_WORD = 8.0  # seconds that what is being sent has when the process is to end
FIRST_DELAY = timedelta(seconds=10)  # doubled after each failure
LONGEST_DELAY = timedelta(hours=6)
GIVES_UP_AFTER = timedelta(days=3)
JITTER = 0.2  # of the delay, more or less: so that what failed together does not come back together

logger = logging.getLogger("factcheck.webhooks")


@dataclass(eq=False)
class Flight:
    """A delivery on its way."""

    delivery: Delivery
    landed: "SimpleQueue[Flight | None]"
    exchange: Exchange | None = None
    began: float = field(default_factory=time.monotonic)
    at: datetime = field(default_factory=timezone.now)
    outcome: Outcome | None = None
    is_recorded: bool = False

    def run(self) -> None:
        try:
            self.exchange = exchange_of(self.delivery)
            self.outcome = self.exchange.run()
        except Exception as error:  # what nobody thought of is one more failure, and holds back no other webhook
            logger.exception("Webhook %s", self.delivery.webhook_id)
            self.outcome = Outcome(error=f"{type(error).__name__} while sending.")
        self.landed.put(self)

    def stop(self) -> None:
        """Its thread ends soon."""
        if self.exchange:
            self.exchange.stop()

    @property
    def is_overdue(self) -> bool:
        return time.monotonic() - self.began > SECONDS

    def attempt(self, outcome: Outcome) -> dict[str, Any]:
        return {
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "status": outcome.status,
            "answer": outcome.answer,
            "error": outcome.error,
            "milliseconds": round(1000 * (time.monotonic() - self.began)),
        }


class Sender:
    def __init__(self) -> None:
        self.landed: SimpleQueue[Flight | None] = SimpleQueue()
        self.flying: set[Flight] = set()
        self.is_ending = self.is_finishing = False
        self.cleaned_at = -CLEANING
        self.trouble = ""
        self.thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def wake(self) -> None:
        self.landed.put(None)

    def end(self, *, finish: bool) -> None:
        """`finish` sends all that is due before. Otherwise only what is on its way may arrive."""
        self.is_ending, self.is_finishing = not finish, finish
        self.wake()
        self.thread.join(None if finish else LAST_WORD)

    def _run(self) -> None:
        try:
            while self._turn():
                pass
        finally:
            connection.close()

    def _turn(self) -> bool:
        """Whether another one is to follow."""
        may_be_last = self.is_ending or self.is_finishing  # before it looks: what was put on the queue by then is found
        try:
            self._record()
            found = 0 if self.is_ending else self._launch()
            self._clean()
            self.trouble = ""
        except TROUBLE as error:
            self._wait_for_database(error)
            return not self.is_ending
        except Exception:  # a fault of ours; who reads the log sees it, and what can be sent still is
            logger.exception("Sending webhooks")
            time.sleep(PAUSE)
            return not self.is_ending
        if may_be_last and not (self.flying or found):
            return False
        self._wait()
        return True

    def _launch(self) -> int:
        busy = Counter(flight.delivery.webhook_id for flight in self.flying)
        due = lease_due(busy)
        for delivery in due:
            flight = Flight(delivery, self.landed)
            self.flying.add(flight)
            threading.Thread(target=flight.run, daemon=True).start()
        return len(due)

    def _wait(self) -> None:
        """Until something has landed or somebody wakes it, at most a moment."""
        try:
            flight = self.landed.get(timeout=PAUSE)
            while True:
                if flight and flight.is_recorded:
                    self.flying.discard(flight)
                flight = self.landed.get_nowait()
        except Empty:
            return

    def _record(self) -> None:
        """A flight stays on the list until it is recorded, whatever the database does, and its thread has ended."""
        ended = [flight for flight in self.flying if not flight.is_recorded and (flight.outcome or flight.is_overdue)]
        outcomes = {flight: flight.outcome or Outcome(error=TOO_SLOW) for flight in ended}
        arrived = [flight for flight, outcome in outcomes.items() if outcome.is_success]
        if arrived:
            record_delivered([Sent(flight.delivery, flight.attempt(outcomes[flight])) for flight in arrived])
        self._forget(arrived)
        for flight in ended:
            if not outcomes[flight].is_success:
                _fail(flight, outcomes[flight])
                self._forget([flight])

    def _forget(self, flights: list[Flight]) -> None:
        for flight in flights:
            flight.is_recorded = True
            if flight.outcome:
                self.flying.discard(flight)
            else:
                flight.stop()  # until its thread has ended, it counts as one of those that are on their way

    def _clean(self) -> None:
        if time.monotonic() - self.cleaned_at >= CLEANING and not delete_old():
            self.cleaned_at = time.monotonic()

    def _wait_for_database(self, error: Exception) -> None:
        if self.trouble != (trouble := " ".join(str(error).split())):
            logger.warning("Waiting: %s", trouble)
        self.trouble = trouble
        connection.close()
        time.sleep(PAUSE)


def exchange_of(delivery: Delivery) -> Exchange:
    webhook, entry = delivery.webhook, delivery.entry
    data = EntrySerializer(entry).data if entry else {"webhook": webhook.pk}
    written_at = entry.at if entry else delivery.created_at
    timestamp = written_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    body = dump({"type": delivery.type, "timestamp": timestamp, "data": data})
    headers = signed_headers(delivery.message_id, int(time.time()), body, webhook.secrets)
    return Exchange(webhook.url, body, headers)


def _fail(flight: Flight, outcome: Outcome) -> None:
    delivery = flight.delivery
    record_failed(Sent(delivery, flight.attempt(outcome)), timezone.now() + delay_after(delivery.failures))
    if outcome.status == HTTPStatus.GONE:
        disable_webhook(webhook_id=delivery.webhook_id, reason="The receiver answered 410: it wants no more.")
    elif delivery.failing_since and timezone.now() - delivery.failing_since >= GIVES_UP_AFTER:
        told = outcome.error or f"The receiver answered {outcome.status}."
        disable_webhook(webhook_id=delivery.webhook_id, reason=f"Deliveries have failed for three days. {told}")


def delay_after(failures: int) -> timedelta:
    """Before the next attempt, after one more failure than these."""
    delay = min(FIRST_DELAY * 2 ** min(failures, 20), LONGEST_DELAY)
    return delay * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  nothing is secret about it
