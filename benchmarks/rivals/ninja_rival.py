"""django-ninja over the same models: pydantic instead of serializers, functions instead of a viewset."""

from datetime import date, datetime
from typing import Any, Literal

import orjson
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import path
from ninja import Field, NinjaAPI, Schema
from ninja.errors import HttpError
from ninja.renderers import BaseRenderer
from ninja.security import HttpBearer

from benchmarks.rivals.models import Article, Source, Statement, StatementVia, Token

PAGE_SIZE = 50
Tag = Literal["asserted", "denied", "unverified"]


class TokenAuth(HttpBearer):
    openapi_scheme = "token"

    def authenticate(self, request, token):
        return Token.owner_of(token)


def stranger(request):
    return AnonymousUser() if "Authorization" not in request.headers else None


class SourceOut(Schema):
    id: int
    name: str
    kind: str
    anonymous: bool


class UserOut(Schema):
    id: int
    username: str


class PublicStatementOut(Schema):
    id: int
    version: int
    created_at: datetime
    updated_at: datetime
    article: int = Field(alias="article_id")
    key: str
    text: str
    start: int
    end: int
    prefix: str
    suffix: str
    revision: int
    anchor: str
    candidate: Any
    paraphrase: str
    quote_type: str
    source: SourceOut | None
    via: list[SourceOut]
    said_on: date | None
    media_start: float | None
    media_end: float | None
    tag: str
    tag_reason: str
    tagged_at: datetime | None
    open_disputes: int


class StatementOut(PublicStatementOut):
    tagged_by: UserOut | None
    dissent: int


class NewStatement(Schema):
    article: int
    start: int
    end: int
    source: int
    via: list[int] = []


class NewTag(Schema):
    tag: Tag
    reason: str = Field(min_length=1, max_length=2000)


class OrjsonRenderer(BaseRenderer):
    """As its documentation suggests; the one it brings cuts times to milliseconds."""

    media_type = "application/json"

    def render(self, request, data, *, response_status):
        return orjson.dumps(data, option=orjson.OPT_UTC_Z)


api = NinjaAPI(auth=[TokenAuth(), stranger], renderer=OrjsonRenderer())


def rows_for(user):
    rows = Statement.objects.with_source_and_chain()
    return rows.with_dissent() if user.is_authenticated else rows.public()


def check_role(user, *names):
    if not user.is_authenticated or not user.groups.filter(name__in=names).exists():
        raise HttpError(403, "Your role does not allow this.")


def shown(user, statement):
    """Which of two shapes an answer has, ninja would find out by trying; here it need not."""
    return (StatementOut if user.is_authenticated else PublicStatementOut).model_validate(statement).model_dump()


@api.get("/statements/")
def list_statements(request, tag: Tag | None = None, before: int | None = None):
    rows = rows_for(request.auth)
    if tag is not None:
        rows = rows.filter(tag=tag)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: PAGE_SIZE + 1])
    beyond, found = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    following = request.build_absolute_uri(f"?before={found[-1].pk}") if beyond else None
    results = [shown(request.auth, statement) for statement in found]
    return api.create_response(request, {"next": following, "previous": None, "results": results}, status=200)


@api.get("/statements/{pk}/")
def one_statement(request, pk: int):
    found = get_object_or_404(rows_for(request.auth), pk=pk)
    return api.create_response(request, shown(request.auth, found), status=200)


@api.post("/statements/", response={201: StatementOut})
@transaction.atomic
def new_statement(request, given: NewStatement):
    check_role(request.auth, "reporter", "editor")
    article = get_object_or_404(Article.objects.select_for_update(no_key=True), pk=given.article)
    sources = Source.objects.in_bulk([given.source, *given.via])
    if len(sources) < len({given.source, *given.via}):
        raise HttpError(422, "There is no such source.")
    statement = Statement.pinned(article, given.start, given.end, source=sources[given.source])
    statement.save()
    StatementVia.objects.bulk_create(
        StatementVia(statement=statement, position=position, source=sources[pk])
        for position, pk in enumerate(given.via)
    )
    statement.record(request.auth, "statement.created")
    return 201, rows_for(request.auth).get(pk=statement.pk)


@api.post("/statements/{pk}/tag/", response=StatementOut)
@transaction.atomic
def tag_statement(request, pk: int, given: NewTag):
    check_role(request.auth, "editor")
    statement = get_object_or_404(Statement.objects.select_for_update(), pk=pk)
    statement.set_tag(request.auth, given.tag, given.reason)
    return rows_for(request.auth).get(pk=pk)


urlpatterns = [path("api/v1/", api.urls)]
