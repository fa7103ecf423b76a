"""Undoing the last act on a row from its entry: what has a way back, who may, and what it leaves."""

import json
import re
from html import unescape

import pytest

from claims import services
from claims.models import Note, Statement
from factcheck.desk.addresses import address_of
from factcheck.journal.models import Entry
from sources.services import create_source, delete_source, update_source
from tests.newsroom import browser_of, page_of, user_with_role


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def dispute(alice, statement, minister):
    return services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")


def last_entry():
    return Entry.objects.latest("id")


def data_of(row):
    """What the journal says of the row now, without what every write changes."""
    data = Entry.objects.of(row.journal_resource, row.pk).latest("version").data
    who_and_when = {"version", "updated_at", "tagged_at", "tag_reason", "tagged_by", "resolved_at", "resolved_by"}
    return {name: value for name, value in data.items() if name not in who_and_when}


def offered(desk, row):
    page = page_of(desk, f"{address_of(row.journal_resource, row.pk)}history/")
    return [int(entry) for entry in re.findall(r'href="/undo/(\d+)/\?', page)]


def tag(alice, statement, article, dispute, minister):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="Misread.")
    return statement


def correct_statement(alice, statement, article, dispute, minister):
    cnn = create_source(actor=alice, name="CNN", kind="outlet")
    services.update_statement(
        statement_id=statement.pk, versions=None, actor=alice, source=cnn, via=[minister], paraphrase="Plain.",
        start=24, end=45,
    )  # fmt: skip
    return statement


def pin(alice, statement, article, dispute, minister):
    services.reanchor_statement(statement_id=statement.pk, versions=None, actor=alice, start=24, end=45)
    return statement


def correct_article(alice, statement, article, dispute, minister):
    services.update_article(
        article_id=article.pk, versions=None, actor=alice, title="New", publisher=minister, byline="Somebody"
    )
    return article


def correct_dispute(alice, statement, article, dispute, minister):
    services.update_dispute(dispute_id=dispute.pk, versions=None, actor=alice, note="Part of it.", scope="part")
    return dispute


def resolve(alice, statement, article, dispute, minister):
    services.resolve_dispute(dispute_id=dispute.pk, versions=None, actor=alice, state="upheld", reason="Shown.")
    return dispute


def correct_evidence(alice, statement, article, dispute, minister):
    evidence = services.create_evidence(actor=alice, statement=statement, stance="context", url="https://a.example/")
    services.update_evidence(evidence_id=evidence.pk, versions=None, actor=alice, stance="refutes")
    return evidence


def correct_note(alice, statement, article, dispute, minister):
    note = services.create_note(actor=alice, statement=statement, text="Ask.")
    services.update_note(note_id=note.pk, versions=None, actor=alice, text="Ask twice.")
    return note


def resolve_note(alice, statement, article, dispute, minister):
    note = services.create_note(actor=alice, statement=statement, text="Ask.")
    services.resolve_note(note_id=note.pk, versions=None, actor=alice)
    return note


def reopen_note(alice, statement, article, dispute, minister):
    note = resolve_note(alice, statement, article, dispute, minister)
    services.reopen_note(note_id=note.pk, versions=None, actor=alice)
    return note


def correct_source(alice, statement, article, dispute, minister):
    update_source(source_id=minister.pk, versions=None, actor=alice, name="A minister", aliases=["He"])
    return minister


def publish_again(alice, statement, article, dispute, minister):
    for status in ("published", "withdrawn", "published"):
        services.set_article_status(article_id=article.pk, versions=None, actor=alice, status=status, reason="So.")
    return article


def withdraw(alice, statement, article, dispute, minister):
    for status in ("published", "withdrawn"):
        services.set_article_status(article_id=article.pk, versions=None, actor=alice, status=status, reason="So.")
    return article


