"""Several cards of an article's page are tagged at once, and the answer is the parts of the page that changed."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import services
from claims.models import Statement
from factcheck.journal.models import Entry
from tests.desk.test_article_parts import in_place, places
from tests.newsroom import browser_of, user_with_role

ADDRESS = "/api/v1/statements/bulk-tag/"


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def three(alice, article, minister):
    rows = [{"article": article, "source": minister, "start": n, "end": n + 3} for n in (2, 8, 24)]
    return services.create_statements(rows=rows, actor=alice)


def ticked(*rows, **sent):
    return {"statements": [f"{row.pk}-{row.version}" for row in rows], "tag": "denied", "reason": "Denied.", **sent}


def test_the_answer_has_the_cards_that_were_ticked_and_an_empty_form(desk, three):
    first, _, third = three
    answer = desk.post(ADDRESS, ticked(first, third), headers=in_place(*three))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<p>2 statements are tagged denied.</p>" in html
    found = places(html)
    assert [found.get(f"statement-{row.pk}") for row in three] == ["innerHTML", None, "innerHTML"]
    assert html.strip().startswith('<form method="post" action="/api/v1/statements/bulk-tag/" id="bulk-tag"')
    assert (
        f'name="statements" value="{first.pk}-2" form="bulk-tag" autocomplete="off" aria-label="Tick passage 1">'
        in html
    )
    assert json.loads(answer["HX-Trigger-After-Swap"])["acted"]["focus"] == f"statement-{first.pk}"
    entries = Entry.objects.filter(action="statement.tagged").order_by("id")
    assert list(entries.values_list("resource_id", "version", "reason")) == [
        (first.pk, 2, "Denied."), (third.pk, 2, "Denied.")
    ]  # fmt: skip


def test_if_one_has_changed_none_is_tagged_and_its_card_comes_as_it_is_now(desk, alice, three):
    first, _, third = three
    services.tag_statement(statement_id=third.pk, versions=None, actor=alice, tag="asserted", reason="He says so.")
    answer = desk.post(ADDRESS, ticked(first, third), headers=in_place(*three))
    html = answer.content.decode()
    assert answer.status_code == 412
    assert (
        f"None was tagged. Statement {third.pk} is at version 2 now. Look at their cards, and tick them again." in html
    )
    assert [places(html).get(f"statement-{row.pk}") for row in three] == [None, None, "innerHTML"]
    assert re.search(r'<textarea name="reason"[^>]*>\s*Denied\.</textarea>', html)
    assert set(Statement.objects.values_list("tag", flat=True)) == {"unverified", "asserted"}


def test_without_a_tick_or_a_reason_the_form_says_so(desk, three):
    answer = desk.post(ADDRESS, ticked(), headers=in_place(*three))
    html = answer.content.decode()
    assert answer.status_code == 400
    assert html.strip().startswith('<form method="post" action="/api/v1/statements/bulk-tag/" id="bulk-tag"')
    assert "None was tagged." in html
    answer = desk.post(ADDRESS, ticked(*three, reason=""), headers=in_place(*three))
    assert answer.status_code == 400
    assert '<p class="error" role="alert">Fill this in.</p>' in answer.content.decode()
    assert Entry.objects.filter(action="statement.tagged").count() == 0


def test_without_a_script_the_form_leads_back_to_the_page_under_its_filter(desk, article, three):
    html = desk.get(f"/api/v1/articles/{article.pk}/?tag=unverified").content.decode()
    assert f'<input type="hidden" name="next" value="/api/v1/articles/{article.pk}/?tag=unverified">' in html
    answer = desk.post(ADDRESS, ticked(*three, next=f"/api/v1/articles/{article.pk}/?tag=unverified"))
    assert (answer.status_code, answer["Location"]) == (303, f"/api/v1/articles/{article.pk}/?tag=unverified")


def test_who_may_not_tag_has_nothing_to_tick(article, three):
    html = browser_of(user_with_role("bob", "reporter")).get(f"/api/v1/articles/{article.pk}/").content.decode()
    assert 'id="bulk-tag"' not in html
    assert 'name="statements"' not in html


def test_many_are_tagged_in_as_many_queries_as_two(desk, three):
    def queries(*rows):
        with CaptureQueriesContext(connection) as captured:
            assert (
                desk.post(ADDRESS, ticked(*rows), headers=in_place(*Statement.objects.order_by("start"))).status_code
                == 200
            )
        return len(captured)

    few = queries(*three[:2])
    assert queries(*Statement.objects.order_by("start")) == few


class DeletedMeanwhile:
    """Between the act and its answer, which reads the statements again."""

    def __init__(self, delete):
        self.delete, self.is_done = delete, False

    def __call__(self, execute, sql, params, many, context):
        is_tagged = "statement.tagged" in str(params) and "INSERT" in str(sql)
        answer = execute(sql, params, many, context)
        if not self.is_done and is_tagged:
            self.is_done = True
            self.delete()
        return answer


def test_if_all_are_deleted_before_the_answer_it_says_so_and_their_cards_go(desk, alice, article, three):
    def delete():
        for row in three[:2]:
            services.delete_statement(statement_id=row.pk, versions=None, actor=alice)

    during = DeletedMeanwhile(delete)
    with connection.execute_wrapper(during):
        answer = desk.post(ADDRESS, ticked(*three[:2]), headers=in_place(*three))
    html = answer.content.decode()
    assert (during.is_done, answer.status_code) == (True, 200)
    assert "<p>They were tagged, and somebody has deleted them since.</p>" in html
    assert [places(html).get(f"statement-{row.pk}") for row in three] == ["delete", "delete", None]
    assert html.strip().startswith('<form method="post" action="/api/v1/statements/bulk-tag/" id="bulk-tag"')
    assert json.loads(answer["HX-Trigger-After-Swap"])["acted"]["focus"] == f"statement-{three[2].pk}"


def test_if_the_article_is_deleted_before_the_answer_it_says_so(desk, alice, article, three):
    during = DeletedMeanwhile(lambda: services.delete_article(article_id=article.pk, versions=None, actor=alice))
    with connection.execute_wrapper(during):
        answer = desk.post(ADDRESS, ticked(*three), headers=in_place(*three))
    assert (during.is_done, answer.status_code) == (True, 200)
    assert "It is done, and somebody has deleted the article since." in answer.content.decode()
    assert places(answer.content.decode()) == {"problem": "innerHTML"}
