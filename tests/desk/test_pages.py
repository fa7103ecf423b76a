"""The pages: what they show, what they offer to whom, and what a form does.

Over 400 lines: each page is tried with the same newsroom and the same browser.
"""

import re

import pytest
from django.test import Client

from claims import services
from claims.models import Article, Dispute, Evidence, Statement
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source
from tests.newsroom import (
    LISTS,
    TEXT,
    article_page,
    browser_of,
    busy_newsroom,
    page_of,
    user_with_role,
    without_templates,
)


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def bob(db):
    return user_with_role("bob", "reporter")


def test_the_article_page_marks_each_statement_in_its_place(desk, article, statement):
    html = article_page(desk, article)
    assert re.search(
        rf'<mark id="mark-{statement.pk}" data-statement="{statement.pk}" data-tag="unverified">'
        r'<a [^>]*></a>The minister said no\.</mark>', html
    )  # fmt: skip
    assert "cafe\u0301&#13;\nEnd.</div>" in html


def test_a_card_says_the_chain_in_words(desk, alice, article, minister):
    cnn = create_source(actor=alice, name="CNN", kind="outlet")
    official = create_source(actor=alice, name="unnamed official", kind="person", anonymous=True)
    services.create_statement(article=article, actor=alice, source=minister, via=[official, cnn], start=2, end=23)
    words = re.sub(r"<[^>]*>", "", article_page(desk, article))
    assert "attributed to The minister, through unnamed official (anonymous), through CNN" in re.sub(r"\s+", " ", words)


def test_the_tag_form_has_a_reason_the_version_and_a_button_for_each_tag(desk, article, statement):
    html = article_page(desk, article)
    form = re.search(rf'<form method="post" action="/api/v1/statements/{statement.pk}/tag/".*?</form>', html, re.S)[0]
    assert '<input type="hidden" name="version" value="1">' in form
    assert '<textarea name="reason"' in form
    assert re.findall(r'<button name="tag" value="(\w+)"', form) == ["asserted", "denied", "unverified"]


def test_a_sent_form_leads_to_the_rows_page(desk, statement):
    sent = {"tag": "denied", "reason": "Denied by name.", "version": "1"}
    answer = desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent)
    assert answer.status_code == 303
    assert answer["Location"].endswith(f"/api/v1/statements/{statement.pk}/")
    statement.refresh_from_db()
    assert (statement.tag, statement.tag_reason) == ("denied", "Denied by name.")


def test_a_form_may_say_where_to_go_next_but_only_within_the_service(desk, statement):
    sent = {"tag": "denied", "reason": "x", "version": "1", "next": "/api/v1/articles/1/#statement-1"}
    assert desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent)["Location"] == "/api/v1/articles/1/#statement-1"
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"):
        sent |= {"version": str(Statement.objects.get().version), "next": elsewhere}
        answer = desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent)
        assert answer["Location"].endswith(f"/api/v1/statements/{statement.pk}/")


def test_a_late_form_is_answered_with_what_changed_and_can_be_applied_anew(desk, alice, statement):
    erin = user_with_role("erin", "editor")
    services.tag_statement(statement_id=statement.pk, versions=None, actor=erin, tag="asserted", reason="He said so.")
    sent = {"tag": "denied", "reason": "She <b>denies</b> it.", "version": "1", "next": "/api/v1/journal/"}
    answer = desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent)
    html = without_templates(answer.content.decode())
    assert answer.status_code == 412
    assert re.search(r">erin</a></b> tagged", html)
    assert "He said so." in html
    assert '<del dir="auto">unverified</del>' in html
    assert "She &lt;b&gt;denies&lt;/b&gt; it.</textarea>" in html
    assert re.findall(r'<button name="tag" value="(\w+)"', html) == ["denied", "asserted", "unverified"]
    again = dict(re.findall(r'<input type="hidden" name="(version|next)" value="([^"]*)"', html))
    assert again == {"version": "2", "next": "/api/v1/journal/"}
    assert desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent | again).status_code == 303
    statement.refresh_from_db()
    assert (statement.tag, statement.version) == ("denied", 3)


