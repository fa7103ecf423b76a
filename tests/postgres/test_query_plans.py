"""What every list reads does not grow with the newsroom.

The rule: a page of ten rows reads at most `MOST` rows in all: its own, what is shown with each of them, and, where
few rows pass the filter, as many pages of the list as `factcheck.postgres.bounded_page` allows itself. The newsroom
here has many times as many statements. So a COUNT, a sort of the whole list, a filter without an index, or a search
that finds nothing until the end cannot pass. And no scan reads most of a table that grows. Lists, filters and orders
are found in the URL configuration and the filtersets: a new one is tested, or fails here for want of values to ask
for.
"""

import base64
import json
import re
from functools import cache
from itertools import combinations, product
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from django_filters import BooleanFilter, ChoiceFilter

import benchmarks.corpus
from claims.models import Article, Dispute, Evidence, Note, Statement, StatementVia
from claims.totals import MAX_COUNTED
from claims.views.checks import FindingQuery
from claims.views.statements import StatementViewSet
from factcheck.api.filters import ChoicesFilter
from factcheck.api.models import Token
from factcheck.api.references import MAX_ID
from factcheck.desk.pages import sitemap
from factcheck.desk.sentences import ACTS
from factcheck.journal.models import Entry
from factcheck.journal.seal.models import Leaf
from factcheck.journal.services import insert_recorded, record, record_ids, save_next_versions
from factcheck.postgres.bounded_page import MIN_SCAN_ROWS, SCAN_PAGES
from factcheck.webhooks.models import Delivery, Webhook
from factcheck.webhooks.queue import fan_out
from factcheck.webhooks.services import create_webhook
from sources.models import Source
from sources.services import create_source
from tests.newsroom import SIGNING_KEY, user_with_role
from tests.plans import in_words, plan_of, queries_of, read_whole, rows_read

pytestmark = pytest.mark.django_db

STATEMENTS, SOURCES = 20_000, 5_000
MOST = 5_000
# Where few rows pass both filters, all rows of one filter may be read: a third has the commonest tag.
MOST_OF_PAIRS = 10_000
MOST_OF_TOTALS = 8 * (MAX_COUNTED + 1)  # that many numbers are on the start page, each counted no further
# A tenth of all statements are by this source: an index of all of them is cheaper to read than those rows.
BROAD = ("involving", "{everywhere}", "disputed", "true")
GROWS = (Statement, StatementVia, Dispute, Evidence, Note, Entry, Source, Delivery)
NOBODY = MAX_ID
# The first entries of the feed are about sources, and few about anything else.
MORE = {("journal-list", "resource"): 10_000}
# Values of each filter: of many rows, of few, and of none.
VALUES: dict[str, list[Any]] = {
    "q": [
        "minister",
        "seldomword",
        "nowherefound",
        "minister mayor",
        "???",
        "alias",
        "seldomword -mayor",
        "alias minister",
    ],
    "said_after": ["2020-01-01", "2025-06-01", "2031-01-01"],
    "said_before": ["2025-06-01", "2020-01-03", "2019-01-01"],
    "published_after": ["2020-01-01", "2031-01-01"],
    "published_before": ["2031-01-01", "2019-01-01"],
    "updated_since": ["2020-01-01T00:00:00Z", "2041-01-01T00:00:00Z"],
    "ids": ["1,2,3", NOBODY],
    "url": ["https://nobody.example/", "https://news.example/1"],
    "same_as": ["https://nobody.example/"],
    "article": ["{article}", NOBODY],
    "exclude_article": ["{article}", NOBODY],
    "statement": ["{statement}", "{disputed}", NOBODY],
    "desk": ["me", "none", "{actor}", NOBODY],
    "dispute": ["{dispute}", NOBODY],
    "actor": ["{actor}", "{reader}", NOBODY],
    "after": ["0-0", "{feed}"],
    **{name: ["{source}", "{everywhere}", NOBODY] for name in ("source", "involving")},
    **{name: ["{source}", NOBODY] for name in ("publisher", "raised_by", "part_of")},
}
FEW = {"ids", "url", "same_as"}
# Exports read the whole list by purpose, streams have no end.
EXPORTS = {f"{name}-export" for name in ("source", "article", "statement", "evidence", "dispute")}
STREAMS = EXPORTS | {"journal-stream", "change-stream"}
# Always one page: nobody has more tokens than fit on it, matches are the best only, and the rest is no list.
UNPAGED = {"me", "statement-matches", "token-list", "schema", "journal-consistency", "journal-key", "journal-latest"}
# Parameters that a read does not do without.
NEEDED = {"journal-consistency": "?first=1", "statement-matches": "?text=The+minister+said+seldomword"}


