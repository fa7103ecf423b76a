"""What the templates of the public pages need: their addresses, and days."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from factcheck.desk.templatetags.desk import day_in_words
from factcheck.desk.templatetags.statement_lines import chain_line
from factcheck.public_addresses import article_path, public_origin, source_path, statement_path

register = template.Library()


@register.simple_tag
def article_address(article: Any) -> str:
    return article_path(article.pk, article.title)


@register.simple_tag
def statement_address(statement: Any) -> str:
    return statement_path(statement.pk, statement.text)


@register.simple_tag
def source_address(source: Any) -> str:
    return source_path(source.pk, source.name)


@register.simple_tag(takes_context=True)
def canonical(context: Any, path: str) -> str:
    """On a page of the desk: where its anonymous readers find the same as a public page."""
    origin = public_origin(context["request"]) if context.get("is_anonymous") else None
    return format_html('<link rel="canonical" href="{}{}">\n  ', origin, path) if origin else ""


@register.simple_tag
def source_link(source: Any) -> SafeString:
    return format_html('<a href="{}">{}</a>', source_address(source), source.name)


@register.simple_tag
def day(at: datetime) -> SafeString:
    """Never how long ago it was: the page stays in caches."""
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), day_in_words(at))


@register.simple_tag
def public_chain(statement: Any) -> SafeString:
    return chain_line(statement, source_address)
