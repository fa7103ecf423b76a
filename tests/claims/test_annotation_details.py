"""All that an annotation document says, to the letter: each field, each order, each refusal."""

from datetime import UTC, date, datetime

import pytest

from claims import services
from claims.annotations import import_document
from claims.annotations.errors import DocumentErrors
from claims.annotations.export import annotation_document, document_version
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.models import Article
from factcheck.errors import InvalidInput, Unprocessable
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source

pytestmark = pytest.mark.django_db
TEXT = "The talks failed, an aide told the Post. The talks failed. Nobody commented."
SAID = "The talks failed"


@pytest.fixture
def full(alice):
    """An article with every field set, and a row of each kind that has none."""
    group = create_source(actor=alice, name="The group", kind="organization")
    paper = create_source(actor=alice, name="The Post", kind="outlet", part_of=group)
    office = create_source(
        actor=alice,
        name="The office",
        kind="organization",
        description="Of it.",
        aliases=["It"],
        same_as=["https://o.example/"],
    )
    aide = create_source(actor=alice, name="an aide", kind="person", anonymous=True, part_of=office)
    radio = create_source(actor=alice, name="The radio", kind="outlet")
    envoy = create_source(actor=alice, name="The envoy", kind="person")
    create_source(actor=alice, name="Nobody", kind="person")
    article = services.create_article(
        actor=alice,
        title="The talks",
        url="https://news.example/talks",
        publisher=paper,
        byline="A. B.",
        language="en-GB",
        published_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
        text=TEXT,
    )
    later = services.create_statement(
        article=article, actor=alice, source=None, quote_type="narration", start=59, end=76, key="n"
    )
    first = services.create_statement(
        article=article,
        actor=alice,
        source=aide,
        via=[radio, paper],
        start=0,
        end=16,
        key="t",
        paraphrase="They failed.",
        quote_type="direct",
        said_on=date(2026, 3, 1),
        said_on_precision="month",
    )
    inner = services.create_statement(article=article, actor=alice, source=aide, start=0, end=9, key="i")
    services.tag_statement(
        statement_id=first.pk, versions=None, actor=alice, tag="denied", reason="The envoy was there."
    )
    services.create_evidence(
        actor=alice, statement=first, stance="supports", title="A memo", key="z",
        obtained_on=date(2026, 3, 4), obtained_how="visit",
    )  # fmt: skip
    services.create_evidence(
        actor=alice, statement=first, stance="refutes", url="https://e.example/", title="Minutes",
        excerpt="All agreed.", archived_url="https://a.example/", key="a",
    )  # fmt: skip
    other = services.create_article(actor=alice, title="Denied", url="https://b.example/1", text="Never.")
    counter = services.create_statement(article=other, actor=alice, source=radio, start=0, end=6, key="c")
    raised = {"actor": alice, "statement": first, "raised_by": envoy, "kind": "denial"}
    dispute = services.open_dispute(**raised, counter_statement=counter, key="y", scope="part", note="By phone.")
    services.resolve_dispute(dispute_id=dispute.pk, versions=None, actor=alice, state="upheld", reason="It is so.")
    services.open_dispute(**raised | {"kind": "correction"}, counter_statement=inner, key="b")
    return Article.objects.get(pk=article.pk), later


def names(document):
    """The document with the names of sources in place of their keys and addresses."""
    name_of = {source["key"]: source["name"] for source in document["sources"]}

    def named(value):
        if isinstance(value, list):
            return [named(each) for each in value]
        if isinstance(value, dict):
            return {key: named(each) for key, each in value.items() if key not in ("id", "version")}
        return name_of.get(value, value)

    return named(document)


def source_item(name, kind, part_of=None, **fields):
    plain = {"anonymous": False, "description": "", "aliases": [], "same_as": []}
    return {"key": name, "name": name, "kind": kind, "part_of": part_of, **plain, **fields}


