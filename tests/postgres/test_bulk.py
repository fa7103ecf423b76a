"""Many statements in one request: all or none."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import services
from claims.models import Statement
from factcheck.errors import InvalidInput
from factcheck.journal.models import Entry

BULK = "/api/v1/statements/bulk/"
pytestmark = pytest.mark.django_db


def test_statements_are_made_together_in_the_order_given_each_with_its_entry(api, article, minister):
    answer = api.post(
        BULK,
        [
            {"article": article.pk, "start": 2, "end": 23, "source": minister.pk},
            {"article": article.pk, "text": "cafe\u0301", "source": minister.pk, "via": [minister.pk], "reason": "Hm."},
        ],
    )
    assert answer.status_code == 201, answer.content
    first, second = answer.json()
    assert (first["text"], second["text"]) == ("The minister said no.", "cafe\u0301")
    assert [source["name"] for source in second["via"]] == ["The minister"]
    entries = Entry.objects.filter(action="statement.created").order_by("id")
    assert [(entry.resource_id, entry.reason) for entry in entries] == [(first["id"], ""), (second["id"], "Hm.")]


def test_one_bad_statement_keeps_all_of_them_out_and_every_fault_is_named_by_index(api, article, minister):
    good = {"article": article.pk, "start": 2, "end": 23, "source": minister.pk}
    answer = api.post(BULK, [good, {**good, "end": 9999}, {**good, "source": 999_999}, "nonsense"])
    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("#/2/source", "does_not_exist"),
        ("#/3", "invalid"),
    ]
    answer = api.post(
        BULK, [good, {**good, "end": 9999}, {"article": article.pk, "text": "nowhere", "source": minister.pk}]
    )
    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("#/1/end", "beyond_text"),
        ("#/2/text", "not_found"),
    ]
    assert not Statement.objects.exists()


def test_five_hundred_are_taken_by_as_many_queries_as_two_and_five_hundred_and_one_are_refused(api, article, minister):
    row = {"article": article.pk, "start": 2, "end": 23, "source": minister.pk, "via": [minister.pk]}

    def queries(count: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.post(BULK, [row] * count).status_code == 201
        return len(captured)

    assert queries(500) == queries(2)
    refused = api.post(BULK, [row] * 501)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "max_length")


def test_an_empty_list_and_a_single_object_are_told_apart_from_a_list(api):
    assert api.post(BULK, {"article": 1}).json()["errors"][0]["code"] == "not_a_list"
    assert api.post(BULK, []).json()["errors"][0]["code"] == "empty"


def test_the_service_takes_rows_of_several_articles(alice, article, minister):
    other = services.create_article(actor=alice, title="Another", text="Nobody said anything.")
    made = services.create_statements(
        actor=alice,
        rows=[
            {"article": other, "start": 0, "end": 6, "source": minister},
            {"article": article, "start": 2, "end": 23, "source": minister},
        ],
    )
    assert [statement.article_id for statement in made] == [other.pk, article.pk]


def test_an_article_that_is_gone_by_the_time_of_the_lock_is_named_by_index(alice, article, minister):
    other = services.create_article(actor=alice, title="Another", text="Nobody said anything.")
    rows = [{"article": each, "start": 2, "end": 6, "source": minister} for each in (article, other)]
    services.delete_article(article_id=other.pk, versions=None, actor=alice)
    with pytest.raises(InvalidInput) as refused:
        services.create_statements(actor=alice, rows=rows)
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("#/1/article", "does_not_exist")]
    assert not Statement.objects.exists()
