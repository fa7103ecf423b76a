"""What the templates need: times in words, quotation marks, signs of tags."""

from datetime import date, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from claims.media_fragments import address_of_part
from claims.partial_dates import said_on_fields
from factcheck.api.roles import Role, role_of
from factcheck.desk.addresses import address_of, instant, plural
from factcheck.desk.form_fields import ARTICLE, blank_mark_fields
from factcheck.desk.labels import field_label
from factcheck.desk.words import list_name, row_name, word

register = template.Library()
register.filter(plural)
register.filter(field_label)
register.filter(word)
register.filter(row_name)
register.filter(list_name)

# Shown beside the colour, for those who do not see it. No sign is a verdict.
SIGNS = {"asserted": "+", "denied": "−", "unverified": "?"}  # noqa: RUF001  the minus sign is meant
ANCHOR_LABELS = {
    "anchored": gettext_lazy("in its place"),
    "moved": gettext_lazy("found again at another place"),
    "needs_review": gettext_lazy("may be at another place now"),
    "orphaned": gettext_lazy("no longer in the text"),
}
OBTAINED = {
    "link": gettext_lazy("Obtained by a link"),
    "call": gettext_lazy("Obtained in a call"),
    "mail": gettext_lazy("Obtained by mail"),
    "document": gettext_lazy("Obtained as a document"),
    "visit": gettext_lazy("Obtained during a visit"),
    "other": gettext_lazy("Obtained in another way"),
}
ATTRIBUTIONS = {
    "direct": gettext_lazy("quoted directly: %(source)s"),
    "mixed": gettext_lazy("partly quoted: %(source)s"),
}
DOUBLE_QUOTES = '“”„‟"«»'
OPENING_QUOTES = tuple(DOUBLE_QUOTES + "‘‚'")  # noqa: RUF001


@register.filter
def ago(time: datetime | str | None) -> SafeString | str:
    """How long ago it was, with the exact time as a tooltip. Accepts the ISO 8601 text of an API answer, too."""
    if not time:
        return ""
    at = datetime.fromisoformat(time) if isinstance(time, str) else time
    written = at.isoformat()
    exact = f"{written[:10]} {written[11:19]} UTC"
    shown = f'<time datetime="{written}" title="{exact}">{_since(at)}</time>'
    return mark_safe(shown)  # noqa: S308  times alone; a page has hundreds


@register.simple_tag(takes_context=True)
def then(context: Any, time: datetime | None, row: Any) -> SafeString | str:
    """One of the row's own times, as a link to its page as it stood then. Only the newsroom reads the past."""
    if not time or context.get("is_anonymous"):
        return ago(time)
    address = address_of(row.journal_resource, row.pk)
    link = f'<a class="then" href="/then{address}?at={instant(time)}">{ago(time)}</a>'
    return mark_safe(link)  # noqa: S308  the address of a row, and times


@register.simple_tag(takes_context=True)
def then_entry(context: Any, entry: Any) -> SafeString | str:
    """The time of an entry, as a link to the row's page as it stood then: of a deletion, just before."""
    if entry.resource == "user" or context.get("is_anonymous"):
        return ago(entry.at)
    at = entry.at - timedelta(microseconds=entry.action.endswith(".deleted"))
    address = address_of(entry.resource, entry.resource_id)
    return format_html('<a class="then" href="{}?as_of={}">{}</a>', address, instant(at), ago(entry.at))


def day_in_words(day: date) -> str:
    return _("%(day)d %(month)s %(year)d") % {"day": day.day, "month": MONTHS[day.month], "year": day.year}


@register.filter
def when_said(statement: Any) -> str:
    """On a day, or in a month or a year."""
    day = statement.said_on
    if statement.said_on_precision == "year":
        return _("in %(year)d") % {"year": day.year}
    if statement.said_on_precision == "month":
        return _("in %(month)s %(year)d") % {"month": MONTHS[day.month], "year": day.year}
    return _("on %(day)s") % {"day": day_in_words(day)}


@register.filter
def date_said(text: str) -> str:
    """As `when_said`, for a day, a month or a year of an API answer."""
    return when_said(SimpleNamespace(**said_on_fields(text)))


@register.filter
def how_obtained(evidence: Any) -> str:
    """Empty where nothing of it is known, or for an anonymous reader."""
    way, day = OBTAINED.get(evidence.obtained_how), evidence.obtained_on
    if way and day:
        return _("%(obtained)s on %(day)s") % {"obtained": way, "day": day_in_words(day)}
    return str(way or "") or (day and _("Obtained on %(day)s") % {"day": day_in_words(day)}) or ""