def reads() -> dict[str, Any]:
    """Every GET below /api/v1/: its name → (address, view class, what its route sets)."""
    found = {}
    for pattern in get_resolver().url_patterns:
        if str(pattern.pattern) == "api/v1/":
            for route in pattern.url_patterns:
                view = getattr(route.callback, "cls", None)
                if "get" in getattr(route.callback, "actions", {}) and route.name not in STREAMS:
                    address = f"/api/v1/{route.pattern}{NEEDED.get(route.name, '')}"
                    found[route.name] = (address, view, route.callback.initkwargs)
    return found


def values_of(name: str, kind: Any) -> list[Any]:
    if isinstance(kind, ChoiceFilter):
        choices = [value for value, _ in kind.extra["choices"]]
        return [*choices, ",".join(choices[:2])] if isinstance(kind, ChoicesFilter) else choices
    return ["true", "false"] if isinstance(kind, BooleanFilter) else VALUES[name]


READS = reads()
LISTS = {name: read for name, read in READS.items() if "<" not in read[0]}
PAGED = [name for name in LISTS if name not in UNPAGED]


def filters_of(view: Any, options: Any) -> dict[str, list[Any]]:
    if view.__name__ == "CheckViewSet":
        choices = {
            name: list(field.choices) for name, field in FindingQuery().fields.items() if hasattr(field, "choices")
        }
        return {**choices, "article": VALUES["article"], "cursor": ["{article}-{statement}-1"]}
    filterset = options.get("filterset_class", view.filterset_class)
    return {name: values_of(name, kind) for name, kind in filterset.base_filters.items()} if filterset else {}


def orderings_of(view: Any, options: Any) -> list[str]:
    fields = options.get("ordering_fields", getattr(view, "ordering_fields", ()))
    return ["", *(sign + field for field in fields if view.pagination_class for sign in ("", "-"))]


def cases() -> list[tuple[str, str, list[Any], str]]:
    return [
        (name, filter_name, values, ordering)
        for name, (_, view, options) in LISTS.items()
        for filter_name, values in {"": [""], **filters_of(view, options)}.items()
        for ordering in orderings_of(view, options)
    ]


