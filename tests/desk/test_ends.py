"""The small form that saves a moved passage: a PATCH of the passage alone, which comes back whole if it is refused."""

import html
import re

import pytest

from claims import services
from tests.desk.test_article_parts import in_place
from tests.newsroom import browser_of, user_with_role

HTML = {"Accept": "text/html"}


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def move(desk, statement, start, end, text, **sent):
    passage = {"version": 1, "text": text, "start": start, "end": end}
    body = {"_method": "PATCH", "reason": "A word more.", **passage, **sent}
    return desk.post(f"/api/v1/statements/{statement.pk}/", body, headers=in_place(statement))


def values(page):
    """Of the form's inputs, by name."""
    found = re.findall(r'<input [^>]*name="([a-z_]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_only_the_passage_is_changed(desk, statement, minister):
    answer = move(desk, statement, 6, 23, "minister said no.")
    assert answer.status_code == 200
    assert "<p>Passage 1 is changed.</p>" in answer.content.decode()
    statement.refresh_from_db()
    assert (statement.start, statement.text, statement.source) == (6, "minister said no.", minister)


def test_what_others_changed_meanwhile_is_in_the_form_that_comes_back_beside_what_was_moved(desk, statement, minister):
    erin = user_with_role("erin", "editor")
    services.update_statement(statement_id=statement.pk, versions=None, actor=erin, paraphrase="No.", via=[minister])
    answer = move(desk, statement, 6, 23, "minister said no.")
    page = answer.content.decode()
    assert answer.status_code == 412
    shown = values(page)
    assert [shown[name] for name in ("version", "start", "end")] == ["2", "6", "23"]
    assert ">\nA word more.</textarea>" in page
    assert f'name="via" value="{minister.pk}"' in page
    assert ">\nminister said no.</textarea>" in page
    assert ">\nNo.</textarea>" in page


def test_a_place_that_the_text_does_not_have_any_more_does_not_come_back(desk, alice, article, statement):
    services.update_article(article_id=article.pk, versions=None, actor=alice, text=f"Corrected. {article.text}")
    answer = move(desk, statement, 6, 23, "minister said no.", version=2)
    shown = values(answer.content.decode())
    assert answer.status_code == 422
    assert (shown["start"], shown["end"]) == ("", "")
    assert ">\nminister said no.</textarea>" in answer.content.decode()


def test_who_may_change_a_statement_gets_handles_for_its_ends_and_others_do_not(article, statement):
    def page(name, role):
        answer = browser_of(user_with_role(name, role)).get(f"/api/v1/articles/{article.pk}/", headers=HTML)
        return answer.content.decode()

    assert 'id="ends"' in page("bob", "reporter")
    assert 'id="ends"' not in page("vera", "viewer")
