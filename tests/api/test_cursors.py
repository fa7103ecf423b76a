"""A cursor that somebody has edited is refused at every list and ordering, whatever it holds."""

import base64
import json
import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.db import models
from django.urls import resolve
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from claims import services
from claims.models import Dispute, Evidence, Note, Statement
from factcheck.api.cursors import Cursor, fingerprint
from factcheck.errors import FieldError, InvalidInput
from factcheck.webhooks.services import create_webhook
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
    services.set_article_status(
        article_id=statement.article_id, versions=None, actor=alice, status="published", reason="It is ready."
    )
    webhook = create_webhook(actor=alice, url="https://news.example/in", actions=[], article=None, active=True)
    return {
        "articles": statement.article_id,
        "statements": statement.pk,
        "sources": statement.source_id,
        "evidence": Evidence.objects.earliest("pk").pk,
        "disputes": Dispute.objects.earliest("pk").pk,
        "notes": Note.objects.earliest("pk").pk,
        "webhooks": webhook.pk,
    }


def answer_to(api, rows, path: str, query: str, ordering: str, value: object):
    address = re.sub(r"\{\w+\}", str(rows.get(path.split("/")[3])), path) + query
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


# The text of a cursor, and what is read from it


class Place:
    """Stands for a model whose ordering field has this type."""

    def __init__(self, kind: str):
        self._meta = self
        self.get_field = {"place": models.__dict__[kind]()}.__getitem__


MOMENT = datetime(2026, 1, 27, 23, 59, 59, 5, tzinfo=UTC)
WRITTEN = [
    ("BigAutoField", 7, "WzcsOSwwLCJhYiJd"),
    ("IntegerField", -1, "Wy0xLDksMCwiYWIiXQ"),
    ("CharField", "a\u00e9?>~", "WyJhXHUwMGU5Pz5-Iiw5LDAsImFiIl0"),
    ("TextField", "???", "WyI_Pz8iLDksMCwiYWIiXQ"),
    ("DateField", date(2026, 1, 27), "WyIyMDI2LTAxLTI3Iiw5LDAsImFiIl0"),
    ("DateTimeField", MOMENT, "WyIyMDI2LTAxLTI3VDIzOjU5OjU5LjAwMDAwNSswMDowMCIsOSwwLCJhYiJd"),
]


@pytest.mark.parametrize(("kind", "value", "text"), WRITTEN)
def test_a_cursor_is_a_short_text_without_signs_that_an_address_escapes(kind, value, text):
    assert Cursor(value, 9, False, "ab").encode() == text
    assert Cursor.decode(text, Place(kind), "place") == (value, 9, False, "ab")
    back = Cursor(value, 2**63 - 1, True, "")
    assert Cursor.decode(back.encode(), Place(kind), "place") == back


def test_a_time_is_read_in_utc():
    text = Cursor(MOMENT.astimezone(timezone(timedelta(hours=2))), 0, False, "").encode()
    assert Cursor.decode(text, Place("DateTimeField"), "place").value.isoformat() == MOMENT.isoformat()


@pytest.mark.parametrize(
    "packed",
    [
        *([7, row_id, 0, "ab"] for row_id in (-1, 2**63, 1.0, True, None, "9")),
        *([7, 9, backwards, "ab"] for backwards in (-1, 2, None, "0")),
        *([value, 9, 0, "ab"] for value in (2**63, -(2**63) - 1, 1.0, True, None, "7")),
        [7, 9, 0],
        [7, 9, 0, "ab", 1],
        {"value": 7},
        7,
    ],
)
def test_what_no_cursor_holds_is_refused(packed):
    refuses(base64.urlsafe_b64encode(json.dumps(packed).encode()).decode().rstrip("="))


@pytest.mark.parametrize(
    "text", ["", "W", "Wzcs OSwwLCJhYiJd", "WzcsOSwwLCJhYiJd!", "\u00e9", "[7,9,0]", "W1tb" * 2000]
)
def test_what_is_no_base64_of_json_is_refused(text):
    refuses(text)


def refuses(text: str, kind: str = "IntegerField") -> None:
    with pytest.raises(InvalidInput) as refused:
        Cursor.decode(text, Place(kind), "place")
    detail = "This is not a cursor. Take it from `next` or `previous` of a list."
    assert refused.value.errors == [FieldError("?cursor", "invalid", detail)]


@pytest.mark.parametrize("value", [-(2**63), -127, 127, 2**63 - 1])
def test_every_bigint_is_a_place(value):
    assert Cursor.decode(Cursor(value, 0, True, "").encode(), Place("IntegerField"), "place").value == value


def test_the_fingerprint_is_of_the_list_its_filters_and_its_order():
    def of(address: str, field: str = "name", descending: bool = False) -> str:
        return fingerprint(Request(APIRequestFactory().get(address)), field, descending)

    assert of("/a/?b=1&c=2") == of("/a/?c=2&cursor=x&page_size=9&ordering=name&format=json&b=1") == "5e5cbecadabd"
    others = [of("/a/"), of("/b/?b=1&c=2"), of("/a/?b=2&c=2"), of("/a/?b=1&c=2&c=2"), of("/a/?b=1&c=2&d="),
              of("/a/?b=1&c=2", "id"), of("/a/?b=1&c=2", descending=True), of("/a/?b=%ED%A0%80&c=2")]  # fmt: skip
    assert len({"5e5cbecadabd", *others}) == 9
