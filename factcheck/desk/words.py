"""What the pages say for the codes of the API: tags, states, kinds, and the names of rows."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

WORDS: dict[str, Promise] = {
    # tags
    "asserted": pgettext_lazy("code", "asserted"),
    "denied": pgettext_lazy("code", "denied"),
    "unverified": pgettext_lazy("code", "unverified"),
    # statuses and states
    "draft": pgettext_lazy("code", "draft"),
    "published": pgettext_lazy("code", "published"),
    "withdrawn": pgettext_lazy("code", "withdrawn"),
    "open": pgettext_lazy("code", "open"),
    "upheld": pgettext_lazy("code", "upheld"),
    "rejected": pgettext_lazy("code", "rejected"),
    "taken": pgettext_lazy("code", "taken"),
    "set_aside": pgettext_lazy("code", "set aside"),
    "anchored": pgettext_lazy("code", "anchored"),
    "moved": pgettext_lazy("code", "moved"),
    "needs_review": pgettext_lazy("code", "needs review"),
    "orphaned": pgettext_lazy("code", "orphaned"),
    # kinds
    "denial": pgettext_lazy("code", "denial"),
    "contradiction": pgettext_lazy("code", "contradiction"),
    "correction": pgettext_lazy("code", "correction"),
    "clarification": pgettext_lazy("code", "clarification"),
    "whole": pgettext_lazy("code", "whole"),
    "part": pgettext_lazy("code", "part"),
    "direct": pgettext_lazy("code", "direct"),
    "indirect": pgettext_lazy("code", "indirect"),
    "mixed": pgettext_lazy("code", "mixed"),
    "narration": pgettext_lazy("code", "narration"),
    "supports": pgettext_lazy("code", "supports"),
    "refutes": pgettext_lazy("code", "refutes"),
    "context": pgettext_lazy("code", "context"),
    "link": pgettext_lazy("code", "link"),
    "call": pgettext_lazy("code", "call"),
    "mail": pgettext_lazy("code", "mail"),
    "document": pgettext_lazy("code", "document"),
    "visit": pgettext_lazy("code", "visit"),
    "other": pgettext_lazy("code", "other"),
    "person": pgettext_lazy("code", "person"),
    "organization": pgettext_lazy("code", "organization"),
    "outlet": pgettext_lazy("code", "outlet"),
    "account": pgettext_lazy("code", "account"),
    "month": pgettext_lazy("code", "month"),
    "year": pgettext_lazy("code", "year"),
    "error": pgettext_lazy("code", "error"),
    "warning": pgettext_lazy("code", "warning"),
    # rows
    "article": pgettext_lazy("code", "article"),
    "statement": pgettext_lazy("code", "statement"),
    "dispute": pgettext_lazy("code", "dispute"),
    "evidence": pgettext_lazy("code", "evidence"),
    "source": pgettext_lazy("code", "source"),
    "note": pgettext_lazy("code", "note"),
    "user": pgettext_lazy("code", "user"),
    "token": pgettext_lazy("code", "token"),
    "webhook": pgettext_lazy("code", "webhook"),
    # deliveries of a webhook
    "pending": pgettext_lazy("code", "pending"),
    "delivered": pgettext_lazy("code", "delivered"),
    "failed": pgettext_lazy("code", "failed"),
    # roles
    "viewer": pgettext_lazy("code", "viewer"),
    "reporter": pgettext_lazy("code", "reporter"),
    "editor": pgettext_lazy("code", "editor"),
    "admin": pgettext_lazy("code", "admin"),
    # factors of a second step
    "app": pgettext_lazy("code", "authenticator app"),
    "passkey": pgettext_lazy("code", "passkey"),
    # desk checks
    "asserted_but_disputed": pgettext_lazy("code", "asserted but disputed"),
    "denied_without_denial": pgettext_lazy("code", "denied without denial"),
    "asserted_on_weak_sources": pgettext_lazy("code", "asserted on weak sources"),
    "both_sides_asserted": pgettext_lazy("code", "both sides asserted"),
    "anchor_needs_review": pgettext_lazy("code", "anchor needs review"),
    "anchor_orphaned": pgettext_lazy("code", "anchor orphaned"),
    "quote_without_source": pgettext_lazy("code", "quote without source"),
    "changed_since_tagged": pgettext_lazy("code", "changed since tagged"),
    "published_with_unresolved": pgettext_lazy("code", "published with unresolved"),
}
ROWS = {
    "article": _("article %(id)s"),
    "statement": _("statement %(id)s"),
    "evidence": _("evidence %(id)s"),
    "dispute": _("dispute %(id)s"),
    "note": _("note %(id)s"),
    "source": _("source %(id)s"),
    "user": _("user %(id)s"),
    "token": _("token %(id)s"),
    "webhook": _("webhook %(id)s"),
}
PASSAGE = _("passage %(number)s")
LISTS = {
    "article": _("articles"),
    "statement": _("statements"),
    "evidence": pgettext_lazy("list", "evidence"),
    "dispute": _("disputes"),
    "note": _("notes"),
    "source": _("sources"),
    "token": _("tokens"),
    "webhook": _("webhooks"),
}
# The lists of the API, by the last part of their address.
ENDPOINTS = {
    "articles": LISTS["article"],
    "statements": LISTS["statement"],
    "disputes": LISTS["dispute"],
    "evidence": LISTS["evidence"],
    "notes": LISTS["note"],
    "sources": LISTS["source"],
    "checks": _("checks"),
    "journal": _("journal"),
    "webhooks": LISTS["webhook"],
    "tokens": LISTS["token"],
    "schema": _("schema"),
    "docs": _("docs"),
}
COUNTS = {
    "article": ngettext_lazy("%(count)s article", "%(count)s articles", "count"),
    "statement": ngettext_lazy("%(count)s statement", "%(count)s statements", "count"),
    "evidence": ngettext_lazy("%(count)s evidence", "%(count)s evidence", "count"),
    "dispute": ngettext_lazy("%(count)s dispute", "%(count)s disputes", "count"),
    "note": ngettext_lazy("%(count)s note", "%(count)s notes", "count"),
    "source": ngettext_lazy("%(count)s source", "%(count)s sources", "count"),
}


def word(code: object) -> str:
    """A code without a word stays as it is. In English most codes are their own words."""
    return str(WORDS.get(str(code), code))


def row_name(resource: str, row_id: object) -> str:
    """Such as "statement 12"."""
    return str(ROWS[resource]) % {"id": row_id} if resource in ROWS else f"{resource} {row_id}"


def passage_name(number: int) -> str:
    """Of a statement that is marked in the text, where other articles' statements cannot be meant."""
    return str(PASSAGE) % {"number": number}


def list_name(resource: str) -> str:
    return str(LISTS.get(resource, resource))


def counted(resource: str, count: int) -> str:
    """Such as "7 statements"."""
    return str(COUNTS[resource] % {"count": count})
