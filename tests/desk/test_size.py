"""A page costs the same for a large newsroom as for a small one."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import services
from claims.models import Article, Dispute, Statement
from factcheck.journal.services import record
from sources.models import Source
from sources.services import create_source
from tests.newsroom import LISTS, article_page, browser_of, busy_newsroom, page_of


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.mark.parametrize("address", ["/", "/search/?q=one", *(f"/api/v1/{name}/" for name in LISTS)])
def test_a_full_page_takes_no_more_queries_than_one_of_a_single_row(desk, alice, address):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            page_of(desk, address)
        return len(captured)

    busy_newsroom(alice, 1)
    few = queries()
    busy_newsroom(alice, 4)
    assert queries() == few


def test_the_pages_of_a_busy_row_take_no_more_queries_than_those_of_a_quiet_one(desk, alice):
    def queries():
        counts = {}
        for address in (f"statements/{first.pk}", f"sources/{source.pk}", f"statements/{first.pk}/history"):
            with CaptureQueriesContext(connection) as captured:
                page_of(desk, f"/api/v1/{address}/")
            counts[address] = len(captured)
        return counts

    busy_newsroom(alice, 1)
    first, source = Statement.objects.order_by("id").first(), Source.objects.order_by("id").first()
    quiet = queries()
    for n in range(4):
        critic = create_source(actor=alice, name=f"Critic {n}", kind="person", part_of=source)
        second = services.create_statement(
            article=first.article, actor=alice, source=source, via=[critic], start=10, end=16
        )
        services.open_dispute(
            actor=alice, statement=first, raised_by=critic, counter_statement=second, kind="denial"
        )  # fmt: skip
        services.create_evidence(actor=alice, statement=first, stance="context", url="https://news.example/")
        services.tag_statement(statement_id=first.pk, versions=None, actor=alice, tag="denied", reason=f"{n}")
    assert queries() == quiet


def test_an_article_with_many_statements_takes_no_more_queries_and_shows_its_cards_in_parts(desk, alice):
    def queries(article):
        with CaptureQueriesContext(connection) as captured:
            html = article_page(desk, article)
        return len(captured), html

    source = create_source(actor=alice, name="Source", kind="person")
    article = services.create_article(actor=alice, title="Long", text="word " * 200)
    for n in range(2):
        services.create_statement(article=article, actor=alice, source=source, start=5 * n, end=5 * n + 4)
    few, _ = queries(article)
    rows = [{"article": article, "source": source, "start": 5 * n, "end": 5 * n + 4} for n in range(2, 120)]
    services.create_statements(rows=rows, actor=alice)
    many, html = queries(article)
    assert many == few
    assert html.count("<mark ") == 120
    assert html.count('<article class="card') == 30
    last = page_of(desk, f"/api/v1/articles/{article.pk}/?cards=4")
    first = Statement.objects.first().pk
    assert last.count('<article class="card') == 30
    assert f'href="/api/v1/articles/{article.pk}/?at={first}#statement-{first}"' in last


def test_with_20000_sources_each_page_stays_under_200_kilobytes(desk, alice):
    busy_newsroom(alice, 3)
    sources = Source.objects.bulk_create(
        [Source(name=f"A source with the number {n}", kind="person") for n in range(20_000)], batch_size=1_000
    )
    record(sources, action="source.created", actor=alice)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sources_source, journal_entry")  # as autovacuum would have done by then
    article, statement, dispute = Article.objects.first(), Statement.objects.first(), Dispute.objects.first()
    addresses = ["/", "/search/?q=source", *(f"/api/v1/{name}/" for name in LISTS), "/api/v1/sources/?form=new",
                 f"/api/v1/articles/{article.pk}/", f"/api/v1/articles/{article.pk}/?form=edit",
                 f"/api/v1/statements/{statement.pk}/", f"/api/v1/statements/{statement.pk}/?form=edit",
                 f"/api/v1/disputes/{dispute.pk}/", "/api/v1/disputes/?form=new",
                 f"/api/v1/sources/{Source.objects.first().pk}/", "/api/v1/sources/?page_size=200"]  # fmt: skip
    sizes = {address: len(desk.get(address).content) for address in addresses}
    assert {address: size for address, size in sizes.items() if size >= 200_000} == {}


def test_an_article_of_300_statements_stays_under_200_kilobytes_in_as_many_queries_as_one_of_three(desk, alice):
    def annotated(statements):
        sentence = "The minister said that the talks were difficult and long, and that nothing was agreed. "
        article = services.create_article(actor=alice, title=f"{statements}", text=sentence * statements)
        starts = [number * len(sentence) for number in range(statements)]
        rows = [{"article": article, "source": source, "via": [relay], "start": start, "end": start + 85,
                 "paraphrase": "Nothing came of the talks. " * 3} for start in starts]  # fmt: skip
        made = services.create_statements(rows=rows, actor=alice)
        for number, statement in enumerate(made):
            tag = ("denied", "asserted", "unverified")[number % 3]
            services.tag_statement(
                statement_id=statement.pk, versions=None, actor=alice, tag=tag, reason=f"{tag} " * 20
            )
            if tag == "denied":
                services.open_dispute(
                    actor=alice, statement=statement, raised_by=relay, counter_statement=made[number + 1], kind="denial"
                )
        services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="!")
        return article

    source, relay = (create_source(actor=alice, name=name, kind="person") for name in ("Source", "Relay"))
    small, large = annotated(3), annotated(300)
    counts = []
    for article in (small, large):
        with CaptureQueriesContext(connection) as captured:
            html = article_page(desk, article)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert html.count("<mark ") == 300
    assert html.count('<article class="card') == 30
    printed = page_of(desk, f"/api/v1/articles/{large.pk}/?print=1")
    assert len(re.findall('<li id="note-[0-9]+"><b>[+−?] ', printed)) == 300
    refused = desk.post("/api/v1/statements/", {"article": large.pk, "text": "Nobody said this."})
    pages = [html, printed, page_of(desk, f"/api/v1/articles/{large.pk}/?cards=10"), refused.content.decode()]
    pages += [
        page_of(desk, f"/api/v1/articles/{large.pk}/{part}/") for part in ("annotations", "checks", "revisions/1")
    ]
    assert [len(page.encode()) for page in pages if len(page.encode()) >= 200_000] == []