def test_errors_stand_at_their_fields_and_what_was_typed_is_kept(desk, article):
    sent = {"article": article.pk, "text": "Nobody said <i>this</i>.", "source": "77", "quote_type": "direct",
            "said_on": "yesterday", "paraphrase": "plain words"}  # fmt: skip
    answer = desk.post("/api/v1/statements/", sent)
    html = answer.content.decode()
    assert answer.status_code == 400
    assert re.search(r'name="source" value="77"[^>]*aria-invalid="true"', html)
    assert "There is no source with the id 77." in html
    assert re.search(r'name="said_on" value="yesterday"[^>]*aria-invalid="true"', html)
    assert "Nobody said &lt;i&gt;this&lt;/i&gt;.</textarea>" in html
    assert "plain words</textarea>" in html
    assert '<option value="direct" selected>' in html
    assert Statement.objects.count() == 0


def test_a_refused_passage_comes_back_beside_the_article_it_is_in(desk, article, statement, minister):
    sent = {"article": article.pk, "text": "Nobody said this.", "source": minister.pk, "paraphrase": "Plain words.",
            "next": f"/api/v1/articles/{article.pk}/#mark-{{id}}"}  # fmt: skip
    answer = desk.post("/api/v1/statements/", sent)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert f'<mark id="mark-{statement.pk}" data-statement="{statement.pk}"' in html
    assert f'<article class="card" id="statement-{statement.pk}"' in html
    form = re.search(r'<details class="panel" id="mark-form" open>.*?</form>', html, re.S)[0]
    assert "Nobody said this.</textarea>" in form
    assert "The article does not hold this passage word for word." in form
    assert "Plain words.</textarea>" in form
    assert f'<li data-id="{minister.pk}">The minister</li>' in form
    assert f'name="next" value="/api/v1/articles/{article.pk}/?at={{id}}#mark-{{id}}"' in form


def test_a_refused_passage_of_a_later_part_comes_back_with_that_part(desk, alice, minister):
    article = services.create_article(actor=alice, title="Long", text="word " * 100)
    rows = [{"article": article, "source": minister, "start": 5 * n, "end": 5 * n + 4} for n in range(60)]
    services.create_statements(rows=rows, actor=alice)
    sent = {"article": article.pk, "text": "none", "next": f"/api/v1/articles/{article.pk}/?cards=2#mark-{{id}}"}
    html = desk.post("/api/v1/statements/", sent).content.decode()
    assert html.count('<article class="card') == 30
    assert '<b aria-current="page">2</b>' in html


def test_a_refused_dispute_comes_back_beside_the_passage_with_the_articles_other_statements_first(
    desk, alice, article, statement, minister
):
    services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="correction")
    sent = {"statement": statement.pk, "raised_by": "", "kind": "denial", "counter_statement": "77",
            "note": "She <i>said</i> so.", "next": f"/api/v1/statements/{statement.pk}/"}  # fmt: skip
    answer = desk.post("/api/v1/disputes/", sent)
    html = answer.content.decode()
    assert answer.status_code == 400
    assert f'<mark data-statement="{statement.pk}" data-tag="unverified">The minister said no.</mark>' in html
    assert re.search(r">Correction</a> by <a [^>]*>The minister</a>, <b>open</b>", html)
    form = re.search(r'<form method="post"[^>]* action="/api/v1/disputes/">.*?</form>', html, re.S)[0]
    assert f'<input type="hidden" name="statement" value="{statement.pk}">' in form
    assert f'data-first="?article={article.pk}&amp;page_size=50"' in form
    raised_by, counter = re.findall(r'<div class="field chooser".*?</div>', form, re.S)
    assert 'name="raised_by" value="" autocomplete="off" aria-invalid="true"' in raised_by
    assert "There is no statement with the id 77." in counter
    assert "She &lt;i&gt;said&lt;/i&gt; so.</textarea>" in form
    assert f'name="next" value="/api/v1/statements/{statement.pk}/"' in form


def test_a_dispute_of_no_statement_has_its_form_all_the_same(desk, minister):
    answer = desk.post("/api/v1/disputes/", {"statement": "77", "raised_by": minister.pk, "kind": "denial"})
    assert answer.status_code == 400
    assert "There is no statement with the id 77." in answer.content.decode()
    assert f'<li data-id="{minister.pk}">The minister</li>' in answer.content.decode()


