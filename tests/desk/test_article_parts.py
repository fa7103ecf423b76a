"""What the page of an article is sent after an act on it, by htmx: the parts that changed, each with its place."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import services
from claims.models import Statement
from sources.services import create_source
from tests.newsroom import browser_of, user_with_role


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def second(alice, article, minister):
    return services.create_statement(article=article, actor=alice, source=minister, start=24, end=45)


def in_place(*seen, **headers):
    """The headers of an open page that has the cards of these statements, in this order."""
    return {"HX-Request": "true", "Shown-Cards": " ".join(f"{row.pk}-{row.version}" for row in seen), **headers}


def tag(desk, statement, *seen, **sent):
    sent = {"tag": "denied", "reason": "Denied by name.", "version": statement.version, **sent}
    return desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent, headers=in_place(*seen))


def places(html):
    """Which elements htmx replaces, and how."""
    found = re.findall(r'<\w+([^>]*) hx-swap-oob="([^"]+)"', html)
    named = [(re.search(r'id="([^"]+)"', attributes), how) for attributes, how in found]
    return {name[1] if name else how: how for name, how in named}


NAMES = ("said", "problem", "state", "desk-checks", "parts-above", "parts-below", "more-unanchored", "text")
FRAME = dict.fromkeys(NAMES, "innerHTML") | {"unresolved": "true"}


def test_a_tag_is_answered_with_its_card_the_text_the_counts_and_nothing_else(desk, article, statement, second):
    answer = tag(desk, statement, statement, second)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert places(html) == {
        **FRAME, f"statement-{statement.pk}": "innerHTML",
        f"number-{second.pk}": "true", f"checks-{second.pk}": "true",
    }  # fmt: skip
    assert '<div id="said" hx-swap-oob="innerHTML"><div><p>Passage 1 is tagged denied.</p><form' in html
    assert (
        f'<mark id="mark-{statement.pk}" data-statement="{statement.pk}" data-tag="denied">'
        f'<a href="#statement-{statement.pk}" data-number="1" aria-label="Passage 1, denied"></a>'
    ) in html
    assert '<li class="denied"><span aria-hidden="true">−</span> <b>1</b> denied</li>' in html
    assert f'<header data-version="{statement.pk}-2">' in html
    assert '<input type="hidden" name="version" value="2">' in html
    assert (
        f'<a class="number" id="number-{second.pk}" href="#mark-{second.pk}" hx-swap-oob="true">Passage 2</a>'
    ) in html
    assert "<html" not in html


def test_the_answer_is_never_kept_and_says_where_a_keyboard_goes_on(desk, statement):
    answer = tag(desk, statement, statement)
    assert answer["Cache-Control"] == "no-store"
    assert answer["Vary"] == "Accept, Accept-Encoding, Authorization, Cookie, HX-Request, Accept-Language"
    assert "ETag" not in answer
    assert json.loads(answer["HX-Trigger-After-Swap"]) == {
        "acted": {"action": "statement.tagged", "focus": f"statement-{statement.pk}"}
    }


def test_the_whole_page_is_another_answer_of_the_same_address(desk, article):
    whole = desk.get(f"/api/v1/articles/{article.pk}/")
    assert whole["Vary"] == "Accept, Accept-Encoding, Authorization, Cookie, HX-Request, Accept-Language"
    assert whole["Cache-Control"] == "private, no-cache"
    assert whole.content.startswith(b"<!DOCTYPE html>")


def test_without_htmx_a_tag_still_leads_to_the_page(desk, statement):
    sent = {"tag": "denied", "reason": "Denied by name.", "version": 1, "next": "/api/v1/articles/1/?at=1"}
    answer = desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent)
    assert (answer.status_code, answer["Location"]) == (303, "/api/v1/articles/1/?at=1")


def test_a_new_mark_comes_behind_the_card_before_it_with_an_empty_form(desk, article, statement, second):
    sent = {"article": article.pk, "text": "cafe\u0301", "quote_type": "narration"}
    answer = desk.post("/api/v1/statements/", sent, headers=in_place(statement, second))
    html = answer.content.decode()
    new = Statement.objects.latest("id")
    assert answer.status_code == 201
    assert f'<div hx-swap-oob="afterend:#statement-{second.pk}"><article class="card" id="statement-{new.pk}"' in html
    assert "<p>Passage 3 is recorded.</p>" in html
    assert html.strip().startswith('<details class="panel" id="mark-form">')
    assert f'<header data-version="{statement.pk}' not in html


def test_a_first_mark_comes_behind_the_line_about_the_unanchored_ones(desk, article, statement):
    html = page_parts(desk, article)
    assert f'<div hx-swap-oob="afterend:#more-unanchored"><article class="card" id="statement-{statement.pk}"' in html


def page_parts(desk, article, *seen, query=""):
    answer = desk.get(f"/api/v1/articles/{article.pk}/{query}", headers=in_place(*seen))
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_others_did_meanwhile_comes_along(desk, alice, article, statement, second):
    services.tag_statement(statement_id=second.pk, versions=None, actor=alice, tag="asserted", reason="He says so.")
    third = services.create_statement(article=article, actor=alice, quote_type="narration", start=2, end=5)
    html = tag(desk, statement, statement, second).content.decode()
    assert places(html) == {
        **FRAME, f"statement-{statement.pk}": "innerHTML", f"statement-{second.pk}": "innerHTML",
        f"afterend:#statement-{statement.pk}": f"afterend:#statement-{statement.pk}",
    }  # fmt: skip
    assert f'<article class="card" id="statement-{third.pk}"' in html
    assert "<b>1</b> asserted" in html

    services.delete_statement(statement_id=third.pk, versions=None, actor=alice, reason="Twice.")
    statement.refresh_from_db(), second.refresh_from_db()
    html = page_parts(desk, article, statement, third, second)
    assert places(html)[f"statement-{third.pk}"] == "delete"
    assert f'<header data-version="{second.pk}' not in html


def test_a_statement_that_moves_in_the_text_moves_among_the_cards(desk, article, statement, second):
    sent = {"text": "End.", "version": 1, "_method": "PATCH"}
    answer = desk.post(f"/api/v1/statements/{statement.pk}/", sent, headers=in_place(statement, second))
    html = answer.content.decode()
    assert places(html)[f"statement-{statement.pk}"] == "delete"
    assert (
        f'<div hx-swap-oob="afterend:#statement-{second.pk}"><article class="card" id="statement-{statement.pk}' in html
    )
    assert "<p>Passage 2 is changed.</p><form" in html


def test_after_a_deletion_a_keyboard_goes_on_at_the_next_card(desk, statement, second):
    sent = {"version": 1, "reason": "Twice.", "_method": "DELETE"}
    answer = desk.post(f"/api/v1/statements/{statement.pk}/", sent, headers=in_place(statement, second))
    assert answer.status_code == 200
    assert "<p>The statement is deleted.</p>" in answer.content.decode()
    assert json.loads(answer["HX-Trigger-After-Swap"])["acted"]["focus"] == f"statement-{second.pk}"


def test_a_dispute_changes_both_cards(desk, statement, second, minister):
    sent = {"statement": statement.pk, "counter_statement": second.pk, "raised_by": minister.pk, "kind": "denial"}
    answer = desk.post("/api/v1/disputes/", sent, headers=in_place(statement, second))
    html = answer.content.decode()
    assert answer.status_code == 201
    assert (places(html)[f"statement-{statement.pk}"], places(html)[f"statement-{second.pk}"]) == ("innerHTML",) * 2
    assert "<p>The dispute of passage 1 is open.</p>" in html
    assert '<li class="open">1 open dispute</li>' in html


def test_a_note_on_the_article_changes_the_notes_and_gives_the_form_back_empty(desk, article):
    answer = desk.post("/api/v1/notes/", {"article": article.pk, "text": "Ask again."}, headers=in_place())
    html = answer.content.decode()
    assert places(html) == {**FRAME, "notes-list": "innerHTML"}
    assert '<p dir="auto">Ask again.</p>' in html
    assert '<textarea name="text" rows="3" required maxlength="5000"></textarea>' in html
    assert json.loads(answer["HX-Trigger-After-Swap"])["acted"]["focus"].startswith("note-")


def test_a_published_article_offers_to_withdraw_it(desk, article):
    sent = {"version": 1, "reason": "Read twice."}
    answer = desk.post(f"/api/v1/articles/{article.pk}/publish/", sent, headers=in_place())
    html = answer.content.decode()
    assert "<p>The article is published.</p>" in html
    assert f'<form method="post" action="/api/v1/articles/{article.pk}/withdraw/"' in html
    assert '<span class="status published">published</span>' in html


def test_nothing_is_said_to_have_changed_where_nothing_has(desk, statement):
    sent = {"paraphrase": "", "version": 1, "_method": "PATCH"}
    answer = desk.post(f"/api/v1/statements/{statement.pk}/", sent, headers=in_place(statement))
    assert "<p>Nothing has changed.</p>" in answer.content.decode()


def test_a_form_comes_without_the_page_around_it_and_so_does_a_refused_one(desk, article, statement):
    form = desk.get(f"/api/v1/statements/{statement.pk}/?form=edit", headers=in_place()).content.decode()
    assert form.strip().startswith(f"<h2>Correct statement {statement.pk}</h2>")
    assert '<form method="post" hx-boost="true" data-may-create class="panel form"' in form
    answer = tag(desk, statement, statement, version=7)
    assert answer.status_code == 412
    assert answer.content.decode().strip().startswith("<h2>This has changed since you opened it</h2>")
    sent = {"article": article.pk, "text": "Nobody said this.", "quote_type": "narration"}
    answer = desk.post("/api/v1/statements/", sent, headers=in_place(statement))
    assert answer.status_code == 422
    assert answer.content.decode().strip().startswith('<details class="panel" id="mark-form" open>')
    assert answer["Cache-Control"] == "no-store"


def test_a_problem_is_one_line(desk, statement):
    statement_gone = desk.post("/api/v1/statements/999999/tag/", {"version": 1}, headers=in_place())
    assert statement_gone.content.decode().strip().startswith("<p><b>Nothing is here.</b> ")
    desk.cookies.clear()
    refused = tag(desk, statement, statement)
    assert "<html" not in refused.content.decode()


def test_a_card_of_another_part_comes_with_that_part(desk, alice, article):
    rows = [{"article": article, "quote_type": "narration", "start": n, "end": n + 1} for n in range(2, 34)]
    statements = services.create_statements(rows=rows, actor=alice)
    html = page_parts(desk, article, *statements[:30], query=f"?at={statements[31].pk}")
    gone = [name for name, how in places(html).items() if how == "delete"]
    assert gone == [f"statement-{row.pk}" for row in statements[:30]]
    assert re.findall(r'class="card" id="statement-(\d+)"', html) == [str(row.pk) for row in statements[30:]]
    assert "Passages 31 to 32 of 32" in html


def test_strangers_get_the_parts_of_a_published_article_too(client, settings, alice, article, statement):
    settings.PUBLIC_READ = True
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Read.")
    answer = client.get(f"/api/v1/articles/{article.pk}/", headers=in_place(Accept="text/html"))
    html = answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert f'<article class="card" id="statement-{statement.pk}"' in html
    assert "alice" not in html
    assert "desk-checks" not in html


def test_a_tag_takes_as_many_queries_among_many_statements_as_among_few(desk, alice, article, statement):
    def queries():
        statement.refresh_from_db()
        seen = Statement.objects.order_by("start", "id")
        headers = in_place(*seen)
        sent = {"tag": "denied", "reason": "So.", "version": statement.version}
        with CaptureQueriesContext(connection) as captured:
            desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent, headers=headers)
        return len(captured)

    few = queries()
    source = create_source(actor=alice, name="Source", kind="person")
    rows = [{"article": article, "source": source, "start": n, "end": n + 1} for n in range(25, 45)]
    services.create_statements(rows=rows, actor=alice)
    assert queries() == few


def test_codes_that_are_no_cards_are_passed_over(desk, article, statement):
    headers = {"HX-Request": "true", "Shown-Cards": "1, x-y, 99999999999999999999-1, -3"}
    answer = desk.get(f"/api/v1/articles/{article.pk}/", headers=headers)
    assert answer.status_code == 200
    assert "delete" not in places(answer.content.decode()).values()


def test_a_proposal_says_what_is_proposed_and_its_field_is_empty_again(article, statement):
    reporter = browser_of(user_with_role("rita", "reporter"))
    headers = {"HX-Request": "true", "Shown-Cards": f"{statement.pk}-{statement.version}"}
    sent = {"version": statement.version, "tag": "denied", "reason": "She said no."}
    answer = reporter.post(f"/api/v1/statements/{statement.pk}/propose/", sent, headers=headers).content.decode()
    assert "Proposed: denied." in answer
    assert "Nothing has changed." not in answer
    assert f'id="reason-{statement.pk}" rows' in answer


def test_what_is_unresolved_is_told_anew_beside_the_button_to_publish(api, alice, article, statement):
    editor = browser_of(alice)
    headers = {"HX-Request": "true", "Shown-Cards": f"{statement.pk}-{statement.version}"}
    sent = {"version": statement.version, "tag": "denied", "reason": "She said no."}
    answer = editor.post(f"/api/v1/statements/{statement.pk}/tag/", sent, headers=headers).content.decode()
    line = re.search('<p id="unresolved" hx-swap-oob="true".*</p>', answer)[0]
    assert "1 finding of the desk checks" in line  # nobody on the record denies it
    assert "unverified" not in line
