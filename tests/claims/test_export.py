"""The whole of a filtered list as one stream: what the list answers, row for row."""

import csv
import io
import json
from datetime import date
from functools import partial

import psycopg
import pytest
from django.db import connection
from rest_framework.test import APIClient

from claims import services
from claims.exports.tables import csv_lines, escape_formula
from claims.views import export as export_views
from sources.services import create_source

EXPORT = "/api/v1/statements/export/"
LIST = "/api/v1/statements/"


@pytest.fixture
def said(alice, article, minister):
    """Statements with everything that a row can have: a chain, a dispute, a candidate, dissent, awkward words."""
    aide = create_source(actor=alice, name='=HYPERLINK("https://evil.example","x")', kind="person", anonymous=True)
    made = services.create_statements(
        actor=alice,
        rows=[
            {"article": article, "start": 2, "end": 23, "source": minister, "via": [aide, minister]},
            {"article": article, "start": 0, "end": 5, "source": aide, "said_on": date(2026, 1, 27)},
            {"article": article, "start": 24, "end": 40, "quote_type": "narration", "paraphrase": '+1, "so"\r\n@x'},
            {"article": article, "start": 45, "end": 63, "source": minister, "said_on": date(2026, 1, 28)},
        ],
    )
    services.tag_statement(
        statement_id=made[0].pk, versions=None, actor=alice, tag="denied", reason="-2 of them deny it."
    )
    services.open_dispute(actor=alice, statement=made[0], raised_by=aide, kind="denial")
    services.update_article(
        article_id=article.pk, versions=None, actor=alice, text=article.text.replace("End.", "The End!")
    )
    return made


def body(answer) -> str:
    assert answer.status_code == 200, b"".join(answer)
    return b"".join(answer.streaming_content).decode()


@pytest.mark.parametrize(
    "query",
    ["", "tag=denied", "disputed=true", "q=minister", "ordering=said_on", "ordering=-said_on", "ordering=start"],
)
def test_each_line_is_what_the_list_answers_in_its_order(api, said, query):
    lines = body(api.get(f"{EXPORT}?format=jsonl&{query}")).splitlines()
    listed = api.get(f"{LIST}?page_size=200&{query}")
    assert [json.loads(line) for line in lines] == listed.json()["results"]
    assert "[" + ",".join(lines) + "]" in listed.content.decode()  # byte for byte
    assert lines


def test_the_rows_of_one_article_come_in_the_order_of_its_text(api, said, article):
    rows = [json.loads(line) for line in body(api.get(f"{EXPORT}?article={article.pk}")).splitlines()]
    assert [row["start"] for row in rows] == sorted(row["start"] for row in rows)
    assert rows == api.get(f"{LIST}?article={article.pk}").json()["results"]


def test_csv_has_the_same_cells_under_names_that_say_where_they_come_from(api, said, article):
    answer = api.get(f"{EXPORT}?format=csv")
    text = body(answer)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="statements.csv"'
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(rows[0]) == [
        "id", "version", "created_at", "updated_at", "article", "article.title", "article.url", "key", "text", "start",
        "end", "prefix", "suffix", "revision", "anchor", "candidate.revision", "candidate.start", "candidate.end",
        "candidate.text", "candidate.score", "paraphrase", "quote_type", "source.id", "source.name",
        "source.kind", "source.anonymous",
        "via.id", "via.name", "via.kind", "via.anonymous", "said_on", "media_start", "media_end", "tag", "tag_reason",
        "tagged_by.id", "tagged_by.username", "tagged_at", "open_disputes", "dissent",
    ]  # fmt: skip
    assert {(row.pop("article.title"), row.pop("article.url")) for row in rows} == {(article.title, article.url)}
    listed = api.get(LIST).json()["results"]
    for row, cells in zip(listed, rows, strict=True):
        for name, cell in cells.items():
            outer, _, inner = name.partition(".")
            value = row[outer]
            if inner and isinstance(value, list):
                value = " | ".join(str(item[inner]) for item in value).replace("True", "true").replace("False", "false")
            elif inner:
                value = value[inner] if value else None
            plain = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            assert cell in (plain, f"'{plain}"), name


