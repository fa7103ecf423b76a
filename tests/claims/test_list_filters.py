"""What a frontend asks for in one request: some rows by their ids, several values, what changed since, who calls."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError
from rest_framework.test import APIClient

from claims import services
from claims.annotations import import_document
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.models.article import ArticleAddress
from claims.services.merging import merge_source
from factcheck.api.models import Token
from sources.services import create_source
from tests.newsroom import client_of, user_with_role

LISTS = ["articles", "statements", "sources", "evidence", "disputes", "notes"]


def ids(client, address: str) -> list[int]:
    answer = client.get(f"/api/v1/{address}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def refusal(client, address: str) -> tuple[int, str, str]:
    answer = client.get(f"/api/v1/{address}")
    error = answer.json()["errors"][0]
    return answer.status_code, error["pointer"], error["detail"]


@pytest.fixture
def rows(alice, article, statement, minister):
    """Of each list one row."""
    evidence = services.create_evidence(actor=alice, statement=statement, stance="supports", url="https://a.example/1")
    dispute = services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")
    note = services.create_note(actor=alice, article=article, text="Ask again.")
    rows = [article, statement, minister, evidence, dispute, note]
    return dict(zip(LISTS, (row.pk for row in rows), strict=True))


@pytest.mark.parametrize("name", LISTS)
def test_rows_are_read_by_their_ids(api, rows, name):
    known = rows[name]
    assert ids(api, f"{name}/?ids={known}") == [known]
    assert ids(api, f"{name}/?ids=4711,{known},{known},4712") == [known]
    assert ids(api, f"{name}/?ids=4711") == []
    assert ids(api, f"{name}/?ids={','.join(map(str, range(known, known + 500)))}") == [known]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("given", "detail"),
    [
        (",".join(["1"] * 501), "Give at most 500 values."),
        ("1,,2", "Separate the values by single commas, such as 1,2,3."),
        ("1,", "Separate the values by single commas, such as 1,2,3."),
        ("1,x", "Enter a whole number."),
        ("0", "Ensure this value is greater than or equal to 1."),
        ("9007199254740992", "Ensure this value is less than or equal to 9007199254740991."),
        ("\u0661", "Enter a whole number."),
        ("", "Give a value, or leave the filter out."),
    ],
)
def test_what_are_no_ids_is_refused(api, name, given, detail):
    assert refusal(api, f"{name}/?ids={given}") == (400, "?ids", detail)


@pytest.mark.parametrize("address", ["articles/?url=", "sources/?same_as="])
def test_an_address_that_is_empty_is_refused(api, article, address):
    pointer = f"?{address.partition('?')[2][:-1]}"
    assert refusal(api, address) == (400, pointer, "Give a value, or leave the filter out.")


def test_a_stranger_is_given_only_what_is_published(settings, client, alice, article, statement):
    settings.PUBLIC_READ = True
    assert ids(client, f"statements/?ids={statement.pk}") == []
    services.set_article_status(
        article_id=article.pk, versions=None, actor=alice, status="published", reason="It is edited."
    )
    assert ids(client, f"statements/?ids={statement.pk}") == [statement.pk]


@pytest.fixture
def three(alice, article, minister, statement):
    """A statement of each tag."""
    others = [
        services.create_statement(article=article, actor=alice, source=minister, start=start, end=start + 3)
        for start in (24, 28)
    ]
    for row, tag in zip(others, ("denied", "asserted"), strict=True):
        services.tag_statement(statement_id=row.pk, versions=None, actor=alice, tag=tag, reason="On the record.")
    return {"unverified": statement.pk, "denied": others[0].pk, "asserted": others[1].pk}


def test_several_values_of_one_filter_are_an_or(api, three):
    both = {three["denied"], three["asserted"]}
    assert set(ids(api, "statements/?tag=denied,asserted")) == both
    assert set(ids(api, "statements/?tag=asserted,denied&anchor=anchored,moved")) == both
    assert ids(api, "statements/?tag=denied,denied") == [three["denied"]]
    assert set(ids(api, "statements/?tag=denied,asserted,unverified")) == set(three.values())


def test_the_pages_of_several_values_follow_each_other(api, three):
    first = api.get("/api/v1/statements/?tag=denied,asserted&page_size=1&ordering=id").json()
    second = api.get(first["next"]).json()
    found = [row["id"] for page in (first, second) for row in page["results"]]
    assert found == sorted([three["denied"], three["asserted"]])
    assert second["next"] is None


@pytest.mark.parametrize(("name", "given", "detail"), [
    ("statements", "tag=denied,refuted", "“refuted” is not one of asserted, denied, unverified."),
    ("statements", "tag=denied,", "Separate the values by single commas, such as 1,2,3."),
    ("disputes", "state=open,shut", "“shut” is not one of open, upheld, rejected, withdrawn."),
    ("articles", "status=draft,gone", "“gone” is not one of draft, published, withdrawn."),
    ("sources", "kind=person,channel", "“channel” is not one of person, organization, outlet, document, account."),
])  # fmt: skip
def test_one_value_that_is_none_refuses_all(api, name, given, detail):
    assert refusal(api, f"{name}/?{given}") == (400, f"?{given.partition('=')[0]}", detail)


@pytest.mark.parametrize("name", LISTS)
def test_what_changed_since_a_moment_is_read_in_the_order_of_the_changes(api, rows, name):
    row = api.get(f"/api/v1/{name}/{rows[name]}/").json()
    at = row["updated_at"]
    assert ids(api, f"{name}/?updated_since={at}&ordering=updated_at") == [rows[name]]
    later = at[:-7] + "999999Z"
    assert ids(api, f"{name}/?updated_since={later}") == ([] if later > at else [rows[name]])
    assert refusal(api, f"{name}/?updated_since=yesterday") == (
        400, "?updated_since", "Give an RFC 3339 time with its offset, such as 2026-01-28T14:05:00Z.",
    )  # fmt: skip
    assert refusal(api, f"{name}/?updated_since=9999-12-31T23:59:59-23:00")[:2] == (400, "?updated_since")


def test_articles_are_filtered_and_ordered_by_their_day_and_those_without_one_come_last(api, alice):
    days = [
        datetime(2021, 3, 5, 23, 59, 59, 999999, UTC),
        None,
        datetime(2021, 3, 6, tzinfo=UTC),
        datetime(2020, 1, 1, tzinfo=UTC),
    ]
    first, second, third, fourth = (
        services.create_article(actor=alice, title=f"T{n}", text="Text.", published_at=day).pk
        for n, day in enumerate(days)
    )
    assert ids(api, "articles/?ordering=published_at") == [fourth, first, third, second]
    assert ids(api, "articles/?ordering=-published_at") == [third, first, fourth, second]
    assert ids(api, "articles/?published_after=2021-03-05&published_before=2021-03-05") == [first]
    assert ids(api, "articles/?published_before=2021-03&ordering=published_at") == [fourth, first, third]
    assert ids(api, "articles/?published_after=2021-03-06") == [third]
    pages, address = [], "/api/v1/articles/?ordering=-published_at&page_size=1"
    while address:
        page = api.get(address).json()
        pages += [row["id"] for row in page["results"]]
        address = page["next"]
    assert pages == [third, first, fourth, second]


def test_sources_are_found_by_an_address_of_theirs(settings, client, api, alice, article):
    one = create_source(actor=alice, name="Reuters", kind="outlet", same_as=["https://www.wikidata.org/wiki/Q130879"])
    address = "sources/?same_as=https://www.wikidata.org/wiki/Q130879"
    assert ids(api, address) == [one.pk]
    assert ids(api, "sources/?same_as=https://www.wikidata.org/wiki/Q1") == []
    settings.PUBLIC_READ = True
    assert ids(client, address) == []


@pytest.mark.django_db(transaction=True)  # what came by a merge is told by its transaction
def test_a_stranger_does_not_find_a_source_by_an_address_that_came_from_a_private_one(
    settings, client, api, alice, article
):
    kept = create_source(actor=alice, name="The ministry", kind="organization")
    private = create_source(actor=alice, name="Our man there", kind="person", same_as=["https://private.example/"])
    services.create_statement(article=article, actor=alice, source=kept, start=2, end=23)
    services.set_article_status(
        article_id=article.pk, versions=None, actor=alice, status="published", reason="It is edited."
    )
    merge_source(source_id=private.pk, into=kept, versions=None, actor=alice, reason="The same.")
    settings.PUBLIC_READ = True
    assert ids(api, "sources/?same_as=https://private.example/") == [kept.pk]
    assert client.get(f"/api/v1/sources/{kept.pk}/").json()["same_as"] == []
    assert ids(client, "sources/?same_as=https://private.example/") == []


def test_the_evidence_of_an_article_is_one_list(api, alice, article, minister, rows):
    other = services.create_article(actor=alice, title="Another", text="The minister said yes.")
    statement = services.create_statement(article=other, actor=alice, source=minister, start=0, end=12)
    services.create_evidence(actor=alice, statement=statement, stance="refutes", url="https://a.example/2")
    assert ids(api, f"evidence/?article={article.pk}") == [rows["evidence"]]


@pytest.mark.parametrize("role", ["viewer", "reporter", "editor", "admin"])
def test_a_caller_reads_who_it_is_and_what_it_may_do(db, role):
    user = user_with_role("erin", role)
    answer = client_of(user).get("/api/v1/me/")
    body = answer.json()
    assert (answer.status_code, list(body)) == (200, ["user", "role", "read_only", "may"])
    assert (body["user"], body["role"], body["read_only"]) == ({"id": user.pk, "username": "erin"}, role, False)
    allowed = {name: name in body["may"] for name in ("retrieve", "create", "tag")}
    assert allowed == {"retrieve": True, "create": role != "viewer", "tag": role in ("editor", "admin")}


def test_a_token_that_only_reads_may_only_read(alice, client):
    token = Token.issue(alice, name="reads", read_only=True)
    body = client.get("/api/v1/me/", headers={"authorization": f"Bearer {token.key}"}).json()
    assert (body["role"], body["read_only"]) == ("editor", True)
    assert "retrieve" in body["may"]
    assert not {"create", "tag", "publish", "destroy"} & set(body["may"])


def test_who_calls_is_asked_without_parameters(api):
    detail = "There is no such filter here. Known: format."
    assert refusal(api, "me/?user=7") == (400, "?user", detail)


def test_nobody_is_told_who_nobody_is(settings, client, db):
    settings.PUBLIC_READ = True
    assert client.get("/api/v1/me/").status_code == 401
    assert client_of(user_with_role("none", "unknown")).get("/api/v1/me/").status_code == 403


# The first is how an article's address is written, the second another way to write the same.
SAME = [
    ("https://news.example/a/b", "http://news.example/a/b"),
    ("https://news.example/a/b", "HTTPS://NEWS.Example/a/b"),
    ("https://news.example/a/b", "https://news.example:443/a/b"),
    ("http://news.example:80/a/b", "https://news.example/a/b"),
    ("https://news.example/a/b", "https://news.example/a/b/"),
    ("https://news.example/a/b", "https://news.example/a/b#comments"),
    ("https://news.example/a/b", "https://news.example/a/b?utm_source=x&utm_medium=y"),
    ("https://news.example/a/b", "https://news.example/a/b/?fbclid=I&gclid=2#top"),
    ("https://news.example/a?id=7", "https://news.example/a?utm_source=x&id=7&mc_cid=1"),
    ("https://news.example/a?id=7", "https://news.example/a?&id=7&"),
    ("https://news.example/a%20b", "https://news.example/a b"),
    ("https://news.example/%7euser/%41", "https://news.example/~user/A"),
    ("https://news.example/caf%c3%a9", "https://news.example/caf\u00e9"),
    ("https://news.example/caf\u00e9", "https://news.example/cafe\u0301"),
    ("https://news.example/\u4e2d\u6587", "https://news.example/%E4%B8%AD%E6%96%87"),
    ("https://news.example", "https://news.example./"),
    ("https://user@news.example/a", "https://news.example/a"),
    ("https://xn--e1afmkfd.xn--p1ai/a", "https://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444/a"),
    ("https://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444/a", "https://xn--e1afmkfd.xn--p1ai/a"),
    ("https://M\u00fcnchen.example/a", "https://m\u00fcnchen.example/a"),
    ("https://xn--mnchen-3ya.example/a", "https://M\u00dcNCHEN.example/a"),
]
OTHER = [
    ("https://news.example/a", "https://news.example/A"),
    ("https://news.example/a", "https://www.news.example/a"),
    ("https://news.example/a", "https://news.example:8443/a"),
    ("https://news.example/a", "https://news.example:80/a"),
    ("https://news.example/a?id=7", "https://news.example/a?id=8"),
    ("https://news.example/a?id=7", "https://news.example/a"),
    ("https://news.example/a?b=1&c=2", "https://news.example/a?c=2&b=1"),
    ("https://news.example/a%2Fb", "https://news.example/a/b"),
    ("https://news.example/a", "https://news.example/a?utm=1"),
    ("https://news.example/a", "https://news.example/a%00"),
]


@pytest.mark.parametrize(("stored", "asked"), SAME)
def test_an_article_is_found_by_each_way_to_write_its_address(api, alice, stored, asked):
    article = services.create_article(actor=alice, title="T", text="Text.", url=stored)
    assert [row["id"] for row in api.get("/api/v1/articles/", {"url": asked}).json()["results"]] == [article.pk]
    refused = api.post("/api/v1/articles/", {"title": "Another", "text": "Text.", "url": asked})
    if refused.json()["errors"][0]["code"] != "invalid":  # not every way is an address to the API
        assert (refused.status_code, refused.json()["errors"][0]) == (
            400, {"pointer": "#/url", "code": "unique", "detail": f"Article {article.pk} has this address."},
        )  # fmt: skip


@pytest.mark.parametrize(("stored", "asked"), OTHER)
def test_another_address_is_another_article(api, alice, stored, asked):
    services.create_article(actor=alice, title="T", text="Text.", url=stored)
    assert api.get("/api/v1/articles/", {"url": asked}).json()["results"] == []
    services.create_article(actor=alice, title="Another", text="Text.", url=asked)


@pytest.mark.parametrize(
    "asked", ["nowhere", "https://", "http://[::1", "ftp://news.example/", "https://news.example:0/", "\ud800"]
)
def test_what_is_no_address_is_refused(api, article, asked):
    answer = api.get("/api/v1/articles/", {"url": asked.encode("utf-8", "surrogatepass")})
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [
            {
                "pointer": "?url",
                "code": "invalid",
                "detail": "Give a web address, such as https://news.example/report.",
            }
        ],
    )


def test_an_article_is_found_by_its_other_addresses_too(api, alice):
    sent = {
        "title": "T", "text": "Text.", "url": "https://news.example/1",
        "addresses": ["https://amp.news.example/1", "https://m.news.example/1"],
    }  # fmt: skip
    made = api.post("/api/v1/articles/", sent)
    assert (made.status_code, made.json()["addresses"]) == (201, sent["addresses"])
    row = made.json()["id"]
    assert ids(api, "articles/?url=http://m.news.example/1/") == [row]
    taken = api.post("/api/v1/articles/", {"title": "U", "text": "Text.", "url": "https://amp.news.example/1?gclid=3"})
    assert taken.json()["errors"] == [
        {"pointer": "#/url", "code": "unique", "detail": f"Article {row} has this address."}
    ]
    other = api.post("/api/v1/articles/", {"title": "U", "text": "Text.", "addresses": ["http://news.example/1#x"]})
    assert other.json()["errors"] == [
        {"pointer": "#/addresses", "code": "unique", "detail": f"Article {row} has this address."}
    ]
    changed = api.patch(f"/api/v1/articles/{row}/", {"addresses": []}, HTTP_IF_MATCH='"1"')
    assert (changed.status_code, changed.json()["addresses"]) == (200, [])
    assert ids(api, "articles/?url=https://m.news.example/1") == []
    assert ids(api, "articles/?url=https://news.example/1") == [row]
    api.delete(f"/api/v1/articles/{row}/", HTTP_IF_MATCH="*")
    assert ids(api, "articles/?url=https://news.example/1") == []
    assert api.post("/api/v1/articles/", sent).status_code == 201


def test_an_article_is_found_by_an_address_that_its_encoding_makes_long(api):
    path = "".join(map(chr, range(0x4E00, 0x4E00 + 27 * 655, 27)))
    made = api.post("/api/v1/articles/", {"title": "T", "text": "Text.", "url": f"https://a.example/{path}"})
    assert made.status_code == 201
    found = api.get("/api/v1/articles/", {"url": f"http://A.example/{path}/"}).json()["results"]
    assert [row["id"] for row in found] == [made.json()["id"]]
    assert api.get("/api/v1/articles/", {"url": f"https://a.example/{path[:-1]}"}).json()["results"] == []


def test_the_database_itself_refuses_a_second_article_at_an_address(alice, article):
    with pytest.raises(IntegrityError, match="article_address_unique"):
        services.create_article(actor=alice, title="Another", text="Text.", url="http://NEWS.example/1/?utm_source=x")


def test_an_article_that_shared_its_address_before_is_corrected_all_the_same(api, alice, article):
    ArticleAddress.objects.all().delete()  # as if both were there before addresses were compared
    other = services.create_article(actor=alice, title="Another", text="Text.", url="http://news.example/1")
    for sent in ({"title": "Corrected"}, {"text": "Corrected."}, {"title": "Again", "url": article.url}):
        answer = api.patch(f"/api/v1/articles/{article.pk}/", sent, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.content
    assert ids(api, "articles/?url=https://news.example/1") == [other.pk]


def test_a_stranger_finds_no_draft_by_its_address(settings, client, article):
    settings.PUBLIC_READ = True
    assert ids(client, "articles/?url=https://news.example/1") == []


def test_a_document_is_of_the_article_at_its_address_however_it_is_written(api, alice, article):
    document = api.get(f"/api/v1/articles/{article.pk}/annotations/").json()
    document["article"]["addresses"] = ["https://amp.news.example/1"]
    document["article"]["url"] = "http://news.example/1/"
    serializer = AnnotationDocumentSerializer(data=document)
    serializer.is_valid(raise_exception=True)
    imported = import_document(document=serializer.validated_data, actor=alice)
    assert (imported.pk, imported.url, imported.addresses) == (
        article.pk, "http://news.example/1/", ["https://amp.news.example/1"],
    )  # fmt: skip


@pytest.fixture
def published(alice, article, statement, rows):
    services.set_article_status(
        article_id=article.pk, versions=None, actor=alice, status="published", reason="It is edited."
    )
    return rows


@pytest.mark.parametrize("who", ["newsroom", "stranger"])
def test_what_belongs_to_a_row_comes_with_it(settings, api, published, who):
    settings.PUBLIC_READ = True
    caller = api if who == "newsroom" else APIClient()
    alone = {
        name: caller.get(f"/api/v1/{name}/{published[name]}/").json() for name in ("evidence", "disputes", "sources")
    }
    assert ("opened_by" in alone["disputes"], "obtained_on" in alone["evidence"]) == (who == "newsroom",) * 2
    for address in (f"statements/{published['statements']}/?", "statements/?"):
        answer = caller.get(f"/api/v1/{address}include=source,evidence,disputes").json()
        row = answer["results"][0] if "results" in answer else answer
        assert row["evidence"] == [alone["evidence"]]
        assert row["disputes"] == [alone["disputes"]]
        assert row["source"] == alone["sources"]
    some = caller.get("/api/v1/statements/?include=disputes").json()["results"][0]
    assert "evidence" not in some
    assert list(some["source"]) == ["id", "name", "kind", "anonymous"]
    for address in (f"articles/{published['articles']}/?", "articles/?"):
        answer = caller.get(f"/api/v1/{address}include=evidence,disputes,source").json()
        row = answer["results"][0] if "results" in answer else answer
        assert (row["evidence"], row["disputes"], row["publisher"]) == ([alone["evidence"]], [alone["disputes"]], None)


def test_an_included_row_is_of_the_version_that_the_tag_names(api, alice, published):
    address = f"/api/v1/statements/{published['statements']}/?include=disputes"
    first = api.get(address)
    services.resolve_dispute(
        dispute_id=published["disputes"], versions=None, actor=alice, state="rejected", reason="It was another."
    )
    again = api.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.json()["disputes"][0]["state"]) == (200, "rejected")
    assert api.get(address, headers={"If-None-Match": again["ETag"]}).status_code == 304


def test_the_publisher_of_an_article_comes_with_it(api, alice):
    outlet = create_source(actor=alice, name="Reuters", kind="outlet", aliases=["RTR"])
    services.create_article(actor=alice, title="T", text="Text.", publisher=outlet)
    row = api.get("/api/v1/articles/?include=source").json()["results"][0]
    assert (row["publisher"]["aliases"], row["publisher"]["version"]) == (["RTR"], 1)


def test_at_most_a_hundred_rows_of_a_kind_come_with_a_row(api, alice, statement):
    evidence = [
        services.create_evidence(actor=alice, statement=statement, stance="supports", url=f"https://a.example/{n}").pk
        for n in range(101)
    ]
    row = api.get(f"/api/v1/statements/{statement.pk}/?include=evidence").json()
    assert [each["id"] for each in row["evidence"]] == evidence[:100]


def test_what_a_row_includes_is_that_of_the_moment(api, alice, statement, rows):
    at = api.get(f"/api/v1/evidence/{rows['evidence']}/history/").json()["results"][0]["at"]
    services.delete_evidence(evidence_id=rows["evidence"], versions=None, actor=alice)
    address = f"/api/v1/statements/{statement.pk}/?include=evidence"
    assert api.get(address).json()["evidence"] == []
    assert [each["id"] for each in api.get(f"{address}&as_of={at}").json()["evidence"]] == [rows["evidence"]]


@pytest.mark.parametrize("given", ["text", "", "evidence,", "evidence,text", "Evidence"])
@pytest.mark.parametrize("address", ["statements/", "statements/{}/", "articles/", "articles/{}/"])
def test_what_cannot_be_included_is_refused(api, statement, address, given):
    path = address.format(statement.pk if "statements" in address else statement.article_id)
    status, pointer, detail = refusal(api, f"{path}?include={given}")
    assert (status, pointer) == (400, "?include")
    assert "is not one of evidence, disputes, source." in detail


def test_other_lists_include_nothing(api, rows):
    assert refusal(api, "sources/?include=evidence")[:2] == (400, "?include")
    assert refusal(api, f"evidence/{rows['evidence']}/?include=source")[:2] == (400, "?include")


@pytest.mark.parametrize("sent", ["english", "Deutsch", "e", "", "en_GB", "en-", "123"])
def test_what_is_no_code_of_a_language_is_refused(api, sent):
    refused = api.post("/api/v1/articles/", {"title": "T", "text": "Text.", "language": sent})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "#/language")