def test_an_export_has_every_field_in_the_order_of_the_text_and_of_recording(full):
    article, _ = full
    document = annotation_document(article)
    assert [(item["key"], item["id"]) for item in document["sources"]] == [
        (f"source-{source.pk}", source.address) for source in Source.objects.exclude(name="Nobody").order_by("pk")
    ]
    assert names(document) == {
        "format": "factcheck-annotations/1",
        "article": {
            "title": "The talks",
            "url": "https://news.example/talks",
            "addresses": [],
            "publisher": "The Post",
            "byline": "A. B.",
            "language": "en-GB",
            "published_at": "2026-03-04T05:06:07+00:00",
            "status": "draft",
            "media_url": None,
            "text": TEXT,
            "cue_times": None,
        },
        "sources": [
            source_item("The group", "organization"),
            source_item("The Post", "outlet", "The group"),
            source_item("The office", "organization", description="Of it.", aliases=["It"], same_as=["https://o.example/"]),
            source_item("an aide", "person", "The office", anonymous=True),
            source_item("The radio", "outlet"),
            source_item("The envoy", "person"),
        ],
        "statements": [
            {
                "key": "t",
                "text": SAID,
                "start": 0,
                "prefix": "",
                "suffix": ", an aide told the Post. The tal",
                "paraphrase": "They failed.",
                "quote_type": "direct",
                "source": "an aide",
                "via": ["The radio", "The Post"],
                "said_on": "2026-03",
                "tag": "denied",
                "tag_reason": "The envoy was there.",
                "evidence": [
                    {
                        "key": "z",
                        "stance": "supports",
                        "url": None,
                        "title": "A memo",
                        "excerpt": "",
                        "archived_url": None,
                        "obtained_on": "2026-03-04",
                        "obtained_how": "visit",
                    },
                    {
                        "key": "a",
                        "stance": "refutes",
                        "url": "https://e.example/",
                        "title": "Minutes",
                        "excerpt": "All agreed.",
                        "archived_url": "https://a.example/",
                        "obtained_on": None,
                        "obtained_how": None,
                    },
                ],
            },
            plain_statement("i", "The talks", 0, "", " failed, an aide told the Post. ", "indirect", "an aide"),
            plain_statement("n", "Nobody commented.", 59, "old the Post. The talks failed. ", "", "narration", None),
        ],
        "disputes": [
            {
                "key": "y",
                "statement": "t",
                "raised_by": "The envoy",
                "counter_statement": "c",
                "counter_article": "https://b.example/1",
                "kind": "denial",
                "scope": "part",
                "note": "By phone.",
                "state": "upheld",
                "resolution": "It is so.",
            },
            {
                "key": "b",
                "statement": "t",
                "raised_by": "The envoy",
                "counter_statement": "i",
                "counter_article": None,
                "kind": "correction",
                "scope": "whole",
                "note": "",
                "state": "open",
                "resolution": "",
            },
        ],
    }  # fmt: skip


def plain_statement(key, text, start, prefix, suffix, quote_type, source):
    place = {"key": key, "text": text, "start": start, "prefix": prefix, "suffix": suffix}
    fields = {"paraphrase": "", "quote_type": quote_type, "source": source, "via": [], "said_on": None}
    return {**place, **fields, "tag": "unverified", "tag_reason": "", "evidence": []}


def test_an_export_of_an_article_alone_has_empty_fields(alice):
    article = services.create_article(actor=alice, title="A draft", text="")
    assert annotation_document(article) == {
        "format": "factcheck-annotations/1",
        "version": document_version(article)[0],
        "article": {
            "title": "A draft",
            "url": None,
            "addresses": [],
            "publisher": None,
            "byline": "",
            "language": "en",
            "published_at": None,
            "status": "draft",
            "media_url": None,
            "text": "",
            "cue_times": None,
        },
        "sources": [],
        "statements": [],
        "disputes": [],
    }


def test_an_export_that_is_imported_under_another_address_is_the_same_article_again(alice, full):
    article, _ = full
    given = annotation_document(article)
    given["article"]["url"] = "https://news.example/again"
    serializer = AnnotationDocumentSerializer(data=given)
    serializer.is_valid(raise_exception=True)
    again = import_document(document=serializer.validated_data, actor=alice)
    assert again.pk != article.pk
    assert {**annotation_document(again), "version": given["version"]} == given


# What is refused


def written(**members):
    """A document as somebody writes it by hand: one statement of one source, and one dispute."""
    return {
        "format": "factcheck-annotations/1",
        "article": {"title": "The talks", "text": TEXT},
        "sources": [
            {"key": "a", "name": "An aide", "kind": "person"},
            {"key": "b", "name": "The envoy", "kind": "person"},
        ],
        "statements": [{"key": "t", "text": "Nobody commented", "source": "a"}],
        "disputes": [{"key": "d", "statement": "t", "raised_by": "b", "kind": "denial"}],
        **members,
    }


