"""What the pages' templates need: times in words, addresses, signs."""

import re
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from factcheck.desk.addresses import plural

register = template.Library()
register.filter(plural)

# Beside the colour, for those who do not see it. Neither is a verdict.
SIGNS = {"asserted": "+", "denied": "−", "unverified": "?"}  # noqa: RUF001  the minus sign is meant


@register.filter
def ago(moment: datetime | str | None) -> SafeString | str:
    """In words, with the exact time for whoever points at it."""
    if not moment:
        return ""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    exact = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, _since(at))


def _since(at: datetime) -> str:
    passed = timezone.now() - at
    if passed < timedelta(0) or passed >= timedelta(days=7):
        return f"{at.day} {at:%B %Y}"
    if passed < timedelta(minutes=1):
        return "just now"
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if number := int(passed.total_seconds()) // length:
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return ""


@register.filter
def sign(tag: str) -> str:
    return SIGNS.get(tag, "")


@register.simple_tag
def tag_label(tag: str) -> SafeString:
    return format_html(
        '<span class="tag {}"><span aria-hidden="true">{}</span> {}</span>', tag, SIGNS.get(tag, ""), tag
    )


DOUBLE = '“”„‟"«»'
OPENING = tuple(DOUBLE + "‘‚'")  # noqa: RUF001


@register.filter
def quoted(text: str, length: int) -> str:
    """Between quotation marks: single ones around double ones, and none where it begins with its own."""
    text = text.strip()
    short = Truncator(text).chars(length)
    if text.startswith(OPENING):
        return short
    return f"‘{short}’" if any(mark in short for mark in DOUBLE) else f"“{short}”"  # noqa: RUF001


@register.simple_block_tag
def trim_indent(content: str) -> SafeString:
    """Without the indentation, for what a page holds many times."""
    return mark_safe(re.sub(r"\s*\n\s*", "\n", content))  # noqa: S308  the block is rendered, so escaped already


@register.filter
def lines(value: Any) -> str:
    return "\n".join(str(item) for item in value) if isinstance(value, list) else str(value or "")


@register.simple_tag
def public_read_is_on() -> bool:
    return settings.PUBLIC_READ


@register.simple_tag
def with_parameter(request: Any, name: str, value: Any) -> str:
    """The present address with one query parameter set."""
    parameters = request.GET.copy()
    parameters[name] = value
    return f"{request.path}?{parameters.urlencode()}"


@register.filter
def get_item(mapping: dict[int, Any], key: int) -> Any:
    return mapping.get(key)


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def tags_from(chosen: str) -> list[str]:
    """All tags, the chosen one first: a browser takes the first button when a form is sent by none."""
    return sorted(SIGNS, key=lambda tag: tag != chosen)


ANCHOR_LABELS = {
    "anchored": "in its place",
    "moved": "found again at another place",
    "needs_review": "may stand elsewhere now",
    "orphaned": "no longer in the text",
}


@register.filter
def anchor_label(anchor: str) -> str:
    return ANCHOR_LABELS.get(anchor, anchor)


@register.filter
def attribution(statement: Any) -> str:
    """How the source comes by these words, before its name."""
    words = {"direct": "quoted directly:", "mixed": "partly quoted:"}
    return "said to be" if statement.via else words.get(statement.quote_type, "said to be")


@register.filter
def tag_shares(tags: dict[str, int]) -> list[tuple[str, int, int, int]]:
    """Each tag with its number, and its place and width in a bar a hundred wide."""
    total = sum(tags.values())
    shares, counted, begin = [], 0, 0
    for tag, number in tags.items():
        counted += number
        end = round(100 * counted / total) if total else 0
        shares.append((tag, number, begin, end - begin))
        begin = end
    return shares
