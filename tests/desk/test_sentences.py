"""Sentences that a language orders as it does, and what a form says of an error in each language."""

import re

import pytest
from django.conf import settings
from django.utils.translation import gettext, override

from claims import services
from factcheck.desk.form_words import WORDS, in_words
from factcheck.desk.sentences import ACTS, SENTENCES, pieces
from tests.newsroom import browser_of, user_with_role

LANGUAGES = [code for code, _name in settings.LANGUAGES]


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", html).split())


def test_each_act_to_choose_from_has_a_sentence_and_only_those_on_users_are_not_to_be_chosen():
    assert {action for action in SENTENCES if not action.startswith("user.")} == set(ACTS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_sentence_names_who_and_what(language):
    with override(language):
        for action, sentence in SENTENCES.items():
            assert {"actor", "row"} <= {place for _text, place in pieces(sentence)}, action


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("said", WORDS)
def test_what_the_framework_says_of_a_form_is_recognised_in_each_language(said, language):
    with override(language):
        detail = re.sub(r"\{\w+\}|%\(\w+\)s", "7", gettext(said))
        assert in_words(detail) == str(WORDS[said]) % {"limit": "7"}


def test_a_choice_that_is_not_made_is_asked_for_in_the_words_of_the_page():
    with override("de"):
        detail = gettext("“{input}” is not one of {choices}.").format(input="", choices="asserted, denied")
        assert in_words(detail) == "Eins auswählen: behauptet, bestritten."


def test_what_cannot_be_recognised_stays_as_it_is():
    assert in_words("Another article has this address.") == "Another article has this address."


def test_the_timeline_has_the_verb_where_german_has_it(alice, statement):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="Nein.")
    page = browser_of(alice).get(f"/api/v1/statements/{statement.pk}/", headers={"Accept-Language": "de"})
    assert f"alice hat Aussage {statement.pk} eingestuft: − bestritten" in words_of(page.content.decode())


def test_the_news_count_rows_in_german(alice, article):
    bob = user_with_role("bob", "editor")
    desk = browser_of(alice)
    for start in (2, 24):
        services.create_statement(article=article, actor=bob, quote_type="narration", start=start, end=start + 21)
    page = desk.get("/", headers={"Accept-Language": "de"})
    assert "bob hat 2 Aussagen in A report markiert" in words_of(page.content.decode())


def test_a_passage_has_german_quotation_marks_on_a_german_page(alice, statement):
    page = browser_of(alice).get("/api/v1/statements/", headers={"Accept-Language": "de"})
    assert "„The minister said no.“" in page.content.decode()


def test_the_message_after_an_act_is_a_sentence_of_the_page_that_follows_it(alice, article, statement):
    desk, headers = browser_of(alice), {"Accept": "text/html", "Accept-Language": "de"}
    sent = {"version": "1", "_method": "DELETE", "reason": "Nein."}
    answer = desk.post(f"/api/v1/statements/{statement.pk}/", sent, headers=headers)
    assert "<p>Die Aussage wurde gelöscht.</p>" in desk.get(answer["Location"], headers=headers).content.decode()