def test_a_recorded_passage_leads_back_to_its_place_in_the_text(desk, article, minister):
    sent = {"article": article.pk, "text": "End.", "source": minister.pk,
            "next": f"/api/v1/articles/{article.pk}/#mark-{{id}}"}  # fmt: skip
    answer = desk.post("/api/v1/statements/", sent)
    assert answer["Location"] == f"/api/v1/articles/{article.pk}/#mark-{Statement.objects.get().pk}"


def test_a_refused_passage_of_no_article_has_its_form_all_the_same(desk, minister):
    answer = desk.post("/api/v1/statements/", {"article": "77", "text": "Nobody said this.", "source": minister.pk})
    assert answer.status_code == 400
    assert "There is no article with the id 77." in answer.content.decode()
    assert "Nobody said this.</textarea>" in answer.content.decode()


def test_what_only_the_service_refuses_stands_at_its_field_too(desk, article, minister):
    answer = desk.post("/api/v1/statements/", {"article": article.pk, "text": "Not there.", "source": minister.pk})
    assert answer.status_code == 422
    assert "The article does not hold this passage word for word." in answer.content.decode()
    assert '<li data-id="1">' not in answer.content.decode()
    assert f'<li data-id="{minister.pk}">The minister</li>' in answer.content.decode()


def test_a_passage_that_stands_twice_is_chosen_among_its_places(desk, article, minister):
    sent = {"article": article.pk, "text": "The minister said no.", "source": minister.pk}
    answer = desk.post("/api/v1/statements/", sent)
    assert answer.status_code == 422
    assert re.findall(r'name="span" value="([^"]*)"', answer.content.decode()) == ["2-23", "24-45"]
    assert desk.post("/api/v1/statements/", sent | {"span": "24-45"}).status_code == 303
    assert Statement.objects.get().start == 24


def test_a_pasted_passage_may_have_the_line_ends_of_a_browser(desk, alice, minister):
    article = services.create_article(actor=alice, title="Lines", text="One\ntwo\r\nthree")
    for text in ("One\r\ntwo", "two\r\nthree"):
        sent = {"article": article.pk, "text": text, "source": minister.pk}
        assert desk.post("/api/v1/statements/", sent).status_code == 303
    assert [s.text for s in Statement.objects.order_by("start")] == ["One\ntwo", "two\r\nthree"]


def test_a_form_edits_by_naming_the_method_and_keeps_the_text_as_it_was(desk, article, statement):
    form = page_of(desk, f"/api/v1/articles/{article.pk}/?form=edit")
    assert '<input type="hidden" name="_method" value="PATCH">' in form
    browsers_own = TEXT.replace("\r\n", "\n").replace("\n", "\r\n")
    sent = {"_method": "PATCH", "version": "1", "title": "Another title", "text": browsers_own, "url": ""}
    answer = desk.post(f"/api/v1/articles/{article.pk}/", sent)
    assert answer.status_code == 303
    article.refresh_from_db()
    assert (article.title, article.text, article.revision, article.url) == ("Another title", TEXT, 1, None)


def test_a_statement_is_corrected_without_looking_for_its_passage_again(desk, article, statement, minister):
    sent = {"_method": "PATCH", "version": "1", "text": statement.text, "start": "", "end": "", "source": minister.pk,
            "via": "", "quote_type": "direct", "said_on": "", "paraphrase": "He refused.", "reason": ""}  # fmt: skip
    assert desk.post(f"/api/v1/statements/{statement.pk}/", sent).status_code == 303
    statement.refresh_from_db()
    assert (statement.start, statement.quote_type, statement.paraphrase) == (2, "direct", "He refused.")


def test_the_chain_comes_as_numbers_with_commas_or_as_a_field_for_each(desk, alice, article, statement):
    one, two = (create_source(actor=alice, name=name, kind="person") for name in ("One", "Two"))
    address = f"/api/v1/statements/{statement.pk}/"
    assert desk.post(address, {"_method": "PATCH", "version": "1", "via": f"{two.pk}, {one.pk}"}).status_code == 303
    assert Statement.objects.with_chain().get().via == [two, one]
    assert desk.post(address, {"_method": "PATCH", "version": "2", "via": [one.pk, two.pk]}).status_code == 303
    assert Statement.objects.with_chain().get().via == [one, two]
    assert desk.post(address, {"_method": "PATCH", "version": "3", "via": ""}).status_code == 303
    assert Statement.objects.with_chain().get().via == []


