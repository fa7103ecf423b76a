"""A refused request gets a problem document that says where the error is, and writes nothing.

Over 400 lines: a table of bad requests for every endpoint, kept together so that none is forgotten.
"""

import base64
import json

import pytest
from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from claims import services
from factcheck.api.models import Token
from factcheck.journal.models import Entry
from sources.services import create_source
from tests.newsroom import client_of

TEXT = "The minister said no. The mayor said yes. The minister said no."
BEYOND_BIGINT = 2**63
ANY = {"If-Match": "*"}


@pytest.fixture
def editor(db):
    user = User.objects.create_user("alice")
    user.groups.add(Group.objects.get_or_create(name="editor")[0])
    return user


@pytest.fixture
def api(editor):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Token " + Token.issue(editor, name="t").key)
    return client


@pytest.fixture
def source(editor):
    return create_source(actor=editor, name="The minister", kind="person")


@pytest.fixture
def article(editor):
    return services.create_article(actor=editor, title="A report", text=TEXT)


@pytest.fixture
def statement(editor, article, source):
    return services.create_statement(article=article, actor=editor, source=source, start=22, end=41)


@pytest.fixture
def refused(api, statement):
    """Sends one request and checks what all refusals have in common. Returns the problem."""

    def send(method, address, body=None, *, status, pointer=None, headers=ANY, raw=None, kind="application/json"):
        before = Entry.objects.count()
        data = raw if raw is not None else json.dumps(body) if body is not None else None
        answer = api.generic(method, "/api/v1/" + address, data or b"", content_type=kind, headers=headers)
        assert answer.status_code == status, answer.content
        assert answer["Content-Type"] == "application/problem+json"
        problem = json.loads(answer.content)
        assert problem["status"] == status
        assert problem["type"].startswith("urn:factcheck:problem:")
        assert problem["title"]
        assert problem["detail"]
        assert [error["pointer"] for error in problem.get("errors", [])] == ([pointer] if pointer else [])
        assert Entry.objects.count() == before
        problem["etag"] = answer.get("ETag")
        return problem

    return send


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": ""}, {"reason": " \n\t"}, {"reason": "x" * 2001}, {"reason": None}, {"reason": ["why"]}],
    ids=["missing", "empty", "blank", "too-long", "null", "list"],
)
@pytest.mark.parametrize("act", ["tag", "publish"])
def test_an_act_needs_a_reason(refused, statement, act, body):
    address = f"statements/{statement.pk}/tag/" if act == "tag" else f"articles/{statement.article_id}/publish/"
    if act == "tag":
        body = {"tag": "denied", **body}
    refused("POST", address, body, status=400, pointer="#/reason")


def test_a_reason_of_2000_code_points_is_long_enough_for_anybody(api, statement):
    body = {"tag": "denied", "reason": "\U0001f600" * 2000}
    assert api.post(f"/api/v1/statements/{statement.pk}/tag/", body, headers=ANY).status_code == 200


@pytest.mark.parametrize(
    ("passage", "status", "pointer", "code"),
    [
        ({"start": 0, "end": len(TEXT) + 1}, 400, "#/end", "beyond_text"),
        ({"start": 21, "end": 4}, 400, "#/end", "range"),
        ({"start": 4, "end": 4}, 400, "#/end", "range"),
        ({"start": -1, "end": 4}, 400, "#/start", "min_value"),
        ({"start": 0, "end": BEYOND_BIGINT}, 400, "#/end", "max_value"),
        ({"start": 0}, 400, "#/end", "required"),
        ({"end": 4}, 400, "#/start", "required"),
        ({}, 400, "#/text", "required"),
        ({"start": 0, "end": 3, "text": "the"}, 422, "#/text", "mismatch"),
        ({"text": "The minister said maybe."}, 422, "#/text", "not_found"),
        ({"text": "The minister said no."}, 422, "#/text", "ambiguous"),
    ],
)
def test_a_passage_that_does_not_fit_the_text(refused, article, source, passage, status, pointer, code):
    body = {"article": article.pk, "source": source.pk, **passage}
    problem = refused("POST", "statements/", body, status=status, pointer=pointer)
    assert problem["errors"][0]["code"] == code


def test_an_ambiguous_passage_is_answered_with_its_candidates(refused, article, source):
    body = {"article": article.pk, "source": source.pk, "text": "The minister said no."}
    problem = refused("POST", "statements/", body, status=422, pointer="#/text")
    assert [(found["start"], found["end"]) for found in problem["candidates"]] == [(0, 21), (42, 63)]


