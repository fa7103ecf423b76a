"""schema.org ClaimReview. The tag is its rating's name, and there is no number: a tag is no verdict on truth."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from claims.exports.common import timestamp, uri
from claims.models import Article, Evidence, Statement
from sources.models import Source

MEDIA_TYPE = "application/ld+json"
CONTEXT = "https://schema.org"
# Relations of paging, which schema.org has no words for.
PAGED = [
    CONTEXT,
    {
        name: {"@id": f"https://www.iana.org/assignments/relation/{name}", "@type": "@id"}
        for name in ("next", "previous")
    },
]
ASPECT = "Who stands behind the statement. This is not a verdict on whether it is true."
# Who stands behind a document or an account is not for us to guess, and schema.org knows no such author.
TYPES = {"person": "Person", "organization": "Organization", "outlet": "NewsMediaOrganization"}
Json = dict[str, Any]


def for_reviews(statements: QuerySet[Statement]) -> QuerySet[Statement]:
    return (
        statements.select_related("source", "article__publisher")
        .defer("article__text")
        .prefetch_related(Prefetch("evidence", queryset=Evidence.objects.order_by("id")))
    )


def claim_review(statement: Statement, base: str) -> Json:
    return {"@context": CONTEXT, **_review(statement, base)}


def data_feed(
    statements: Iterable[Statement],
    base: str,
    *,
    address: str,
    following: str | None,
    previous: str | None,
) -> Json:
    return {
        "@context": PAGED,
        "@type": "DataFeed",
        "@id": address,
        "name": "Statements in published articles, and who stands behind them",
        "next": following,
        "previous": previous,
        "dataFeedElement": [
            {
                "@type": "DataFeedItem",
                "dateCreated": timestamp(statement.created_at),
                "dateModified": timestamp(statement.updated_at),
                "item": _review(statement, base),
            }
            for statement in statements
        ],
    }


def _review(statement: Statement, base: str) -> Json:
    article = statement.article
    address = f"{base}statements/{statement.pk}/"
    reviewed: datetime = statement.tagged_at or statement.created_at
    return _given(
        {
            "@type": "ClaimReview",
            "@id": f"{address}claimreview/",
            "url": address,
            "datePublished": timestamp(reviewed),
            "dateModified": timestamp(statement.updated_at),
            "author": _reviewer(article, base),
            "claimReviewed": statement.paraphrase or statement.text,
            "reviewAspect": ASPECT,
            "reviewRating": _given(
                {
                    "@type": "Rating",
                    "alternateName": statement.tag,
                    "reviewAspect": ASPECT,
                    "ratingExplanation": statement.tag_reason or None,
                }
            ),
            "itemReviewed": _claim(statement, article, base),
            "citation": [
                _given({"@type": "CreativeWork", "url": uri(row.url), "name": row.title or None})
                for row in statement.evidence.all()
            ]
            or None,
        }
    )


def _claim(statement: Statement, article: Article, base: str) -> Json:
    said = statement.said_on.isoformat() if statement.said_on else None
    published = timestamp(article.published_at) if article.published_at else None
    # Narration has no source: the article itself speaks.
    author = statement.source or article.publisher
    return _given(
        {
            "@type": "Claim",
            "text": statement.text,
            "author": _author(author) if author else None,
            "datePublished": said or published,
            "appearance": _given(
                {
                    "@type": "NewsArticle",
                    "url": uri(article.url) if article.url else f"{base}articles/{article.pk}/",
                    "headline": article.title,
                    "inLanguage": article.language,
                    "datePublished": published,
                    "publisher": _author(article.publisher) if article.publisher else None,
                }
            ),
        }
    )


def _author(source: Source) -> Json:
    found: Json = {"@type": TYPES.get(source.kind, "Thing"), "name": source.name}
    return {**found, "sameAs": [uri(address) for address in source.same_as]} if source.same_as else found


def _reviewer(article: Article, base: str) -> Json:
    """The newsroom: the publisher of the article, else whoever runs this service."""
    return _author(article.publisher) if article.publisher else {"@type": "Organization", "url": base}


def _given(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