def test_a_row_is_deleted_by_a_form_with_a_reason(desk, article):
    assert "Reason" in page_of(desk, f"/api/v1/articles/{article.pk}/?form=delete")
    sent = {"_method": "DELETE", "version": "1", "reason": "Taken in twice."}
    answer = desk.post(f"/api/v1/articles/{article.pk}/", sent)
    assert answer.status_code == 303
    assert answer["Location"].endswith("/api/v1/articles/")
    assert not Article.objects.exists()


def test_a_form_without_its_csrf_token_writes_nothing(alice, statement):
    client = Client(headers={"Accept": "text/html"}, enforce_csrf_checks=True)
    client.force_login(alice)
    for method in ("", "PATCH", "DELETE"):
        sent = {"_method": method, "version": "1", "tag": "denied", "reason": "x"}
        assert client.post(f"/api/v1/statements/{statement.pk}/{'' if method else 'tag/'}", sent).status_code == 403
    statement.refresh_from_db()
    assert statement.version == 1


def test_the_csrf_token_of_a_form_holds_for_the_method_that_it_names(alice, statement):
    client = Client(headers={"Accept": "text/html"}, enforce_csrf_checks=True)
    client.force_login(alice)
    form = page_of(client, f"/api/v1/statements/{statement.pk}/?form=delete")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    sent = {"csrfmiddlewaretoken": token, "_method": "DELETE", "version": "1", "reason": ""}
    assert client.post(f"/api/v1/statements/{statement.pk}/", sent).status_code == 303
    assert not Statement.objects.exists()


def test_a_method_named_by_a_form_needs_the_role_of_that_method(bob, statement):
    sent = {"_method": "DELETE", "version": "1"}
    assert browser_of(bob).post(f"/api/v1/statements/{statement.pk}/", sent).status_code == 403
    assert Statement.objects.exists()


def test_a_program_gets_none_of_what_is_for_pages(api, article, statement):
    assert api.get("/api/v1/articles/?form=new").status_code == 400
    assert api.get(f"/api/v1/articles/{article.pk}/?cards=2").status_code == 400
    address = f"/api/v1/statements/{statement.pk}/"
    form = {"_method": "DELETE", "version": "1"}
    assert api.post(address, form, format="multipart").status_code == 405
    sent = api.patch(address, {"_method": "x", "next": "/"}, headers={"If-Match": '"1-"'})
    assert sent.status_code == 400
    assert {error["pointer"] for error in sent.json()["errors"]} == {"#/_method", "#/next"}


@pytest.mark.parametrize(("role", "offered"), [
    ("viewer", set()),
    ("reporter", {"statements/", "notes/", "statements/{statement}/propose/"}),
    ("editor", {"statements/", "notes/", "articles/{article}/publish/", "statements/{statement}/tag/",
                "statements/bulk-tag/"}),
])  # fmt: skip
def test_a_page_offers_what_the_role_may_do(article, statement, role, offered):
    html = article_page(browser_of(user_with_role("somebody", role)), article)
    forms = set(re.findall(r'<form method="post" action="([^"]*)"', html)) - {"/logout/"}
    rows = {"article": article.pk, "statement": statement.pk}
    assert forms == {f"/api/v1/{address.format(**rows)}" for address in offered}
    assert ("?form=edit" in html) == (role != "viewer")


def test_a_form_that_the_role_may_not_send_is_not_shown(article):
    viewer = browser_of(user_with_role("vera", "viewer"))
    assert "<textarea" not in page_of(viewer, f"/api/v1/articles/{article.pk}/?form=edit")
    assert "<textarea" not in page_of(viewer, "/api/v1/articles/?form=new")


def test_who_has_no_role_sees_no_page(db):
    nobody = browser_of(user_with_role("nobody", "none"))
    for address in ("/", "/search/?q=x", "/import/", "/api/v1/articles/"):
        assert nobody.get(address).status_code == 403


def test_the_page_of_a_row_refuses_a_parameter_that_it_does_not_know(desk, article):
    assert desk.get(f"/api/v1/articles/{article.pk}/?cards=1").status_code == 200
    assert desk.get(f"/api/v1/articles/{article.pk}/?crads=1").status_code == 400