def test_an_unknown_tag(refused, statement):
    body = {"tag": "true", "reason": "It is so."}
    refused("POST", f"statements/{statement.pk}/tag/", body, status=400, pointer="#/tag")


@pytest.mark.parametrize("unknown", [0, -1, 999_999_999, BEYOND_BIGINT, "abc", True, {"id": 1}])
def test_an_unknown_source(refused, article, unknown):
    body = {"article": article.pk, "source": unknown, "start": 0, "end": 3}
    refused("POST", "statements/", body, status=400, pointer="#/source")


def test_an_unknown_source_in_the_chain_is_pointed_at(refused, article, source):
    body = {"article": article.pk, "source": source.pk, "via": [source.pk, 999_999_999], "start": 0, "end": 3}
    refused("POST", "statements/", body, status=400, pointer="#/via/1")


def test_a_statement_does_not_dispute_itself(refused, statement, source):
    body = {"statement": statement.pk, "raised_by": source.pk, "kind": "denial", "counter_statement": statement.pk}
    refused("POST", "disputes/", body, status=400, pointer="#/counter_statement")


def test_a_source_is_no_part_of_itself(refused, source):
    refused("PATCH", f"sources/{source.pk}/", {"part_of": source.pk}, status=400, pointer="#/part_of")


def test_a_source_is_no_part_of_its_parts(refused, editor, source):
    part = create_source(actor=editor, name="Her spokesman", kind="person", part_of=source)
    refused("PATCH", f"sources/{source.pk}/", {"part_of": part.pk}, status=400, pointer="#/part_of")


@pytest.mark.parametrize(
    "raw", [rb'"a\u0000b"', rb'"a\ud800b"', rb'"a\udc00b"'], ids=["nul", "high-surrogate", "low-surrogate"]
)
@pytest.mark.parametrize(
    ("address", "template", "pointer"),
    [
        ("articles/", b'{"title": "T", "text": %s}', "#/text"),
        ("articles/", b'{"title": %s, "text": "T"}', "#/title"),
        ("sources/", b'{"name": %s, "kind": "person"}', "#/name"),
        ("statements/{statement}/tag/", b'{"tag": "denied", "reason": %s}', "#/reason"),
    ],
)
def test_text_that_the_database_cannot_hold(refused, statement, address, template, pointer, raw):
    refused("POST", address.format(statement=statement.pk), raw=template % raw, status=400, pointer=pointer)


def test_a_body_of_three_megabytes(refused):
    raw = b'{"title": "T", "text": "%s"}' % (b"x" * 3_000_000)
    refused("POST", "articles/", raw=raw, status=413)


@pytest.mark.parametrize(
    "raw", [b'{"name": ', b"\xff\xfe", b"[" * 100_000, b'{"name": NaN}'], ids=["cut", "utf-16", "deep", "nan"]
)
def test_malformed_json(refused, raw):
    refused("POST", "sources/", raw=raw, status=400)


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"1"])
def test_json_that_is_no_object(refused, raw):
    refused("POST", "sources/", raw=raw, status=400, pointer="#")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml"])
def test_a_content_type_that_is_not_read(refused, kind):
    refused("POST", "sources/", raw=b"<source/>", kind=kind, status=415)


@pytest.mark.parametrize("size", ["0", "-1", "201", "ten", "", "1.5"])
def test_a_page_size_out_of_range(refused, size):
    refused("GET", f"sources/?page_size={size}", status=400, pointer="?page_size")


@pytest.mark.parametrize("cursor", ["abc", "%00", "W10", "4pi6"])
def test_a_cursor_that_is_none(refused, cursor):
    refused("GET", f"sources/?cursor={cursor}", status=400, pointer="?cursor")


def test_a_cursor_of_another_list(refused, api, editor, source):
    create_source(actor=editor, name="The mayor", kind="person")
    cursor = api.get("/api/v1/sources/?page_size=1").json()["next"].partition("cursor=")[2].partition("&")[0]
    assert api.get(f"/api/v1/sources/?page_size=1&cursor={cursor}").status_code == 200
    refused("GET", f"articles/?cursor={cursor}", status=400, pointer="?cursor")
    refused("GET", f"sources/?kind=person&cursor={cursor}", status=400, pointer="?cursor")


@pytest.mark.parametrize("row_id", ["abc", "-1", "0", str(BEYOND_BIGINT), "9" * 60, "1.5"])
@pytest.mark.parametrize("resource", ["sources", "articles", "statements", "evidence", "disputes"])
def test_an_id_that_names_nothing(refused, resource, row_id):
    refused("GET", f"{resource}/{row_id}/", status=404)
    refused("GET", f"{resource}/{row_id}/history/", status=404)


