"""The page of an article's suggestions, its forms, and what other pages show of them."""

import re

import pytest
from django.test import Client

from claims import services
from claims.models import DismissedSuggestion, Dispute, Statement
from claims.suggestions import ArticleSuggestions
from sources.models import Source
from sources.services import create_source
from tests.newsroom import article_page, browser_of, page_of, user_with_role

TEXT = """Mayor Jane Doe said that the bridge would open in May.

John Roe, a spokesman, denied that the bridge was closed for lorries. “Nobody has closed the bridge,” Doe said.
"""
OPENING, CLOSED, NOBODY = (
    "that the bridge would open in May",
    "that the bridge was closed for lorries",
    "“Nobody has closed the bridge,”",
)


@pytest.fixture
def article(alice):
    return services.create_article(actor=alice, title="The bridge", text=TEXT)


@pytest.fixture
def address(article):
    return f"/api/v1/articles/{article.pk}/suggestions/"


@pytest.fixture
def desk(db):
    return browser_of(user_with_role("bob", "reporter"))


@pytest.fixture
def keys(article):
    return {card.suggestion.text: card.key for card in ArticleSuggestions(article).by_key.values()}


def passages(html):
    return re.findall(r'<article class="suggestion".*?<blockquote dir="auto">(.*?)</blockquote>', html, re.DOTALL)


def sent(desk, address, status, **form):
    answer = desk.post(address, form)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer


def test_the_page_shows_whom_each_passage_would_be_recorded_as(desk, address, alice):
    doe = create_source(actor=alice, name="Jane Doe", kind="person")
    html = page_of(desk, address)
    assert passages(html) == [OPENING, CLOSED, NOBODY]
    assert (
        f'“Mayor Jane Doe”</bdi> <span class="arrow">→</span> <a href="/api/v1/sources/{doe.pk}/">Jane Doe</a>' in html
    )
    assert '“John Roe”</bdi> <span class="arrow">→</span> a new source, <b>John Roe</b>' in html
    assert html.count('<span class="status">denial</span>') == 1
    assert "All 2 of this speaker" in html


def test_accepting_leads_back_to_what_is_left(desk, address, keys):
    answer = sent(desk, f"{address}accept/", 303, key=keys[OPENING])
    assert answer["Location"] == f"http://testserver{address}"
    assert passages(page_of(desk, address)) == [CLOSED, NOBODY]
    statement = Statement.objects.get()
    assert (statement.text, statement.source.name, statement.tag) == (OPENING, "Jane Doe", "unverified")
    assert not Dispute.objects.exists()


def test_the_button_for_all_takes_the_speaker_that_was_chosen_for_each(desk, address, keys, alice):
    deputy = create_source(actor=alice, name="The deputy mayor", kind="person")
    form = {"key": keys[OPENING], "same_speaker": [keys[NOBODY]], "source": str(deputy.pk)}
    sent(desk, f"{address}accept/", 303, all="1", **form)
    assert {row.text: row.source for row in Statement.objects.all()} == {OPENING: deputy, NOBODY: deputy}


def test_without_that_button_only_one_is_accepted(desk, address, keys):
    sent(desk, f"{address}accept/", 303, key=keys[OPENING], same_speaker=[keys[NOBODY]])
    assert Statement.objects.get().text == OPENING


def test_a_new_source_is_chosen_in_place_of_candidates(desk, address, keys, alice):
    create_source(actor=alice, name="John Rowe", kind="person")
    new = '{"name":"John Roe","kind":"person","anonymous":false}'
    assert f'<option value="{new.replace(chr(34), "&quot;")}">Somebody new: John Roe, person</option>' in page_of(
        desk, address
    )
    sent(desk, f"{address}accept/", 303, key=keys[CLOSED], source=new)
    assert Statement.objects.get().source.name == "John Roe"


