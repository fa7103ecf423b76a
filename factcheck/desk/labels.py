"""What fields are called on the pages. Where they begin a line, their first letter is a capital."""

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

LABELS = {
    "actions": _("acts that are sent; none ticked stands for all"),
    "active": _("active: what is written is sent"),
    "aliases": _("other names"),
    "anchor": _("anchor"),
    "anonymous": _("anonymous (the name is the article’s own words for the source)"),  # noqa: RUF001
    "archived_url": _("archived at (URL)"),
    "article": _("article"),
    "author": _("author"),
    "byline": _("byline"),
    "captions": _("captions"),
    "counter_statement": _("counter statement"),
    "days": _("valid for (days)"),
    "desk": _("who has it"),
    "description": _("who or what it is"),
    "dispute": _("dispute"),
    "email": _("email"),
    "end": pgettext_lazy("of a passage", "end"),
    "excerpt": _("excerpt"),
    "factors": _("two-step log-in"),
    "first_name": _("first name"),
    "into": _("the record that stays"),
    "is_active": _("is active"),
    "key": _("key"),
    "kind": _("kind"),
    "language": _("language (a code, such as en or ar)"),
    "last_name": _("last name"),
    "media_url": _("address of the recording (URL)"),
    "name": _("name"),
    "note": _("what is contradicted, and how"),
    "obtained_how": _("how you got it (only the newsroom sees this)"),
    "obtained_on": _("obtained on (only the newsroom sees this)"),
    "outcome": _("outcome"),
    "paraphrase": _("in plain words"),
    "part_of": _("belongs to or speaks for"),
    "password": _("password"),
    "proposal": _("proposal"),
    "published_at": _("published on (UTC)"),
    "publisher": _("publisher"),
    "quote_type": _("how it is quoted"),
    "raised_by": _("raised by"),
    "read_only": _("read-only"),
    "reason": _("reason"),
    "resolved": _("resolved"),
    "revision": _("revision"),
    "role": _("role"),
    "root": _("root (the fingerprint of all its entries)"),
    "said_on": _("said on"),
    "said_on_precision": _("said on, known to the"),
    "same_as": _("the same on other sites, such as its Wikidata page (URLs)"),
    "scope": _("how much is disputed"),
    "sealed_at": _("sealed at"),
    "severity": _("severity"),
    "source": _("source"),
    "stance": _("supports, refutes or context"),
    "start": pgettext_lazy("of a passage", "start"),
    "state": _("state"),
    "statement": _("statement"),
    "status": _("status"),
    "tag": _("tag"),
    "tag_reason": _("reason for the tag"),
    "text": _("text"),
    "title": _("title"),
    "url": _("address (URL)"),
    "username": _("username"),
    "via": pgettext_lazy("of a statement", "via"),
}


def field_label(name: str, default: str = "") -> str:
    return str(capfirst(LABELS.get(name) or default or name.replace("_", " ")))


def short_field_label(name: str) -> str:
    """Within a sentence."""
    label = str(LABELS.get(name, name.replace("_", " ")))
    return label.partition(" (")[0]
