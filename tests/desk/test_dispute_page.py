"""A dispute is resolved on its own page: what it says then, and what its timeline has."""

import re

import pytest

from claims import services
from factcheck.journal.models import Entry
from tests.newsroom import browser_of, page_of


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def dispute(alice, statement, minister):
    return services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")


def said(page):
    return re.findall(r'<div class="said" role="status"><p>(.*?) <a class="undo"', page)


def timeline(page):
    lines = re.findall(r'<li class="line".*?>\s*<p>(.*?) <span class="quiet">', page, re.S)
    return [re.sub(r"<[^>]+>", "", line) for line in lines]


def test_a_resolution_keeps_the_place_and_says_the_state_and_the_tag(desk, dispute, statement):
    address = f"/api/v1/disputes/{dispute.pk}/"
    assert f'<input type="hidden" name="next" value="{address}#outcome">' in page_of(desk, address)
    sent = {"version": 1, "state": "upheld", "reason": "Shown.", "tag": "denied", "next": f"{address}#outcome"}
    answer = desk.post(f"{address}resolve/", sent)
    assert (answer.status_code, answer["Location"]) == (303, f"{address}#outcome")
    page = page_of(desk, address)
    assert said(page) == [f"The dispute was resolved: upheld. Statement {statement.pk} was tagged denied."]
    assert '<section class="panel" id="outcome"' in page
    assert timeline(page) == [
        f"alice tagged statement {statement.pk} − denied",
        f"alice resolved dispute {dispute.pk} as upheld",
        f"alice opened dispute {dispute.pk}",
    ]


@pytest.mark.django_db(transaction=True)
def test_without_a_tag_neither_says_one(desk, alice, dispute, statement):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="asserted", reason="He says so.")
    address = f"/api/v1/disputes/{dispute.pk}/"
    desk.post(f"{address}resolve/", {"version": 1, "state": "rejected", "reason": "Misread.", "tag": ""})
    page = page_of(desk, address)
    assert said(page) == ["The dispute was resolved: rejected."]
    assert len(timeline(page)) == 2


def test_a_proposal_that_is_taken_without_a_script_is_told_with_its_tag(desk, alice, statement):
    note = services.propose_tag(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="So.")
    desk.post(f"/api/v1/statements/{statement.pk}/take/", {"version": 1, "proposal": note.pk})
    assert said(page_of(desk, "/")) == [f"Statement {statement.pk} was tagged denied."]
    assert Entry.objects.latest("id").action == "note.taken"