def test_what_a_spreadsheet_would_run_has_an_apostrophe_before_it(api, said):
    rows = {
        int(row["id"]): row for row in csv.DictReader(io.StringIO(body(api.get(f"{EXPORT}?format=csv")), newline=""))
    }
    assert rows[said[0].pk]["via.name"] == '\'=HYPERLINK("https://evil.example","x") | The minister'
    assert rows[said[0].pk]["tag_reason"] == "'-2 of them deny it."
    assert rows[said[1].pk]["source.name"] == '\'=HYPERLINK("https://evil.example","x")'
    assert rows[said[2].pk]["paraphrase"] == '\'+1, "so"\r\n@x'
    assert rows[said[0].pk]["text"] == "The minister said no."


def test_csv_byte_for_byte():
    columns = [("id",), ("said",), ("source", "name"), ("via", "name"), ("via", "anonymous")]
    via = [{"name": "=Ann", "anonymous": True}, {"name": "Bob, Dr", "anonymous": False}]
    rows = [
        {"id": 1, "said": 'He said "no".\r\nTwice.', "source": {"name": "-Zo\u00eb"}, "via": via},
        {"id": -2, "said": None, "source": None, "via": []},
        {"id": 0.5, "said": False, "source": {"name": True}, "via": via[1:]},
    ]
    texts = [json.dumps(row) for row in rows]
    assert list(csv_lines(iter(columns), iter([texts[:2], [], texts[2:]]))) == [
        b"id,said,source.name,via.name,via.anonymous\r\n",
        b'1,"He said ""no"".\r\nTwice.",\'-Zo\xc3\xab,"\'=Ann | Bob, Dr",true | false\r\n-2,,,,\r\n',
        b"",
        b'0.5,false,true,"Bob, Dr",false\r\n',
    ]


def test_csv_for_excel_begins_with_a_byte_order_mark(api, said):
    plain, marked = (body(api.get(f"{EXPORT}?format=csv{more}")) for more in ("", "&bom=1"))
    assert marked == f"\ufeff{plain}"
    assert body(api.get(f"{EXPORT}?bom=1", headers={"accept": "text/csv"})) == marked


def test_no_reader_of_lines_finds_the_end_of_one_within_a_row(api, alice, said):
    services.update_statement(statement_id=said[0].pk, versions=None, actor=alice, paraphrase="a\u2028b\u2029c\x85d")
    text = body(api.get(EXPORT))
    assert r'"paraphrase":"a\u2028b\u2029c\u0085d"' in text
    assert [json.loads(line) for line in text.splitlines()] == api.get(LIST).json()["results"]


