"""What a form to delete says, when it asks why, and what the button to publish says."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import services
from claims.models import Article, Dispute, Evidence, Statement
from factcheck.journal.models import Entry
from tests.newsroom import browser_of, page_of

ANY = {"if-match": "*"}
WHY = "A dispute that is open or upheld goes with it. Say why it is deleted."


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def dispute(alice, statement, minister):
    return services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")


def form_of(desk, resource, row):
    return page_of(desk, f"/api/v1/{resource}/{row.pk}/?form=delete")


@pytest.mark.parametrize("state", ["open", "upheld"])
@pytest.mark.parametrize("resource", ["articles", "statements", "disputes"])
def test_a_dispute_that_is_open_or_upheld_goes_only_for_a_reason(
    api, alice, article, statement, dispute, resource, state
):
    if state == "upheld":
        services.resolve_dispute(dispute_id=dispute.pk, versions=None, actor=alice, state="upheld", reason="So it is.")
    row = {"articles": article, "statements": statement, "disputes": dispute}[resource]
    address, entries = f"/api/v1/{resource}/{row.pk}/", Entry.objects.count()
    for reason in ("", "?reason=%20"):
        refused = api.delete(address + reason, headers=ANY)
        assert refused.status_code == 400
        assert refused.json()["errors"] == [{"pointer": "?reason", "code": "required", "detail": WHY}]
    assert (Entry.objects.count(), Dispute.objects.count()) == (entries, 1)
    assert api.delete(f"{address}?reason=Marked+twice.", headers=ANY).status_code == 204
    assert not Dispute.objects.exists()


def test_a_dispute_that_was_rejected_goes_without_one(api, alice, statement, dispute):
    services.resolve_dispute(dispute_id=dispute.pk, versions=None, actor=alice, state="rejected", reason="No.")
    assert api.delete(f"/api/v1/statements/{statement.pk}/", headers=ANY).status_code == 204


def test_the_form_of_a_statement_shows_it_and_what_goes_along(desk, alice, statement, dispute):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="Her words.")
    services.create_evidence(actor=alice, statement=statement, stance="supports", title="A letter")
    services.create_note(actor=alice, statement=statement, text="Ask her.")
    services.create_note(actor=alice, dispute=dispute, text="Ask him.")
    form = form_of(desk, "statements", statement)
    for shown in (
        "The minister said no.", "Her words.", '<span class="tag denied">', "<b>open</b>",
        "1 piece of evidence goes along.",
        "2 notes go along.", 'maxlength="2000" required>', "so say why",
    ):  # fmt: skip
        assert shown in form
    refused = desk.post(f"/api/v1/statements/{statement.pk}/", {"_method": "DELETE", "version": "2", "reason": ""})
    assert refused.status_code == 400
    page = refused.content.decode()
    assert WHY in page
    assert "2 notes go along." in page
    assert Statement.objects.exists()
    sent = {"_method": "DELETE", "version": "2", "reason": "Marked twice."}
    assert desk.post(f"/api/v1/statements/{statement.pk}/", sent).status_code == 303
    assert not Evidence.objects.exists()


def test_the_forms_of_other_rows_show_what_they_are_of(desk, alice, article, statement, dispute, minister):
    evidence = services.create_evidence(actor=alice, statement=statement, stance="supports", title="A letter")
    form = form_of(desk, "evidence", evidence)
    assert "A letter" in form
    assert "The minister said no." in form
    assert "required>" not in form
    form = form_of(desk, "disputes", dispute)
    assert "Denial</a> by" in form
    assert "The minister said no." in form
    form = form_of(desk, "articles", article)
    assert "1 statement goes along." in form
    assert "1 piece of evidence goes along." in form
    assert "<b>1</b> unverified" in form
    assert "Denial</a> by" in form


def test_what_cannot_be_deleted_has_no_button_and_says_why_and_what_to_do(
    desk, alice, article, statement, dispute, minister
):
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Ready.")
    form = form_of(desk, "articles", article)
    assert "It is published" in form
    assert "Withdraw it first" in form
    assert 'class="danger"' not in form
    other = services.create_statement(article=article, actor=alice, quote_type="narration", start=24, end=30)
    services.update_dispute(dispute_id=dispute.pk, versions=None, actor=alice, counter_statement=other)
    form = form_of(desk, "statements", other)
    assert f"Dispute {dispute.pk}, of another statement, was raised in this text." in form
    assert 'class="danger"' not in form
    form = form_of(desk, "sources", minister)
    assert f'href="/api/v1/statements/?source={minister.pk}"' in form
    assert f'href="/api/v1/disputes/?raised_by={minister.pk}"' in form
    assert "merge it" in form
    assert 'class="danger"' not in form
    assert "Relayed" not in form
    refused = desk.post(f"/api/v1/articles/{article.pk}/", {"_method": "DELETE", "version": "2", "reason": "x"})
    assert refused.status_code == 409
    assert 'class="danger"' not in refused.content.decode()
    assert Article.objects.exists()


def test_a_form_that_comes_too_late_shows_what_was_changed(desk, alice, statement):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="Her words.")
    late = desk.post(f"/api/v1/statements/{statement.pk}/", {"_method": "DELETE", "version": "1", "reason": "Twice."})
    assert late.status_code == 412
    page = late.content.decode()
    assert "This has changed since you opened it" in page
    assert "Twice." in page


def test_the_button_to_publish_says_what_is_unresolved(desk, alice, article, statement, dispute):
    services.create_note(actor=alice, article=article, text="Ask her.")
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="asserted", reason="She says so.")
    services.create_statement(article=article, actor=alice, quote_type="narration", start=24, end=30)
    page = page_of(desk, f"/api/v1/articles/{article.pk}/")
    for said in ("finding", "1 unverified statement<", "1 open dispute<", "1 open note<"):
        assert said in page[page.index('id="unresolved"') :]
    assert 'aria-describedby="unresolved">Publish</button>' in page
    quiet = services.create_article(actor=alice, title="Quiet", text="Nothing.")
    assert "Nothing is unresolved." in page_of(desk, f"/api/v1/articles/{quiet.pk}/")


def test_a_form_to_delete_takes_as_many_queries_for_much_as_for_little(desk, alice, article, statement, minister):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            form_of(desk, "articles", article)
        return len(captured)

    services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")
    few = queries()
    for kind in ("contradiction", "correction"):
        more = services.create_statement(article=article, actor=alice, source=minister, start=2, end=23)
        services.open_dispute(actor=alice, statement=more, raised_by=minister, kind=kind)
    assert queries() == few
