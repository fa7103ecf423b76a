"""W3C Web Annotation: the words, and that the W3C's own assertions hold."""

import importlib.util
import json
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator, FormatChecker

from claims import services
from claims.exports.web_annotation import CONTEXT, MEDIA_TYPE, TERMS
from claims.models import Article, ArticleRevision, Statement
from factcheck.uris import uri
from sources.services import create_source
from tests.newsroom import TEXT

ROOT = Path(__file__).parents[2]
SUITE = Path(__file__).parents[3] / "shared" / "conformance" / "web_annotation.py"
BASE = "http://testserver/api/v1/"
MUSTS = {"annotation": 54, "collection": 10, "page": 15}


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    written = json.loads((ROOT / "docs" / "web-annotation.schema.json").read_text())
    Draft202012Validator.check_schema(written)
    return Draft202012Validator(written, format_checker=FormatChecker())


@pytest.fixture
def documents(api):
    """Every annotation of every seed, and the collection with all its pages, by kind."""
    found: dict[str, list] = {"annotation": [], "collection": [], "page": []}
    for seed in sorted((ROOT / "seeds").glob("*.json")):
        call_command("import_annotations", str(seed))
    for row in Statement.objects.all():
        found["annotation"].append(api.get(f"/api/v1/statements/{row.pk}/webannotation/").json())
    for article in Article.objects.all():
        collection = api.get(f"/api/v1/articles/{article.pk}/webannotations/?page_size=5").json()
        found["collection"].append(collection)
        prefer = {"Prefer": 'return=representation; include="http://www.w3.org/ns/oa#PreferContainedIRIs"'}
        found["collection"].append(api.get(collection["id"], headers=prefer).json())
        following = collection["first"]["id"]
        while following:
            found["page"].append(api.get(following).json())
            following = found["page"][-1].get("next")
    return found


def test_an_annotation_in_its_words(api, statement, minister, alice):
    services.tag_statement(
        statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="The ministry denies it."
    )
    services.update_statement(
        statement_id=statement.pk, versions=None, actor=alice, paraphrase="The minister refused.", via=[minister]
    )
    services.create_evidence(statement=statement, actor=alice, stance="refutes", url="https://b.example/\u00e9?q=%")
    dispute = services.open_dispute(statement=statement, actor=alice, raised_by=minister, kind="denial")
    answer = api.get(f"/api/v1/statements/{statement.pk}/webannotation/")
    assert answer["Content-Type"] == MEDIA_TYPE
    revision = ArticleRevision.objects.get()
    statement.refresh_from_db()
    who = {"name": "The minister", "kind": "person", "anonymous": False}
    assert answer.json() == {
        "@context": [CONTEXT, TERMS],
        "id": f"{BASE}statements/{statement.pk}/webannotation/",
        "type": "Annotation",
        "motivation": "assessing",
        "created": statement.created_at.isoformat().replace("+00:00", "Z"),
        "modified": statement.updated_at.isoformat().replace("+00:00", "Z"),
        "generator": {"id": BASE, "type": "Software", "name": "Factcheck"},
        "canonical": f"{BASE}statements/{statement.pk}/",
        "said_by": who,
        "relayed_by": [who],
        "body": [
            {"type": "TextualBody", "purpose": "assessing", "format": "text/plain", "value": "denied"},
            {
                "type": "TextualBody",
                "purpose": "commenting",
                "format": "text/plain",
                "value": "The ministry denies it.",
            },
            {"type": "TextualBody", "purpose": "describing", "format": "text/plain", "value": "The minister refused."},
            {
                "type": "SpecificResource",
                "purpose": "linking",
                "source": "https://b.example/%C3%A9?q=%25",
                "stance": "refutes",
            },
            {
                "type": "SpecificResource",
                "purpose": "linking",
                "source": f"{BASE}disputes/{dispute.pk}/",
                "dispute": "denial",
                "dispute_state": "open",
                "raised_by": who,
            },
        ],
        "target": {
            "type": "SpecificResource",
            "source": "https://news.example/1",
            "state": {
                "type": "TimeState",
                "sourceDate": revision.created_at.isoformat().replace("+00:00", "Z"),
                "cached": f"{BASE}articles/{statement.article_id}/",
                "revision": 1,
                "sha256": revision.sha256,
            },
            "selector": [
                {
                    "type": "TextQuoteSelector",
                    "exact": "The minister said no.",
                    "prefix": "\U0001f600 ",
                    "suffix": TEXT[23:55],
                },
                {"type": "TextPositionSelector", "start": 2, "end": 23},
            ],
        },
    }