@pytest.fixture(scope="module")
def newsroom(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmarks.corpus, "SOURCES", SOURCES)
        patch.setattr(benchmarks.corpus, "ARTICLES_AT_ONCE", 100)  # a commit has a statement's time limit
        with connection.cursor() as cursor:  # the corpus is made by ids: the same ones, whatever ran before
            for sql in connection.ops.sequence_reset_sql(no_style(), [Article, *GROWS]):
                cursor.execute(sql)
        benchmarks.corpus.fill(STATEMENTS)
        reader, actor = user_with_role("reader", "admin"), User.objects.get(username="corpus")
        everywhere = create_source(actor=actor, name="In every tenth statement", kind="outlet").pk
        change("hashint8(id + 1) & 1023 < 102", f"source = {everywhere}", actor)
        change("id % 5 = 1 AND tag <> 'unverified'", "updated_at = tagged_at + interval '1 microsecond'", actor)
        take_notes(actor)
        webhook = create_webhook(actor=actor, url="https://front.example/", actions=[], article=None, active=True)
        Webhook.objects.update(first_transaction=0)
        fan_out(Entry.objects.only("pk")[:STATEMENTS])
        patch.setattr(django_settings, "JOURNAL_SIGNING_KEY", SIGNING_KEY)
        call_command("follow", "seal", once=True)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        row = Statement.objects.public().filter(disputes__isnull=True).order_by("pk")[STATEMENTS // 4]
        place = Entry.objects.order_by("transaction", "pk").values_list("transaction", "pk")[STATEMENTS]
        yield {
            "statement": row.pk,
            "article": row.article_id,
            "source": row.source_id,
            "everywhere": everywhere,
            "disputed": Statement.objects.filter(disputes__isnull=False).order_by("pk")[STATEMENTS // 20].pk,
            "dispute": Dispute.objects.order_by("pk")[STATEMENTS // 20].pk,
            "actor": actor.pk,
            "reader": reader.pk,
            "feed": "{}-{}".format(*place),
            "journal": Leaf.objects.latest("position").entry,
            "webhook": webhook.pk,
            "token": Token.issue(reader, name="plans").key,
        }
        call_command("flush", interactive=False, verbosity=0)


@transaction.atomic
def take_notes(actor: User) -> None:
    """On every dispute and the first statements. One in a hundred is open, and one in fifty proposes a tag."""
    now = timezone.now()
    of_statements = Statement.objects.filter(pk__lte=STATEMENTS // 10).values_list("article", "pk")
    of_disputes = Dispute.objects.values_list("statement__article", "pk")
    notes = [Note(article_id=article, statement_id=row, text="Ask.", author=actor) for article, row in of_statements]
    notes += [Note(article_id=article, dispute_id=row, text="Ask.", author=actor) for article, row in of_disputes]
    for note in notes[: len(of_statements) : 50]:
        note.tag, note.statement_version = "denied", 1
    insert_recorded(notes, action="note.created", actor=actor)
    answered = [note for note in notes if note.pk % 100]
    for note in answered:
        note.resolved_by, note.resolved_at = actor, now
        note.outcome = "withdrawn" if note.tag else None
    save_next_versions(answered, ["resolved_by", "resolved_at", "outcome"])
    record([note for note in answered if not note.tag], action="note.resolved", actor=actor)
    record([note for note in answered if note.tag], action="note.withdrawn", actor=actor)


def change(condition: str, assignment: str, actor: User) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE claims_statement SET version = version + 1, {assignment} WHERE {condition} RETURNING id"
        )
        record_ids(Statement, [row[0] for row in cursor.fetchall()], action="statement.updated", actor=actor)


@pytest.fixture
def callers(newsroom, settings, settings_without_throttle):
    """Who asks → their client, and the headers that they send.

    Here, where whole tables fit into memory many times, reading one from end to end is often the quickest. So what is
    tested is the plan that PostgreSQL turns to when that is too dear, and whether there is one.
    """
    settings.PUBLIC_READ = True
    with connection.cursor() as cursor:
        for dear in ("seqscan", "hashjoin", "mergejoin", "material"):
            cursor.execute(f"SET LOCAL enable_{dear} = off")
    browser = Client()
    browser.force_login(User.objects.get(pk=newsroom["reader"]))
    return {
        "signed in": (Client(), {"authorization": f"Token {newsroom['token']}"}),
        "public": (Client(), {}),
        "page": (browser, {"accept": "text/html"}),
        "anonymous page": (Client(), {"accept": "text/html"}),
    }


@cache
def sizes() -> dict[str, int]:
    return {model._meta.db_table: model._base_manager.count() for model in GROWS}


def asked(caller: Any, address: str) -> tuple[Any, list[Any]]:
    client, headers = caller
    answer, queries = queries_of(client, address, **headers)
    is_known = client.cookies or "authorization" in headers
    refused = (406,) if is_known else (302, 401, 403, 404, 406)  # a feed has no page; some are not public
    assert answer.status_code in (200, *refused), answer.content
    return answer, queries


def assert_little_is_read(what: str, queries: Any, most: int = MOST) -> None:
    for sql, params in queries:
        plan = plan_of(sql, params)
        assert rows_read(plan) <= most, f"{what} reads {rows_read(plan)} rows:\n{in_words(plan)}\n{sql}"
        assert not read_whole(plan, sizes(), SCAN_PAGES * MIN_SCAN_ROWS), (
            f"{what} reads a whole table:\n{in_words(plan)}\n{sql}"
        )


def with_query(address: str, **parameters: Any) -> str:
    given = {name: value for name, value in parameters.items() if name and value != ""}
    return f"{address}{'&' if '?' in address else '?'}{urlencode(given)}" if given else address


def further_down(following: str, view: Any, ordering: str) -> str:
    """The link to the next page, but as from nine tenths down the unfiltered list."""
    head, _, rest = following.partition("cursor=")
    raw, _, tail = rest.partition("&")
    packed = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    field = ordering.removeprefix("-")
    rows = view.queryset.model.objects.filter(**{f"{field}__isnull": False}).order_by(ordering, "pk")
    value, row_id = rows.values_list(field, "pk")[rows.count() * 9 // 10]
    packed[:2] = [value.isoformat() if hasattr(value, "isoformat") else value, row_id]
    moved = base64.urlsafe_b64encode(json.dumps(packed, separators=(",", ":")).encode()).decode().rstrip("=")
    return f"{head}cursor={moved}&{tail}"


def following_of(answer: Any) -> str | None:
    is_json = answer.status_code == 200 and "json" in answer["Content-Type"]
    return answer.json().get("next") if is_json else None


@pytest.mark.parametrize(("name", "filter_name", "values", "ordering"), cases())
def test_a_page_of_a_list_reads_no_more_of_a_large_newsroom(callers, newsroom, name, filter_name, values, ordering):
    address, view, _ = LISTS[name]
    for value in values:
        page = with_query(
            address,
            **{filter_name: str(value).format(**newsroom)},
            ordering=ordering,
            page_size=10 if name in PAGED else "",
        )
        for who, caller in callers.items():
            if ordering and ("page" in who or (filter_name and who == "public")):
                continue  # the same rows as in the answer to another caller
            answer, queries = asked(caller, page)
            assert_little_is_read(f"{who}, {page}", queries, MORE.get((name, filter_name), MOST))
            following = following_of(answer)
            if ordering and following:
                _, queries = asked(caller, further_down(following, view, ordering))
                assert_little_is_read(f"{who}, deep in {page}", queries)


def pairs() -> list[tuple[str, str, str]]:
    """Without those filters that leave a few rows by themselves."""
    kinds = {name: filters_of(view, options) for name, (_, view, options) in LISTS.items()}
    return [
        (name, *pair)
        for name, filters in kinds.items()
        for pair in combinations([f for f in filters if f not in FEW], 2)
    ]


@pytest.mark.parametrize(("name", "first", "second"), pairs())
def test_two_filters_together_read_no_more_of_a_large_newsroom(callers, newsroom, name, first, second):
    address, view, options = LISTS[name]
    kinds = filters_of(view, options)
    for values in product(kinds[first], kinds[second]):
        if (first, values[0], second, values[1]) == BROAD:
            continue
        given = {name: str(value).format(**newsroom) for name, value in zip((first, second), values, strict=True)}
        page = with_query(address, **given, page_size=10)
        assert_little_is_read(page, asked(callers["signed in"], page)[1], MOST_OF_PAIRS)


@pytest.mark.parametrize("ordering", orderings_of(StatementViewSet, {}))
@pytest.mark.parametrize(
    "filters", ["tag=asserted&disputed=true", "involving={everywhere}&tag=denied", "said_before=2024-01-01&tag=denied"]
)
def test_a_short_page_of_two_filters_is_filled_from_what_is_read_in_order(callers, newsroom, filters, ordering):
    page = f"/api/v1/statements/?{filters.format(**newsroom)}&page_size=10&ordering={ordering or '-id'}"
    answer, queries = asked(callers["signed in"], page)
    assert len(answer.json()["results"]) == 10
    assert_little_is_read(page, queries)


@pytest.mark.parametrize("name", [name for name in READS if name not in LISTS])
def test_what_belongs_to_one_row_reads_no_more_of_a_large_newsroom(callers, newsroom, name):
    resource = name.partition("-")[0]
    rows = {"evidence": Evidence, "dispute": Dispute, "source": Source, "note": Note}
    row_id = rows[resource].objects.latest("pk").pk if resource in rows else newsroom.get(resource)
    address = READS[name][0].replace("<int:webhook>", str(newsroom["webhook"]))
    address = re.sub(r"<[a-z]+:number>", "1", re.sub(r"<[a-z]+:pk>", str(row_id), address))
    for who, caller in callers.items():
        assert_little_is_read(f"{who}, {address}", asked(caller, address)[1])


@pytest.mark.parametrize("address", ["/", "/search/?q=minister", "/search/?q=seldomword", "/search/?q=minister+mayor"])
def test_the_start_page_and_the_search_read_no_more_of_a_large_newsroom(callers, address):
    assert_little_is_read(address, asked(callers["page"], address)[1], MOST_OF_TOTALS if address == "/" else MOST)


@pytest.mark.parametrize("kind", ["articles", "statements", "sources"])
def test_a_part_of_the_sitemap_reads_a_range_of_ids_and_the_index_a_step_for_each_part(callers, monkeypatch, kind):
    monkeypatch.setattr(sitemap, "PART", 200)
    answer, queries = asked(callers["public"], "/sitemap.xml")
    parts = re.findall(rf"/sitemap-{kind}-\d+\.xml", answer.content.decode())
    assert_little_is_read("/sitemap.xml", queries, 1_000)
    answer, queries = asked(callers["public"], parts[len(parts) // 2])
    assert (answer.content.count(b"<url>") > 100, len(queries)) == (True, 1)
    assert_little_is_read(parts[0], queries)


def test_the_page_for_frames_reads_no_more_of_a_large_newsroom(callers, newsroom):
    address = f"/embed/articles/{newsroom['article']}/"
    assert_little_is_read(address, asked(callers["public"], address)[1])


@pytest.mark.parametrize(
    "address", ["/articles/", "/articles/{article}/", "/statements/{statement}/", "/sources/{everywhere}/"]
)
def test_a_public_page_reads_no_more_of_a_large_newsroom(callers, newsroom, address):
    client, headers = callers["anonymous page"]
    moved = client.get(address.format(**newsroom), headers=headers)
    place = moved.get("Location", address)
    for page in (place, f"{place}?before={NOBODY}", f"{place}?cards=2"):
        answer, queries = asked(callers["anonymous page"], page)
        assert answer.status_code == 200
        assert_little_is_read(page, queries)


# Without statement.created: by some statistics the feed's own order looks cheaper to PostgreSQL than the act's index.
OTHER_ACTS = sorted(ACTS.keys() - {"statement.created"})


@pytest.mark.parametrize("given", [*(f"act={act}" for act in OTHER_ACTS), "day=2020-01-01"])
def test_the_diary_of_a_day_or_an_act_reads_no_more_of_a_large_newsroom(callers, newsroom, given):
    for query in (given, f"{given}&actor={newsroom['actor']}", f"{given}&article={newsroom['article']}"):
        page = f"/api/v1/journal/?{query}"
        assert_little_is_read(page, asked(callers["page"], page)[1], MOST_OF_PAIRS)


@pytest.mark.parametrize("name", PAGED)
def test_a_page_takes_as_many_queries_for_a_hundred_rows_as_for_ten(callers, name):
    for who, caller in callers.items():
        short, long = (asked(caller, with_query(LISTS[name][0], page_size=size))[1] for size in (10, 100))
        assert len(short) == len(long), who


def test_an_article_s_statements_with_their_chains_and_disputes_are_one_query(callers, newsroom):
    disputed = Statement.objects.filter(disputes__state="open").order_by("pk")[0]
    page = with_query("/api/v1/statements/", article=disputed.article_id, page_size=200)
    answer, queries = asked(callers["signed in"], page)
    rows = answer.json()["results"]
    assert len(rows) == 50
    assert any(row["via"] for row in rows)
    assert any(row["open_disputes"] for row in rows)
    assert len([sql for sql, _ in queries if "claims_" in sql]) == 1