def _since(at: datetime) -> str:
    passed = timezone.now() - at
    if abs(passed) >= timedelta(days=7):
        return day_in_words(at)
    if passed < timedelta(0):
        return _until(-passed)
    minutes = int(passed.total_seconds()) // 60
    if days := minutes // 1440:
        return ngettext("%(number)d day ago", "%(number)d days ago", days) % {"number": days}
    if hours := minutes // 60:
        return ngettext("%(number)d hour ago", "%(number)d hours ago", hours) % {"number": hours}
    if minutes:
        return ngettext("%(number)d minute ago", "%(number)d minutes ago", minutes) % {"number": minutes}
    return _("just now")


def _until(left: timedelta) -> str:
    """As much as it is at least, as for a time that has passed."""
    minutes = int(left.total_seconds()) // 60
    if days := minutes // 1440:
        return ngettext("in %(number)d day", "in %(number)d days", days) % {"number": days}
    if hours := minutes // 60:
        return ngettext("in %(number)d hour", "in %(number)d hours", hours) % {"number": hours}
    if minutes:
        return ngettext("in %(number)d minute", "in %(number)d minutes", minutes) % {"number": minutes}
    return _("in a moment")


@register.filter
def sign(tag: str) -> str:
    return SIGNS.get(tag, "")


@register.simple_tag
def tag_label(tag: str) -> SafeString:
    return _tag_label(tag, get_language())


@cache
def _tag_label(tag: str, language: str | None) -> SafeString:
    label = '<span class="tag {}"><span aria-hidden="true">{}</span> {}</span>'
    return format_html(label, tag, SIGNS.get(tag, ""), word(tag))


@register.filter
def clock(seconds: float) -> str:
    """As players of recordings show it: 0:12, 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.inclusion_tag("desk/statements/_recording.html")
def recording(article: Any, statement: Any) -> dict[str, Any]:
    """The link to where the statement is spoken; nothing if that is not known."""
    start, end = statement.media_start, statement.media_end
    if not article.media_url or start is None:
        return {}
    return {"address": address_of_part(article.media_url, start, end), "start": start, "end": end}


@register.filter
def up_to(count: int, limit: int) -> str:
    """For a number that was counted no further than the limit."""
    return _("over %(number)s") % {"number": grouped(limit)} if count > limit else grouped(count)


@register.filter
def pieces_of_evidence(number: int) -> str:
    return ngettext("%(number)s piece of evidence", "%(number)s pieces of evidence", number) % {"number": number}


def grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


LONGEST_WORD = 30  # characters


@register.filter
def shortened(text: str, length: int) -> str:
    """At most that many characters. It ends with a whole word, unless that is long, as where none are parted."""
    if len(text) <= length:
        return text
    cut = Truncator(text).chars(length)
    begin, _, last = cut.rpartition(" ")
    is_within_a_word = begin and len(last) <= LONGEST_WORD and not text[len(cut) - 1].isspace()
    return f"{begin.rstrip(' ,;:')}…" if is_within_a_word else cut


@register.filter
def quoted(text: str, length: int) -> str:
    """In quotation marks: single ones if it contains double ones, none if it begins with one of its own."""
    text = text.strip()
    short = shortened(text, length)
    if text.startswith(OPENING_QUOTES):
        return short
    return (_("‘%s’") if any(mark in short for mark in DOUBLE_QUOTES) else _("“%s”")) % short  # noqa: RUF001


@register.simple_block_tag
def trim_indent(content: str) -> SafeString:
    """Without the indentation, for parts that a page repeats many times."""
    lines = filter(None, map(str.strip, content.split("\n")))
    return mark_safe("\n".join(lines))  # noqa: S308  the block is rendered, so it is escaped


# Private characters, which no template has.
BLANK = SimpleNamespace(number="\ue002", statement=SimpleNamespace(pk="\ue000", version="\ue001"))


class StencilNode(template.Node):
    def __init__(self, nodelist: Any):
        self.nodelist = nodelist

    def render(self, context: Any) -> SafeString:
        card, kept = context["card"], context.render_context.dicts[0]
        if self not in kept:
            with context.push(card=BLANK, statement=BLANK.statement, pk=BLANK.statement.pk):
                kept[self] = self.nodelist.render(context)
        filled = kept[self].replace(BLANK.statement.pk, str(card.statement.pk))
        filled = filled.replace(BLANK.statement.version, str(card.statement.version))
        return mark_safe(filled.replace(BLANK.number, str(card.number)))  # noqa: S308  numbers


@register.tag
def stencil(parser: Any, token: Any) -> StencilNode:
    """`{% stencil %}…{% endstencil %}`: what differs from card to card only by its number, and by the `pk` and the
    `version` of its statement, is rendered once for a page, and filled in for each card."""
    nodelist = parser.parse(("endstencil",))
    parser.delete_first_token()
    return StencilNode(nodelist)


@register.simple_tag(takes_context=True)
def mark_fields(context: Any) -> SafeString:
    """Those of the blank form to mark a passage."""
    fields = blank_mark_fields(get_language(), may_tag=context["may"].get("tag", False))
    return mark_safe(fields.replace(ARTICLE, str(context["article"].pk)))  # noqa: S308  a rendered template


@register.filter
def join_lines(value: Any) -> str:
    return "\n".join(str(item) for item in value) if isinstance(value, list) else str(value or "")


@register.filter
def is_admin(user: Any) -> bool:
    return role_of(user) >= Role.ADMIN


@register.filter
def browser_in_words(agent: str) -> str:
    """As its user calls it, from the User-Agent."""
    browsers = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
    systems = {
        "Android": "Android", "iPhone": _("an iPhone"), "iPad": _("an iPad"), "Windows": "Windows",
        "Mac OS": _("a Mac"), "Linux": "Linux",
    }  # fmt: skip
    browser = next((name for sign, name in browsers.items() if sign in agent), "")
    system = next((name for sign, name in systems.items() if sign in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("an unknown browser")


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Each by its own name."""
    return settings.LANGUAGES