@pytest.mark.parametrize(
    "act",
    [
        tag, correct_statement, pin, correct_article, correct_dispute, resolve, correct_evidence, correct_note,
        resolve_note, reopen_note, correct_source, publish_again, withdraw,
    ],
)  # fmt: skip
def test_the_last_act_is_undone_by_a_new_one_that_makes_the_row_what_it_was(
    desk, alice, article, statement, dispute, minister, act
):
    row = act(alice, statement, article, dispute, minister)
    entry = Entry.objects.filter(pk=last_entry().pk).with_before().get()
    assert offered(desk, row) == [entry.pk]
    page = page_of(desk, f"/undo/{entry.pk}/")
    assert "Taken back." in page
    answer = desk.post(f"/undo/{entry.pk}/", {"reason": "A slip."})
    assert (answer.status_code, answer["Location"].rstrip("/").rpartition("/")[2]) == (303, str(row.pk))
    new = last_entry()
    assert (new.resource, new.resource_id, new.version) == (entry.resource, entry.resource_id, entry.version + 1)
    assert (new.actor_id, new.reason) == (alice.pk, "A slip.")
    unlike = {"version", "updated_at", "tagged_at", "tag_reason", "tagged_by", "resolved_at", "resolved_by"}
    assert data_of(row) == {name: value for name, value in entry.before.items() if name not in unlike}


def test_a_resolution_that_was_taken_back_is_made_again_with_its_outcome(desk, alice, dispute):
    resolve(alice, None, None, dispute, None)
    services.reopen_dispute(dispute_id=dispute.pk, versions=None, actor=alice, reason="Too early.")
    desk.post(f"/undo/{last_entry().pk}/", {"reason": "It was right."})
    dispute.refresh_from_db()
    assert (dispute.state, dispute.resolution, last_entry().action) == ("upheld", "It was right.", "dispute.resolved")


def test_a_correction_of_the_text_goes_back_with_its_statements(desk, alice, article, statement):
    text = article.text
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Other words. " + text)
    entry = Entry.objects.get(action="article.updated")
    assert Statement.objects.get().start != statement.start
    assert offered(desk, article) == [entry.pk]
    assert offered(desk, statement) == []  # it goes back with the text
    desk.post(f"/undo/{entry.pk}/", {"reason": "Wrong article."})
    article.refresh_from_db()
    assert (article.text, article.revision) == (text, 3)
    assert Statement.objects.get().start == statement.start


def test_what_has_no_way_back_is_not_offered(desk, alice, article, statement, dispute, minister):
    """Created, first published, merged, deleted, and lost by a change of the text."""
    for row in (article, statement, dispute, minister):
        assert offered(desk, row) == []
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Read.")
    assert offered(desk, article) == []
    assert desk.get(f"/undo/{last_entry().pk}/").status_code == 404
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Nothing of it is left.")
    assert Statement.objects.get().anchor == "orphaned"
    assert offered(desk, statement) == []
    services.update_article(article_id=article.pk, versions=None, actor=alice, text=article.text)
    services.delete_dispute(dispute_id=dispute.pk, versions=None, actor=alice, reason="Wrong.")
    assert offered(desk, dispute) == []


def test_only_the_last_act_on_a_row_is_undone(desk, alice, statement):
    tag(alice, statement, None, None, None)
    first = last_entry()
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="asserted", reason="Later.")
    assert offered(desk, statement) == [last_entry().pk]
    assert "It is no longer the last act" in page_of(desk, f"/undo/{first.pk}/")
    refused = desk.post(f"/undo/{first.pk}/", {"reason": "A slip."})
    assert refused.status_code == 412
    assert "Later." in refused.content.decode()
    assert Statement.objects.get().tag == "asserted"


def test_a_reason_is_needed(desk, alice, statement):
    tag(alice, statement, None, None, None)
    refused = desk.post(f"/undo/{last_entry().pk}/", {"reason": " "})
    assert refused.status_code == 400
    assert Statement.objects.get().tag == "denied"


