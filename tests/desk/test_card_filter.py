"""The cards of an article's page are filtered by its address; the marks in its text stay all."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import services
from sources.services import create_source
from tests.desk.test_article_parts import in_place, places
from tests.newsroom import browser_of


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def rows(alice, minister):
    """An article of 40 statements. Number 3 is denied and disputed, number 35 is relayed by the agency."""
    article = services.create_article(actor=alice, title="Long", text="word " * 40)
    made = services.create_statements(
        rows=[{"article": article, "source": minister, "start": 5 * n, "end": 5 * n + 4} for n in range(40)],
        actor=alice,
    )
    agency = create_source(actor=alice, name="The agency", kind="outlet")
    services.update_statement(statement_id=made[34].pk, versions=None, actor=alice, via=[agency])
    services.open_dispute(actor=alice, statement=made[2], raised_by=agency, kind="denial")
    services.tag_statement(statement_id=made[2].pk, versions=None, actor=alice, tag="denied", reason="It is denied.")
    services.tag_statement(statement_id=made[3].pk, versions=None, actor=alice, tag="denied", reason="It is denied.")
    for row in made:
        row.refresh_from_db()
    return made


def address(rows):
    return f"/api/v1/articles/{rows[0].article_id}/"


def page(desk, rows, query, *seen):
    answer = desk.get(address(rows) + query, headers=in_place(*seen) if seen else {"Accept": "text/html"})
    assert answer.status_code == 200
    return answer.content.decode()


def cards(html):
    return [int(pk) for pk in re.findall(r'class="card" id="statement-(\d+)"', html)]


def test_each_filter_leaves_its_cards_and_says_how_many_of_all(desk, rows):
    named = re.search(r'<option value="(\d+)">The agency</option>', page(desk, rows, ""))[1]
    found = {query: cards(page(desk, rows, query)) for query in (
        "?tag=denied", f"?source={named}", "?disputed=true", "?check=denied_without_denial", "?check=any",
        "?tag=denied&disputed=false",
    )}  # fmt: skip
    third, fourth, relayed = rows[2].pk, rows[3].pk, rows[34].pk
    assert found == {
        "?tag=denied": [third, fourth], f"?source={named}": [relayed], "?disputed=true": [third],
        "?check=denied_without_denial": [fourth], "?check=any": [fourth], "?tag=denied&disputed=false": [fourth],
    }  # fmt: skip
    html = page(desk, rows, "?tag=denied")
    assert f'<b>2 of 40</b> passages <a class="unfilter" href="{address(rows)}">Show all</a>' in html
    assert '<details class="panel" id="card-filter" open>' in html
    assert '<option value="denied" selected>denied</option>' in html


def test_the_marks_stay_all_and_lead_to_their_cards_under_the_filter(desk, rows):
    html = page(desk, rows, "?tag=denied")
    assert html.count("<mark ") == 40
    assert html.count(" data-outside") == 38
    assert f'<a href="#statement-{rows[2].pk}" data-number="3"' in html
    assert f'<a href="{address(rows)}?at={rows[9].pk}&amp;tag=denied#statement-{rows[9].pk}" data-number="10"' in html
    assert cards(page(desk, rows, f"?tag=denied&at={rows[9].pk}")) == [rows[2].pk, rows[3].pk, rows[9].pk]


def test_the_parts_of_filtered_cards_keep_the_filter(desk, rows):
    html = page(desk, rows, "?tag=unverified")
    assert len(cards(html)) == 30
    assert f'<a href="{address(rows)}?cards=2&amp;tag=unverified"' in html
    assert "Cards 1 to 30 of 38" in html
    assert f"?at={rows[0].pk}&amp;tag=unverified#statement-{rows[0].pk}" in html  # where an act leads without a script
    assert len(cards(page(desk, rows, "?tag=unverified&cards=2"))) == 8


@pytest.mark.parametrize("query", ["?tag=true", "?source=The+agency", "?source=" + "9" * 30, "?disputed=1", "?check=x"])
def test_an_unknown_value_filters_nothing(desk, rows, query):
    html = page(desk, rows, query)
    assert len(cards(html)) == 30
    assert "data-outside" not in html


def test_only_a_page_takes_the_filter_and_only_that_of_one_row(desk, rows):
    answer = desk.get(address(rows) + "?tag=denied", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert desk.get("/api/v1/articles/?tag=denied").status_code == 400


def test_a_statement_without_a_place_is_filtered_too(desk, alice, rows):
    services.update_article(
        article_id=rows[0].article_id, versions=None, actor=alice, text="Something quite different now.\n"
    )
    assert cards(page(desk, rows, "?tag=denied")) == [rows[2].pk, rows[3].pk]
    assert "have no sure place" not in page(desk, rows, "?tag=denied")
    assert len(cards(page(desk, rows, "?tag=unverified"))) == 10
    assert "28 more have no sure place" in page(desk, rows, "?tag=unverified")


def test_an_act_keeps_the_filter_and_the_cards_that_the_page_has(desk, rows):
    third, fourth = rows[2:4]
    headers = in_place(third, fourth, **{"HX-Current-URL": f"http://desk{address(rows)}?tag=denied"})
    sent = {"tag": "asserted", "reason": "He says so.", "version": third.version}
    html = desk.post(f"/api/v1/statements/{third.pk}/tag/", sent, headers=headers).content.decode()
    assert places(html)[f"statement-{third.pk}"] == "innerHTML"
    assert "delete" not in places(html).values()
    assert cards(html) == []
    assert "<b>1 of 40</b> passages" in html
    assert html.count(" data-outside") == 39


def test_strangers_filter_by_what_they_see(client, settings, alice, rows):
    settings.PUBLIC_READ = True
    services.set_article_status(
        article_id=rows[0].article_id, versions=None, actor=alice, status="published", reason="Read."
    )
    html = page(client, rows, "?tag=denied&check=any")
    assert cards(html) == [rows[2].pk, rows[3].pk]
    assert 'name="check"' not in html


def test_a_filter_takes_one_query_more_however_many_statements_there_are(desk, alice, minister, rows):
    small = services.create_article(actor=alice, title="Short", text="word " * 2)
    services.create_statement(article=small, actor=alice, source=minister, start=0, end=4)

    def queries(article, query=""):
        with CaptureQueriesContext(connection) as captured:
            desk.get(f"/api/v1/articles/{article}/{query}")
        return len(captured)

    few, many = small.pk, rows[0].article_id
    assert queries(few) == queries(many)
    assert queries(few, "?tag=unverified&disputed=false") == queries(many, "?tag=unverified&disputed=false")
    assert queries(many, "?tag=unverified&disputed=false") == queries(many) + 1
