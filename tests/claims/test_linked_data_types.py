"""Linked data is what its components in openapi.yaml say, whatever a newsroom writes."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator

from claims import services
from claims.models import Article, Statement
from sources.services import create_source
from tests.schema_truth import document, validator

ROOT = Path(__file__).parents[2]
# The components that describe the same as `$defs` of docs/web-annotation.schema.json.
SAME = {
    "agent": "Agent", "annotation": "", "collection": "Collection", "dispute": "Dispute", "evidence": "Evidence",
    "named_evidence": "NamedEvidence", "page": "Page", "recording": "Recording", "tag": "Tag", "target": "Passage",
    "words": "Words",
}  # fmt: skip
CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.500\nIt rains.\n\n00:03.000 --> 00:04.000\nIt snows.\n"
FORMS = ("http://www.w3.org/ns/ldp#PreferMinimalContainer", "http://www.w3.org/ns/oa#PreferContainedIRIs")
HOSTILE = "\U0001f469\u200d\U0001f680 \u202e</script> \u05e9\u05dc\u05d5\u05dd. It rains. It snows."


def component(name: str) -> Draft202012Validator:
    """With no field but those it names."""
    return validator(json.dumps({"$ref": f"#/components/schemas/{name}"}))


def publish(article, alice):
    services.set_article_status(
        article_id=article.pk, versions=None, actor=alice, status="published", reason="It is ready."
    )


@pytest.fixture
def newsroom(api, alice):
    """The demo, an article with everything that is unusual, a recording, and an article without statements."""
    for seed in sorted((ROOT / "seeds").glob("*.json")):
        call_command("import_annotations", str(seed))
    address = "https://b\u00fccher.example/\u00e9 {}?q=%#\U0001f600"
    who = [
        create_source(actor=alice, name=f"\U0001f600 & Co {kind}", kind=kind, anonymous=kind == "person")
        for kind in ("person", "organization", "outlet", "document", "account")
    ]
    article = services.create_article(actor=alice, title="\u202e\U0001f600", text=HOSTILE, language="he", url=address)
    publish(article, alice)
    relayed = {"source": who[0].pk, "via": [row.pk for row in who[1:]], "said_on": "2026", "start": 0, "end": 5}
    made = api.post("/api/v1/statements/", {"article": article.pk, **relayed})
    rows = [
        services.create_statement(article=article, actor=alice, quote_type="narration", start=0, end=3),
        Statement.objects.get(pk=made.json()["id"]),
        *(services.create_statement(article=article, actor=alice, source=source, start=5, end=9) for source in who),
    ]
    for source, kind in zip(who, ("denial", "contradiction", "correction", "clarification"), strict=False):
        services.open_dispute(statement=rows[1], actor=alice, raised_by=source, kind=kind)
    services.create_evidence(statement=rows[1], actor=alice, stance="refutes", url=address)
    services.create_evidence(statement=rows[1], actor=alice, stance="context", title="\u202e a call")
    services.tag_statement(statement_id=rows[1].pk, versions=None, actor=alice, tag="denied", reason="\U0001f600")
    services.update_statement(
        statement_id=rows[1].pk, versions=None, actor=alice, paraphrase="\u05e9\u05dc\u05d5\u05dd"
    )
    recording = {"title": "A talk", "captions": CAPTIONS, "media_url": "https://a.example/\u00e9.mp4#t=1"}
    talk = api.post("/api/v1/articles/", recording).json()["id"]
    api.post("/api/v1/statements/", {"article": talk, "quote_type": "narration", "text": "It rains."})
    services.create_article(actor=alice, title="Empty", text="Nothing.")


@pytest.fixture
def answers(api, newsroom):
    """Of each component: every answer that there is."""
    found: dict[str, list] = {name: [] for name in ("", "Collection", "Page")}
    reviews = []
    for row in Statement.objects.order_by("pk"):
        found[""].append(api.get(f"/api/v1/statements/{row.pk}/webannotation/").json())
        review = api.get(f"/api/v1/statements/{row.pk}/claimreview/")
        reviews += [review.json()] if review.status_code == 200 else []
    for article in Article.objects.order_by("pk"):
        address = f"/api/v1/articles/{article.pk}/webannotations/"
        preferred = [{}, *({"Prefer": f'return=representation; include="{form}"'} for form in FORMS)]
        found["Collection"] += [api.get(address, headers=headers).json() for headers in preferred]
        found["Page"] += [api.get(f"{address}?{form}cursor=0-0").json() for form in ("", "iris=1&")]
    feed = api.get("/api/v1/feeds/claimreviews/?page_size=200").json()
    annotations = {f"WebAnnotation{name}": rows for name, rows in found.items()}
    return {**annotations, "ClaimReview": reviews, "ClaimReviewFeed": [feed]}


def test_every_answer_of_the_demo_and_of_a_hostile_newsroom_is_of_its_type(answers):
    annotations, collections = answers["WebAnnotation"], answers["WebAnnotationCollection"]
    assert [type(row["target"]) for row in annotations].count(list) == 1
    assert [row["total"] for row in collections].count(0) == 3
    for name, rows in answers.items():
        for row in rows:
            assert [fault.message for fault in component(name).iter_errors(row)] == [], name


SPOILED = {
    "WebAnnotation": [
        lambda row: row["body"][0].update(value="true"),
        lambda row: row["body"][0].update(verdict="true"),
        lambda row: row["body"].clear(),
        lambda row: row["target"]["selector"].pop(),
        lambda row: row["target"]["selector"][1].update(start=-1),
        lambda row: row["target"]["state"].update(sha256="0"),
        lambda row: row.update(said_by="Somebody"),
        lambda row: row["relayed_by"].append(None),
        lambda row: row.pop("created"),
    ],
    "WebAnnotationCollection": [
        lambda row: row.update(type="AnnotationPage"),
        lambda row: row["first"]["items"].append({}),
        lambda row: row.update(first=None),
        lambda row: row.pop("last"),
    ],
    "WebAnnotationPage": [
        lambda row: row.update(next=None),
        lambda row: row["partOf"].pop("total"),
        lambda row: row["items"].append(1),
    ],
    "ClaimReview": [
        lambda row: row["reviewRating"].update(ratingValue=1),
        lambda row: row["reviewRating"].update(alternateName="false"),
        lambda row: row["author"].update({"@type": "Robot"}),
        lambda row: row["itemReviewed"].pop("appearance"),
        lambda row: row["itemReviewed"].update(author=None),
        lambda row: row.update({"@context": "https://example.org"}),
        lambda row: row.update(citation=[]),
    ],
    "ClaimReviewFeed": [
        lambda row: row.pop("next"),
        lambda row: row["dataFeedElement"][0]["item"].pop("claimReviewed"),
    ],
}


def test_a_spoiled_answer_is_of_no_type(answers):
    assert SPOILED.keys() == answers.keys()
    for name, spoilers in SPOILED.items():
        for spoil in spoilers:
            row = json.loads(json.dumps(answers[name][0]))
            spoil(row)
            assert not component(name).is_valid(row), (name, row)


def test_all_linked_data_is_typed():
    named = set()
    for operations in document()["paths"].values():
        for operation in operations.values():
            content = operation["responses"].get("200", {}).get("content", {})
            if shape := content.get("application/ld+json", {}).get("schema"):
                assert content["application/json"]["schema"] == shape
                named |= {each["$ref"].rpartition("/")[2] for each in shape.get("oneOf", [shape])}
    assert named == SPOILED.keys()


def test_the_components_have_the_fields_of_the_schema_in_docs():
    written = json.loads((ROOT / "docs" / "web-annotation.schema.json").read_text())["$defs"]
    for name, rest in SAME.items():
        same = document()["components"]["schemas"][f"WebAnnotation{rest}"]
        assert same["properties"].keys() == written[name]["properties"].keys(), name
        assert set(same["required"]) == set(written[name]["required"]), name
