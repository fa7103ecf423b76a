"""People and texts that the tests share."""

import re

from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from claims import services
from claims.models import Article
from factcheck.api.models import Token
from sources.services import create_source

TEXT = "\U0001f600 The minister said no. The minister said no. \u0645\u0631\u062d\u0628\u0627 cafe\u0301\r\nEnd."
SIGNING_KEY = "PRIVATE+KEY+factcheck.example+25157f85+AUAg2qksxnGpf1OOu2PxQOIBd7db6ChLSahQp1vNDG9R"
LISTS = ("articles", "statements", "disputes", "evidence", "notes", "sources", "journal", "checks")


def lift_truncate_guards() -> None:
    """Only these: the flush after a transactional test empties the tables by TRUNCATE."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'no_truncate'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER no_truncate")


def user_with_role(name: str, role: str) -> User:
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Token " + Token.issue(user, name="test").key)
    return client


def browser_of(user: User) -> Client:
    client = Client(headers={"Accept": "text/html,*/*;q=0.8"})
    client.force_login(user)
    return client


def page_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content.decode()[:500]
    return without_templates(answer.content.decode())


def without_templates(html: str) -> str:
    """What a page shows: a <template> waits for a script."""
    return re.sub(r"<template.*?</template>\n*", "", html, flags=re.S)


def article_page(client: Client, article: Article) -> str:
    return page_of(client, f"/api/v1/articles/{article.pk}/")


def busy_newsroom(alice: User, times: int) -> None:
    for n in range(times):
        article = services.create_article(actor=alice, title=f"Article {n}", text="One. Two. Three. Four.")
        source, relay = (create_source(actor=alice, name=f"{name} {n}", kind="person") for name in ("Source", "Relay"))
        first = services.create_statement(article=article, actor=alice, source=source, via=[relay], start=0, end=4)
        second = services.create_statement(article=article, actor=alice, source=source, start=5, end=9)
        services.tag_statement(statement_id=first.pk, versions=None, actor=alice, tag="denied", reason="Because.")
        services.create_evidence(actor=alice, statement=first, stance="context", url="https://news.example/")
        services.create_note(actor=alice, statement=second, text="Ask again.")
        services.propose_tag(statement_id=second.pk, versions=None, actor=alice, tag="denied", reason="She says so.")
        services.open_dispute(
            actor=alice, statement=first, raised_by=relay, counter_statement=second, kind="denial"
        )  # fmt: skip
