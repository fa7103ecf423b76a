"""schema.org ClaimReview: the tag by name, no number, and nothing but what is published."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from claims import services
from claims.models import Article, Statement
from factcheck.journal.models import Entry
from sources.services import create_source

BASE = "http://testserver/api/v1/"
ASPECT = "Who stands behind the statement. This is not a verdict on whether it is true."
FEED = "/api/v1/feeds/claimreviews/"


def publish(article, alice):
    services.set_article_status(
        article_id=article.pk, versions=None, actor=alice, status="published", reason="It is ready."
    )


def iso(moment) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@pytest.fixture
def reviewed(alice, article, minister):
    """A tagged statement of a published article."""
    outlet = create_source(actor=alice, name="The Courier", kind="outlet", same_as=["https://courier.example/"])
    services.update_article(
        article_id=article.pk, versions=None, actor=alice, publisher=outlet, published_at="2026-01-28T21:00:00Z"
    )
    publish(article, alice)
    made = services.create_statement(
        article=article, actor=alice, source=minister, start=2, end=23, said_on="2026-01-27", paraphrase="She refused."
    )
    services.tag_statement(statement_id=made.pk, versions=None, actor=alice, tag="denied", reason="It is denied.")
    services.create_evidence(statement=made, actor=alice, stance="refutes", url="https://b.example/", title="A memo")
    return Statement.objects.get()


def test_a_claim_review_in_its_words(api, reviewed):
    answer = api.get(f"/api/v1/statements/{reviewed.pk}/claimreview/")
    assert answer["Content-Type"] == "application/ld+json"
    courier = {"@type": "NewsMediaOrganization", "name": "The Courier", "sameAs": ["https://courier.example/"]}
    assert answer.json() == {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "@id": f"{BASE}statements/{reviewed.pk}/claimreview/",
        "url": f"{BASE}statements/{reviewed.pk}/",
        "datePublished": iso(Entry.objects.get(action="statement.tagged").at),
        "dateModified": iso(reviewed.evidence.get().updated_at),
        "author": {**courier, "url": "https://news.example/"},
        "sdPublisher": {"@type": "Organization", "url": BASE},
        "claimReviewed": "She refused.",
        "reviewAspect": ASPECT,
        "reviewRating": {
            "@type": "Rating",
            "alternateName": "denied",
            "reviewAspect": ASPECT,
            "ratingExplanation": "It is denied.",
        },
        "itemReviewed": {
            "@type": "Claim",
            "text": "The minister said no.",
            "author": {"@type": "Person", "name": "The minister"},
            "datePublished": "2026-01-27",
            "appearance": {
                "@type": "NewsArticle",
                "url": "https://news.example/1",
                "headline": "A report",
                "inLanguage": "en",
                "datePublished": "2026-01-28T21:00:00Z",
                "publisher": courier,
            },
            "firstAppearance": {"@type": "NewsArticle", "url": "https://news.example/1"},
        },
        "citation": [{"@type": "CreativeWork", "url": "https://b.example/", "name": "A memo"}],
    }


@pytest.mark.parametrize("tag", ["asserted", "denied", "unverified"])
def test_no_tag_becomes_a_number_or_a_verdict(api, alice, reviewed, tag):
    services.tag_statement(statement_id=reviewed.pk, versions=None, actor=alice, tag=tag, reason="So it is.")
    review = api.get(f"/api/v1/statements/{reviewed.pk}/claimreview/").json()
    assert review["reviewRating"]["alternateName"] == tag
    text = json.dumps(review)
    for word in ("ratingValue", "bestRating", "worstRating", "alice"):
        assert word not in text


def test_it_was_published_with_the_first_tag_and_modified_by_the_last_act(api, alice, reviewed):
    address = f"/api/v1/statements/{reviewed.pk}/claimreview/"
    first = Entry.objects.get(action="statement.tagged").at
    services.tag_statement(statement_id=reviewed.pk, versions=None, actor=alice, tag="asserted", reason="It is said.")
    reviewed.refresh_from_db()
    review = api.get(address).json()
    assert (review["datePublished"], review["dateModified"]) == (iso(first), iso(reviewed.updated_at))
    assert reviewed.tagged_at > first


@pytest.mark.parametrize(
    ("paraphrase", "claim"),
    [
        ("", "The minister said no."),
        ("p" * 75, "p" * 75),
        ("p " * 38, "The minister said no."),
    ],
)
def test_the_claim_is_the_first_of_paraphrase_and_passage_that_is_short_enough(
    api, alice, reviewed, paraphrase, claim
):  # fmt: skip
    services.update_statement(statement_id=reviewed.pk, versions=None, actor=alice, paraphrase=paraphrase)
    assert api.get(f"/api/v1/statements/{reviewed.pk}/claimreview/").json()["claimReviewed"] == claim


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("It rains, " * 8, "It rains, " * 7 + "It…"),
        ("It rains " * 8 + "-- again", "It rains " * 7 + "It rains…"),
        ("\u96e8" * 76, "\u96e8" * 74 + "\u2026"),
        # What readers see as one character is whole or not there: a family, a flag, an accent, a Hindi syllable.
        ("x" * 72 + "\U0001f469\u200d\U0001f469\u200d\U0001f467 y", "x" * 72 + "\u2026"),
        ("x" * 73 + "\U0001f1e9\U0001f1ea.", "x" * 73 + "\u2026"),
        ("e\u0301" * 38, "e\u0301" * 37 + "\u2026"),
        ("x" + "e\u0301" * 38, "x" + "e\u0301" * 36 + "\u2026"),
        ("x" * 73 + "\u0915\u094d\u0937\u093f", "x" * 73 + "\u2026"),
        ("x" * 72 + "\r\n" + "y" * 9, "x" * 72 + "\r\n\u2026"),
    ],
)
def test_a_long_claim_says_by_an_ellipsis_that_it_goes_on(api, alice, text, claim):
    article = services.create_article(actor=alice, title="A report", text=text)
    publish(article, alice)
    made = services.create_statement(article=article, actor=alice, quote_type="narration", start=0, end=len(text))
    review = api.get(f"/api/v1/statements/{made.pk}/claimreview/").json()
    assert (review["claimReviewed"], review["itemReviewed"]["text"]) == (claim, text)


VIDEO, AUDIO = "VideoObject", "AudioObject"


@pytest.mark.parametrize(
    ("address", "part", "recording"),
    [
        ("https://m.example/\u00e9.mp4#t=9", "https://m.example/%C3%A9.mp4", VIDEO),
        ("https://m.example/a.MP3?from=feed", "https://m.example/a.MP3?from=feed", AUDIO),
        ("https://m.example/talk.webm", "https://m.example/talk.webm", None),
        ("https://mp4.example/watch?v=a.mp4", "https://mp4.example/watch?v=a.mp4", None),
    ],
)
def test_a_claim_that_is_spoken_first_appeared_in_a_part_of_the_recording(api, alice, address, part, recording):
    captions = "1\n00:00:01,000 --> 00:00:02,500\nIt rains.\n"
    sent = {"title": "A talk", "captions": captions, "media_url": address}
    made = api.post("/api/v1/articles/", sent).json()
    row = api.post(
        "/api/v1/statements/", {"article": made["id"], "text": "It rains.", "quote_type": "narration"}
    ).json()
    publish(Article.objects.get(), alice)
    review = api.get(f"/api/v1/statements/{row['id']}/claimreview/").json()
    claim = review["itemReviewed"]
    whole = {"@type": recording, "contentUrl": part} if recording else {"@type": "MediaObject", "url": part}
    assert claim["firstAppearance"] == {
        "@type": "Clip", "url": f"{part}#t=1,2.5", "startOffset": 1, "endOffset": 2.5, "isPartOf": whole,
    }  # fmt: skip
    assert claim["appearance"]["@type"] == "NewsArticle"
    assert review["associatedMediaReview"] == {
        "@type": "MediaReview",
        "url": review["url"],
        "author": {"@type": "Organization", "url": "http://testserver/api/v1/"},
        "datePublished": row["created_at"],
        "reviewAspect": "In which recording the statement is spoken, and when; not whether that is authentic.",
        "itemReviewed": {"@type": "MediaReviewItem", "mediaItemAppearance": [whole]},
    }
    assert "mediaAuthenticityCategory" not in json.dumps(review)  # nobody has judged the recording


def test_a_claim_that_is_not_spoken_in_a_recording_has_no_review_of_one(api, reviewed):
    assert "associatedMediaReview" not in api.get(f"/api/v1/statements/{reviewed.pk}/claimreview/").json()


def test_it_can_stand_in_a_script_element(api, alice, reviewed):
    services.update_statement(statement_id=reviewed.pk, versions=None, actor=alice, paraphrase="</script><b>")
    for address in (f"/api/v1/statements/{reviewed.pk}/claimreview/", FEED):
        answer = api.get(address)
        assert b"<" not in answer.content
        assert b'"claimReviewed":"\\u003c/script>\\u003cb>"' in answer.content
        assert answer.json()


def test_a_draft_a_withdrawn_article_and_an_edited_out_passage_have_no_review(api, alice, article, statement):
    address = f"/api/v1/statements/{statement.pk}/claimreview/"
    assert api.get(address).status_code == 404
    publish(article, alice)
    assert api.get(address).status_code == 200
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Nothing of it.")
    assert api.get(address).status_code == 404
    assert api.get(FEED).json()["dataFeedElement"] == []


@pytest.mark.parametrize(
    ("kind", "author"),
    [
        ("person", "Person"),
        ("organization", "Organization"),
        ("outlet", "NewsMediaOrganization"),
        ("document", "Thing"),
        ("account", "Thing"),
    ],
)
def test_the_author_of_the_claim_is_the_source(api, alice, article, kind, author):
    publish(article, alice)
    source = create_source(actor=alice, name="Somebody", kind=kind)
    made = services.create_statement(article=article, actor=alice, source=source, start=2, end=23)
    review = api.get(f"/api/v1/statements/{made.pk}/claimreview/").json()
    assert review["itemReviewed"]["author"] == {"@type": author, "name": "Somebody"}
    assert review["author"] == {"@type": "Organization", "url": BASE}
    assert "datePublished" not in review["itemReviewed"]


def test_the_feed_holds_every_published_statement_once_over_its_pages(api, alice, article, reviewed, settings):
    for start in range(4):
        services.create_statement(article=article, actor=alice, quote_type="narration", start=start, end=start + 5)
    draft = services.create_article(actor=alice, title="A draft", text="Not yet.")
    services.create_statement(article=draft, actor=alice, quote_type="narration", start=0, end=3)
    address, found = f"{FEED}?page_size=2", []
    while address:
        answer = api.get(address)
        feed = answer.json()
        assert (feed["@type"], feed["@context"][0]) == ("DataFeed", "https://schema.org")
        found += [element["item"]["@id"] for element in feed["dataFeedElement"]]
        address = feed["next"]
        assert (f'<{address}>; rel="next"' in answer.get("Link", "")) == bool(address)
    mine = Statement.objects.filter(article=article).order_by("-pk")
    assert found == [f"{BASE}statements/{row.pk}/claimreview/" for row in mine]
    settings.PUBLIC_READ = True
    stranger = APIClient().get(FEED)
    assert len(stranger.json()["dataFeedElement"]) == 5
    assert stranger["Cache-Control"] == "public, max-age=60, s-maxage=5, stale-while-revalidate=4"


def test_a_review_leads_to_the_public_pages_where_there_are_any(settings, alice, reviewed):
    settings.PUBLIC_READ, settings.PUBLIC_URL = True, "https://facts.example"
    services.update_article(article_id=reviewed.article_id, versions=None, actor=alice, url=None)
    review = APIClient().get(f"/api/v1/statements/{reviewed.pk}/claimreview/").json()
    assert review["@id"] == f"{BASE}statements/{reviewed.pk}/claimreview/"
    assert review["url"] == f"https://facts.example/statements/{reviewed.pk}-the-minister-said-no/"
    article = f"https://facts.example/articles/{reviewed.article_id}-a-report/"
    assert review["itemReviewed"]["appearance"]["url"] == article
    assert review["itemReviewed"]["firstAppearance"]["url"] == article
    assert review["author"]["url"] == "https://facts.example/"
    assert review["sdPublisher"] == {"@type": "Organization", "url": "https://facts.example/"}


def test_an_unknown_parameter_of_the_feed_is_refused(api):
    assert api.get(f"{FEED}?tag=denied").json()["errors"][0]["pointer"] == "?tag"


def test_a_review_of_what_has_nothing_but_its_text(api, alice):
    article = services.create_article(actor=alice, title="A report", text="It rains. It snows.", language="uk")
    publish(article, alice)
    made = services.create_statement(article=article, actor=alice, quote_type="narration", start=0, end=9)
    services.create_evidence(statement=made, actor=alice, stance="context", title="A call")
    services.create_evidence(statement=made, actor=alice, stance="context", url="https://b.example/\u00e9")
    first = made.evidence.earliest("pk")
    services.update_evidence(evidence_id=first.pk, versions=None, actor=alice, title="A later call")
    assert api.get(f"/api/v1/statements/{made.pk}/claimreview/").json() == {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "@id": f"{BASE}statements/{made.pk}/claimreview/",
        "url": f"{BASE}statements/{made.pk}/",
        "datePublished": iso(made.created_at),
        "dateModified": iso(made.evidence.latest("updated_at").updated_at),
        "author": {"@type": "Organization", "url": BASE},
        "sdPublisher": {"@type": "Organization", "url": BASE},
        "claimReviewed": "It rains.",
        "reviewAspect": ASPECT,
        "reviewRating": {"@type": "Rating", "alternateName": "unverified", "reviewAspect": ASPECT},
        "itemReviewed": {
            "@type": "Claim",
            "text": "It rains.",
            "appearance": {
                "@type": "NewsArticle",
                "url": f"{BASE}articles/{article.pk}/",
                "headline": "A report",
                "inLanguage": "uk",
            },
            "firstAppearance": {"@type": "NewsArticle", "url": f"{BASE}articles/{article.pk}/"},
        },
        "citation": [
            {"@type": "CreativeWork", "name": "A later call"},
            {"@type": "CreativeWork", "url": "https://b.example/%C3%A9"},
        ],
    }


def test_narration_is_claimed_by_the_publisher_on_the_day_of_the_article(api, alice, article, reviewed):
    made = services.create_statement(article=article, actor=alice, quote_type="narration", start=2, end=23)
    review = api.get(f"/api/v1/statements/{made.pk}/claimreview/").json()
    courier = {"@type": "NewsMediaOrganization", "name": "The Courier", "sameAs": ["https://courier.example/"]}
    assert review["author"] == {**courier, "url": "https://news.example/"}
    assert review["itemReviewed"]["author"] == courier
    assert review["itemReviewed"]["datePublished"] == "2026-01-28T21:00:00Z"
    assert "citation" not in review


def test_the_feed_in_its_words(api, alice, article, reviewed):
    services.create_statement(article=article, actor=alice, quote_type="narration", start=24, end=29)
    assert api.get(FEED).json()["next"] is None
    first = api.get(f"{FEED}?page_size=1").json()
    feed = api.get(first["next"]).json()
    review = api.get(f"/api/v1/statements/{reviewed.pk}/claimreview/").json()
    del review["@context"]
    relation = "https://www.iana.org/assignments/relation/"
    assert feed == {
        "@context": [
            "https://schema.org",
            {name: {"@id": f"{relation}{name}", "@type": "@id"} for name in ("next", "previous")},
        ],
        "@type": "DataFeed",
        "@id": first["next"],
        "name": "Statements in published articles, and who stands behind them",
        "next": None,
        "previous": feed["previous"],
        "dataFeedElement": [
            {
                "@type": "DataFeedItem",
                "dateCreated": iso(reviewed.created_at),
                "dateModified": iso(reviewed.evidence.get().updated_at),
                "item": review,
            }
        ],
    }
    assert api.get(feed["previous"]).json()["dataFeedElement"] == first["dataFeedElement"]


def test_a_feed_takes_the_same_queries_however_long_it_is_and_reads_no_texts(
    api, alice, article, reviewed, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as one:
        api.get(FEED)
    outlet = create_source(actor=alice, name="Another", kind="outlet")
    for n in range(4):
        another = services.create_article(actor=alice, title=f"Report {n}", text="It rains.", publisher=outlet)
        publish(another, alice)
        made = services.create_statement(article=another, actor=alice, source=outlet, start=0, end=9)
        services.create_evidence(statement=made, actor=alice, stance="context", title="A call")
    with django_assert_num_queries(len(one)):
        assert len(api.get(FEED).json()["dataFeedElement"]) == 5
    assert [query["sql"] for query in one if '"claims_article"."text"' in query["sql"]] == []
