"""The journal's checkpoints and proofs, for a person: what they mean, how to keep one, and how to check it later."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.db.models import F
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from claims.followers import followers_in_use
from factcheck.api.renderers import pretty
from factcheck.api.roles import Role, role_of
from factcheck.desk.page import Page
from factcheck.journal.followers import lags
from factcheck.journal.models import Entry
from factcheck.journal.seal.models import Leaf
from factcheck.postgres.row_comparison import RowComparison

# The key stands beside the note, so that the mail alone can be checked.
MAIL = _("""\
%(note)s
Its key: %(key)s

Keep this message. It proves which %(entries)s the journal at %(service)s had when you got it. How to check that:
%(service)s/api/v1/journal/checkpoints/
""")


class SealPage(Page):
    """The latest checkpoint, alone or before the earlier ones."""

    def context(self) -> dict[str, Any]:
        rows = [readable(row) for row in self.data.get("results", [self.data])]
        is_later_page = "cursor" in self.request.query_params
        latest = rows[0] if rows and not is_later_page else None
        return {
            "latest": latest,
            "earlier": rows if is_later_page else rows[1:],
            "is_later_page": is_later_page,
            "service": self._service(),
            "mail": latest and mail_of(latest, self._service()),
            "lags": [] if self.viewer.is_anonymous else lags(followers_in_use()),
            "pager": {"previous_url": self.data.get("previous"), "next_url": self.data.get("next")},
        }

    def _service(self) -> str:
        return self.request.build_absolute_uri("/").rstrip("/")


class ProofPage(Page):
    def context(self) -> dict[str, Any]:
        sealed = readable(self.data)
        return {
            "place": number_format(self.data["position"] + 1, force_grouping=True),
            "entries": sealed["entries"],
            "content": pretty(self.data),
            "entry_url": self._entry_url(self.data["entry"]),
        }

    def _entry_url(self, entry_id: int) -> str | None:
        """A page of the journal with this entry alone, for those who may read it."""
        entry = Entry.objects.filter(pk=entry_id).first()
        is_hidden = entry and entry.resource == "user" and role_of(self.request.user) < Role.ADMIN
        if self.viewer.is_anonymous or entry is None or is_hidden:
            return None
        before = Entry.objects.filter(RowComparison(F("transaction"), "<", entry.transaction, entry.pk))
        last = before.order_by("-transaction", "-id").values_list("transaction", "pk").first()
        after = f"after={last[0]}-{last[1]}&" if last else ""
        return f"/api/v1/journal/?{after}page_size=1&format=json"


def sealed_among(entries: Iterable[Any]) -> set[int]:
    """The ids of those that have a proof."""
    return set(Leaf.objects.filter(entry__in=[entry.pk for entry in entries]).values_list("entry", flat=True))


def mail_of(checkpoint: dict[str, Any], service: str) -> str:
    """A `mailto:` link (RFC 6068)."""
    body = (str(MAIL) % {"service": service, **checkpoint}).replace("\n", "\r\n")
    subject = gettext("Checkpoint of %(name)s: %(entries)s") % checkpoint
    return f"mailto:?subject={quote(subject)}&body={quote(body)}"


def readable(row: Any) -> dict[str, Any]:
    """A checkpoint of the API, in the form that people read."""
    size, root = row["size"], row["root"]
    number = number_format(size, force_grouping=True)
    return {
        **row,
        "name": row["note"].partition("\n")[0],
        "at": row.get("at") and datetime.fromisoformat(row["at"]),
        "entries": ngettext("%(number)s entry", "%(number)s entries", size) % {"number": number},
        "groups": [root[start : start + 4] for start in range(0, len(root), 4)],
    }
