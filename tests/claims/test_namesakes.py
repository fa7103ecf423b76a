"""Sources of one name: a document goes back to the very ones it was exported from, and elsewhere none is guessed."""

import json
import re
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import services
from claims.models import Article
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source, delete_source, update_source
from tests.newsroom import browser_of

pytestmark = pytest.mark.django_db
OFFICIAL = {"name": "a senior official", "kind": "person", "anonymous": True}
LINK = "https://www.wikidata.org/wiki/Q1"
SENTENCES = ("One said so.", "Another denied it.", "A third was silent.")
ADDRESS = re.compile(r"[0-9]+@\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def report(alice, *sources, **fields):
    """An article with a sentence of each source."""
    article = services.create_article(actor=alice, title="A report", text=" ".join(SENTENCES), **fields)
    for number, source in enumerate(sources):
        start = article.text.index(SENTENCES[number])
        span = {"start": start, "end": start + len(SENTENCES[number])}
        services.create_statement(article=article, actor=alice, source=source, key=f"s-{number}", **span)
    return article


def path_of(article):
    return f"/api/v1/articles/{article.pk}/annotations/"


def exported(api, article):
    return api.get(path_of(article)).json()


def put(api, article, document):
    return api.put(path_of(article), document, headers={"if-match": "*"})


def speakers(article):
    return list(article.statements.order_by("key").values_list("source", flat=True))


def document_of(*sources, **article):
    """A document with a sentence of each source, as somebody writes it by hand."""
    return {
        "format": "factcheck-annotations/1",
        "article": {"title": "A report", "url": "https://b.example/1", "text": " ".join(SENTENCES), **article},
        "sources": list(sources),
        "statements": [
            {"key": f"s-{number}", "text": SENTENCES[number], "source": source["key"]}
            for number, source in enumerate(sources)
            if number < len(SENTENCES)
        ],
        "disputes": [],
    }


def of_another_service(address):
    """An address there, of a source with the same number here."""
    return f"{address.partition('@')[0]}@1999-12-31T23:59:59.999999Z"


def imported(document, *options):
    """As the command imports it, from a file."""
    return call_command("import_annotations", document, *options, stdout=StringIO(), stderr=StringIO())


@pytest.fixture
def file(tmp_path):
    def write(document):
        (tmp_path / "document.json").write_text(json.dumps(document))
        return str(tmp_path / "document.json")

    return write


NAMESAKES = {
    "one name and kind": [OFFICIAL, OFFICIAL],
    "the alias of one is the name of the other": [
        {"name": "Emily Horne", "kind": "person", "aliases": ["Emily J. Horne"]},
        {"name": "Emily J. Horne", "kind": "person"},
    ],
    "one link of both": [
        {"name": "The minister", "kind": "person", "same_as": [LINK]},
        {"name": "Her office", "kind": "person", "same_as": [LINK]},
    ],
    "one link and one name": [{**OFFICIAL, "same_as": [LINK]}, {**OFFICIAL, "same_as": [LINK]}],
}


@pytest.mark.parametrize("namesakes", NAMESAKES.values(), ids=NAMESAKES)
@pytest.mark.parametrize("named", [[0], [1], [0, 1], [1, 0]], ids=str)
def test_an_export_put_back_byte_for_byte_changes_nothing_whatever_namesakes_there_are(api, alice, namesakes, named):
    known = [create_source(actor=alice, **fields) for fields in namesakes]
    article = report(alice, *(known[number] for number in named))
    before = api.get(path_of(article))
    written = Entry.objects.count()
    headers = {"if-match": before["ETag"]}
    back = api.generic("PUT", path_of(article), before.content, "application/json", headers=headers)
    assert (back.status_code, back.json(), Entry.objects.count()) == (200, before.json(), written)
    assert speakers(article) == [known[number].pk for number in named]


def test_what_a_source_is_part_of_may_have_a_namesake_too(api, alice, file):
    offices = [create_source(actor=alice, name="Press office", kind="organization") for _ in range(2)]
    officials = [create_source(actor=alice, part_of=office, **OFFICIAL) for office in reversed(offices)]
    article = report(alice, *officials, publisher=offices[0], url="https://b.example/1")
    written = Entry.objects.count()
    assert put(api, article, exported(api, article)).status_code == 200
    imported(file(exported(api, article)))
    imported(file(exported(api, article)), "--replace")
    assert Entry.objects.count() == written


def test_an_address_is_the_number_and_the_time_of_recording_and_stays_the_same(api, alice, minister):
    article = report(alice, minister)
    (source,) = exported(api, article)["sources"]
    created = api.get(f"/api/v1/sources/{minister.pk}/").json()["created_at"]
    assert (source["key"], source["id"]) == (f"source-{minister.pk}", f"{minister.pk}@{created}")
    assert ADDRESS.fullmatch(source["id"])
    instant = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    update_source(source_id=minister.pk, versions=None, actor=alice, name="The prime minister")
    assert exported(api, article)["sources"][0]["id"] == source["id"]
    past = api.get(path_of(article), {"as_of": instant}).json()["sources"]
    assert [each["id"] for each in past] == [source["id"]]


@pytest.mark.parametrize("name", ["Jane D.", "Jane Doe"], ids=["new", "its own alias"])
def test_an_edited_name_renames_the_source_at_that_address(api, alice, minister, name):
    create_source(actor=alice, name="Jane D.", kind="person")
    article = report(alice, minister)
    document = exported(api, article)
    document["sources"][0] |= {"name": name, "aliases": ["The minister"]}
    assert put(api, article, document).status_code == 200
    minister.refresh_from_db()
    assert (minister.name, minister.aliases, Source.objects.count()) == (name, ["The minister"], 2)
    assert speakers(article) == [minister.pk]


def test_an_address_of_another_service_names_no_source_of_the_same_number_here(alice, minister, file):
    theirs = {"key": "a", "id": of_another_service(minister.address), "name": "Somebody else", "kind": "person"}
    imported(file(document_of(theirs)))
    other = Source.objects.get(name="Somebody else")
    minister.refresh_from_db()
    assert (minister.name, minister.version, speakers(Article.objects.get())) == ("The minister", 1, [other.pk])
    written = Entry.objects.count()
    imported(file(document_of(theirs)))
    assert Entry.objects.count() == written


@pytest.mark.django_db(transaction=True)  # one transaction does not merge a source and change it besides
def test_a_merged_source_is_the_one_it_was_merged_into_which_stays_as_it_is(api, alice, minister):
    twin = create_source(actor=alice, name="Jane", kind="account", description="A second record.")
    article = report(alice, twin)
    document = exported(api, article)
    services.merge_source(source_id=twin.pk, versions=None, actor=alice, into=minister, reason="The same.")
    update_source(source_id=minister.pk, versions=None, actor=alice, aliases=[])
    written = Entry.objects.count()
    assert put(api, article, document).status_code == 200
    assert Entry.objects.count() == written
    document["sources"][0]["id"] = of_another_service(document["sources"][0]["id"])
    assert put(api, article, document).status_code == 200
    assert Source.objects.exclude(pk=minister.pk).get().name == "Jane"


def test_a_source_that_is_gone_is_matched_as_elsewhere(api, alice, minister):
    gone = create_source(actor=alice, **OFFICIAL)
    article = report(alice, gone)
    document = exported(api, article)
    assert put(api, article, document | {"statements": []}).status_code == 200
    delete_source(source_id=gone.pk, versions=None, actor=alice)
    other = create_source(actor=alice, **OFFICIAL)
    assert put(api, article, document).status_code == 200
    assert speakers(article) == [other.pk]


@pytest.fixture
def two(alice):
    ministry = create_source(actor=alice, name="The ministry", kind="organization")
    return [
        create_source(actor=alice, description="Called at noon.", part_of=ministry, **OFFICIAL),
        create_source(actor=alice, **OFFICIAL),
    ]


def test_where_several_fit_the_candidates_are_listed_with_the_addresses_to_write_into_the_document(
    api, alice, two, file
):
    article = report(alice)
    document = document_of({"key": "a", **OFFICIAL}, url=None)
    refused = put(api, article, document)
    addresses = ", ".join(source.address for source in two)
    detail = f"More than one source is 'a senior official'. Write one of their addresses as its id: {addresses}."
    assert (refused.status_code, refused.json()["errors"]) == (
        400,
        [{"pointer": "#/sources/0", "code": "ambiguous", "detail": detail}],
    )
    assert refused.json()["source_candidates"] == [
        {
            "pointer": "#/sources/0",
            "id": two[0].address,
            "url": f"/api/v1/sources/{two[0].pk}/",
            "name": "a senior official",
            "details": "person, anonymous, part of The ministry. Called at noon.",
        },
        {
            "pointer": "#/sources/0",
            "id": two[1].address,
            "url": f"/api/v1/sources/{two[1].pk}/",
            "name": "a senior official",
            "details": "person, anonymous",
        },
    ]
    for chosen in (refused.json()["source_candidates"][1]["id"], two[1].pk, str(two[1].pk)):
        document["sources"][0] |= {"id": chosen, "part_of": None}
        assert put(api, report(alice), document).status_code == 200
        assert speakers(Article.objects.latest("id")) == [two[1].pk]


def test_the_choice_holds_in_a_document_of_another_service_too(alice, two, file):
    theirs = {"key": "a", "id": of_another_service(two[0].address), **OFFICIAL}
    with pytest.raises(CommandError, match="More than one source is"):
        imported(file(document_of(theirs)))
    imported(file(document_of({**theirs, "id": two[1].pk})))
    assert speakers(Article.objects.get()) == [two[1].pk]


def test_the_command_and_the_import_page_show_the_candidates(alice, two, file):
    document = document_of({"key": "a", **OFFICIAL})
    with pytest.raises(CommandError) as refused:
        imported(file(document), "--dry-run")
    assert str(refused.value).splitlines()[2:] == [
        f"  {two[0].address} a senior official: person, anonymous, part of The ministry. Called at noon.",
        f"  {two[1].address} a senior official: person, anonymous",
    ]
    html = browser_of(alice).post("/import/", {"document": json.dumps(document, indent=1)}).content.decode()
    for source in two:
        assert f'<a href="/api/v1/sources/{source.pk}/"><bdi>a senior official</bdi></a>' in html
        assert f'<code>"id": "{source.address}"</code>' in html
    assert not Article.objects.exists()


def test_the_candidates_of_several_sources_are_told_apart_and_their_number_is_bounded(api, alice):
    for _ in range(30):
        create_source(actor=alice, **{**OFFICIAL, "description": "x" * 9000})
        create_source(actor=alice, name="a spokesman", kind="person")
    document = document_of({"key": "a", **OFFICIAL}, {"key": "b", "name": "a spokesman", "kind": "person"}, url=None)
    many = [{"key": f"c-{number}", "name": "a spokesman", "kind": "person"} for number in range(200)]
    article = report(alice)
    refused = put(api, article, document).json()
    pointers = [each["pointer"] for each in refused["source_candidates"]]
    assert pointers == ["#/sources/0"] * 20 + ["#/sources/1"] * 20
    assert refused["errors"][0]["detail"].endswith("and 10 more.")
    refused = put(api, article, document | {"sources": document["sources"] + many})
    assert (len(refused.json()["errors"]), len(refused.json()["source_candidates"])) == (100, 100)
    assert len(refused.content) < 120_000


def test_a_number_alone_counts_only_for_a_source_that_fits(api, alice, minister, two):
    article = report(alice)
    document = document_of({"key": "a", "id": minister.pk, **OFFICIAL}, url=None)
    written = Entry.objects.count()
    refused = put(api, article, document)
    detail = (
        f"Source {minister.pk} here is 'The minister'. If you mean that one, write its whole address: "
        f"{minister.address}."
    )
    assert (refused.status_code, refused.json()["errors"], Entry.objects.count()) == (
        400,
        [{"pointer": "#/sources/0/id", "code": "another_source", "detail": detail}],
        written,
    )
    other_kind = document_of({"key": "a", "id": minister.pk, "name": "The minister", "kind": "outlet"}, url=None)
    assert put(api, article, other_kind).status_code == 400
    for fields in ({"name": "Jane Doe", "kind": "person"}, {**OFFICIAL, "id": two[0].pk}):
        fitting = document_of({"key": "a", "id": minister.pk, **fields}, url=None)
        assert put(api, report(alice), fitting).status_code == 200
    update_source(source_id=minister.pk, versions=None, actor=alice, same_as=[LINK])
    by_link = document_of({"key": "a", "id": minister.pk, "name": "M.", "kind": "person", "same_as": [LINK]}, url=None)
    assert put(api, report(alice), by_link).status_code == 200
    minister.refresh_from_db()
    assert minister.name == "M."


@pytest.mark.parametrize(
    "wrong", [0, -1, True, 1.5, 10**18, "", "x", "63@", "63@yesterday", "063@2025-01-01T00:00:00.000000Z", [], {}]
)
def test_what_is_no_address_is_refused_at_its_pointer(api, article, wrong):
    refused = put(api, article, document_of({"key": "a", "id": wrong, **OFFICIAL}))
    assert (refused.status_code, [each["pointer"] for each in refused.json()["errors"]]) == (400, ["#/sources/0/id"])


@pytest.mark.parametrize("missing", [{}, {"id": None}, {"id": 999_999_999_999_999_999}])
def test_a_document_without_addresses_is_matched_by_name_as_before(api, alice, minister, missing):
    article = report(alice)
    assert (
        put(api, article, document_of({"key": "a", "name": "Jane Doe", "kind": "person"} | missing)).status_code == 200
    )
    assert (speakers(article), Source.objects.count()) == ([minister.pk], 1)


@pytest.mark.parametrize("options", [(), ("--replace",)])
def test_of_several_that_fit_the_one_that_the_article_has_is_meant_wherever_it_is(alice, two, file, options):
    article = report(alice, two[1], url="https://b.example/1")
    document = document_of({"key": "a", **OFFICIAL})
    document["statements"][0] |= {"key": "another", "text": SENTENCES[1]}
    imported(file(document), *options)
    assert set(speakers(article)) == {two[1].pk}
    assert article.statements.filter(key="another").exists()


def test_where_the_article_has_several_of_those_that_fit_all_are_listed(api, alice, two):
    third = create_source(actor=alice, **OFFICIAL)
    article = report(alice, *two)
    document = document_of({"key": "a", **OFFICIAL}, url=None)
    document["statements"].append({"key": "s-1", "text": SENTENCES[1], "source": "a"})
    refused = put(api, article, document)
    assert [each["id"] for each in refused.json()["source_candidates"]] == [each.address for each in (*two, third)]


def test_a_document_of_another_service_brings_its_namesakes_and_finds_them_again(api, alice, file):
    """Each in its place: as speaker, as relay, as the one who disputes, as publisher, and as what these are part of."""
    theirs = [
        {"key": key, "id": f"{number}@1999-12-31T23:59:59.999999Z", **OFFICIAL}
        for number, key in enumerate(["speaker", "office", "critic", "party", "publisher", "relay"], 1)
    ]
    theirs[0]["part_of"], theirs[2]["part_of"] = "office", "party"
    document = document_of(*theirs, publisher="publisher")
    document["statements"] = [{**document["statements"][0], "via": ["relay"]}]
    document["disputes"] = [{"key": "d", "statement": "s-0", "raised_by": "critic", "kind": "denial"}]
    imported(file(document))
    made = list(Source.objects.order_by("id").values_list("pk", "part_of"))
    ids = [pk for pk, _ in made]
    assert [part_of for _, part_of in made] == [ids[1], None, ids[3], None, None, None]
    written = Entry.objects.count()
    imported(file(document))
    imported(file(document), "--replace")
    without = document | {"sources": [{name: each[name] for name in each if name != "id"} for each in theirs]}
    imported(file(without))
    assert Entry.objects.count() == written


def test_without_addresses_one_name_twice_is_a_slip_and_with_them_it_is_two_sources(alice, file):
    twice = [{"key": "a", **OFFICIAL}, {"key": "b", **OFFICIAL}]
    with pytest.raises(CommandError, match="'a senior official' and another source of this document are one here"):
        imported(file(document_of(*twice)))
    assert not Source.objects.exists()
    addressed = [{**each, "id": f"{number}@1999-12-31T23:59:59.999999Z"} for number, each in enumerate(twice, 1)]
    imported(file(document_of(*addressed)))
    assert len(set(speakers(Article.objects.get()))) == 2


def test_beside_a_source_that_is_named_by_its_address_another_of_its_name_is_another_source(api, alice, two):
    article = report(alice, two[0])
    document = exported(api, article)
    document["sources"].append({"key": "second", **OFFICIAL})
    document["statements"].append({"key": "s-1", "text": SENTENCES[1], "source": "second"})
    assert put(api, article, document).status_code == 200
    assert speakers(article) == [two[0].pk, two[1].pk]  # the only other one that fits
    document["sources"].append({"key": "third", "id": two[1].address, **OFFICIAL})
    document["statements"].append({"key": "s-2", "text": SENTENCES[2], "source": "third"})
    document["statements"][1]["source"] = "second"
    assert put(api, article, document).status_code == 200
    (new,) = Source.objects.filter(kind="person").exclude(pk__in=[source.pk for source in two])
    assert speakers(article) == [two[0].pk, new.pk, two[1].pk]


def test_of_two_with_one_link_the_one_without_an_address_is_the_other_and_a_third_is_refused(api, alice):
    linked = {"name": "The minister", "kind": "person", "same_as": [LINK]}
    first, second = (create_source(actor=alice, **linked) for _ in range(2))
    items = [{"key": "a", "id": first.address, **linked}, {"key": "b", **linked}]
    article = report(alice)
    assert put(api, article, document_of(*items, url=None)).status_code == 200
    assert speakers(article) == [first.pk, second.pk]
    items[1]["id"] = second.address
    refused = put(api, article, document_of(*items, {"key": "c", **linked}, url=None))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "#/sources/2")
    assert Source.objects.count() == 2


