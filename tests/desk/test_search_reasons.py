"""A result of the search says which words it has, and in which field."""

import html
import re

import pytest

from claims import services
from factcheck.desk import search_reasons
from sources.services import create_source
from tests.newsroom import browser_of, page_of


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def reasons(client, query, section):
    """Of the first result: the field and the words around the one that was found, which stands between stars."""
    page = page_of(client, f"/search/?q={query}")
    (part,) = re.findall(rf'<section aria-labelledby="found-{section}">(.*?)</section>', page, re.S)
    told = re.findall(r"<span>([^<]*): <bdi>(.*?)</bdi></span>", part)
    return [(name, html.unescape(re.sub("</?b>", "*", excerpt))) for name, excerpt in told]


def test_a_statement_tells_each_field_that_has_a_word_of_the_query(desk, alice, article, minister):
    relay = create_source(actor=alice, name="CNN", kind="outlet", aliases=["Cable News"])
    statement = services.create_statement(article=article, actor=alice, source=minister, via=[relay], start=2, end=23)
    services.tag_statement(
        statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="The ministry <denies> it."
    )
    services.create_evidence(actor=alice, statement=statement, stance="refutes", url="https://a.example/", title="Note")
    assert reasons(desk, "said", "statements") == [("passage", "The minister *said* no.")]
    assert reasons(desk, "denying", "statements") == [("reason", "The ministry <*denies*> it.")]
    assert reasons(desk, "Doe", "statements") == [("source", "The minister / Jane *Doe*")]
    assert reasons(desk, "cable said", "statements") == [
        ("passage", "The minister *said* no."),
        ("through", "CNN / *Cable* News"),
    ]
    assert reasons(desk, "note", "statements") == [("evidence", "*Note*")]
    assert reasons(desk, "said -maybe", "statements") == [("passage", "The minister *said* no.")]


def test_accents_forms_and_scripts_without_spaces_are_found_as_the_search_finds_them(desk, alice):
    text = "Es gab Überfälle in Łódź. 乌克兰总统拒绝。 Nobody paid."
    services.create_article(actor=alice, title="A report", language="de", text=text)
    assert reasons(desk, "Überfall", "articles") == [
        ("text", "Es gab *Überfälle* in Łódź. 乌克兰总统拒绝。 Nobody paid.")
    ]
    assert reasons(desk, "ubërfalle", "articles") == [
        ("text", "Es gab *Überfälle* in Łódź. 乌克兰总统拒绝。 Nobody paid.")
    ]
    assert reasons(desk, "克兰", "articles") == [("text", "Es gab Überfälle in Łódź. 乌*克兰*总统拒绝。 Nobody paid.")]


def test_a_long_text_is_told_around_the_first_word_and_read_only_so_far(desk, alice, monkeypatch):
    text = "Nothing. " * 20 + "The mayor paid, and paid again. " + "Nothing. " * 20 + "He paid."
    services.create_article(actor=alice, title="A report", text=text)
    around = "…Nothing. Nothing. Nothing. The mayor *paid*, and *paid* again. Nothing. Nothing. Nothing. …"
    assert reasons(desk, "paid", "articles") == [("text", around)]
    monkeypatch.setattr(search_reasons, "MAX_CHARACTERS", 50)
    assert reasons(desk, "paid", "articles") == []


def test_a_source_tells_under_which_other_name_it_was_found(desk, minister):
    assert reasons(desk, "jan", "sources") == [("also called", "*Jane* Doe")]
    assert reasons(desk, "minister", "sources") == []


def test_an_anonymous_reader_is_told_no_other_names(desk, client, alice, article, minister, settings):
    settings.PUBLIC_READ = True
    services.create_statement(article=article, actor=alice, source=minister, start=2, end=23)
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Read.")
    assert reasons(desk, "minister", "statements")[1] == ("source", "The *minister* / Jane Doe")
    assert reasons(client, "minister", "statements")[1] == ("source", "The *minister*")
    assert reasons(client, "jan", "sources") == []