def test_a_refused_filter_stands_at_its_control(desk, statement):
    html = page_of(desk, "/api/v1/statements/?tag=nonsense&q=minister", 400)
    assert re.search(r'<select name="tag" aria-invalid="true">', html)
    assert 'name="q" value="minister"' in html


def test_desk_checks_are_chosen_by_kind_severity_and_article(desk, alice, article, statement):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="Somebody did.")
    caught = "Tagged denied, but nobody is recorded as denying it"
    for query in ("", "?code=denied_without_denial&severity=&article=", f"?severity=error&article={article.pk}",
                  "?article=a+report"):  # fmt: skip
        html = page_of(desk, f"/api/v1/checks/{query}")
        assert caught in html, query
    assert f'<li data-id="{article.pk}">A report</li>' in html
    for query in ("?code=anchor_orphaned", "?severity=warning"):
        html = page_of(desk, f"/api/v1/checks/{query}")
        assert caught not in html
        assert "Nothing was found." in html
    assert '<option value="warning" selected>warning</option>' in html
    assert '<option value="denied_without_denial">denied without denial</option>' in html
    refused = page_of(desk, "/api/v1/checks/?code=nonsense", 400)
    assert re.search(r'<select name="code" aria-invalid="true">', refused)
    of_article = page_of(desk, f"/api/v1/articles/{article.pk}/checks/?code=denied_without_denial&severity=")
    assert caught in of_article
    assert 'name="article"' not in of_article


def test_a_statement_that_lost_its_place_is_not_marked_and_can_be_placed_anew(desk, alice, article, statement):
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Nothing of the kind is here.")
    html = article_page(desk, article)
    assert "<mark" not in html
    assert "no longer in the text" in html
    answer = desk.post(f"/api/v1/statements/{statement.pk}/reanchor/", {"version": "2", "text": "of the kind"})
    assert answer.status_code == 303
    assert f'<mark id="mark-{statement.pk}"' in article_page(desk, article)


def test_a_passage_that_cannot_be_pinned_again_is_asked_for_once_more(desk, alice, article, statement):
    address = f"/api/v1/statements/{statement.pk}/reanchor/"
    refused = desk.post(address, {"version": "1", "text": "The minister said no."})
    assert refused.status_code == 422
    assert re.findall(r'name="span" value="([^"]*)"', refused.content.decode()) == ["2-23", "24-45"]
    assert desk.post(address, {"version": "1", "text": "The minister said no.", "span": "24-45"}).status_code == 303
    assert Statement.objects.get().start == 24


def test_an_old_revision_shows_the_marks_it_had(desk, alice, article, statement):
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Nothing of the kind is here.")
    html = page_of(desk, f"/api/v1/articles/{article.pk}/revisions/1/")
    assert f'<mark id="mark-{statement.pk}" data-statement="{statement.pk}" data-tag="unverified"' in html
    assert "<mark" not in page_of(desk, f"/api/v1/articles/{article.pk}/revisions/2/")


def test_two_records_of_one_source_are_merged_by_a_form(desk, alice, minister):
    twin = create_source(actor=alice, name="The Minister", kind="person")
    assert f'action="/api/v1/sources/{twin.pk}/merge/"' in page_of(desk, f"/api/v1/sources/{twin.pk}/")
    sent = {"version": "1", "into": minister.pk, "reason": "The same person."}
    answer = desk.post(f"/api/v1/sources/{twin.pk}/merge/", sent)
    assert answer.status_code == 303
    assert answer["Location"].endswith(f"/api/v1/sources/{minister.pk}/")


def test_a_stranger_who_may_read_what_is_published_sees_only_the_public_answer(settings, alice, article, statement):
    settings.PUBLIC_READ = True
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="Because.")
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Read.")
    html = page_of(Client(headers={"Accept": "text/html"}), f"/api/v1/statements/{statement.pk}/")
    assert "The minister said no." in html
    assert "alice" not in html
    assert '<form method="post"' not in html


