"""The pages that are one form: what they are called, what stands beside their fields, and the way back."""

import re

import pytest

from claims import services
from claims.models import Statement
from factcheck.journal.models import Entry
from tests.newsroom import browser_of, page_of


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def dispute(alice, statement, minister):
    return services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")


def heading(page):
    return re.sub(r"<[^>]+>", "", re.search(r"<h1>(.*?)</h1>", page)[1])


FORMS = [
    ("articles/?form=new", "/api/v1/articles/"),
    ("articles/{article}/?form=edit", "/api/v1/articles/{article}/"),
    ("statements/{statement}/?form=edit&next=/api/v1/articles/{article}/?at=1", "/api/v1/articles/{article}/?at=1"),
    ("statements/{statement}/?form=delete", "/api/v1/statements/{statement}/"),
    ("statements/?form=new", "/api/v1/statements/"),
    ("disputes/{dispute}/?form=edit", "/api/v1/disputes/{dispute}/"),
    ("disputes/?form=new&statement={statement}&next=https://elsewhere.example/", "/api/v1/disputes/"),
    ("evidence/?form=new&statement={statement}&next=/api/v1/evidence/{{id}}/", "/api/v1/evidence/"),
    ("sources/?form=new", "/api/v1/sources/"),
]


@pytest.mark.parametrize(("form", "back"), FORMS)
def test_every_form_has_a_way_back(desk, article, statement, dispute, form, back):
    ids = {"article": article.pk, "statement": statement.pk, "dispute": dispute.pk}
    assert f'<a href="{back.format(**ids)}">Cancel</a>' in page_of(desk, f"/api/v1/{form.format(**ids)}")


@pytest.mark.parametrize("address", ["/import/", "/account/password/"])
def test_the_forms_of_other_pages_have_one_too(desk, address):
    assert ">Cancel</a>" in page_of(desk, address)


def test_a_refused_form_and_a_refused_bulk_tag_have_one(desk, statement):
    refused = desk.post(f"/api/v1/statements/{statement.pk}/tag/", {"version": "1", "tag": "denied", "reason": ""})
    assert f'<a href="/api/v1/statements/{statement.pk}/">Cancel</a>' in refused.content.decode()
    sent = {"statements": f"{statement.pk}-1", "tag": "denied", "reason": "", "next": "/api/v1/statements/?tag=denied"}
    page = desk.post("/api/v1/statements/bulk-tag/", sent).content.decode()
    assert '<a href="/api/v1/statements/?tag=denied">Cancel</a>' in page


def test_a_form_to_change_a_row_is_called_so(desk, dispute):
    assert heading(page_of(desk, f"/api/v1/disputes/{dispute.pk}/?form=edit")) == f"Edit dispute {dispute.pk}"


def test_no_chooser_explains_ids(desk, statement, dispute):
    for form in ("evidence/?form=new", "disputes/?form=new", "notes/?form=new", "statements/?form=new"):
        page = page_of(desk, f"/api/v1/{form}")
        assert "&#x27;s id" not in page, form
        assert "The id of" not in page, form


def test_what_is_missing_is_said_at_its_field(desk, statement):
    sent = {"statements": f"{statement.pk}-1", "tag": "denied", "reason": ""}
    page = desk.post("/api/v1/statements/bulk-tag/", sent).content.decode()
    assert re.search(r'<textarea name="reason"[^>]* aria-invalid="true"[^>]*>\s*</textarea>\s*</label>'
                     r'<p class="error" role="alert">Fill this in.</p>', page)  # fmt: skip


def test_a_passage_is_called_so_where_it_is_pinned(desk, statement):
    refused = desk.post(f"/api/v1/statements/{statement.pk}/reanchor/", {"version": "1", "text": "Nowhere."})
    page = refused.content.decode()
    assert re.search(r"<label>The passage, word for word\s*<textarea name=\"text\"", page)


def test_a_statement_is_marked_from_a_page_without_an_article_too(desk, article):
    page = page_of(desk, "/api/v1/statements/?form=new")
    assert re.search(r'<input type="text" name="article" value=""', page)
    sent = {"article": str(article.pk), "text": "cafe\u0301", "quote_type": "narration"}
    assert desk.post("/api/v1/statements/", sent).status_code == 303
    assert Statement.objects.get().article_id == article.pk
    unknown = desk.post("/api/v1/statements/", sent | {"article": "987654"})
    assert "There is no article with the id 987654." in unknown.content.decode()


def test_the_history_of_an_article_leads_to_all_that_was_done_in_it(desk, article, statement):
    link = f'<a href="/api/v1/journal/?article={article.pk}">Everything that was done in it'
    assert link in page_of(desk, f"/api/v1/articles/{article.pk}/history/")
    assert "Everything that was done" not in page_of(desk, f"/api/v1/statements/{statement.pk}/history/")


def test_a_proposal_in_the_list_of_notes_shows_the_passage_and_the_present_tag(desk, alice, statement):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="asserted", reason="He says so.")
    services.propose_tag(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="She denies it.")
    page = page_of(desk, "/api/v1/notes/")
    assert '<blockquote dir="auto">The minister said no.</blockquote>' in page
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert "Now tagged + asserted: He says so. Take it" in words
    assert Entry.objects.latest("id").action == "note.created"
