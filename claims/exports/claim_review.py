"""schema.org ClaimReview. The tag is the rating's name. There is no number, since a tag is no verdict on truth."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from claims.exports.common import timestamp
from claims.models import Article, Evidence, Statement
from factcheck.uris import uri
from sources.models import Source

MEDIA_TYPE = "application/ld+json"
CONTEXT = "https://schema.org"
# schema.org has no terms for the links between pages.
FEED_CONTEXT = [
    CONTEXT,
    {
        name: {"@id": f"https://www.iana.org/assignments/relation/{name}", "@type": "@id"}
        for name in ("next", "previous")
    },
]
ASPECT = "Who stands behind the statement. This is not a verdict on whether it is true."
# schema.org knows no document or account as an author, and who is behind it is not for us to guess: a Thing.
AUTHOR_TYPES = {"person": "Person", "organization": "Organization", "outlet": "NewsMediaOrganization"}
Json = dict[str, Any]


def with_related(statements: QuerySet[Statement]) -> QuerySet[Statement]:
    """With everything that a review shows."""
    return (
        statements.select_related("article")
        .defer("article__text")
        .prefetch_related(
            Prefetch("source", queryset=Source.objects.public()),
            Prefetch("article__publisher", queryset=Source.objects.public()),
            Prefetch("evidence", queryset=Evidence.objects.order_by("id")),
        )
    )


def claim_review(statement: Statement, base: str) -> Json:
    return {"@context": CONTEXT, **_review(statement, base)}


def data_feed(
    statements: Iterable[Statement],
    base: str,
    *,
    url: str,
    next_url: str | None,
    previous_url: str | None,
) -> Json:
    return {
        "@context": FEED_CONTEXT,
        "@type": "DataFeed",
        "@id": url,
        "name": "Statements in published articles, and who stands behind them",
        "next": next_url,
        "previous": previous_url,
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
    url = f"{base}statements/{statement.pk}/"
    reviewed: datetime = statement.tagged_at or statement.created_at
    return _without_nulls(
        {
            "@type": "ClaimReview",
            "@id": f"{url}claimreview/",
            "url": url,
            "datePublished": timestamp(reviewed),
            "dateModified": timestamp(statement.updated_at),
            "author": _reviewer(article, base),
            "claimReviewed": statement.paraphrase or statement.text,
            "reviewAspect": ASPECT,
            "reviewRating": _without_nulls(
                {
                    "@type": "Rating",
                    "alternateName": statement.tag,
                    "reviewAspect": ASPECT,
                    "ratingExplanation": statement.tag_reason or None,
                }
            ),
            "itemReviewed": _claim(statement, article, base),
            "citation": [_citation(row) for row in statement.evidence.all()] or None,
        }
    )


def _citation(evidence: Evidence) -> Json:
    url = uri(evidence.url) if evidence.url else None
    return _without_nulls({"@type": "CreativeWork", "url": url, "name": evidence.title or None})


def _claim(statement: Statement, article: Article, base: str) -> Json:
    published = timestamp(article.published_at) if article.published_at else None
    # Narration has no source: the article itself speaks, so its publisher is the author.
    author = statement.source or article.publisher
    return _without_nulls(
        {
            "@type": "Claim",
            "text": statement.text,
            "author": _author(author) if author else None,
            "datePublished": statement.date_said or published,
            "appearance": _without_nulls(
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
    author: Json = {"@type": AUTHOR_TYPES.get(source.kind, "Thing"), "name": source.name}
    addresses = [uri(url) for url in source.public_same_as]  # type: ignore[attr-defined]  # of SourceQuerySet.public
    return {**author, "sameAs": addresses} if addresses else author


def _reviewer(article: Article, base: str) -> Json:
    """The publisher of the article, or else the organization that runs this service."""
    return _author(article.publisher) if article.publisher else {"@type": "Organization", "url": base}


def _without_nulls(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