def test_two_items_with_the_address_of_one_source_are_refused(api, alice, two):
    article = report(alice, *two)
    document = exported(api, article)
    last = len(document["sources"]) - 1
    document["sources"][last]["id"] = document["sources"][last - 1]["id"]
    refused = put(api, article, document)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, f"#/sources/{last}")


def test_many_addresses_take_as_many_queries_as_few(api, alice):
    def queries(size):
        own, into, merged, gone = ([create_source(actor=alice, **OFFICIAL) for _ in range(size)] for _ in range(4))
        addresses = [source.address for source in (*own, *merged, *gone)]
        for source, other in zip(merged, into, strict=True):
            services.merge_source(source_id=source.pk, versions=None, actor=alice, into=other, reason="The same.")
        for source in gone:
            delete_source(source_id=source.pk, versions=None, actor=alice)
        items = [{"key": f"k-{address.partition('@')[0]}", "id": address, **OFFICIAL} for address in addresses]
        for item in items[2 * size :]:
            item["name"] = item["key"]
        article = report(alice, own[0])
        with CaptureQueriesContext(connection) as captured:
            assert put(api, article, document_of(*items, url=None) | {"statements": []}).status_code == 200
        return len(captured)

    assert queries(12) == queries(2)


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize("to", ["draft", "published", "withdrawn", None])
def test_a_status_that_a_document_states_is_judged(api, alice, file, at, to):
    article = report(alice, url="https://b.example/1")
    for status in ("published", "withdrawn")[:at]:
        services.set_article_status(article_id=article.pk, versions=None, actor=alice, status=status, reason="Because.")
    now = ("draft", "published", "withdrawn")[at]
    document = document_of(**({} if to is None else {"status": to}))
    written = Entry.objects.count()
    answer = put(api, article, document)
    article.refresh_from_db()
    actions = list(Entry.objects.order_by("id")[written:].values_list("action", flat=True))
    allowed = {("draft", "published"), ("published", "withdrawn"), ("withdrawn", "published")}
    if to in (None, now):
        assert (answer.status_code, article.status, actions) == (200, now, [])
    elif (now, to) in allowed:
        assert (answer.status_code, article.status, actions) == (200, to, [f"article.{to}"])
        assert answer.json()["article"]["status"] == to
    else:
        assert (answer.status_code, article.status, actions) == (400, now, [])
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("#/article/status", "not_allowed")
        assert error["detail"].startswith(f"The article is {now} and cannot become {to}. Write {now} or ")


def test_a_new_article_is_a_draft_unless_the_document_says_published(alice, file):
    imported(file(document_of()))
    assert Article.objects.get().status == "draft"
    imported(file(document_of(url="https://b.example/2", status="published")))
    assert Article.objects.latest("id").status == "published"
    with pytest.raises(CommandError, match="#/article/status: The article is draft and cannot become withdrawn"):
        imported(file(document_of(url="https://b.example/3", status="withdrawn")))
    with pytest.raises(CommandError) as refused:
        imported(file(document_of(url="https://b.example/2", status="draft")))
    assert str(refused.value).splitlines()[1:] == [
        "#/article/status: The article is published and cannot become draft. "
        "Write published or withdrawn, or leave status out."
    ]