def test_a_page_of_the_past_shows_what_was_and_offers_nothing(desk, alice, article, statement):
    before = Entry.objects.get(action="statement.created").at.isoformat().replace("+00:00", "Z")
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="Later.")
    html = page_of(desk, f"/api/v1/articles/{article.pk}/?as_of={before}")
    assert f'data-statement="{statement.pk}" data-tag="unverified"' in html
    assert "Later." not in html
    assert re.findall(r'<form method="post"', html) == []


@pytest.mark.parametrize("text", ["", "x" * 3000, "مرحبا " * 50])
def test_an_article_of_any_text_has_a_page(desk, alice, text):
    article = services.create_article(actor=alice, title="T" * 500, text=text)
    assert ("This article has no text yet." in article_page(desk, article)) == (not text)


def test_no_page_holds_a_script_or_a_style_of_its_own(desk, alice):
    busy_newsroom(alice, 1)
    rows = {"articles": Article, "statements": Statement, "disputes": Dispute, "evidence": Evidence, "sources": Source}
    addresses = [
        "/",
        "/import/",
        "/search/?q=one",
        *(f"/api/v1/{name}/" for name in LISTS),
        "/api/v1/",
        "/api/v1/tokens/",
    ]
    addresses += [f"/api/v1/{name}/{model.objects.first().pk}/" for name, model in rows.items()]
    for address in addresses:
        html = page_of(desk, address)
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", html), address
        assert '<html lang="en-gb" dir="ltr">' in html


def test_a_token_made_in_the_browser_is_shown_once(desk):
    made = desk.post("/api/v1/tokens/", {"name": "cms", "days": "30", "read_only": "false"})
    assert made.status_code == 201
    shown = made.content.decode()
    assert "Copy the key now" in shown
    key = re.search(r"<pre[^>]*>([0-9a-f]{64})</pre>", shown)[1]
    html = page_of(desk, "/api/v1/tokens/")
    assert "cms" in html
    assert key not in html
    assert f"<code>{key[:8]}…</code>" in html
    revoke = re.search(r'action="(/api/v1/tokens/[0-9a-f-]+/)"', html)[1]
    assert desk.post(revoke, {"_method": "DELETE"}).status_code == 303
    assert "You have no tokens." in page_of(desk, "/api/v1/tokens/")


def test_a_page_of_the_past_has_the_statements_of_the_list_at_each_instant(desk, alice, article, minister):
    """Also within one write: the article has its new text, and some of its statements are still pinned to the old."""
    first, *_others = (
        services.create_statement(article=article, actor=alice, source=minister, start=start, end=end)
        for start, end in ((2, 23), (24, 45), (2, 5))
    )
    text = "More. " + TEXT.replace("minister", "deputy minister", 1)
    services.update_article(article_id=article.pk, versions=None, actor=alice, text=text)
    services.tag_statement(statement_id=first.pk, versions=None, actor=alice, tag="denied", reason="Because.")
    services.delete_article(article_id=article.pk, versions=None, actor=alice, reason="Twice.")
    address = f"/api/v1/articles/{article.pk}/"
    sizes = []
    *entries, deletion = Entry.objects.filter(article=article.pk).order_by("id")
    for entry in entries:
        query = f"as_of={entry.at.isoformat().replace('+00:00', 'Z')}"
        listed = desk.get(f"/api/v1/statements/?article={article.pk}&{query}", headers={"Accept": "*/*"}).json()
        ids = sorted(row["id"] for row in listed["results"])
        page = page_of(desk, f"{address}?{query}")
        assert sorted(map(int, re.findall(r'id="statement-(\d+)"', page))) == ids
        notes = page_of(desk, f"{address}?print=1&{query}")
        assert len(re.findall(r"<li[^>]*><b>. (?:denied|unverified)</b>", notes)) == len(ids)
        assert ("pinned to revision 1" in page) == ("pinned to revision 1" in notes)
        sizes.append((entry.action, len(ids), "pinned to revision 1" in page))
    assert sizes == [
        ("article.created", 0, False),
        *(("statement.created", number, False) for number in (1, 2, 3)),
        ("article.updated", 3, True),
        *(("statement.reanchored", 3, is_old) for is_old in (True, True, False)),
        ("statement.tagged", 3, False),
        *(("statement.deleted", number, False) for number in (2, 1, 0)),
    ]
    assert deletion.action == "article.deleted"
