"""The API's codes and the kinds of its rows, as words of the page's language. In English a code is its own word."""

from django.utils.translation import pgettext_lazy

WORDS = {
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
    # roles
    "viewer": pgettext_lazy("code", "viewer"),
    "reporter": pgettext_lazy("code", "reporter"),
    "editor": pgettext_lazy("code", "editor"),
    "admin": pgettext_lazy("code", "admin"),
}


def code_in_words(code: str) -> str:
    return str(WORDS.get(code, code))
