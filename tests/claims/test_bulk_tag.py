"""Several statements get one tag for one reason: all or none, each with its entry, and each judged by its version."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import services
from claims.models import Statement
from factcheck.journal.models import Entry
from tests.newsroom import browser_of, client_of, page_of, user_with_role

ADDRESS = "/api/v1/statements/bulk-tag/"
ACT = {"tag": "denied", "reason": "The ministry denies all of it."}


@pytest.fixture
def statements(alice, article, minister):
    rows = [{"article": article, "start": n, "end": n + 3, "source": minister} for n in range(2, 6)]
    return services.create_statements(rows=rows, actor=alice)


def seen(*rows):
    return [{"id": row.pk, "version": row.version} for row in rows]


def tagged():
    return list(Statement.objects.exclude(tag="unverified").order_by("pk").values_list("pk", flat=True))


def test_each_has_the_tag_the_reason_and_an_entry_of_one_transaction(api, alice, statements):
    first, second, third, other = statements
    answer = api.post(ADDRESS, {"statements": seen(third, first, second), **ACT})
    assert answer.status_code == 200
    assert [(row["id"], row["version"], row["tag"], row["tag_reason"]) for row in answer.json()] == [
        (row.pk, 2, "denied", ACT["reason"]) for row in (third, first, second)
    ]
    assert answer.json()[0] == api.get(f"/api/v1/statements/{third.pk}/").json()
    assert tagged() == [first.pk, second.pk, third.pk]
    entries = Entry.objects.filter(action="statement.tagged").order_by("id")
    assert list(entries.values_list("resource_id", "version", "reason", "actor_name")) == [
        (row.pk, 2, ACT["reason"], "alice") for row in (first, second, third)
    ]
    assert len(set(entries.values_list("transaction", flat=True))) == 1
    other.refresh_from_db()
    assert other.version == 1


def test_one_that_has_changed_refuses_all_and_is_named_with_its_version(api, alice, statements):
    first, second, third, _ = statements
    for _ in range(2):
        services.tag_statement(statement_id=second.pk, versions=None, actor=alice, tag="unverified", reason="Not yet.")
    count = Entry.objects.count()
    sent = {"statements": seen(first, second, third), **ACT}
    answer = api.post(ADDRESS, sent)
    assert (answer.status_code, answer.json()["type"]) == (412, "urn:factcheck:problem:stale-version")
    assert answer.json()["errors"] == [
        {
            "pointer": "#/statements/1/version",
            "code": "stale",
            "detail": f"Statement {second.pk} is at version 3 now.",
        }
    ]
    assert (tagged(), Entry.objects.count()) == ([], count)
    sent["statements"][1]["version"] = 3
    assert api.post(ADDRESS, sent).status_code == 200
    assert tagged() == [first.pk, second.pk, third.pk]


def test_a_version_is_asked_for(api, statements):
    answer = api.post(ADDRESS, {"statements": [{"id": statements[0].pk}], **ACT})
    assert (answer.status_code, answer.json()["type"]) == (428, "urn:factcheck:problem:precondition-required")
    assert tagged() == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"statements": []}, ("#/statements", "empty")),
        ({"statements": 7}, ("#/statements", "not_a_list")),
        ({"statements": [{"id": 4711, "version": 1}]}, ("#/statements/0/id", "does_not_exist")),
        ({"statements": [{"id": "7", "version": 1}]}, ("#/statements/0/id", "invalid")),
        ({"statements": [{"id": 2**63, "version": 1}]}, ("#/statements/0/id", "max_value")),
        ({"statements": [{"id": 7, "version": None}]}, ("#/statements/0/version", "null")),
        ({"statements": [{"id": 7, "version": 1, "tag": "denied"}]}, ("#/statements/0/tag", "unknown_field")),
        ({"statements": [{"id": 7, "version": 1}] * 2}, ("#/statements/1/id", "duplicate")),
        ({"statements": [{"id": 7, "version": 1}] * 501}, ("#/statements", "max_length")),
        ({"tag": "false"}, ("#/tag", "invalid_choice")),
        ({"reason": " "}, ("#/reason", "blank")),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(api, statements, change, error):
    answer = api.post(ADDRESS, {"statements": seen(*statements), **ACT, **change})
    assert answer.status_code == 400
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [error]
    assert tagged() == []


def test_many_take_as_many_queries_as_few(api, alice, article, minister):
    rows = [{"article": article, "start": 2, "end": 6, "source": minister}] * 502
    made = services.create_statements(rows=rows, actor=alice)

    def queries(some):
        with CaptureQueriesContext(connection) as captured:
            assert api.post(ADDRESS, {"statements": seen(*some), **ACT}).status_code == 200
        return len(captured)

    few, many = queries(made[:2]), queries(made[2:])
    assert few == many
    assert len(tagged()) == 502


def test_the_rows_are_locked_in_the_order_of_their_ids_before_their_versions_are_judged(api, statements):
    with CaptureQueriesContext(connection) as captured:
        api.post(ADDRESS, {"statements": seen(*reversed(statements)), **ACT})
    locks = [query["sql"] for query in captured if "FOR NO KEY UPDATE" in query["sql"]]
    assert len(locks) == 1
    assert "ORDER BY 1 ASC FOR NO KEY UPDATE" in locks[0]
    assert "FOR NO KEY UPDATE" in next(query["sql"] for query in captured if '"claims_statement"' in query["sql"])


def test_it_is_for_editors(statements):
    reporter = client_of(user_with_role("bob", "reporter"))
    assert reporter.post(ADDRESS, {"statements": seen(*statements), **ACT}).status_code == 403
    assert tagged() == []


def test_a_list_has_boxes_to_tick_and_a_form_that_comes_back_with_what_changed(alice, statements):
    first, second, *_ = statements
    desk = browser_of(alice)
    page = page_of(desk, f"/api/v1/statements/?article={first.article_id}")
    boxes = [f'value="{row.pk}-1" form="bulk-tag"' for row in statements]
    assert all(box in page for box in boxes)
    services.tag_statement(statement_id=second.pk, versions=None, actor=alice, tag="asserted", reason="He says so.")
    form = {"statements": [f"{first.pk}-1", f"{second.pk}-1"], **ACT, "next": "/api/v1/statements/?tag=denied"}
    refused = desk.post(ADDRESS, form)
    assert refused.status_code == 412
    shown = refused.content.decode()
    assert f"Statement {second.pk} is at version 2 now." in shown
    assert f'value="{second.pk}-2" form="bulk-tag" aria-label="Tag statement {second.pk}" checked' in shown
    assert ACT["reason"] in shown
    assert Statement.objects.filter(tag="denied").count() == 0
    form["statements"][1] = f"{second.pk}-2"
    answer = desk.post(ADDRESS, form)
    assert (answer.status_code, answer["Location"]) == (303, "/api/v1/statements/?tag=denied")
    assert Statement.objects.filter(tag="denied").count() == 2
    assert "None was tagged." in desk.post(ADDRESS, ACT).content.decode()
    assert 'form="bulk-tag"' not in page_of(browser_of(user_with_role("vera", "viewer")), "/api/v1/statements/")


@pytest.mark.parametrize("box", ["bogus", "", "7", "7-", "1-99999999999999999999", "9" * 40 + "-1"])
def test_a_box_that_cannot_be_read_is_not_left_out_but_refuses_all(alice, statements, box):
    form = {"statements": [f"{statements[0].pk}-1", box], **ACT}
    assert browser_of(alice).post(ADDRESS, form).status_code in (400, 412)
    assert tagged() == []