@pytest.mark.parametrize(
    ("resource", "query", "head"),
    [
        ("articles", "status=draft",
         "id,version,created_at,updated_at,title,url,addresses,publisher.id,publisher.name,publisher.kind,"
         "publisher.anonymous,byline,language,published_at,media_url,revision,sha256,status,desk.id,desk.username,"
         "tags.asserted,tags.denied,tags.unverified,open_disputes,open_notes"),
        ("sources", "kind=person&ordering=name",
         "id,version,name,kind,part_of.id,part_of.name,part_of.kind,part_of.anonymous,anonymous,description,aliases,"
         "same_as,created_at,updated_at"),
        ("evidence", "ordering=updated_at",
         "id,version,created_at,updated_at,statement,statement.text,statement.article,statement.article.title,"
         "statement.article.url,key,stance,url,title,excerpt,archived_url,obtained_on,obtained_how"),
        ("disputes", "state=open",
         "id,version,created_at,updated_at,statement,statement.text,statement.article,statement.article.title,"
         "statement.article.url,key,raised_by.id,raised_by.name,raised_by.kind,raised_by.anonymous,counter_statement,"
         "kind,scope,note,state,resolution,opened_by.id,opened_by.username,opened_at,resolved_by.id,"
         "resolved_by.username,resolved_at"),
    ],
)  # fmt: skip
def test_every_other_list_is_exported_with_its_own_filters(api, alice, said, article, resource, query, head):
    services.create_evidence(actor=alice, statement=said[0], stance="supports", title="A call")
    source = create_source(actor=alice, name="Jo", kind="person", aliases=["J", "=Joe"], same_as=["https://a.example/"])
    address = f"/api/v1/{resource}/"
    listed = api.get(f"{address}?{query}").json()["results"]
    answer = api.get(f"{address}export/?{query}")
    assert [json.loads(line) for line in body(answer).splitlines()] == listed != []
    assert answer["Content-Disposition"] == f'attachment; filename="{resource}.jsonl"'
    rows = list(csv.DictReader(io.StringIO(body(api.get(f"{address}export/?{query}&format=csv")), newline="")))
    assert (list(rows[0]), [int(row["id"]) for row in rows]) == (head.split(","), [row["id"] for row in listed])
    if resource == "sources":
        [jo] = [row for row in rows if int(row["id"]) == source.pk]
        assert (jo["aliases"], jo["same_as"]) == ("J | =Joe", "https://a.example/")
    elif resource != "articles":
        assert (rows[0]["statement.text"], rows[0]["statement.article.title"], rows[0]["statement.article.url"]) == (
            said[0].text, article.title, article.url,
        )  # fmt: skip
    assert api.get(f"{address}export/?page_size=5").json()["errors"][0]["pointer"] == "?page_size"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_every_beginning_of_a_formula_is_known_and_numbers_stay_numbers(begin):
    assert escape_formula(f"{begin}1") == f"'{begin}1"
    assert [escape_formula(value) for value in (-1, 0.5, True, None, "'=1")] == [-1, 0.5, "true", None, "'=1"]


