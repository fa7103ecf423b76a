"""What others do to an open page is told there."""

import html
import re

import pytest

from claims import services
from factcheck.journal.models import Entry
from tests.newsroom import article_page, browser_of, page_of, user_with_role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bob(db):
    return user_with_role("bob", "editor")


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def address_in(page):
    return html.unescape(re.search(r'data-address="(/live/[^"]*)"', page)[1])


def tag(statement, user):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=user, tag="denied", reason="She denies it.")


def test_an_article_tells_what_others_did_since_it_was_read_and_at_which_cards(desk, alice, bob, article, statement):
    tag(statement, bob)
    address = address_in(article_page(desk, article))
    assert page_of(desk, address) == ""
    tag(statement, alice)
    assert page_of(desk, address) == ""
    tag(statement, bob)
    note = services.create_note(actor=user_with_role("carol", "editor"), statement=statement, text="Ask again.")
    told = re.sub(r"<time[^>]*>|</time>|</?bdi>", "", page_of(desk, address))
    assert told == (
        '<p>2 changes by carol, bob: <a href="">show</a></p>\n'
        f'<ul><li data-statement="{statement.pk}">carol wrote note {note.pk} just now</li></ul>\n'
    )
    assert page_of(desk, address_in(article_page(desk, article))) == ""


def test_a_proposal_is_told_by_its_tag(desk, article, statement):
    address = address_in(article_page(desk, article))
    services.propose_tag(
        statement_id=statement.pk, versions=None, actor=user_with_role("rita", "reporter"), tag="denied", reason="No."
    )
    assert "rita proposed denied for it just now" in re.sub(r"<time[^>]*>|</time>|</?bdi>", "", page_of(desk, address))


def test_the_answer_is_304_until_there_is_more_to_tell(desk, bob, article, statement):
    address = address_in(article_page(desk, article))
    tags = [desk.get(address)["ETag"]]
    assert desk.get(address, headers={"If-None-Match": tags[0]}).status_code == 304
    tag(statement, bob)
    answer = desk.get(address, headers={"If-None-Match": tags[0]})
    assert (answer.status_code, answer["ETag"] in tags) == (200, False)


def test_a_statement_and_a_dispute_tell_only_what_concerns_them(desk, alice, bob, article, statement, minister):
    other = services.create_statement(article=article, actor=alice, quote_type="narration", start=24, end=45)
    dispute = services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")
    addresses = [
        address_in(page_of(desk, f"/api/v1/{row}/"))
        for row in (f"statements/{statement.pk}", f"statements/{other.pk}", f"disputes/{dispute.pk}")
    ]

    def told():
        return [page_of(desk, address).count("change") for address in addresses]

    assert told() == [0, 0, 0]
    services.create_evidence(actor=bob, statement=other, stance="context", url="https://news.example/")
    assert told() == [0, 1, 0]
    services.create_note(actor=bob, dispute=dispute, text="Who said so?")
    assert told() == [0, 1, 1]
    tag(statement, bob)
    assert told() == [1, 1, 1]


def test_an_article_tells_of_the_other_side_of_a_dispute_that_stands_in_another_article(
    desk, alice, bob, article, statement, minister
):
    other = services.create_article(actor=alice, title="Elsewhere", text="He denied it. The weather was fine.")
    denial = services.create_statement(article=other, actor=alice, source=minister, text="He denied it.")
    services.create_statement(article=other, actor=alice, source=minister, text="The weather was fine.")
    dispute = services.open_dispute(
        actor=alice, statement=statement, raised_by=minister, kind="denial", counter_statement=denial
    )
    here, there = (address_in(article_page(desk, one)) for one in (article, other))
    own = address_in(page_of(desk, f"/api/v1/statements/{statement.pk}/"))

    def cards(address):
        told = re.sub(r"</?bdi>|<time[^>]*>.*?</time>", "", page_of(desk, address))
        return re.findall(r'<li data-statement="(\d+)">(.*?) *</li>', told)

    services.update_statement(statement_id=denial.pk, versions=None, actor=bob, paraphrase="He says no.")
    assert cards(here) == cards(own) == [(str(statement.pk), f"bob updated statement {denial.pk}")]
    assert cards(there) == [(str(denial.pk), "bob updated it")]
    note = services.create_note(actor=bob, article=other, text="Ask again.")
    assert len(cards(here)) == 1, note
    services.resolve_dispute(
        dispute_id=dispute.pk, versions=None, actor=bob, state="upheld", reason="He was there.", tag=None
    )
    assert cards(there) == [(str(denial.pk), f"bob resolved dispute {dispute.pk}")]
    assert cards(here) == [(str(statement.pk), f"bob resolved dispute {dispute.pk}")]
    services.tag_statement(statement_id=statement.pk, versions=None, actor=bob, tag="denied", reason="He denies it.")
    assert cards(there) == [(str(denial.pk), f"bob tagged statement {statement.pk}")]


def test_only_who_works_here_is_told_and_only_with_a_mark(desk, client, article, settings):
    address = address_in(article_page(desk, article))
    for settings.PUBLIC_READ in (False, True):
        assert client.get(address).status_code == 403
    for wrong in ("/live/", "/live/?article=1", "/live/?since=0-1-2-", f"{address}x", f"{address}&article=2"):
        assert desk.get(wrong).status_code == 400, wrong


def test_a_page_of_the_past_and_a_public_page_tell_nothing(desk, client, alice, article, settings):
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Read.")
    settings.PUBLIC_READ = True
    address = f"/api/v1/articles/{article.pk}/"
    assert 'id="live"' in page_of(desk, address)
    then = Entry.objects.latest("id").at.isoformat().replace("+00:00", "Z")
    assert 'id="live"' not in page_of(desk, f"{address}?as_of={then}")
    assert 'id="live"' not in client.get(address, headers={"Accept": "text/html"}).content.decode()
