"""A form that comes too late: the page says what has changed, and what the form would replace of it."""

import re

import pytest

from claims import services
from tests.newsroom import browser_of, user_with_role


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def bob(db):
    return user_with_role("bob", "editor")


def conflict(answer):
    """The sentence above the form."""
    assert answer.status_code == 412
    page = answer.content.decode()
    assert "Somebody else" not in page
    return re.search(r"<h2>Your change</h2>\s*<p>(.*?)</p>", page)[1]


REPLACES = "If your change is still right, apply it. Of what is listed above it then replaces: {}."
BOTH = "Yours is about something else. Apply it, and both stay."


def edit(desk, statement, minister, **fields):
    sent = {"_method": "PATCH", "version": "1", "source": minister.pk, "via": "", "quote_type": "indirect", **fields}
    return desk.post(f"/api/v1/statements/{statement.pk}/", sent)


def test_only_what_has_changed_and_would_be_other_is_named(desk, bob, statement, minister):
    services.update_statement(statement_id=statement.pk, versions=None, actor=bob, paraphrase="No.", quote_type="mixed")
    assert conflict(edit(desk, statement, minister, paraphrase="")) == REPLACES.format(
        "how it is quoted, in plain words"
    )
    same = {"paraphrase": "No.", "quote_type": "mixed"}
    assert conflict(edit(desk, statement, minister, **same, said_on="2022")) == BOTH


def test_what_became_again_what_it_was_is_not_replaced(desk, bob, statement, minister):
    for words in ("No.", ""):
        services.update_statement(statement_id=statement.pk, versions=None, actor=bob, paraphrase=words)
    assert conflict(edit(desk, statement, minister, paraphrase="Never.")) == BOTH


def test_a_tag_replaces_a_tag_and_nothing_else(desk, bob, statement):
    sent = {"version": "1", "tag": "denied", "reason": "She denies it."}
    services.update_statement(statement_id=statement.pk, versions=None, actor=bob, paraphrase="No.")
    assert conflict(desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent)) == BOTH
    services.tag_statement(statement_id=statement.pk, versions=None, actor=bob, tag="asserted", reason="He says so.")
    assert conflict(desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent)) == REPLACES.format("tag")


def test_a_proposal_that_is_taken_too_late_replaces_the_tag(desk, bob, statement):
    note = services.propose_tag(statement_id=statement.pk, versions=None, actor=bob, tag="denied", reason="So.")
    services.tag_statement(statement_id=statement.pk, versions=None, actor=bob, tag="asserted", reason="He says so.")
    answer = desk.post(f"/api/v1/statements/{statement.pk}/take/", {"version": "1", "proposal": note.pk})
    assert conflict(answer) == REPLACES.format("tag")


def test_another_text_of_the_article_is_named(desk, bob, article):
    services.update_article(article_id=article.pk, versions=None, actor=bob, text="Other words.", byline="Bob")
    sent = {"_method": "PATCH", "version": "1", "title": article.title, "text": article.text, "byline": "Bob"}
    assert conflict(desk.post(f"/api/v1/articles/{article.pk}/", sent)) == REPLACES.format("text")


def test_a_deletion_says_delete(desk, bob, statement):
    services.update_statement(statement_id=statement.pk, versions=None, actor=bob, paraphrase="No.")
    answer = desk.post(f"/api/v1/statements/{statement.pk}/", {"_method": "DELETE", "version": "1", "reason": "Twice."})
    assert conflict(answer) == "If it is still to be deleted, delete it as it is now."
    page = answer.content.decode()
    assert '<button type="submit" class="danger">Delete all the same</button>' in page
    assert "Apply my change" not in page