def test_what_it_goes_back_to_may_be_gone_or_taken(desk, alice, article, statement):
    cnn = create_source(actor=alice, name="CNN", kind="outlet")
    services.update_article(article_id=article.pk, versions=None, actor=alice, publisher=cnn)
    services.update_article(article_id=article.pk, versions=None, actor=alice, publisher=None)
    entry = last_entry()
    delete_source(source_id=cnn.pk, versions=None, actor=alice)
    refused = desk.post(f"/undo/{entry.pk}/", {"reason": "A slip."})
    assert refused.status_code == 409
    assert f"The source with the id {cnn.pk} is gone." in refused.content.decode()
    services.update_article(article_id=article.pk, versions=None, actor=alice, url="https://a.example/1")
    services.update_article(article_id=article.pk, versions=None, actor=alice, url=None)
    entry = last_entry()
    services.create_article(actor=alice, title="Other", text="", url="https://a.example/1")
    refused = desk.post(f"/undo/{entry.pk}/", {"reason": "A slip."})
    assert refused.status_code in (400, 409)
    assert "Another article has this address." in refused.content.decode()


def test_who_may_do_the_act_may_undo_it(alice, article, statement, dispute, minister):
    tag(alice, statement, None, None, None)
    tagged = last_entry()
    correct_article(alice, statement, article, dispute, minister)
    corrected = last_entry()
    resolve_note(alice, statement, article, dispute, minister)
    settled = last_entry()
    for role, able in {"viewer": [], "reporter": [corrected, settled], "editor": [tagged, corrected, settled]}.items():
        browser = browser_of(user_with_role(role, role))
        page = page_of(browser, "/api/v1/journal/")
        assert [int(pk) for pk in re.findall(r'href="/undo/(\d+)/\?', page)] == sorted(
            (e.pk for e in able), reverse=True
        )
        for entry in (tagged, corrected, settled):
            assert browser.get(f"/undo/{entry.pk}/").status_code == (200 if entry in able else 403)
    refused = browser_of(user_with_role("rita", "reporter")).post(f"/undo/{tagged.pk}/", {"reason": "No."})
    assert (refused.status_code, Statement.objects.get().tag) == (403, "denied")


def test_a_reporter_takes_back_an_own_note_only(alice, article):
    rita, rob = user_with_role("rita", "reporter"), user_with_role("rob", "reporter")
    note = services.create_note(actor=rita, article=article, text="Ask.")
    services.update_note(note_id=note.pk, versions=None, actor=rita, text="Ask twice.")
    assert browser_of(rob).get(f"/undo/{last_entry().pk}/").status_code == 403
    assert browser_of(rita).post(f"/undo/{last_entry().pk}/", {"reason": "No."}).status_code == 303
    assert Note.objects.get().text == "Ask."


def test_an_entry_of_users_or_of_nothing_is_no_page(desk, client, alice):
    alice.username = "alicia"
    alice.save()
    for entry in (Entry.objects.filter(resource="user").latest("id").pk, 999_999):
        assert desk.get(f"/undo/{entry}/").status_code == 404
    assert client.get("/undo/1/").status_code == 302


def test_the_reason_of_a_tag_that_is_taken_back_is_offered_again(desk, alice, statement):
    tag = {"statement_id": statement.pk, "versions": None, "actor": alice}
    services.tag_statement(tag="denied", reason="He said so himself.", **tag)
    services.tag_statement(tag="asserted", reason="A slip of the mouse.", **tag)
    page = page_of(desk, f"/undo/{last_entry().pk}/")
    assert "He said so himself.</textarea>" in page
    assert "Taken back." not in page


def in_place(*seen):
    return {"HX-Request": "true", "Shown-Cards": " ".join(f"{row.pk}-{row.version}" for row in seen)}


def offered_at_once(html):
    """The address of the form in the message of an act, and the reason that it sends."""
    found = re.findall(r'<form method="post" action="(/undo/\d+/)".*?name="reason" value="([^"]*)"', html)
    return found[0] if found else None


