"""A cursor that somebody has edited is refused at every list and ordering, whatever it holds."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import resolve
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from claims.models import Dispute, Evidence, Statement
from factcheck.api.cursors import Cursor, fingerprint
from tests.newsroom import busy_newsroom
from tests.schema_truth import document

HOSTILE = {
    "a time that is in year 10000 in UTC": "9999-12-31T23:59:59-23:59",
    "a time that is in year 0 in UTC": "0001-01-01T00:00:00+23:59",
    "a time without a zone": "2026-01-01T00:00:00",
    "a time of a leap second": "2016-12-31T23:59:60+00:00",
    "a time that PostgreSQL knows": "infinity",
    "a day that no calendar has": "2026-02-30",
    "a day in year 10000": "10000-01-01",
    "a day in year 0": "0000-12-31",
    "a text with a null character": "\x00",
    "a lone surrogate": "\ud800",
    "no text": "",
    "a number beyond bigint": 2**63,
    "a number below bigint": -(2**63) - 1,
    "a number of a thousand digits": 10**1000,
    "infinity": float("inf"),
    "no number": float("nan"),
    "a fraction": 1.5,
    "true": True,
    "null": None,
    "a list": [1],
    "an object": {"id": 1},
}
NO_NAMES = ("\x00", "\ud800", "")
# Each is the first or the last value of a type.
EXTREME = [
    datetime.min.replace(tzinfo=UTC).isoformat(),
    datetime.max.replace(tzinfo=UTC).isoformat(),
    "9999-12-31T00:00:00-23:59",
    date.min.isoformat(),
    date.max.isoformat(),
    2**63 - 1,
    -(2**63),
    2**31,
    0,
    "\U0010ffff" * 100,
]


def lists() -> list[tuple[str, str, str]]:
    """Of each list with pages, in each of its orders: the address, the parameter that asks for the order, the order."""
    found = []
    for path, operations in document()["paths"].items():
        schemas = {each["name"]: each["schema"] for each in operations.get("get", {}).get("parameters", [])}
        if schemas.get("cursor") != {"type": "string"}:
            continue
        if "ordering" in schemas:
            name = schemas["ordering"]["$ref"].rpartition("/")[2]
            found += [(path, f"?ordering={each}", each) for each in document()["components"]["schemas"][name]["enum"]]
        else:
            view = resolve(re.sub(r"\{\w+\}", "1", path)).func
            found.append((path, "?", view.initkwargs.get("default_ordering", view.cls.default_ordering)))
    return found


@pytest.fixture
def rows(alice) -> dict[str, int]:
    busy_newsroom(alice, times=2)
    statement = Statement.objects.earliest("pk")
    return {
        "articles": statement.article_id,
        "statements": statement.pk,
        "sources": statement.source_id,
        "evidence": Evidence.objects.earliest("pk").pk,
        "disputes": Dispute.objects.earliest("pk").pk,
    }


def answer_to(api, rows, path: str, query: str, ordering: str, value: object):
    address = path.replace("{id}", str(rows.get(path.split("/")[3]))) + query
    request = Request(APIRequestFactory().get(address))
    cursor = Cursor(value, 1, False, fingerprint(request, ordering.removeprefix("-"), ordering.startswith("-")))
    return api.get(f"{address}&cursor={cursor.encode()}")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_value_that_the_type_does_not_have_is_refused(api, rows, hostile):
    value = HOSTILE[hostile]
    for path, query, ordering in lists():
        answer = answer_to(api, rows, path, query, ordering, value)
        is_a_name = ordering.removeprefix("-") == "name" and type(value) is str and value not in NO_NAMES
        assert answer.status_code == (200 if is_a_name else 400), (path, ordering)
        if not is_a_name:
            assert answer.json()["errors"][0]["pointer"] == "?cursor"


@pytest.mark.parametrize("value", EXTREME)
def test_the_first_and_the_last_value_of_a_type_are_places_in_a_list(api, rows, value):
    answers = [answer_to(api, rows, *each, value).status_code for each in lists()]
    assert len(answers) > 30
    assert set(answers) == {200, 400}


def test_a_time_in_another_zone_is_the_same_place(api, rows):
    moment = datetime.now(UTC) + timedelta(days=1)
    zoned = [moment.isoformat(), moment.replace(tzinfo=None).isoformat() + "-00:00"]
    order = ("/api/v1/statements/", "?ordering=-created_at", "-created_at")
    answers = [answer_to(api, rows, *order, value).json() for value in zoned]
    assert answers[0] == answers[1]
    assert len(answers[0]["results"]) == 4
