"""Reads a page for its article. Only this module imports trafilatura, which takes a fifth of a second; so it is itself
imported only when somebody fetches a page."""

import re
from dataclasses import dataclass
from typing import Any

import trafilatura
from trafilatura.metadata import extract_metadata
from trafilatura.utils import load_html

from claims.fetching.pages import FetchedPage
from claims.fetching.refusals import N_, NotFetched
from factcheck.charsets import is_of_text

MAX_ELEMENTS = 10_000  # at worst, each of them a link, about a second; articles have hundreds
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
STATED_DATES = {"original_date": True, "extensive_search": False}  # none that is only guessed from the text


@dataclass(frozen=True)
class FoundArticle:
    url: str
    title: str
    byline: str
    day: str  # such as 2022-01-28; empty, as the others, if the page does not say it
    language: str
    text: str


def article_in(page: FetchedPage) -> FoundArticle:
    """Raises NotFetched."""
    tree = load_html(_decoded(page))
    if tree is None:
        raise NotFetched("not_html", N_("This page cannot be read as HTML. Paste the text."))
    if sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
        many = f"{MAX_ELEMENTS:,}"
        raise NotFetched("too_large", N_("The page has more than %(many)s parts. Paste the text."), many=many)
    language = _language(tree)
    stated = extract_metadata(tree, page.url, STATED_DATES, False)
    text = trafilatura.extract(tree, page.url, fast=True, include_comments=False)
    if not text:
        raise NotFetched("no_text", N_("No article was found on this page. Paste the text."))
    paragraphs = "\n\n".join(filter(None, text.split("\n")))
    return FoundArticle(page.url, _line(stated.title), _line(stated.author), stated.date or "", language, paragraphs)


def _decoded(page: FetchedPage) -> str | bytes:
    """By what the server says; otherwise trafilatura reads what the page says, or guesses."""
    try:
        return page.content.decode(page.charset) if page.charset and is_of_text(page.charset) else page.content
    except UnicodeDecodeError:
        return page.content


def _language(tree: Any) -> str:
    stated = (tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "").strip()
    return stated if LANGUAGE.fullmatch(stated) and len(stated) <= 35 else ""


def _line(text: str | None) -> str:
    return " ".join((text or "").replace("\x00", "").split())[:500]
