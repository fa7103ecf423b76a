"""The JSON that PostgreSQL writes is that of the serializers, byte for byte."""

from datetime import UTC, datetime

import hypothesis.strategies as st
import pytest
from django.db import transaction
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings

from claims import services
from claims.models import Article, Dispute, Evidence, Note, Statement
from claims.views.articles import ArticleViewSet
from claims.views.disputes import DisputeViewSet
from claims.views.evidence import EvidenceViewSet
from claims.views.notes import NoteViewSet
from claims.views.statements import StatementViewSet
from factcheck.api.renderers import dump
from factcheck.api.row_json import row_json_sql
from sources.models import Source
from sources.services import create_source
from sources.views import SourceViewSet
from tests.newsroom import user_with_role

SETS = {
    Source: SourceViewSet,
    Article: ArticleViewSet,
    Statement: StatementViewSet,
    Evidence: EvidenceViewSet,
    Dispute: DisputeViewSet,
    Note: NoteViewSet,
}
# Everything that JSON escapes or may escape: controls, quotes, code points beyond the basic plane.
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
texts = st.text(characters | st.sampled_from('"\\/\b\f\n\r\t\x1f\x7f\u2028'), min_size=1, max_size=20)
times = st.datetimes(datetime(1000, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))


def as_declared(model, is_public):
    rows = model.objects.for_reading() if hasattr(model.objects.all(), "for_reading") else model.objects.all()
    rows = rows.public() if is_public else rows
    serializer = SETS[model].serializer_class(context={"is_public": is_public, "request": RequestFactory().get("/")})
    written = dict(rows.values_list("pk", row_json_sql(SETS[model].serializer_class, is_public)))
    declared = {row.pk: dump(serializer.to_representation(row)).decode() for row in rows}
    return written, declared


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    words=st.lists(texts, min_size=6, max_size=6),
    published_at=st.none() | times,
    said_on=st.none() | st.dates(),
    precision=st.sampled_from([None, "month", "year"]),
    act=st.sampled_from(["asserted", "denied", None]),
    is_public=st.booleans(),
    anonymous=st.booleans(),
)
def test_a_row_is_the_same_in_both_ways_of_rendering(
    words, published_at, said_on, precision, act, is_public, anonymous
):
    if precision and said_on:
        said_on = said_on.replace(day=1, month=1 if precision == "year" else said_on.month)
    with transaction.atomic():
        build(words, published_at, (said_on, said_on and precision), act, anonymous)
        for model in SETS:
            written, declared = as_declared(model, is_public)
            assert written == declared
            assert is_public or len(written) >= 1
        transaction.set_rollback(True)


def build(words, published_at, said, act, anonymous):
    by = {"actor": user_with_role("ann", "editor")}
    whole = create_source(name=words[0], kind="organization", **by)
    speaker = create_source(
        name=words[1], kind="person", part_of=whole, aliases=words[:3], anonymous=anonymous, description=words[2], **by
    )
    text = f"{words[3]} and said so plainly to everybody. {words[4]} then left the room at once."
    article = services.create_article(
        title=words[4], text=text, publisher=whole, published_at=published_at, byline=words[5], **by
    )
    first = services.create_statement(
        article=article, source=speaker, via=[whole, speaker], start=0, end=len(words[3]) + 35,
        said_on=said[0], said_on_precision=said[1], **by,
    )  # fmt: skip
    services.create_statement(article=article, quote_type="narration", start=len(text) - 9, end=len(text), **by)
    services.create_evidence(statement=first, stance="context", url="https://a.example/", excerpt=words[5], **by)
    services.create_evidence(
        statement=first, stance="context", title=words[5], obtained_on=said[0], obtained_how="call", **by
    )
    dispute = services.open_dispute(statement=first, raised_by=whole, kind="denial", note=words[0], **by)
    note = services.create_note(dispute=dispute, text=words[2], **by)
    if act:
        services.resolve_note(note_id=note.pk, versions=None, **by)
        services.propose_tag(statement_id=first.pk, versions=None, tag=act, reason=words[1], **by)
        services.update_article(article_id=article.pk, versions=None, desk=by["actor"], **by)
        services.tag_statement(statement_id=first.pk, versions=None, tag=act, reason=words[1], **by)
        services.resolve_dispute(dispute_id=dispute.pk, versions=None, state="upheld", reason=words[2], **by)
        services.set_article_status(
            article_id=article.pk, versions=None, status="published", reason="It is ready.", **by
        )
    services.update_article(article_id=article.pk, versions=None, text=text.replace("plainly", "clearly"), **by)


def test_an_answer_and_the_next_reading_of_it_have_the_same_etag(api, statement):
    path = f"/api/v1/statements/{statement.pk}/"
    tagged = api.post(path + "tag/", {"tag": "denied", "reason": "She denies it."}, headers={"if-match": "*"})
    assert tagged["ETag"] == api.get(path)["ETag"]
    assert api.get(path, headers={"if-none-match": tagged["ETag"]}).status_code == 304