@pytest.mark.parametrize(
    ("query", "accept", "content_type"),
    [
        ("", "*/*", "application/x-ndjson"),
        ("", "text/csv", "text/csv; charset=utf-8"),
        ("", "application/x-ndjson, text/csv;q=0.5", "application/x-ndjson"),
        ("?format=csv", "application/json", "text/csv; charset=utf-8"),
        ("?format=jsonl", "text/csv", "application/x-ndjson"),
        ("?format=csv", "text/html", "text/csv; charset=utf-8"),
    ],
)
def test_the_format_is_chosen_by_the_parameter_else_by_accept(api, said, query, accept, content_type):
    answer = api.get(f"{EXPORT}{query}", headers={"accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    assert answer["Vary"].startswith("Accept, Accept-Encoding, Authorization, Cookie")
    assert answer["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("query", "accept", "status", "pointer"),
    [
        ("format=xml", "*/*", 400, "?format"),
        ("format=json", "*/*", 400, "?format"),
        ("tag=true", "*/*", 400, "?tag"),
        ("page_size=5", "*/*", 400, "?page_size"),
        ("cursor=x", "*/*", 400, "?cursor"),
        ("format=csv&bom=0", "*/*", 400, "?bom"),
        ("format=jsonl&bom=1", "*/*", 400, "?bom"),
        ("as_of=2026-01-01T00:00:00Z", "*/*", 400, "?as_of"),
        ("ordering=text", "*/*", 400, "?ordering"),
        ("", "application/json", 406, None),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_streamed(api, query, accept, status, pointer):
    answer = api.get(f"{EXPORT}?{query}", headers={"accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert [fault["pointer"] for fault in answer.json().get("errors", [])] == ([pointer] if pointer else [])


def test_format_still_chooses_the_page_or_the_json_of_a_list(api, said):
    assert api.get(f"{LIST}?format=json")["Content-Type"] == "application/json"
    assert api.get(f"{LIST}?format=api")["Content-Type"].startswith("text/html")


def test_nothing_is_an_empty_file_and_a_csv_with_its_head_alone(api):
    assert body(api.get(f"{EXPORT}?format=jsonl")) == ""
    assert body(api.get(f"{EXPORT}?format=csv")).count("\r\n") == 1


def test_chunks_lose_and_repeat_no_row(api, said, monkeypatch):
    monkeypatch.setattr(export_views, "CHUNK", 2)
    ids = [json.loads(line)["id"] for line in body(api.get(EXPORT)).splitlines()]
    assert ids == sorted((statement.pk for statement in said), reverse=True)


def test_a_stranger_gets_what_the_public_list_holds_without_users(api, alice, said, article, settings):
    settings.PUBLIC_READ = True
    services.set_article_status(
        article_id=article.pk, versions=None, actor=alice, status="published", reason="It is ready."
    )
    draft = services.create_article(actor=alice, title="A draft", text="Not yet.")
    services.create_statement(article=draft, actor=alice, quote_type="narration", start=0, end=3)
    stranger = APIClient()
    answer = stranger.get(EXPORT)
    lines = body(answer).splitlines()
    assert [json.loads(line) for line in lines] == stranger.get(LIST).json()["results"]
    assert answer["Cache-Control"] == "public, max-age=60, s-maxage=5, stale-while-revalidate=4"
    head = body(stranger.get(f"{EXPORT}?format=csv")).splitlines()[0]
    assert "tagged_by" not in head
    assert "dissent" not in head


@pytest.mark.parametrize("ordering", ["-id", "-updated_at", "said_on"])
def test_what_changes_during_an_export_is_in_it_once_as_it_was_read(api, alice, article, said, monkeypatch, ordering):
    monkeypatch.setattr(export_views, "CHUNK", 1)
    order = [row["id"] for row in api.get(f"{LIST}?ordering={ordering}").json()["results"]]
    lines = map(json.loads, api.get(f"{EXPORT}?ordering={ordering}").streaming_content)
    assert next(lines)["id"] == order[0]
    services.update_statement(statement_id=order[2], versions=None, actor=alice, said_on=date(1999, 1, 1))
    services.delete_statement(statement_id=order[3], versions=None, actor=alice, reason="Entered twice.")
    services.create_statement(article=article, actor=alice, quote_type="narration", start=0, end=3)
    services.update_statement(statement_id=order[0], versions=None, actor=alice, said_on=date(2026, 11, 30))
    assert [(row["id"], row["said_on"] == "1999-01-01") for row in lines] == [(order[1], False), (order[2], True)]


def test_what_is_withdrawn_during_an_export_is_sent_no_more(alice, said, article, settings, monkeypatch):
    settings.PUBLIC_READ = True
    monkeypatch.setattr(export_views, "CHUNK", 1)
    change = partial(services.set_article_status, article_id=article.pk, versions=None, actor=alice)
    change(status="published", reason="It is ready.")
    lines = iter(APIClient().get(EXPORT).streaming_content)
    assert next(lines)
    change(status="withdrawn", reason="It was not.")
    assert list(lines) == []


@pytest.mark.django_db(transaction=True)
def test_a_migration_does_not_wait_for_who_reads_an_export_slowly(api, said, monkeypatch):
    monkeypatch.setattr(export_views, "CHUNK", 1)
    answer = api.get(EXPORT)
    lines = iter(answer.streaming_content)
    assert next(lines)
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as migration:
        migration.execute("SET lock_timeout = '100ms'")
        migration.execute("ALTER TABLE claims_statement ADD COLUMN of_a_migration integer")
        assert next(lines)
        migration.execute("ALTER TABLE claims_statement DROP COLUMN of_a_migration")
    assert len(list(lines)) == 2


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_leaves_gives_the_connection_back_and_the_next_one_reads(api, said, monkeypatch):
    monkeypatch.setattr(export_views, "CHUNK", 1)
    answer = api.get(EXPORT)
    next(iter(answer.streaming_content))
    answer.close()
    assert not connection.in_atomic_block
    assert len(body(api.get(EXPORT)).splitlines()) == 4


@pytest.mark.django_db(transaction=True)
def test_head_reads_no_row(api, said):
    answer = api.head(EXPORT)
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"")