@pytest.mark.parametrize("end", ["\n", "\n\n", "\r\n", "\u2028", "\u2029", "\x85", " \n\t\n "])
def test_the_context_ends_where_the_paragraph_does(api, alice, end):
    """A page has no line ends between its paragraphs, or others."""
    text = f"It rains.{end}The sun, he said, shines.{end}It snows."
    article = services.create_article(actor=alice, title="A report", text=text)
    for passage in ("the sun", "he said", "shines."):
        start = text.lower().index(passage)
        services.create_statement(
            article=article, actor=alice, quote_type="narration", start=start, end=start + len(passage)
        )
    found = api.get(f"/api/v1/articles/{article.pk}/webannotations/").json()["first"]["items"]
    quotes = [item["target"]["selector"][0] for item in found]
    around = [(quote["prefix"].strip(), quote["exact"], quote["suffix"].strip()) for quote in quotes]
    assert around == [
        ("", "The sun", ", he said, shines."),
        ("The sun,", "he said", ", shines."),
        ("The sun, he said,", "shines.", ""),
    ]
    assert [quote[name] for quote in quotes for name in ("prefix", "suffix") if end.strip(" ") in quote[name]] == []


def test_no_term_of_the_model_has_another_meaning(api, statement):
    """`name` is FOAF's, for our sources too."""
    row = api.get(f"/api/v1/statements/{statement.pk}/webannotation/").json()
    assert row["@context"] == [
        "http://www.w3.org/ns/anno.jsonld",
        {
            "fc": "urn:factcheck:terms:",
            "said_by": "fc:said_by",
            "relayed_by": {"@id": "fc:relayed_by", "@container": "@list"},
            "raised_by": "fc:raised_by",
            "kind": "fc:kind",
            "anonymous": "fc:anonymous",
            "stance": "fc:stance",
            "dispute": "fc:dispute",
            "revision": "fc:revision",
            "sha256": "fc:sha256",
            "dispute_state": "fc:dispute_state",
        },
    ]


def test_one_that_was_edited_out_leads_to_the_revision_it_stands_in(api, alice, statement):
    services.update_article(article_id=statement.article_id, versions=None, actor=alice, text="Nothing of it.")
    target = api.get(f"/api/v1/statements/{statement.pk}/webannotation/").json()["target"]
    assert target["state"]["cached"] == f"{BASE}articles/{statement.article_id}/revisions/1/"
    assert api.get(target["state"]["cached"]).json()["text"][2:23] == target["selector"][0]["exact"]


def test_every_answer_fits_our_schema_and_a_wrong_tag_does_not(schema, documents):
    for document in [row for rows in documents.values() for row in rows]:
        assert [fault.message for fault in schema.iter_errors(document)] == []
    documents["annotation"][0]["body"][0]["value"] = "true"
    assert not schema.is_valid(documents["annotation"][0])


def test_every_must_of_the_w3c_suite_holds(documents):
    if not SUITE.exists():
        pytest.skip("The W3C's suite is not beside this checkout (../shared); our own schema is tested above.")
    pytest.importorskip("rfc3987", reason="without it the suite judges no URI")
    spec = importlib.util.spec_from_file_location("suite", SUITE)
    suite = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(suite)
    registry = suite.definitions()
    documents["page"] += documents["collection"]  # the suite takes a collection for the page that it embeds
    for kind, rows in documents.items():
        assertions = json.loads((suite.ROOT / suite.MANIFESTS[kind]).read_text())["assertions"]
        assert rows
        for row in rows:
            results: list[tuple[str, bool]] = []
            suite.run(assertions, row, registry, results)
            assert [name for name, good in results if not good] == []
            assert len(results) == MUSTS[kind]


