"""The service's tables for SQLAlchemy 2, and what the queries load of them."""

import os
import secrets
from datetime import date, datetime
from typing import Any

from sqlalchemy import URL, ForeignKey, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    joinedload,
    mapped_column,
    query_expression,
    relationship,
    selectinload,
    with_expression,
)
from sqlalchemy.sql.functions import coalesce
from sqlalchemy.types import BigInteger, DateTime, SmallInteger

engine = create_async_engine(
    URL.create(
        "postgresql+asyncpg",
        username=os.environ["BENCH_USER"],
        database=os.environ["BENCH_DATABASE"],
        query={"host": os.environ["BENCH_HOST"], "port": os.environ["BENCH_PORT"]},
    ),
    pool_size=8,
    max_overflow=0,
)
Session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True), int: BigInteger, dict[str, Any]: JSONB(none_as_null=True)}


class User(Base):
    __tablename__ = "auth_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str]


class Token(Base):
    __tablename__ = "api_token"
    digest: Mapped[str] = mapped_column(primary_key=True)
    expiry: Mapped[datetime | None]
    user_id: Mapped[int] = mapped_column(ForeignKey("auth_user.id"))


class Group(Base):
    __tablename__ = "auth_group"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Membership(Base):
    __tablename__ = "auth_user_groups"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    group_id: Mapped[int]


class Source(Base):
    __tablename__ = "sources_source"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    anonymous: Mapped[bool]


class Article(Base):
    __tablename__ = "claims_article"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    revision: Mapped[int]
    status: Mapped[str]


class Dispute(Base):
    __tablename__ = "claims_dispute"
    id: Mapped[int] = mapped_column(primary_key=True)
    statement: Mapped[int]
    state: Mapped[str]


class Entry(Base):
    __tablename__ = "journal_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    actor: Mapped[int]
    action: Mapped[str]
    resource: Mapped[str]
    resource_id: Mapped[int]
    version: Mapped[int]
    data: Mapped[dict[str, Any]]


class Via(Base):
    __tablename__ = "claims_statementvia"
    id: Mapped[int] = mapped_column(primary_key=True)
    statement: Mapped[int] = mapped_column(ForeignKey("claims_statement.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[int] = mapped_column(ForeignKey("sources_source.id"))
    relayer: Mapped[Source] = relationship()


class Statement(Base):
    __tablename__ = "claims_statement"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(server_default=func.statement_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.statement_timestamp())
    article: Mapped[int] = mapped_column(ForeignKey("claims_article.id"))
    key: Mapped[str] = mapped_column(default=lambda: f"s-{secrets.token_hex(5)}")
    text: Mapped[str]
    start: Mapped[int]
    end: Mapped[int]
    prefix: Mapped[str]
    suffix: Mapped[str]
    revision: Mapped[int]
    anchor: Mapped[str] = mapped_column(default="anchored")
    candidate: Mapped[dict[str, Any] | None]
    paraphrase: Mapped[str] = mapped_column(default="")
    quote_type: Mapped[str] = mapped_column(default="indirect")
    source: Mapped[int | None] = mapped_column(ForeignKey("sources_source.id"))
    said_on: Mapped[date | None]
    media_start: Mapped[float | None]
    media_end: Mapped[float | None]
    tag: Mapped[str] = mapped_column(default="unverified")
    tag_reason: Mapped[str] = mapped_column(default="")
    tagged_by: Mapped[int | None] = mapped_column(ForeignKey("auth_user.id"))
    tagged_at: Mapped[datetime | None]

    speaker: Mapped[Source | None] = relationship()
    tagger: Mapped[User | None] = relationship()
    chain: Mapped[list[Via]] = relationship(order_by=Via.position)
    open_disputes: Mapped[int] = query_expression()
    dissent: Mapped[int] = query_expression()

    @property
    def via(self) -> list[Source]:
        return [row.relayer for row in self.chain]


def open_disputes():
    counted = select(func.count(Dispute.id)).where(Dispute.statement == Statement.id, Dispute.state == "open")
    return coalesce(counted.correlate(Statement).scalar_subquery(), 0)


def dissent():
    later = aliased(Entry)
    overtaken = (
        select(later.id)
        .where(
            later.resource == "statement",
            later.action == "statement.tagged",
            later.resource_id == Entry.resource_id,
            later.actor == Entry.actor,
            later.version > Entry.version,
        )
        .exists()
    )
    counted = select(func.count(Entry.id)).where(
        Entry.resource == "statement",
        Entry.action == "statement.tagged",
        Entry.resource_id == Statement.id,
        ~overtaken,
        Entry.data["tag"].astext != Statement.tag,
    )
    return counted.correlate(Statement).scalar_subquery()


def statements(user_id: int | None):
    rows = select(Statement).options(
        joinedload(Statement.speaker),
        selectinload(Statement.chain).joinedload(Via.relayer),
        with_expression(Statement.open_disputes, open_disputes()),
    )
    if user_id is not None:
        return rows.options(joinedload(Statement.tagger), with_expression(Statement.dissent, dissent()))
    published = (Article.status == "published", Statement.revision == Article.revision)
    return rows.join(Article, Article.id == Statement.article).where(*published)
