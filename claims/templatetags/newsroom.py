"""Statements in the newsroom's words."""

from typing import Any

from django import template

register = template.Library()

PLACES = {
    "anchored": "in its place",
    "moved": "found again at another place",
    "needs_review": "may stand elsewhere now",
    "orphaned": "no longer in the text",
}


@register.filter
def place(anchor: str) -> str:
    return PLACES.get(anchor, anchor)


@register.filter
def lead(statement: Any) -> str:
    """How the source comes by these words, before its name."""
    words = {"direct": "quoted directly:", "mixed": "partly quoted:"}
    return "said to be" if statement.via else words.get(statement.quote_type, "said to be")


@register.filter
def bar(tags: dict[str, int]) -> list[tuple[str, int, int, int]]:
    """Each tag with its number, and its place and width in a bar a hundred wide."""
    total = sum(tags.values())
    shares, counted, begin = [], 0, 0
    for tag, number in tags.items():
        counted += number
        end = round(100 * counted / total) if total else 0
        shares.append((tag, number, begin, end - begin))
        begin = end
    return shares