def test_the_pages_hold_every_statement_once_in_the_order_of_the_text_and_lead_back(api, article, alice):
    for start in (20, 2, 8, 2, 30):
        services.create_statement(article=article, actor=alice, quote_type="narration", start=start, end=start + 3)
    address = f"/api/v1/articles/{article.pk}/webannotations/"
    collection = api.get(f"{address}?page_size=2").json()
    assert (collection["total"], collection["label"]) == (5, "A report")
    pages = [collection["first"]]
    while "next" in pages[-1]:
        pages.append(api.get(pages[-1]["next"]).json())
    starts = [[item["target"]["selector"][1]["start"] for item in page["items"]] for page in pages]
    assert starts == [[2, 2], [8, 20], [30]]
    assert [page["startIndex"] for page in pages] == [0, 2, 4]
    assert collection["last"] == pages[-1]["id"]
    assert [later["prev"] == earlier["id"] for earlier, later in pairwise(pages)] == [True, True]
    assert {page["partOf"]["id"] for page in pages} == {collection["id"]} == {f"http://testserver{address}"}


def test_an_article_without_statements_is_an_empty_collection(api, article):
    address = f"{BASE}articles/{article.pk}/webannotations/"
    collection = {"id": address, "type": "AnnotationCollection", "label": "A report", "total": 0}
    page = f"{address}?cursor=0-0"
    assert api.get(address).json() == {
        "@context": [CONTEXT, TERMS],
        **collection,
        "first": {"id": page, "type": "AnnotationPage", "partOf": collection, "startIndex": 0, "items": []},
        "last": page,
    }


def test_a_foreign_cursor_is_refused(api, article):
    answer = api.get(f"/api/v1/articles/{article.pk}/webannotations/?cursor=x")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "?cursor")