def test_a_relay_that_may_be_one_of_several_is_chosen_with_the_whole_chain(desk, alice):
    text = "A spokesman, John Roe, told The Courier that Doe had refused to sign the contract."
    article = services.create_article(actor=alice, title="Contract", text=text)
    near, other = (create_source(actor=alice, name=name, kind="person") for name in ("John Rowe", "Jane Doe"))
    [card] = ArticleSuggestions(article).cards
    assert [each.text for each in card.suggestion.via] == ["John Roe"]
    address = f"/api/v1/articles/{article.pk}/suggestions/"
    html = page_of(desk, address)
    assert re.search(r'<select name="via" required><option value="">Choose</option>', html)
    sent(desk, f"{address}accept/", 303, key=card.key, source=str(other.pk), via=[str(near.pk)])
    assert [row.name for row in Statement.objects.get().via] == ["John Rowe"]


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("source", "999999", "There is no source with the id 999999."),
        ("source", "[" * 4000, "Give a number."),
        (
            "source",
            f'{{"name": "Roe", "kind": "person", "description": "{"x" * 6000}"}}',
            "Give a number.",
        ),
        (
            "source",
            '{"name": "Roe", "kind": "plant"}',
            "“plant” is not one of person, organization, outlet, document, account.",
        ),
        ("source", '{"name": "\\ud800", "kind": "person"}', "Surrogate characters are not allowed: U+D800."),
        ("via", "Roe", "Give a number."),
        ("dispute", "999999", "There is no statement with the id 999999."),
        ("dispute", "the bridge", "Give a number."),
    ],
)
def test_a_refused_form_comes_back_with_what_is_wrong(desk, address, keys, field, typed, words):
    html = sent(desk, f"{address}accept/", 400, key=keys[CLOSED], **{field: typed}).content.decode()
    assert passages(html) == [CLOSED]
    assert words in html
    assert not Statement.objects.exists()


def test_what_was_chosen_stays_chosen_in_a_form_that_is_refused(desk, address, keys, alice):
    near = create_source(actor=alice, name="John Rowe", kind="person")
    form = {"key": keys[CLOSED], "source": str(near.pk), "dispute": "999999"}
    html = sent(desk, f"{address}accept/", 400, **form).content.decode()
    assert f'<option value="{near.pk}" selected>John Rowe, person</option>' in html


def test_what_somebody_else_has_recorded_meanwhile_is_told(desk, address, keys, alice, article, minister):
    row = services.create_statement(article=article, actor=alice, source=minister, text=OPENING)
    for act in ("accept", "dismiss"):
        html = sent(desk, f"{address}{act}/", 422, key=keys[OPENING]).content.decode()
        assert f"It is recorded already, as statement {row.pk}." in html
        assert passages(html) == []
    assert not DismissedSuggestion.objects.exists()


def test_what_the_text_has_no_more_is_told(desk, address, keys, alice, article):
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Nothing is left of it.")
    html = sent(desk, f"{address}accept/", 422, key=keys[OPENING]).content.decode()
    assert "The article, now at revision 2, has no such suggestion. Read the suggestions again." in html


def test_a_form_without_a_key_is_refused(desk, address):
    assert "Fill this in." in sent(desk, f"{address}accept/", 400).content.decode()


def test_dismissed_ones_are_listed_by_themselves_and_are_suggested_again(desk, address, keys):
    sent(desk, f"{address}dismiss/", 303, key=keys[CLOSED])
    assert passages(page_of(desk, address)) == [OPENING, NOBODY]
    html = page_of(desk, f"{address}?dismissed=true")
    assert passages(html) == [CLOSED]
    assert re.search(r"Dismissed by bob, <time [^>]*>just now</time>", html)
    sent(desk, f"{address}dismiss/", 303, key=keys[CLOSED], dismissed="false")
    assert passages(page_of(desk, address)) == [OPENING, CLOSED, NOBODY]