def test_an_unknown_field(refused):
    body = {"name": "A", "kind": "person", "colour": "red"}
    assert refused("POST", "sources/", body, status=400, pointer="#/colour")["errors"][0]["code"] == "unknown_field"


def test_a_tag_is_not_given_by_a_plain_write(refused, statement):
    refused("PATCH", f"statements/{statement.pk}/", {"tag": "denied"}, status=400, pointer="#/tag")


def test_a_stale_if_match_is_answered_with_the_current_etag(refused, api, statement):
    address = f"statements/{statement.pk}/"
    stale = api.get("/api/v1/" + address)["ETag"]
    current = api.patch("/api/v1/" + address, {"paraphrase": "He agreed."}, headers={"If-Match": stale})["ETag"]
    headers = {"If-Match": stale}
    assert current != stale
    for method, path, body in (
        ("PATCH", address, {"paraphrase": "He did not."}),
        ("DELETE", address, None),
        ("POST", address + "tag/", {"tag": "denied", "reason": "He says so."}),
    ):
        assert refused(method, path, body, status=412, headers=headers)["etag"] == current


@pytest.mark.parametrize(
    ("method", "act", "body"),
    [
        ("PATCH", "", {"paraphrase": "He agreed."}),
        ("DELETE", "", None),
        ("POST", "tag/", {"tag": "denied", "reason": "He says so."}),
    ],
)
def test_a_write_without_if_match(refused, statement, method, act, body):
    refused(method, f"statements/{statement.pk}/{act}", body, status=428, headers={})


@pytest.mark.parametrize("header", ["3", '"3-9f2c', "W/3", '"a" "b"'])
def test_an_if_match_that_is_no_etag(refused, statement, header):
    refused("PATCH", f"statements/{statement.pk}/", {"paraphrase": "No"}, status=400, headers={"If-Match": header})


# What fuzzing found (make fuzz). JSON values need the right type: the schema forbids what DRF would convert.


@pytest.mark.parametrize(
    ("address", "body", "pointer"),
    [
        ("sources/", {"name": "A", "kind": "person", "anonymous": "yes"}, "#/anonymous"),
        ("sources/", {"name": "A", "kind": "person", "anonymous": 1}, "#/anonymous"),
        ("sources/", {"name": 5, "kind": "person"}, "#/name"),
        ("sources/", {"name": "A", "kind": "person", "part_of": "1"}, "#/part_of"),
        ("sources/", {"name": "A", "kind": "person", "aliases": "A"}, "#/aliases"),
        ("sources/", {"name": "A", "kind": "person", "aliases": [5]}, "#/aliases/0"),
        ("articles/", {"title": "T", "text": "T", "published_at": "2026-01-28"}, "#/published_at"),
        ("articles/", {"title": "T", "text": "T", "published_at": "2026-01-28T14:05:00"}, "#/published_at"),
        ("statements/", {"article": 1, "via": "1,2", "start": 0, "end": 3}, "#/via"),
        ("tokens/", {"name": "t", "days": "5"}, "#/days"),
        ("tokens/", {"name": "t", "read_only": "false"}, "#/read_only"),
    ],
)
def test_a_value_of_another_json_type_is_refused_not_converted(refused, article, address, body, pointer):
    refused("POST", address, {**body, **({"article": article.pk} if "article" in body else {})}, status=400,
            pointer=pointer)  # fmt: skip


@pytest.mark.parametrize("day", ["2026-1-8", "20260108", "08/01/2026", 20260108])
def test_a_day_is_given_in_one_way_only(refused, article, source, day):
    body = {"article": article.pk, "source": source.pk, "start": 0, "end": 3, "said_on": day}
    refused("POST", "statements/", body, status=400, pointer="#/said_on")


def test_a_form_still_sends_everything_as_text(api, db):
    body = {"name": "A", "kind": "person", "anonymous": "true", "part_of": ""}
    made = api.post("/api/v1/sources/", body, format="multipart", headers={"Accept": "application/json"})
    assert (made.status_code, made.json()["anonymous"]) == (201, True)


@pytest.mark.parametrize("value", ["yes", "null", "2", ""])
@pytest.mark.parametrize("address", ["statements/?disputed=", "sources/?anonymous="])
def test_a_flag_that_is_neither_true_nor_false_is_refused_not_ignored(refused, address, value):
    refused("GET", address + value, status=400, pointer="?" + address.partition("?")[2].rstrip("="))


