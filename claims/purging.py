"""The follower `purge`: tells the cache in front of the service what to forget.

A public answer has the keys `article-7 all`, or `lists all` where it may show something of several articles
(factcheck/api/conditional.py). Whatever is written in a published article changes what has its key, and lists. What
else shows its sources, or its statements, is looked for here, so that answers need no more keys than that.
"""

import time
from collections.abc import Iterable, Sequence
from http.client import HTTPException
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet

from claims.models import Article, Dispute, Statement, StatementVia
from factcheck.errors import Unavailable
from factcheck.journal.followers import LeftOut
from factcheck.journal.models import Entry
from factcheck.outgoing import Connection, NotAsked, addresses_of, place_of
from factcheck.postgres.replica import standbys
from factcheck.webhooks.exchange import tls
from sources.models import Source

FOLLOWER = "purge"
SECONDS = 5.0  # for one request
KEYS = 100  # in one request: a header of 3 kB
MAX_ARTICLES = 500  # that are named; of more, everything is purged
LONGEST_DELAY = 60.0  # seconds between two attempts
SHOWN_OR_HIDDEN = ("article.published", "article.withdrawn")
IN_ARTICLES = ("article", "statement", "evidence", "dispute")


class Purging:
    """Sends `PURGE` with the keys in `Surrogate-Key`. Until the cache has accepted them the cursor stays."""

    batch = 1_000
    is_outside = True

    def prepare(self) -> None:
        """Raises LeftOut where no cache is to be told."""
        if not settings.PURGE_URL:
            raise LeftOut("PURGE_URL is not set.")
        try:
            self.place = place_of(settings.PURGE_URL)
        except NotAsked:
            raise ImproperlyConfigured(
                "PURGE_URL must be an http:// or https:// address, without a user name or a password in it."
            ) from None
        self.failures, self.again_at, self.trouble = 0, 0.0, ""

    def follow(self, entries: Sequence[Entry]) -> None:
        """Raises Unavailable while the cache does not accept, or is not to be asked again yet."""
        # So far behind, to forget everything is quicker than to find out what has changed.
        keys = {"all"} if len(entries) == self.batch else keys_of(entries)
        if keys and time.monotonic() < self.again_at:
            raise Unavailable(self.trouble)
        if keys and standbys:  # until none answers the cache with what was before
            time.sleep(settings.REPLICA_MAX_LAG)
        ordered = sorted(keys)
        for first in range(0, len(ordered), KEYS):
            self._purge(ordered[first : first + KEYS])
        self.failures = 0

    def _purge(self, keys: Iterable[str]) -> None:
        try:
            status = self._ask({"Host": self.place.host_header, "Surrogate-Key": " ".join(keys)})
            trouble = "" if 200 <= status < 300 else f"it answered {status}"
        except NotAsked:
            trouble = "there is no such server"
        except (OSError, HTTPException) as error:
            trouble = str(error) or type(error).__name__
        if trouble:
            self.trouble = f"The cache at {self.place.url} cannot be purged: {trouble}."
            self.again_at = time.monotonic() + min(LONGEST_DELAY, 2.0**self.failures)
            self.failures += 1
            raise Unavailable(self.trouble)

    def _ask(self, headers: dict[str, str]) -> int:
        """The status. Any address is allowed: it is the operator's own setting."""
        address = addresses_of(self.place, lambda _: True)[0]
        connection = Connection(self.place, address, tls(), SECONDS)
        try:
            connection.request("PURGE", self.place.target, headers={**headers, "Connection": "close"})
            return connection.getresponse().status
        finally:
            connection.close()


def keys_of(entries: Iterable[Entry]) -> set[str]:
    """Those of the public answers that show something of what was written."""
    entries = list(entries)
    sources = {each.resource_id for each in entries if each.resource == "source" and each.action != "source.created"}
    written = {each.article for each in entries if each.resource in IN_ARTICLES and each.article}
    hidden = {each.article for each in entries if each.action in SHOWN_OR_HIDDEN and each.article}
    written |= _that_name(sources)
    if len(written) > MAX_ARTICLES:
        return {"all"}
    articles = hidden | set(Article.objects.filter(pk__in=written, status="published").values_list("pk", flat=True))
    if not articles:
        return set()
    return {"lists", *(f"article-{each}" for each in articles | _beside(articles))}


def _that_name(sources: set[int]) -> set[int]:
    """Articles that show one of the sources, also as what another one is a part of; at most one more than are named."""
    if not sources:
        return set()
    shown = sources | set(Source.objects.filter(part_of__in=sources).values_list("pk", flat=True))
    naming: list[QuerySet[Any, Any]] = [
        Article.objects.filter(publisher__in=shown).values_list("pk"),
        StatementVia.objects.filter(source__in=shown).values_list("statement__article"),
        Dispute.objects.filter(raised_by__in=shown).values_list("statement__article"),
    ]
    said = Statement.objects.filter(source__in=shown).values_list("article")
    return {row[0] for row in said.union(*naming)[: MAX_ARTICLES + 1]}


def _beside(articles: set[int]) -> set[int]:
    """Articles with a dispute of a statement in one of these, or raised in one of these."""
    raised = Dispute.objects.filter(counter_statement__article__in=articles).values_list("statement__article")
    disputed = Dispute.objects.filter(statement__article__in=articles, counter_statement__isnull=False)
    return {row[0] for row in raised.union(disputed.values_list("counter_statement__article"))}
