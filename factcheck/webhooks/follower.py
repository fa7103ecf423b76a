"""The follower `webhooks`."""

from collections.abc import Sequence

from django.db import transaction

from factcheck.journal.models import Entry
from factcheck.webhooks.queue import fan_out
from factcheck.webhooks.sender import Sender


class Webhooks:
    """Puts each entry on the queue in the transaction that moves the cursor, and sends beside it."""

    batch = 200  # entries in one transaction: with 50 webhooks these are 10,000 deliveries

    def prepare(self) -> None:
        self.sender = Sender()
        self.sender.start()

    def follow(self, entries: Sequence[Entry]) -> None:
        if entries and fan_out(entries):
            transaction.on_commit(self.sender.wake)

    def end(self, *, finish: bool) -> None:
        self.sender.end(finish=finish)