@pytest.mark.parametrize("flag", ["true", "True"])
def test_a_flag_is_true_as_programs_write_it(api, source, flag):
    create_source(actor=User.objects.get(), name="an official", kind="person", anonymous=True)
    found = api.get(f"/api/v1/sources/?anonymous={flag}").json()["results"]
    assert [row["name"] for row in found] == ["an official"]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("statements/?article=", "article"),
        ("statements/?tag=", "tag"),
        ("statements/?said_before=", "said_before"),
        ("statements/?said_before=10/25/2006", "said_before"),
        ("statements/?article=1.0", "article"),
        ("statements/?article=1e3", "article"),
        ("statements/?article=%EF%BC%91", "article"),  # a full-width 1
        ("statements/?ordering=", "ordering"),
        ("checks/?article=1.0", "article"),
        ("journal/?resource=", "resource"),
    ],
)
def test_a_filter_that_is_empty_or_misspelt_is_refused_not_ignored(refused, address, name):
    refused("GET", address, status=400, pointer="?" + name)


def test_a_page_sends_its_empty_filters(api, source):
    page = api.get("/api/v1/sources/?q=&kind=&anonymous=&part_of=", headers={"Accept": "text/html"})
    assert (page.status_code, "The minister" in page.content.decode()) == (200, True)


@pytest.mark.parametrize("address", ["sources/?kind=person&kind=outlet", "checks/?severity=error&severity=warning"])
def test_a_parameter_that_stands_twice_is_refused(refused, address):
    name = address.partition("?")[2].partition("=")[0]
    refused("GET", address, status=400, pointer="?" + name)


@pytest.mark.parametrize("cursor", ["x1-2-3", "1-2-3x", "1-2-3%0A4", f"{BEYOND_BIGINT}-1-1", "%26451011995-0-7"])
def test_a_cursor_of_the_checks_that_is_none(refused, article, cursor):
    for address in ("checks/", f"articles/{article.pk}/checks/"):
        refused("GET", f"{address}?cursor={cursor}", status=400, pointer="?cursor")


@pytest.mark.parametrize(
    "moment", ["20260101T000000Z", "2026-01-01", "2026-W01-1T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_an_instant_that_is_not_written_as_in_rfc_3339(refused, statement, moment):
    refused("GET", f"statements/{statement.pk}/?as_of={moment.replace('+', '%2B')}", status=400, pointer="?as_of")


def test_a_token_that_is_not_there_is_answered_as_a_problem(refused):
    refused("DELETE", "tokens/c0407eb2-be01-4f15-9782-63794e5533c1/", status=404)


def test_a_stale_document_is_answered_with_the_etag_of_the_document(refused, api, statement):
    address = f"articles/{statement.article_id}/annotations/"
    read = api.get("/api/v1/" + address)
    stale = '"1-0"'
    problem = refused("PUT", address, read.json(), status=412, headers={"If-Match": stale})
    assert problem["etag"] == read["ETag"]


@pytest.mark.parametrize("address", ["sources/", "feeds/claimreviews/", "statements/export/"])
def test_a_format_that_is_not_there_is_named(refused, address):
    refused("GET", f"{address}?format=docx", status=400, pointer="?format")


@pytest.mark.parametrize(("address", "status"), [("sources/999999999/", 404), ("checks/?cursor=x", 400)])
def test_head_fails_as_get_does(api, address, status):
    assert api.head("/api/v1/" + address).status_code == status


@pytest.mark.parametrize("value", ["\x00x", "\ud800"])
def test_a_cursor_with_text_that_no_database_takes_is_refused(alice, value):
    api = client_of(alice)
    for name in "ab":
        create_source(actor=alice, name=name, kind="person")
    cursor = api.get("/api/v1/sources/?ordering=name&page_size=1").json()["next"].rpartition("cursor=")[2]
    parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    forged = base64.urlsafe_b64encode(json.dumps([value, *parts[1:]]).encode()).decode().rstrip("=")
    answer = api.get(f"/api/v1/sources/?ordering=name&page_size=1&cursor={forged}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "?cursor")


def test_a_form_with_an_offset_of_thousands_of_digits_is_refused_at_its_field(client, alice):
    article = services.create_article(actor=alice, title="A report", text="It is so.\nIt is not.")
    client.force_login(alice)
    form = {"article": article.pk, "text": "so.\nIt", "start": "9" * 5000, "end": "1"}
    answer = client.post("/api/v1/statements/", form, headers={"accept": "text/html"})
    assert answer.status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["q='", "q=%5C", "q=''&anonymous=true"])
def test_words_without_a_letter_find_nothing(api, query):
    assert api.get(f"/api/v1/sources/?{query}").json() == {"next": None, "previous": None, "results": []}


def test_a_version_beyond_all_versions_is_stale(api, statement):
    act = {"tag": "denied", "reason": "She denies it."}
    answer = api.post(f"/api/v1/statements/{statement.pk}/tag/", act, headers={"if-match": '"999999999999999999-ab"'})
    assert (answer.status_code, answer.json()["type"]) == (412, "urn:factcheck:problem:stale-version")


@pytest.mark.parametrize(("body", "headers"), [({"tag": "denied", "reason": "So."}, {}), ({}, {"if-match": "*"})])
def test_an_act_on_a_row_that_is_not_there_is_answered_404_whatever_else_is_wrong(api, body, headers):
    assert api.post("/api/v1/statements/999999/tag/", body, headers=headers).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["statements/99999999999999999999/", "sources/9223372036854775808/history/"])
def test_a_number_that_no_row_can_have_is_answered_404(api, address):
    assert api.get(f"/api/v1/{address}").status_code == 404


@pytest.mark.django_db
def test_an_address_too_long_for_its_index_is_refused(api):
    body = {"name": "A", "kind": "outlet", "same_as": ["https://news.example/" + "\u65b0" * 700]}
    answer = api.post("/api/v1/sources/", body)
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [
            {
                "pointer": "#/same_as/0",
                "code": "long",
                "detail": "This is longer than 2,000 bytes. Leave out what the page does not need.",
            }
        ],
    )


