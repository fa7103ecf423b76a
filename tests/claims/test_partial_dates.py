"""A statement was said on a day, in a month or in a year: kept and shown as that, ordered by its first day."""

import csv
import io
import re
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from claims import services
from claims.annotations import import_document
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.models import Statement
from claims.partial_dates import NOT_SAID, read_said_on, said_on_fields, said_on_text
from claims.verification import STATEMENTS
from factcheck.journal.models import Entry
from factcheck.journal.verification.ranges import Range
from tests.newsroom import article_page, browser_of, page_of

DATES = [
    ("2021-03-05", date(2021, 3, 5), None),
    ("2021-03", date(2021, 3, 1), "month"),
    ("2021", date(2021, 1, 1), "year"),
]


@pytest.fixture
def say(alice, article, minister):
    """Makes a statement that was said then."""
    start = iter(range(20))

    def say(text: str | None) -> Statement:
        at = next(start)
        said = said_on_fields(text) if text else NOT_SAID
        return services.create_statement(article=article, actor=alice, source=minister, start=at, end=at + 2, **said)

    return say


@pytest.mark.parametrize(("text", "first_day", "precision"), DATES)
def test_the_text_and_the_two_columns_are_each_other(text, first_day, precision):
    assert said_on_fields(text) == {"said_on": first_day, "said_on_precision": precision}
    assert said_on_text(first_day, precision) == text


@pytest.mark.parametrize(
    "text", ["", "21", "2021-3", "2021-03-5", "2021/03", "2021-13", "2021-02-29", "0000", "２０２１", "2021-03 "]
)
def test_nothing_else_is_a_date(text):
    with pytest.raises(ValueError, match=r"."):
        said_on_fields(text)
    with pytest.raises(ValueError, match=r"."):
        read_said_on(text.replace("2021/03", "03/2021").replace("2021-3", "2021_3"), [])


@pytest.mark.parametrize(("text", "first_day", "precision"), DATES)
def test_it_is_written_and_read_as_it_was_given_and_the_entry_holds_both_columns(
    api, article, minister, text, first_day, precision
):
    body = {"article": article.pk, "source": minister.pk, "start": 2, "end": 23, "said_on": text}
    made = api.post("/api/v1/statements/", body)
    assert (made.status_code, made.json()["said_on"]) == (201, text)
    path = f"/api/v1/statements/{made.json()['id']}/"
    assert api.get(path).json()["said_on"] == text
    data = Entry.objects.get(resource="statement").data
    assert (data["said_on"], data["said_on_precision"]) == (first_day.isoformat(), precision)
    again = api.patch(path, {"said_on": text}, headers={"if-match": "*"})
    assert (again.status_code, again.json()["version"]) == (200, 1)


def test_each_write_sets_both_or_neither(api, say):
    path = f"/api/v1/statements/{say('2021-03').pk}/"

    def change(**fields):
        answer = api.patch(path, fields, headers={"if-match": "*"})
        assert answer.status_code == 200, answer.json()
        return answer.json()["said_on"]

    assert change(paraphrase="Plainly.") == "2021-03"
    assert change(said_on="2021-03-01") == "2021-03-01"
    assert change(said_on="2021") == "2021"
    assert change(said_on=None) is None
    assert change(said_on="2021-03") == "2021-03"
    row = api.get(path).json()
    whole = {name: row[name] for name in ("article", "start", "end", "paraphrase")} | {"source": row["source"]["id"]}
    answer = api.put(path, whole, headers={"if-match": "*"})
    assert (answer.status_code, answer.json()["said_on"]) == (200, None)
    changes = api.get(path + "history/").json()["results"][4]["changes"]
    assert changes == {"said_on_precision": {"before": "month", "after": None}}


@pytest.mark.parametrize(
    "said_on", ["2021-3", "2021-13", "yesterday", "", "2021-03-05T10:00:00Z", 2021, ["2021"], True]
)
def test_anything_else_is_refused_at_its_field(api, article, minister, said_on):
    body = {"article": article.pk, "source": minister.pk, "start": 2, "end": 23, "said_on": said_on}
    answer = api.post("/api/v1/statements/", body)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"pointer": "#/said_on", "code": "invalid",
         "detail": "Give a day, a month or a year, such as 2021-03-05, 2021-03 or 2021."}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said_on", "precision"),
    [("2021-03-05", "month"), ("2021-03-01", "year"), (None, "month"), (None, "year"), ("2021-01-01", "day")],
)
def test_the_database_refuses_a_month_or_a_year_that_is_not_its_first_day(say, said_on, precision):
    row = say("2021-03-05")
    with pytest.raises(IntegrityError, match="statement_said_on_first_day"), transaction.atomic():
        Statement.objects.filter(pk=row.pk).update(said_on=said_on, said_on_precision=precision)


def test_it_is_ordered_and_filtered_by_its_first_day(api, say):
    made = {text: say(text).pk for text in ("2021-03-02", "2021", "2021-03", None, "2020-12-31", "2021-02-28")}

    def listed(query):
        ids = [row["id"] for row in api.get(f"/api/v1/statements/?{query}").json()["results"]]
        return [next(text for text, pk in made.items() if pk == row_id) for row_id in ids]

    assert listed("ordering=said_on") == ["2020-12-31", "2021", "2021-02-28", "2021-03", "2021-03-02", None]
    assert listed("ordering=-said_on") == ["2021-03-02", "2021-03", "2021-02-28", "2021", "2020-12-31", None]
    assert listed("ordering=said_on&said_after=2021-01-01&said_before=2021-03-01") == ["2021", "2021-02-28", "2021-03"]
    assert listed("ordering=said_on&said_after=2021-01-02") == ["2021-02-28", "2021-03", "2021-03-02"]
    assert listed("ordering=said_on&said_after=2021") == ["2021", "2021-02-28", "2021-03", "2021-03-02"]
    assert listed("ordering=said_on&said_after=2021-03") == ["2021-03", "2021-03-02"]
    assert listed("ordering=said_on&said_before=2020") == ["2020-12-31"]
    assert listed("ordering=said_on&said_before=2021-02") == ["2020-12-31", "2021", "2021-02-28"]