def test_a_page_costs_as_many_queries_however_many_statements_it_has(
    api, article, alice, minister, django_assert_max_num_queries
):
    row = {"article": article, "start": 2, "end": 23, "source": minister, "via": [minister]}
    services.create_statements(actor=alice, rows=[row] * 40)
    with django_assert_max_num_queries(16):
        assert len(api.get(f"/api/v1/articles/{article.pk}/webannotations/").json()["first"]["items"]) == 40


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", MEDIA_TYPE),
        ("application/ld+json", MEDIA_TYPE),
        (MEDIA_TYPE, MEDIA_TYPE),
        ("application/json", "application/json"),
        ("text/html", "text/html; charset=utf-8"),
    ],
)
def test_what_the_caller_accepts_is_answered(api, statement, accept, content_type):
    answer = api.get(f"/api/v1/statements/{statement.pk}/webannotation/", headers={"accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    missing = api.get("/api/v1/statements/999999/webannotation/", headers={"accept": "application/ld+json"})
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("address", "as_uri"),
    [
        ("https://a.example/b", "https://a.example/b"),
        ("https://a.example/%41?x=1&y=[2]#z", "https://a.example/%41?x=1&y=%5B2%5D#z"),
        ("https://b\u00fccher.example/\u00e9 {}", "https://xn--bcher-kva.example/%C3%A9%20%7B%7D"),
        ("https://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444:8443/", "https://xn--e1afmkfd.xn--p1ai:8443/"),
        ("https://a_b.b\u00fccher.example\u3002", "https://a_b.xn--bcher-kva.example."),
        ("https://j\u00f6@I\u2764.example/", "https://j%C3%B6@xn--i-7iq.example/"),
        ("https://a.example/100%?q=%zz#a#b", "https://a.example/100%25?q=%25zz#a%23b"),
        ("https://a.example/%XF%4%c3%Bc", "https://a.example/%25XF%254%c3%Bc"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
    ],
)
def test_any_address_becomes_a_uri(address, as_uri):
    assert uri(address) == as_uri
    assert FormatChecker().conforms(as_uri, "uri")


def test_an_annotation_of_what_has_nothing_but_its_text(api, alice):
    article = services.create_article(actor=alice, title="A report", text="It rains. It snows.")
    made = services.create_statement(article=article, actor=alice, quote_type="narration", start=0, end=9)
    row = api.get(f"/api/v1/statements/{made.pk}/webannotation/").json()
    assert (row["said_by"], row["relayed_by"]) == (None, [])
    assert row["body"] == [
        {"type": "TextualBody", "purpose": "assessing", "format": "text/plain", "value": "unverified"}
    ]
    assert row["target"]["source"] == f"{BASE}articles/{article.pk}/"


def test_evidence_and_disputes_come_in_the_order_in_which_they_were_added(api, alice, statement, minister):
    for title in ("A call", "A visit"):
        services.create_evidence(statement=statement, actor=alice, stance="context", title=title)
    for kind in ("denial", "clarification"):
        raiser = create_source(actor=alice, name=f"Of the {kind}", kind="organization", anonymous=True)
        services.open_dispute(statement=statement, actor=alice, raised_by=raiser, kind=kind)
    first, dispute = statement.evidence.earliest("pk"), statement.disputes.earliest("pk")
    services.update_evidence(evidence_id=first.pk, versions=None, actor=alice, title="A later call")
    services.resolve_dispute(dispute_id=dispute.pk, versions=None, actor=alice, state="upheld", reason="It is so.")
    body = api.get(f"/api/v1/statements/{statement.pk}/webannotation/").json()["body"]
    said = {"type": "TextualBody", "purpose": "commenting", "format": "text/plain", "stance": "context"}
    assert body[1:3] == [said | {"value": "A later call"}, said | {"value": "A visit"}]
    assert [(row["source"], row["dispute"], row["dispute_state"], row["raised_by"]) for row in body[3:]] == [
        (
            f"{BASE}disputes/{dispute.pk + n}/",
            kind,
            state,
            {"name": f"Of the {kind}", "kind": "organization", "anonymous": True},
        )
        for n, (kind, state) in enumerate([("denial", "upheld"), ("clarification", "open")])
    ]


def test_a_page_in_its_words(api, alice, article):
    for start in (2, 8, 20):
        services.create_statement(article=article, actor=alice, quote_type="narration", start=start, end=start + 3)
    address = f"http://testserver/api/v1/articles/{article.pk}/webannotations/"
    collection = {"id": address, "type": "AnnotationCollection", "label": "A report", "total": 3}
    whole = api.get(f"{address}?page_size=1").json()
    first, middle, last = (api.get(whole["first"]["id"]).json(), None, api.get(whole["last"]).json())
    middle = api.get(first["next"]).json()
    context = [CONTEXT, TERMS]
    for number, page in enumerate((first, middle, last)):
        links = {"next": [middle, last, None][number], "prev": [None, first, middle][number]}
        item = api.get(page["items"][0]["id"]).json()
        assert item.pop("@context") == context
        assert page == {
            "@context": context,
            "id": page["id"],
            "type": "AnnotationPage",
            "partOf": collection,
            "startIndex": number,
            **{name: other["id"] for name, other in links.items() if other},
            "items": [item],
        }
    del first["@context"]
    assert whole == {"@context": context, **collection, "first": first, "last": last["id"]}


def test_no_text_of_a_revision_is_read_for_a_page(api, alice, statement):
    with CaptureQueriesContext(connection) as queries:
        api.get(f"/api/v1/articles/{statement.article_id}/webannotations/")
    assert [query["sql"] for query in queries if '"claims_articlerevision"."text"' in query["sql"]] == []
