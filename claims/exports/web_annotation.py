"""W3C Web Annotation: https://www.w3.org/TR/annotation-model/. Its JSON Schema: docs/web-annotation.schema.json.

`base` is the API's URL, such as https://desk.example/api/v1/.
"""

import re
from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet

from claims import media_fragments
from claims.exports.common import timestamp
from claims.models import Article, ArticleRevision, Dispute, Evidence, Statement
from factcheck.uris import uri
from sources.models import Source

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
MEDIA_TYPE = f'application/ld+json; profile="{CONTEXT}"'
# What the model has no terms for. None may be a term of the context above, as `name`, `source` and `via` are.
TERMS: dict[str, Any] = {
    "fc": "urn:factcheck:terms:",
    "said_by": "fc:said_by",
    "relayed_by": {"@id": "fc:relayed_by", "@container": "@list"},
    "raised_by": "fc:raised_by",
    **{name: f"fc:{name}" for name in ("kind", "anonymous", "stance", "dispute", "revision", "sha256")},
    "dispute_state": "fc:dispute_state",
}
# Where HTML may end a paragraph: nothing stands there in the text of a page, or other white space.
LINE_END = re.compile(r"[\n\r\x0b\x0c\x85\u2028\u2029]")
Json = dict[str, Any]


def with_related(statements: QuerySet[Statement]) -> QuerySet[Statement]:
    """With everything that an annotation shows except the revisions."""
    return statements.select_related("source", "article").prefetch_related(
        "via_rows__source",
        Prefetch("evidence", queryset=Evidence.objects.order_by("id")),
        Prefetch("disputes", queryset=Dispute.objects.select_related("raised_by").order_by("id")),
    )


def with_context(document: Json) -> Json:
    return {"@context": [CONTEXT, TERMS], **document}


def annotation(statement: Statement, base: str) -> Json:
    return with_context(annotations([statement], base)[0])


def collection_url(article: Article, base: str) -> str:
    return f"{base}articles/{article.pk}/webannotations/"


def collection(article: Article, url: str, total: int) -> Json:
    """Without its pages."""
    return {"id": url, "type": "AnnotationCollection", "label": article.title, "total": total}


def addresses(statements: Sequence[Statement], base: str) -> list[str]:
    return [_address(statement, base) for statement in statements]


def _address(statement: Statement, base: str) -> str:
    return f"{base}statements/{statement.pk}/webannotation/"


def annotations(statements: Sequence[Statement], base: str) -> list[Json]:
    pinned = {(statement.article_id, statement.revision) for statement in statements}
    revisions = {
        (row.article_id, row.number): row
        for row in ArticleRevision.objects.filter(
            article__in={article for article, _ in pinned}, number__in={number for _, number in pinned}
        ).defer("text")
    }
    return [_annotation(row, revisions[row.article_id, row.revision], base) for row in statements]


def _annotation(statement: Statement, revision: ArticleRevision, base: str) -> Json:
    return {
        "id": _address(statement, base),
        "type": "Annotation",
        "motivation": "assessing",
        "created": timestamp(statement.created_at),
        "modified": timestamp(statement.updated_at),
        "generator": {"id": base, "type": "Software", "name": "Factcheck"},
        "canonical": f"{base}statements/{statement.pk}/",
        "said_by": _agent(statement.source) if statement.source else None,
        "relayed_by": [_agent(source) for source in statement.via],
        "body": _bodies(statement, base),
        "target": _targets(statement, revision, base),
    }


def _agent(source: Source) -> Json:
    return {"name": source.name, "kind": source.kind, "anonymous": source.anonymous}


def _bodies(statement: Statement, base: str) -> list[Json]:
    bodies = [_text("assessing", statement.tag)]
    if statement.tag_reason:
        bodies.append(_text("commenting", statement.tag_reason))
    if statement.paraphrase:
        bodies.append(_text("describing", statement.paraphrase))
    for evidence in statement.evidence.all():
        body = _link(uri(evidence.url)) if evidence.url else _text("commenting", evidence.title)
        bodies.append({**body, "stance": evidence.stance})
    for dispute in statement.disputes.all():
        bodies.append(
            {
                **_link(f"{base}disputes/{dispute.pk}/"),
                "dispute": dispute.kind,
                "dispute_state": dispute.state,
                "raised_by": _agent(dispute.raised_by),
            }
        )
    return bodies


def _text(purpose: str, value: str) -> Json:
    return {"type": "TextualBody", "purpose": purpose, "format": "text/plain", "value": value}


def _link(url: str) -> Json:
    return {"type": "SpecificResource", "purpose": "linking", "source": url}


def _targets(statement: Statement, revision: ArticleRevision, base: str) -> Json | list[Json]:
    """The passage; and where it is spoken, if the article has a recording."""
    passage, start, end = _passage(statement, revision, base), statement.media_start, statement.media_end
    if not statement.article.media_url or start is None or end is None:
        return passage
    spoken = {
        "type": "SpecificResource",
        "source": uri(statement.article.media_url.partition("#")[0]),
        "selector": {
            "type": "FragmentSelector",
            "conformsTo": "http://www.w3.org/TR/media-frags/",
            "value": media_fragments.fragment(start, end),
        },
    }
    return [passage, spoken]


def _passage(statement: Statement, revision: ArticleRevision, base: str) -> Json:
    """The offsets count in the stored text of the revision, which is behind `cached`."""
    article = statement.article
    cached = f"{base}articles/{article.pk}/"
    if statement.revision != article.revision:
        cached += f"revisions/{statement.revision}/"
    return {
        "type": "SpecificResource",
        "source": uri(article.url) if article.url else f"{base}articles/{article.pk}/",
        "state": {
            "type": "TimeState",
            "sourceDate": timestamp(revision.created_at),
            "cached": cached,
            "revision": revision.number,
            "sha256": revision.sha256,
        },
        "selector": [
            {
                "type": "TextQuoteSelector",
                "exact": statement.text,
                "prefix": LINE_END.split(statement.prefix)[-1],
                "suffix": LINE_END.split(statement.suffix)[0],
            },
            {"type": "TextPositionSelector", "start": statement.start, "end": statement.end},
        ],
    }
