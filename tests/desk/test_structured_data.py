"""What a reader of structured data finds on the public page of a statement: the ClaimReview, whole and once."""

import extruct
import pytest
from rest_framework.test import APIClient

from claims import services
from claims.models import Article, Statement

CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.500\nThe </script> falls, he said.\n"


@pytest.fixture
def statement(api, alice, settings):
    settings.PUBLIC_READ, settings.PUBLIC_URL = True, "https://facts.example"
    made = api.post(
        "/api/v1/articles/", {"title": "A talk", "captions": CAPTIONS, "media_url": "https://m.example/talk.mp4"}
    ).json()
    api.post("/api/v1/statements/", {"article": made["id"], "text": "</script> falls", "quote_type": "narration"})
    services.set_article_status(
        article_id=made["id"], versions=None, actor=alice, status="published", reason="It is ready."
    )
    row = Statement.objects.get()
    services.tag_statement(statement_id=row.pk, versions=None, actor=alice, tag="denied", reason="<!-- It is denied.")
    return row


def test_extruct_reads_the_claim_review_from_the_public_page(statement):
    reader = APIClient()
    page = reader.get(f"/statements/{statement.pk}/", follow=True, headers={"accept": "text/html"})
    assert page.status_code == 200
    (data,) = extruct.extract(page.content.decode(), syntaxes=["json-ld"], errors="strict")["json-ld"]
    (found,) = data["@graph"]
    answer = reader.get(f"/api/v1/statements/{statement.pk}/claimreview/").json()
    assert answer == {"@context": data["@context"], **found}
    article = Article.objects.get()
    assert found["reviewRating"] == {
        "@type": "Rating",
        "alternateName": "denied",
        "reviewAspect": "Who stands behind the statement. This is not a verdict on whether it is true.",
        "ratingExplanation": "<!-- It is denied.",
    }
    assert found["url"] == f"https://facts.example/statements/{statement.pk}-script-falls/"
    assert found["itemReviewed"]["text"] == "</script> falls"
    assert found["itemReviewed"]["appearance"]["url"] == f"https://facts.example/articles/{article.pk}-a-talk/"
    assert found["itemReviewed"]["firstAppearance"] == {
        "@type": "Clip",
        "url": "https://m.example/talk.mp4#t=1,2.5",
        "startOffset": 1,
        "endOffset": 2.5,
        "isPartOf": {"@type": "VideoObject", "contentUrl": "https://m.example/talk.mp4"},
    }