def refusals(api, article, document):
    answer = api.put(f"/api/v1/articles/{article.pk}/annotations/", document, headers={"if-match": "*"})
    return answer.status_code, [(each["pointer"], each["code"], each["detail"]) for each in answer.json()["errors"]]


def item(place, **fields):
    return {place: [written()[place][0] | fields, *written()[place][1:]]}


RESOLVED = "A resolved dispute has a resolution, an open one has none."
UNKNOWN = "Nothing in this document has the key {!r}."
TWICE = "This key is used twice."
ADDRESS = "Give the address as an export writes it, or the number of a source."


@pytest.mark.parametrize(
    ("members", "pointer", "code", "detail"),
    [
        (item("statements", tag="denied"), "#/statements/0/tag_reason", "required", "A tag needs a reason."),
        (item("statements", via=["a", "b", "a"]), "#/statements/0/via/2", "duplicate", "This source is listed twice."),
        (item("statements", key="-"), "#/statements/0/key", "invalid", None),
        (item("statements", key="x" * 61), "#/statements/0/key", "max_length", None),
        (item("statements", evidence=[{"key": "e", "stance": "context"}]),
         "#/statements/0/evidence/0/title", "required", "Without an address, the title says what it is."),
        (item("statements", evidence=[{"key": "e", "stance": "context", "title": "x"}] * 2),
         "#/statements/0/evidence/1/key", "duplicate", TWICE),
        (item("disputes", state="upheld"), "#/disputes/0/resolution", "resolution", RESOLVED),
        (item("disputes", resolution="So."), "#/disputes/0/resolution", "resolution", RESOLVED),
        ({"sources": written()["sources"] * 2}, "#/sources/2/key", "duplicate", TWICE),
        ({"statements": written()["statements"] * 2}, "#/statements/1/key", "duplicate", TWICE),
        ({"disputes": written()["disputes"] * 2}, "#/disputes/1/key", "duplicate", TWICE),
        (item("sources", id="7@noon"), "#/sources/0/id", "invalid", ADDRESS),
        (item("sources", id=1.5), "#/sources/0/id", "invalid", ADDRESS),
        ({"article": {"title": "x", "text": TEXT, "publisher": "zz"}}, "#/article/publisher", "unknown_key",
         UNKNOWN.format("zz")),
        (item("sources", part_of="zz"), "#/sources/0/part_of", "unknown_key", UNKNOWN.format("zz")),
        (item("statements", source="t"), "#/statements/0/source", "unknown_key", UNKNOWN.format("t")),
        (item("statements", via=["a", "zz"]), "#/statements/0/via/1", "unknown_key",
         UNKNOWN.format("zz")),
        (item("disputes", statement="a"), "#/disputes/0/statement", "unknown_key", UNKNOWN.format("a")),
        (item("disputes", raised_by="t"), "#/disputes/0/raised_by", "unknown_key", UNKNOWN.format("t")),
        (item("disputes", counter_statement="zz"), "#/disputes/0/counter_statement", "unknown_key",
         "No statement of this document has the key 'zz', and not exactly one of another article. "
         "Import that article first."),
        ({"article": {"title": "x", "text": TEXT, "status": "withdrawn"}}, "#/article/status", "not_allowed",
         "The article is draft and cannot become withdrawn. Write draft or published, or leave status out."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_at_its_pointer_alone_and_nothing_is_written(
    api, article, members, pointer, code, detail
):
    entries = Entry.objects.count()
    status, errors = refusals(api, article, written(**members))
    assert (status, [each[:2] for each in errors]) == (400, [(pointer, code)])
    assert detail in (None, errors[0][2])
    assert Entry.objects.count() == entries


def test_the_faults_of_statements_and_disputes_are_told_together(api, article):
    document = written(**item("statements", text="No such words"), **item("disputes", counter_statement="zz"))
    document["disputes"].insert(0, {**document["disputes"][0], "key": "d-0", "statement": "zz"})
    document["statements"].append({"key": "u", "text": SAID, "source": "b"})
    status, errors = refusals(api, article, document)
    assert (status, [each[:2] for each in errors]) == (
        400,
        [
            ("#/disputes/0/statement", "unknown_key"),
            ("#/statements/0/text", "not_found"),
            ("#/statements/1/text", "ambiguous"),
            ("#/disputes/0/counter_statement", "unknown_key"),
            ("#/disputes/1/counter_statement", "unknown_key"),
        ],
    )


def test_two_items_that_are_one_source_are_refused_with_its_address_if_it_has_one(api, article, minister):
    for name, address in (("An aide", ""), ("The minister", f" {minister.address}.")):
        twice = written(sources=[{"key": key, "name": name, "kind": "person"} for key in "ab"])
        detail = f"{name!r} and another source of this document are one here. Make one item of the two.{address}"
        assert refusals(api, article, twice) == (400, [("#/sources/1", "ambiguous", detail)])


def refused_together(*refusals):
    errors = DocumentErrors()
    for pointer, refusal in refusals:
        with errors.collected_at(pointer):
            raise refusal
    with pytest.raises(InvalidInput) as refused:
        errors.raise_if_any()
    found = refused.value
    return type(found), found.detail, [(each.pointer, each.code, each.detail) for each in found.errors], found.members


def test_one_refusal_stays_what_it_is_with_its_pointer_before():
    DocumentErrors().raise_if_any()
    at = "#/statements/0"
    only = Unprocessable(
        "text: It is nowhere.", InvalidInput.field("text", "x", "It is nowhere.").errors, candidates=[1]
    )
    expected = [("#/statements/0/text", "x", "It is nowhere.")]
    assert refused_together((at, only)) == (Unprocessable, f"{at}: text: It is nowhere.", expected, {"candidates": [1]})
    assert refused_together((at, InvalidInput("No."))) == (InvalidInput, f"{at}: No.", [(at, "invalid", "No.")], {})


def test_several_refusals_are_one_unprocessable_only_if_all_are():
    no, never = Unprocessable("No.", candidates=[1]), InvalidInput("Never.")
    errors = [("#/a", "invalid", "No."), ("#/b", "invalid", "Never.")]
    assert refused_together(("#/a", no), ("#/b", never)) == (InvalidInput, "#/a: No.", errors, {})
    assert refused_together(("#/a", no), ("#/b", no))[::3] == (Unprocessable, {})


@pytest.mark.parametrize(("count", "more"), [(100, ""), (101, " There are 101 errors; the first 100 are listed.")])
def test_the_first_100_errors_and_candidates_are_listed(count, more):
    many = [(f"#/{number}", InvalidInput("No.", source_candidates=[number])) for number in range(count)]
    _, detail, errors, members = refused_together(*many)
    assert detail == f"#/0: No.{more}"
    assert [each[0] for each in errors] == [f"#/{number}" for number in range(100)]
    assert members == {"source_candidates": list(range(100))}


@pytest.mark.parametrize(("count", "more"), [(20, ""), (21, ", and 1 more"), (23, ", and 3 more")])
def test_of_an_item_the_first_20_candidates_are_listed(count, more):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    sources = [Source(pk=number, name="x", kind="person", created_at=at) for number in range(1, count + 1)]
    errors = DocumentErrors()
    errors.add_ambiguous("#/sources/0", "Which one?", sources)
    errors.add_ambiguous("#/sources/1", "Which one?", [], code="other")
    addresses = [source.address for source in sources[:20]]
    first, second = errors.refusals
    (error,) = first.errors
    assert (error.pointer, error.code) == ("#/sources/0", "ambiguous")
    assert error.detail == f"Which one? {', '.join(addresses)}{more}."
    assert [each["id"] for each in first.members["source_candidates"]] == addresses
    assert (second.errors[0].detail, second.errors[0].code) == ("Which one?", "other")


@pytest.mark.parametrize(("length", "shown"), [(492, "x" * 492), (493, "x" * 491 + "…")])
def test_the_details_of_a_candidate_are_cut_at_500_code_points(length, shown):
    source = Source(
        pk=1, name="A", kind="person", created_at=datetime(2026, 1, 1, tzinfo=UTC), description="x" * length
    )
    errors = DocumentErrors()
    errors.add_ambiguous("#/sources/0", "Which one?", [source])
    assert errors.refusals[0].members["source_candidates"] == [
        {
            "pointer": "#/sources/0",
            "id": source.address,
            "url": "/api/v1/sources/1/",
            "name": "A",
            "details": f"person. {shown}",
        }
    ]
