"""schema.org ClaimReview. The tag is the rating's name. There is no number, since a tag is no verdict on truth."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

import regex
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from claims import media_fragments
from claims.exports.common import Base, timestamp
from claims.models import Article, Evidence, Statement
from claims.models.statement import TAGGED
from factcheck.journal.models import Entry
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
MEDIA_ASPECT = "In which recording the statement is spoken, and when; not whether that is authentic."
# schema.org knows no document or account as an author, and who is behind it is not for us to guess: a Thing.
AUTHOR_TYPES = {"person": "Person", "organization": "Organization", "outlet": "NewsMediaOrganization"}
MAX_CLAIM = 75  # code points of `claimReviewed`, which Google asks for
CLUSTER = regex.compile(r"\X")
# By the end of its address. Others, such as webm and ogg, may be either, or a page with a player.
RECORDINGS = {
    **dict.fromkeys(("m4v", "mov", "mp4", "ogv"), "VideoObject"),
    **dict.fromkeys(("aac", "flac", "m4a", "mp3", "oga", "opus", "wav"), "AudioObject"),
}
Json = dict[str, Any]


def with_related(statements: QuerySet[Statement]) -> QuerySet[Statement]:
    """With everything that a review shows."""
    return without_sources(statements).prefetch_related(
        Prefetch("source", queryset=Source.objects.public()),
        Prefetch("article__publisher", queryset=Source.objects.public()),
    )


def without_sources(statements: QuerySet[Statement], max_evidence: int | None = None) -> QuerySet[Statement]:
    """With everything but the speaker and the publisher: each needs the names that `SourceQuerySet.public` adds.

    `max_evidence`: of each statement.
    """
    tags = Entry.objects.filter(resource="statement", resource_id=OuterRef("pk"), action=TAGGED).order_by("version")
    return (
        statements.annotate(first_tagged_at=Subquery(tags.values("at")[:1]))
        .select_related("article")
        .defer("article__text")
        .prefetch_related(Prefetch("evidence", queryset=Evidence.objects.first_of_each(max_evidence).order_by("id")))
    )


def claim_review(statement: Statement, base: Base) -> Json:
    return {"@context": CONTEXT, **_review(statement, base)}


def claim_reviews(statements: Iterable[Statement], base: Base) -> Json:
    """Several on one page."""
    return {"@context": CONTEXT, "@graph": [_review(statement, base) for statement in statements]}


def data_feed(
    statements: Iterable[Statement],
    base: Base,
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
                "dateModified": _date_modified(statement),
                "item": _review(statement, base),
            }
            for statement in statements
        ],
    }


def _review(statement: Statement, base: Base) -> Json:
    article = statement.article
    first_tagged_at = statement.first_tagged_at  # type: ignore[attr-defined]  # of with_related
    return _without_nulls(
        {
            "@type": "ClaimReview",
            "@id": f"{base.api}statements/{statement.pk}/claimreview/",
            "url": base.statement_page(statement),
            "datePublished": timestamp(first_tagged_at or statement.created_at),
            "dateModified": _date_modified(statement),
            "author": _reviewer(article, base),
            "sdPublisher": {"@type": "Organization", "url": base.service},
            "claimReviewed": _claim_in_short(statement),
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
            "associatedMediaReview": _media_review(statement, article, base),
        }
    )


def _media_review(statement: Statement, article: Article, base: Base) -> Json | None:
    """Of the recording in which it is spoken. It has no `mediaAuthenticityCategory`, since nobody has judged that."""
    if (clip := _clip(statement, article)) is None:
        return None
    return {
        "@type": "MediaReview",
        "url": base.statement_page(statement),
        "author": _reviewer(article, base),
        "datePublished": timestamp(statement.created_at),
        "reviewAspect": MEDIA_ASPECT,
        "itemReviewed": {"@type": "MediaReviewItem", "mediaItemAppearance": [clip["isPartOf"]]},
    }


def _date_modified(statement: Statement) -> str:
    """Of the last act on the statement or its evidence."""
    return timestamp(max([statement.updated_at, *(row.updated_at for row in statement.evidence.all())]))


def _claim_in_short(statement: Statement) -> str:
    """The paraphrase, or else the passage: the first that is short enough, or else the beginning with an ellipsis."""
    texts = [text for text in (statement.paraphrase, statement.text) if text]
    return next((text for text in texts if len(text) <= MAX_CLAIM), None) or _beginning(texts[0])


def _beginning(text: str) -> str:
    ends = [cluster.end() for cluster in CLUSTER.finditer(text[:MAX_CLAIM])]
    begin = text[: max((end for end in ends if end < MAX_CLAIM), default=MAX_CLAIM - 1)]
    return f"{(begin.rpartition(' ')[0] or begin).rstrip(' ,;:')}…"


def _citation(evidence: Evidence) -> Json:
    url = uri(evidence.url) if evidence.url else None
    return _without_nulls({"@type": "CreativeWork", "url": url, "name": evidence.title or None})


def _claim(statement: Statement, article: Article, base: Base) -> Json:
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
                    "url": _article_url(article, base),
                    "headline": article.title,
                    "inLanguage": article.language,
                    "datePublished": published,
                    "publisher": _author(article.publisher) if article.publisher else None,
                }
            ),
            "firstAppearance": _first_appearance(statement, article, base),
        }
    )


def _article_url(article: Article, base: Base) -> str:
    return uri(article.url) if article.url else base.article_page(article)


def _first_appearance(statement: Statement, article: Article, base: Base) -> Json:
    """The first that is known here: where it is spoken in the article's recording, or else the article."""
    return _clip(statement, article) or {"@type": "NewsArticle", "url": _article_url(article, base)}


def _clip(statement: Statement, article: Article) -> Json | None:
    start, end = statement.media_start, statement.media_end
    if not article.media_url or start is None or end is None:
        return None
    recording = uri(article.media_url.partition("#")[0])
    return _without_nulls(
        {
            "@type": "Clip",
            "url": f"{recording}#{media_fragments.fragment(start, end)}",
            "startOffset": start,
            "endOffset": end if end > start else None,
            "isPartOf": _recording(recording),
        }
    )


def _recording(address: str) -> Json:
    kind = RECORDINGS.get(urlsplit(address).path.rpartition(".")[2].lower())
    return {"@type": kind, "contentUrl": address} if kind else {"@type": "MediaObject", "url": address}


def _author(source: Source) -> Json:
    author: Json = {"@type": AUTHOR_TYPES.get(source.kind, "Thing"), "name": source.name}
    addresses = [uri(url) for url in source.public_same_as]  # type: ignore[attr-defined]  # of SourceQuerySet.public
    return {**author, "sameAs": addresses} if addresses else author


def _reviewer(article: Article, base: Base) -> Json:
    """The publisher of the article, or else the organization that runs this service."""
    if not article.publisher:
        return {"@type": "Organization", "url": base.service}
    return {**_author(article.publisher), "url": urljoin(uri(article.url), "/") if article.url else base.service}


def _without_nulls(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