@pytest.mark.parametrize("text", ["2021-13", "10/25/2006", "2021-02-30", "0000", "yesterday", "21"])
def test_a_filter_takes_no_other_form_of_a_date(api, text):
    for address in ("/api/v1/statements/", "/api/v1/statements/matches/"):
        answer = api.get(address, {"said_after": text, **({"text": "x"} if "matches" in address else {})})
        assert (answer.status_code, answer.json()["errors"]) == (
            400, [{"pointer": "?said_after", "code": "invalid",
                   "detail": "Give a day, a month or a year, such as 2021-03-05, 2021-03 or 2021."}],
        )  # fmt: skip


def test_every_export_shows_it_with_its_precision(api, alice, say):
    statement = say("2021-03")
    services.set_article_status(
        article_id=statement.article_id, versions=None, actor=alice, status="published", reason="Ready."
    )
    table = api.get("/api/v1/statements/export/?format=csv")
    (row,) = csv.DictReader(io.StringIO(b"".join(table.streaming_content).decode()))
    assert row["said_on"] == "2021-03"
    lines = api.get("/api/v1/statements/export/?format=jsonl")
    assert b'"said_on":"2021-03"' in b"".join(lines.streaming_content)
    review = api.get(f"/api/v1/statements/{statement.pk}/claimreview/").json()
    assert review["itemReviewed"]["datePublished"] == "2021-03"
    assert (
        api.get(f"/api/v1/articles/{statement.article_id}/annotations/").json()["statements"][0]["said_on"] == "2021-03"
    )


def test_a_document_carries_it_there_and_back(api, alice, say):
    for text, _, _ in DATES:
        say(text)
    address = f"/api/v1/articles/{Statement.objects.first().article_id}/annotations/"
    document = api.get(address).json()
    count = Entry.objects.count()
    assert api.put(address, document, headers={"if-match": "*"}).status_code == 200
    assert Entry.objects.count() == count
    document["statements"][0]["said_on"] = "2020"
    serializer = AnnotationDocumentSerializer(data=document)
    serializer.is_valid(raise_exception=True)
    import_document(document=serializer.validated_data, actor=alice)
    assert [row.date_said for row in Statement.objects.order_by("start")] == ["2020", "2021-03", "2021"]
    document["statements"][1]["said_on"] = "03/2021"
    answer = api.put(address, document, headers={"if-match": "*"})
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("#/statements/1/said_on", "invalid")
    ]


def test_the_past_has_it_too_also_where_the_entry_is_older_than_the_column(api, say):
    statement = say("2021-03-01")
    with connection.cursor() as cursor:  # as an entry from before
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE journal_entry DISABLE TRIGGER append_only")
        cursor.execute("UPDATE journal_entry SET data = data - 'said_on_precision' WHERE resource = 'statement'")
        cursor.execute("ALTER TABLE journal_entry ENABLE TRIGGER append_only")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        assert Range(STATEMENTS).read(cursor).faults == []
    path = f"/api/v1/statements/{statement.pk}/"
    api.patch(path, {"said_on": "2021"}, headers={"if-match": "*"})
    first, second = Entry.objects.filter(resource="statement").order_by("id")
    assert api.get(f"{path}?as_of={first.at:%Y-%m-%dT%H:%M:%S.%fZ}").json()["said_on"] == "2021-03-01"
    assert api.get(f"{path}?as_of={second.at:%Y-%m-%dT%H:%M:%S.%fZ}").json()["said_on"] == "2021"
    assert api.get(path + "history/").json()["results"][0]["changes"] == {
        "said_on": {"before": "2021-03-01", "after": "2021-01-01"},
        "said_on_precision": {"before": None, "after": "year"},
    }
    with connection.cursor() as cursor:
        assert Range(STATEMENTS).read(cursor).faults == []


def test_pages_say_on_a_day_and_in_a_month_or_a_year_and_the_form_takes_each(alice, article, minister, say):
    desk = browser_of(alice)
    words = [
        (say(text).pk, said)
        for (text, _, _), said in zip(DATES, ("on 5 March 2021", "in March 2021", "in 2021"), strict=True)
    ]
    for pk, said in words:
        assert f", {said}</span>" in page_of(desk, f"/api/v1/statements/{pk}/")
    cards = article_page(desk, article)
    assert all(f", {said}</span>" in cards for _, said in words)
    (pk, _) = words[1]
    form = page_of(desk, f"/api/v1/statements/{pk}/?form=edit")
    assert '<input type="text" name="said_on" value="2021-03" placeholder="2021-03-05 or 2021">' in form
    sent = {"_method": "PATCH", "version": "1", "said_on": "2019"}
    assert desk.post(f"/api/v1/statements/{pk}/", sent).status_code == 303
    assert Statement.objects.get(pk=pk).date_said == "2019"
    assert desk.post(f"/api/v1/statements/{pk}/", sent | {"version": "2", "said_on": ""}).status_code == 303
    assert Statement.objects.get(pk=pk).date_said is None


def test_the_form_of_a_page_keeps_a_filter_by_a_year(alice, say):
    say("2021-03-02")
    html = page_of(browser_of(alice), "/api/v1/statements/?said_after=2021&said_before=2021-03-05")
    assert re.search(r'<input type="search" name="said_after" value="2021"', html)
    assert re.search(r'<input type="date" name="said_before" value="2021-03-05"', html)