def test_a_viewer_reads_the_suggestions_and_may_do_nothing_with_them(address, article, keys):
    viewer = browser_of(user_with_role("vera", "viewer"))
    html = page_of(viewer, address)
    assert passages(html) == [OPENING, CLOSED, NOBODY]
    assert "<form" not in html.split("<main", 1)[1].split("</main>")[0]
    for act in ("accept", "dismiss"):
        sent(viewer, f"{address}{act}/", 403, key=keys[OPENING])
    assert 'id="suggested"' not in article_page(viewer, article)
    assert not Statement.objects.exists()
    assert not DismissedSuggestion.objects.exists()


def test_a_stranger_sees_no_panel_and_no_suggestions(settings, alice, article, address):
    settings.PUBLIC_READ = True
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Ready.")
    stranger = Client(headers={"Accept": "text/html"})
    html = article_page(stranger, article)
    assert 'id="suggested"' not in html
    assert "suggestions/" not in html
    assert stranger.get(address)["Location"].startswith("/login/")


def test_the_page_of_an_article_computes_no_suggestion(desk, article, monkeypatch):
    def computed(*_):
        raise AssertionError

    monkeypatch.setattr(ArticleSuggestions, "__init__", computed)
    viewer = browser_of(user_with_role("vera", "viewer"))
    assert 'id="mark-form"' not in page_of(viewer, f"/api/v1/articles/{article.pk}/?mark=any")
    html = article_page(desk, article)
    assert re.search(r'<details class="panel" id="suggested" data-article="[^"]*" open>', html)
    assert f'<a href="/api/v1/articles/{article.pk}/suggestions/">See what is suggested</a>' in html


def test_the_panel_is_closed_where_statements_are_marked_and_gone_from_the_past(desk, article, alice, minister):
    row = services.create_statement(article=article, actor=alice, source=minister, text=OPENING)
    assert re.search(r'<details class="panel" id="suggested" data-article="[^"]*">', article_page(desk, article))
    past = page_of(desk, f"/api/v1/articles/{article.pk}/?as_of={row.created_at:%Y-%m-%dT%H:%M:%S.%fZ}")
    assert 'id="suggested"' not in past


def test_the_form_to_mark_a_passage_is_filled_with_a_suggestion(desk, article, keys):
    html = page_of(desk, f"/api/v1/articles/{article.pk}/?mark={keys[OPENING]}")
    assert '<details class="panel" id="mark-form" open>' in html
    assert f"\n{OPENING}</textarea>" in html
    assert '<input type="text" name="source" value="Jane Doe"' in html
    start = TEXT.index(OPENING)
    assert f'<input type="hidden" name="start" value="{start}">' in html
    assert not Source.objects.exists()
    assert f"\n{OPENING}</textarea>" not in page_of(desk, f"/api/v1/articles/{article.pk}/?mark=unknown")


def test_matches_are_shown_the_likely_ones_first(desk, alice, minister):
    for text in ("The bridge was closed for lorries.", "The bridge is red."):
        article = services.create_article(actor=alice, title="A & B", text=text)
        services.create_statement(article=article, actor=alice, source=minister, text=text)
    answer = sent(desk, "/api/v1/statements/matches/", 200, text="the bridge was closed for lorries")
    likely, _, less = answer.content.decode().partition("<h2>Less alike</h2>")
    assert "“The bridge was closed for lorries.”</a>" in likely
    assert "by <bdi>The minister</bdi>, in <bdi>A &amp; B</bdi>" in likely
    assert "“The bridge is red.”</a>" not in likely
    assert "“The bridge is red.”</a>" in less
    assert "“The bridge was closed for lorries.”</a>" not in less
    assert not Statement.objects.exclude(article__title="A & B").exists()


def test_the_page_of_a_statement_leads_to_what_was_said_before(desk, settings, alice, article, minister):
    row = services.create_statement(article=article, actor=alice, source=minister, text=OPENING)
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Ready.")
    settings.PUBLIC_READ = True
    link = f'<a href="/api/v1/statements/matches/?statement={row.pk}">'
    assert link in page_of(desk, f"/api/v1/statements/{row.pk}/")
    assert link not in page_of(Client(headers={"Accept": "text/html"}), f"/api/v1/statements/{row.pk}/")
