"""What the pages say for the codes of the API: tags, states, kinds, and the names of rows."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

WORDS: dict[str, Promise] = {
    # the tags of a statement
    "asserted": _("asserted"),
    "denied": _("denied"),
    "unverified": _("unverified"),
    # what became of an article, a dispute or a proposal
    "draft": _("draft"),
    "published": _("published"),
    "withdrawn": _("withdrawn"),
    "open": _("open"),
    "upheld": _("upheld"),
    "rejected": _("rejected"),
    "taken": _("taken"),
    "set_aside": _("set aside"),
    # disputes
    "denial": _("denial"),
    "contradiction": _("contradiction"),
    "correction": _("correction"),
    "clarification": _("clarification"),
    "whole": pgettext_lazy("of a statement is disputed", "whole"),
    "part": pgettext_lazy("of a statement is disputed", "part"),
    # evidence
    "supports": _("supports"),
    "refutes": _("refutes"),
    "context": pgettext_lazy("evidence", "context"),
    "link": _("link"),
    "call": _("call"),
    "mail": _("mail"),
    "visit": _("visit"),
    "other": pgettext_lazy("way to get evidence", "other"),
    # how somebody is quoted, and when it was said
    "direct": _("direct"),
    "indirect": _("indirect"),
    "mixed": _("mixed"),
    "narration": _("narration"),
    "month": _("month"),
    "year": _("year"),
    # the place of a passage
    "anchored": _("anchored"),
    "moved": _("moved"),
    "needs_review": _("needs review"),
    "orphaned": _("orphaned"),
    # sources
    "person": _("person"),
    "organization": _("organization"),
    "outlet": _("outlet"),
    "document": _("document"),
    "account": pgettext_lazy("kind of source", "account"),
    # desk checks
    "error": _("error"),
    "warning": _("warning"),
    "asserted_but_disputed": _("asserted but disputed"),
    "denied_without_denial": _("denied without denial"),
    "asserted_on_weak_sources": _("asserted on weak sources"),
    "both_sides_asserted": _("both sides asserted"),
    "anchor_needs_review": _("anchor needs review"),
    "anchor_orphaned": _("anchor orphaned"),
    "quote_without_source": _("quote without source"),
    "changed_since_tagged": _("changed since tagged"),
    "published_with_unresolved": _("published with unresolved"),
    # kinds of rows
    "article": _("article"),
    "statement": _("statement"),
    "evidence": _("evidence"),
    "dispute": _("dispute"),
    "note": _("note"),
    "source": _("source"),
    "user": _("user"),
    "token": _("token"),
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
}
LISTS = {
    "article": _("articles"),
    "statement": _("statements"),
    "evidence": pgettext_lazy("list", "evidence"),
    "dispute": _("disputes"),
    "note": _("notes"),
    "source": _("sources"),
    "token": _("tokens"),
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
    """A code without a word stays as it is."""
    return str(WORDS.get(str(code), code))


def row_name(resource: str, row_id: object) -> str:
    """Such as "statement 12"."""
    return str(ROWS[resource]) % {"id": row_id} if resource in ROWS else f"{resource} {row_id}"


def list_name(resource: str) -> str:
    return str(LISTS.get(resource, resource))


def counted(resource: str, count: int) -> str:
    """Such as "7 statements"."""
    return str(COUNTS[resource] % {"count": count})
