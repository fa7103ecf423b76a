"""FastAPI with SQLAlchemy 2 on asyncpg, under uvicorn."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.rivals.fastapi_tables import (
    Article,
    Group,
    Membership,
    Session,
    Source,
    Statement,
    Token,
    Via,
    statements,
)
from benchmarks.rivals.journal_sql import FOR_SQLALCHEMY

PAGE_SIZE = 50
CONTEXT_LENGTH = 32
RECORD = text(FOR_SQLALCHEMY)
Tag = Literal["asserted", "denied", "unverified"]

app = FastAPI()
application = app


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SourceOut(Out):
    id: int
    name: str
    kind: str
    anonymous: bool


class UserOut(Out):
    id: int
    username: str


class PublicStatementOut(Out):
    id: int
    version: int
    created_at: datetime
    updated_at: datetime
    article: int
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
    source: SourceOut | None = Field(validation_alias="speaker")
    via: list[SourceOut]
    said_on: date | None
    media_start: float | None
    media_end: float | None
    tag: str
    tag_reason: str
    tagged_at: datetime | None
    open_disputes: int


class StatementOut(PublicStatementOut):
    tagged_by: UserOut | None = Field(validation_alias="tagger")
    dissent: int


class NewStatement(BaseModel):
    article: int
    start: int
    end: int
    source: int
    via: list[int] = []


class NewTag(BaseModel):
    tag: Tag
    reason: str = Field(min_length=1, max_length=2000)


async def session() -> AsyncIterator[AsyncSession]:
    async with Session() as opened:
        yield opened


Database = Annotated[AsyncSession, Depends(session)]


async def caller(database: Database, authorization: Annotated[str | None, Header()] = None) -> int | None:
    if authorization is None:
        return None
    digest = hashlib.sha512(authorization.removeprefix("Token ").encode()).hexdigest()
    found = (await database.execute(select(Token).where(Token.digest == digest))).scalar_one_or_none()
    if found is None or (found.expiry and found.expiry <= datetime.now(UTC)):
        raise HTTPException(401)
    return found.user_id


Caller = Annotated[int | None, Depends(caller)]


async def check_role(database: AsyncSession, user_id: int | None, *names: str) -> int:
    held = (
        select(Group.id)
        .join(Membership, Membership.group_id == Group.id)
        .where(Membership.user_id == user_id, Group.name.in_(names))
        .limit(1)
    )
    if user_id is None or (await database.execute(held)).first() is None:
        raise HTTPException(403)
    return user_id


@app.get("/api/v1/statements/")
async def list_statements(
    request: Request, database: Database, user: Caller, tag: Tag | None = None, before: int | None = None
) -> dict[str, Any]:
    rows = statements(user).order_by(Statement.id.desc()).limit(PAGE_SIZE + 1)
    if tag is not None:
        rows = rows.where(Statement.tag == tag)
    if before is not None:
        rows = rows.where(Statement.id < before)
    found = (await database.execute(rows)).scalars().all()
    beyond, found = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    following = str(request.url.include_query_params(before=found[-1].id)) if beyond else None
    shape = PublicStatementOut if user is None else StatementOut
    return {"next": following, "previous": None, "results": [shape.model_validate(row) for row in found]}


async def statement_of(database: AsyncSession, user: int | None, pk: int) -> PublicStatementOut:
    rows = statements(user).where(Statement.id == pk).execution_options(populate_existing=True)
    found = (await database.execute(rows)).scalar_one_or_none()
    if found is None:
        raise HTTPException(404)
    return (PublicStatementOut if user is None else StatementOut).model_validate(found)


@app.get("/api/v1/statements/{pk}/")
async def one_statement(pk: int, database: Database, user: Caller) -> StatementOut | PublicStatementOut:
    return await statement_of(database, user, pk)


@app.post("/api/v1/statements/", status_code=201)
async def new_statement(given: NewStatement, database: Database, user: Caller) -> StatementOut:
    actor = await check_role(database, user, "reporter", "editor")
    locked = select(Article).where(Article.id == given.article).with_for_update(key_share=True)
    article = (await database.execute(locked)).scalar_one_or_none()
    wanted = {given.source, *given.via}
    known = (await database.execute(select(Source.id).where(Source.id.in_(wanted)))).scalars().all()
    if article is None or len(known) < len(wanted):
        raise HTTPException(422)
    start, end = given.start, given.end
    statement = Statement(
        article=article.id,
        start=start,
        end=end,
        text=article.text[start:end],
        prefix=article.text[max(0, start - CONTEXT_LENGTH) : start],
        suffix=article.text[end : end + CONTEXT_LENGTH],
        revision=article.revision,
        source=given.source,
        chain=[Via(position=position, source=source) for position, source in enumerate(given.via)],
    )
    database.add(statement)
    await database.flush()
    await record(database, actor, "statement.created", "", statement.id)
    answer = await statement_of(database, user, statement.id)
    await database.commit()
    return answer


@app.post("/api/v1/statements/{pk}/tag/")
async def tag_statement(pk: int, given: NewTag, database: Database, user: Caller) -> StatementOut:
    actor = await check_role(database, user, "editor")
    locked = select(Statement).where(Statement.id == pk).with_for_update()
    statement = (await database.execute(locked)).scalar_one_or_none()
    if statement is None:
        raise HTTPException(404)
    statement.tag, statement.tag_reason, statement.tagged_by = given.tag, given.reason, actor
    statement.tagged_at = statement.updated_at = datetime.now(UTC)
    statement.version += 1
    await database.flush()
    await record(database, actor, "statement.tagged", given.reason, pk)
    answer = await statement_of(database, user, pk)
    await database.commit()
    return answer


async def record(database: AsyncSession, actor: int, action: str, reason: str, statement: int) -> None:
    await database.execute(RECORD, {"actor": actor, "action": action, "reason": reason, "statement": statement})