@register.simple_tag
def public_read_is_on() -> bool:
    return settings.PUBLIC_READ


@register.simple_tag
def provider_name() -> str:
    """Of the identity provider; empty without one."""
    return settings.OIDC_NAME if settings.OIDC_ISSUER else ""


@register.simple_tag
def has_passwords() -> bool:
    return settings.LOCAL_PASSWORDS


@register.simple_tag
def has_break_glass() -> bool:
    return bool(settings.BREAK_GLASS_ADMIN)


@register.simple_tag
def fetching_is_on() -> bool:
    return settings.FETCH_ARTICLES


@register.simple_tag
def with_parameter(request: Any, name: str, value: Any) -> str:
    """The address of this page with one query parameter set."""
    parameters = request.GET.copy()
    parameters[name] = value
    return f"{request.path}?{parameters.urlencode()}"


@register.filter
def get_item(mapping: dict[int, Any], key: int) -> Any:
    return mapping.get(key)


@register.filter
def split(text: str) -> list[str]:
    return text.split()


@register.filter
def tags_starting_with(chosen: str) -> list[str]:
    """All tags, the chosen one first: a browser presses the first button when Enter sends the form."""
    return sorted(SIGNS, key=lambda tag: tag != chosen)


@register.filter
def anchor_label(anchor: str) -> str:
    return str(ANCHOR_LABELS.get(anchor, anchor))


@register.filter
def lost_place(statement: Any) -> str:
    """Why a statement is not marked in the text. At an instant within a change of the text, it is still pinned to the
    old one."""
    if statement.anchor in ("needs_review", "orphaned"):
        return anchor_label(statement.anchor)
    return _("pinned to revision %(revision)s") % {"revision": statement.revision}


@register.simple_block_tag
def attributed(content: str, statement: Any) -> SafeString:
    """How the words came from the source, whose name the block has."""
    return attribution(content, statement.quote_type, is_relayed=bool(statement.via))


def attribution(source: str, quote_type: str, *, is_relayed: bool) -> SafeString:
    """`source` is HTML."""
    words = None if is_relayed else ATTRIBUTIONS.get(quote_type)
    sentence = str(words or _("attributed to %(source)s"))
    return mark_safe(sentence % {"source": source})  # noqa: S308  the source is HTML already


@register.simple_block_tag
def through(content: str) -> SafeString:
    """Who relayed the words, after who said them."""
    return mark_safe(_(", through %(source)s") % {"source": content})  # noqa: S308  as above


@register.filter
def tag_shares(tags: dict[str, int]) -> list[tuple[str, int, int, int]]:
    """For a bar chart 100 wide: each tag with its count, and the start and width of its part."""
    total = sum(tags.values())
    shares, counted, begin = [], 0, 0
    for tag, number in tags.items():
        counted += number
        end = round(100 * counted / total) if total else 0
        shares.append((tag, number, begin, end - begin))
        begin = end
    return shares
