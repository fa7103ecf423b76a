"""Lines about a statement, as SafeString.

They are in no template: an article's page has hundreds of them, and their many small nodes took a fifth of its time.
"""

from collections.abc import Callable
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from factcheck.desk.templatetags.desk import attribution, quoted, through, when_said
from factcheck.desk.words import word

register = template.Library()


@register.simple_tag
def chain(statement: Any) -> SafeString:
    return chain_line(statement, lambda source: f"/api/v1/sources/{source.pk}/")


def chain_line(statement: Any, address_of: Callable[[Any], str]) -> SafeString:
    """Who said it, through whom, and when. `address_of` a source."""
    if statement.source:
        relays = [through(_source(relay, address_of)) for relay in statement.via]
        said = attribution(_source(statement.source, address_of), statement.quote_type, is_relayed=bool(relays))
        line = "".join([said, *relays])
    else:
        line = escape(_("the article itself says this"))
    day = f", {escape(when_said(statement))}" if statement.said_on else ""
    return mark_safe(f'<span class="chain">{line}{day}</span>')  # noqa: S308  the parts are escaped


@register.simple_tag
def dispute_line(dispute: Any, statement: Any) -> SafeString:
    """On the card of the statement that it disputes."""
    if dispute.scope == "part":
        line = _('<a href="/api/v1/disputes/%(id)s/">%(kind)s</a> of part of it by %(source)s, <b>%(state)s</b>')
    else:
        line = _('<a href="/api/v1/disputes/%(id)s/">%(kind)s</a> by %(source)s, <b>%(state)s</b>')
    line %= _words(dispute, kind=capfirst(word(dispute.kind)), source=dispute.raised_by.name)
    if counter := dispute.counter_statement:
        is_here = counter.article_id == statement.article_id
        address = f"#mark-{counter.pk}" if is_here else f"/api/v1/statements/{counter.pk}/"
        line += f': <a href="{address}">{escape(quoted(counter.text, 80))}</a>'
    return mark_safe(line)  # noqa: S308  the parts are escaped


@register.simple_tag
def raised_line(dispute: Any, statement: Any) -> SafeString:
    """On the card of the statement that raised it."""
    if dispute.statement.article_id == statement.article_id:
        line = _(
            'Raised a <a href="/api/v1/disputes/%(id)s/">%(kind)s</a> of '
            '<a href="#mark-%(statement_id)s">%(text)s</a>, <b>%(state)s</b>'
        )
    else:
        line = _(
            'Raised a <a href="/api/v1/disputes/%(id)s/">%(kind)s</a> of '
            '<a href="/api/v1/statements/%(statement_id)s/">%(text)s</a>, <b>%(state)s</b>'
        )
    text = quoted(dispute.statement.text, 80)
    words = _words(dispute, kind=word(dispute.kind), text=text, statement_id=dispute.statement_id)
    return mark_safe(line % words)  # noqa: S308  the parts are escaped


def _source(source: Any, address_of: Callable[[Any], str]) -> str:
    name = f'<a href="{address_of(source)}">{escape(source.name)}</a>'
    return f'{name} <span class="quiet">{escape(_("(anonymous)"))}</span>' if source.anonymous else name


def _words(dispute: Any, **words: Any) -> dict[str, Any]:
    return {name: escape(text) for name, text in {"id": dispute.pk, "state": word(dispute.state), **words}.items()}