def test_the_message_of_an_act_on_the_articles_page_offers_to_take_it_back_there(desk, alice, article, statement):
    sent = {"tag": "denied", "reason": "Denied by name.", "version": 1}
    html = desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent, headers=in_place(statement)).content.decode()
    address, reason = offered_at_once(html)
    assert reason == "Taken back."
    answer = desk.post(address, {"reason": reason}, headers=in_place(statement))
    assert (answer.status_code, Statement.objects.get().tag) == (200, "unverified")
    html = answer.content.decode()
    assert f"<p>Taken back: alice tagged statement {statement.pk} denied.</p>" in html
    assert "<html" not in html
    undone = {"focus": f"statement-{statement.pk}", "statement": statement.pk}
    assert json.loads(answer["HX-Trigger-After-Swap"]) == {"undone": undone}
    late = desk.post(address, {"reason": reason}, headers=in_place(statement))
    assert (late.status_code, f'<a href="{address}">See what happened since</a>' in late.content.decode()) == (
        412,
        True,
    )


def test_the_reason_that_stood_before_is_the_one_that_is_sent(desk, alice, statement):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="asserted", reason="He said so.")
    sent = {"tag": "denied", "reason": "A slip.", "version": 2}
    html = desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent, headers=in_place(statement)).content.decode()
    assert offered_at_once(html)[1] == "He said so."


def test_an_act_that_has_no_way_back_or_is_not_the_last_one_offers_none(desk, alice, article, statement):
    def act(address, **sent):
        return desk.post(f"/api/v1/{address}/", sent, headers=in_place(statement)).content.decode()

    assert offered_at_once(act("statements", article=article.pk, text="cafe\u0301", quote_type="narration")) is None
    assert offered_at_once(act(f"articles/{article.pk}/publish", version=1, reason="Read.")) is None
    assert offered_at_once(act(f"statements/{statement.pk}/propose", version=1, tag="denied", reason="So.")) is None
    ticked = {"statements": f"{statement.pk}-1", "tag": "denied", "reason": "So."}
    assert offered_at_once(act("statements/bulk-tag", **ticked)) is None
    assert offered_at_once(act(f"statements/{statement.pk}/tag", version=2, tag="asserted", reason="So.")) is not None


def test_what_the_article_or_a_note_was_before_is_shown_where_it_stands(desk, alice, article, statement):
    for status in ("published", "withdrawn"):
        services.set_article_status(article_id=article.pk, versions=None, actor=alice, status=status, reason="So.")
    answer = desk.post(f"/undo/{last_entry().pk}/", {"reason": "No."}, headers=in_place(statement))
    assert f'action="/api/v1/articles/{article.pk}/withdraw/"' in answer.content.decode()
    resolve_note(alice, statement, article, None, None)
    note = Note.objects.get()
    answer = desk.post(f"/undo/{last_entry().pk}/", {"reason": "No."}, headers=in_place(statement))
    assert f'action="/api/v1/notes/{note.pk}/resolve/"' in answer.content.decode()


def test_it_leads_back_to_the_page_that_led_there_and_is_told_there(desk, alice, article, statement):
    tag(alice, statement, None, None, None)
    entry = last_entry()
    diary = f"/api/v1/journal/?article={article.pk}"
    [link] = re.findall(rf'href="(/undo/{entry.pk}/[^"]*)"', page_of(desk, diary))
    page = page_of(desk, unescape(link))
    back = f"{diary}#entry-{entry.pk}"
    assert f'<input type="hidden" name="next" value="{back}">' in page
    assert f'<a href="{back}">Cancel</a>' in page
    answer = desk.post(f"/undo/{entry.pk}/", {"reason": "A slip.", "next": back})
    assert answer["Location"] == back
    page = page_of(desk, diary)
    assert f"Taken back: alice tagged statement {statement.pk} denied." in page
    assert f'id="entry-{entry.pk}"' in page
    foreign = desk.post(f"/undo/{last_entry().pk}/", {"reason": "A slip.", "next": "https://elsewhere.example/"})
    assert foreign["Location"] == f"/api/v1/statements/{statement.pk}/"