@pytest.mark.parametrize(
    "address", ["statements/{s}/webannotation/", "statements/{s}/claimreview/", "articles/{a}/revisions/1/"]
)
@pytest.mark.parametrize("parameter", ["as_of=2026-01-01T00:00:00Z", "page_size=1", "tag=denied"])
def test_what_an_address_of_one_row_does_not_take_is_refused_not_ignored(api, article, statement, address, parameter):
    answer = api.get(f"/api/v1/{address.format(s=statement.pk, a=article.pk)}?{parameter}")
    name = parameter.partition("=")[0]
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"?{name}")


def test_white_space_is_no_address_of_an_article(api):
    for _ in range(2):
        answer = api.post("/api/v1/articles/", {"title": "A report", "text": "So.", "url": "   "})
        assert (answer.status_code, answer.json()["url"]) == (201, None)


def test_an_action_without_a_row_in_the_table_of_roles_is_nobodys(api, statement, monkeypatch):
    monkeypatch.setattr("claims.roles.NewsroomPermission.required_roles", {})
    answer = api.get(f"/api/v1/statements/{statement.pk}/")
    assert (answer.status_code, answer.json()["detail"]) == (403, "Nobody may do this.")


@pytest.mark.parametrize(
    ("address", "field", "rest"),
    [
        ("articles", "url", {"title": "A report", "text": "So."}),
        ("evidence", "url", {"stance": "supports"}),
        ("evidence", "archived_url", {"stance": "supports", "url": "https://a.example/"}),
        ("sources", "same_as", {"name": "A", "kind": "outlet"}),
    ],
)
@pytest.mark.parametrize("url", ["https://a.example/\ud800", "https://\udfff.example/"])
def test_a_lone_surrogate_in_a_web_address_is_refused(api, statement, address, field, rest, url):
    body = {
        **rest,
        field: [url] if field == "same_as" else url,
        **({"statement": statement.pk} if address == "evidence" else {}),
    }
    answer = api.generic("POST", f"/api/v1/{address}/", json.dumps(body), "application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(f"#/{field}")


@pytest.mark.parametrize("credentials", [{"Authorization": "Basic eDp5"}, {"Authorization": "Bearer 9"}])
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("articles/export/?format=", {}, 400),
        ("statements/?page_size=0", {}, 401),
        ("articles/99999999999999999999/", {}, 401),
        ("statements/1/webannotation/", {"Accept": "image/png"}, 406),
        ("nowhere/", {}, 404),
    ],
)
def test_what_is_refused_before_anybody_has_read_the_credentials_is_refused_and_kept_by_nobody(
    settings, db, credentials, address, headers, status
):
    settings.PUBLIC_READ = True
    answer = APIClient().get(f"/api/v1/{address}", headers={**credentials, **headers})
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer["Cache-Control"] == "private, no-cache"
