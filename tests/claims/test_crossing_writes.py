"""Two requests that lock the same rows, so that each could come to wait for the other.

The first stops where it holds its locks, until the second waits for one of them or has come to its own stop. In another
order of locks the two would then wait for each other.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from importlib import import_module
from threading import Event
from time import monotonic, sleep

import pytest
from django.db import connection, transaction

from claims import services
from claims.models import Article, Dispute, Statement, StatementWords
from claims.services.suggestions import accept_suggestions
from claims.suggestions import ArticleSuggestions
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source, delete_source, update_source

pytestmark = pytest.mark.django_db(transaction=True)
ANY = {"if-match": "*"}
LOCKS = re.compile(r"\s*(UPDATE|DELETE|INSERT|WITH r AS)|FOR (NO KEY |KEY )?(UPDATE|SHARE)")


class Stop:
    """Where a request waits, the first time that it has run SQL which locks rows of the table."""

    def __init__(self, table):
        self.table, self.reached, self.go_on = table, Event(), Event()

    def __call__(self, execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if not self.reached.is_set() and LOCKS.search(str(sql)) and self.table in str(sql):
            self.reached.set()
            assert self.go_on.wait(20)
        return answer


def cross(first, second):
    """Each is a request and the table after whose locks it stops. Returns both answers."""
    with ThreadPoolExecutor(2) as pool:
        stops = [Stop(table) for _, table in (first, second)]
        try:
            one = pool.submit(send, first[0], stops[0])
            until(lambda: stops[0].reached.is_set() or one.done())
            two = pool.submit(send, second[0], stops[1])
            until(lambda: stops[1].reached.is_set() or two.done() or somebody_waits())
        finally:
            for stop in stops:
                stop.go_on.set()
        return one.result(20), two.result(20)


def send(request, stop):
    try:
        with connection.execute_wrapper(stop) if stop else nullcontext():
            return request()
    finally:
        connection.close()


def until(is_so):
    end = monotonic() + 20
    while not is_so():
        assert monotonic() < end
        sleep(0.01)


def somebody_waits(number=1):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] >= number


def cross_while_held(row, first, second):
    """Both are sent while somebody else holds the row, for which the first waits with a part of its locks."""
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            type(row).objects.select_for_update().get(pk=row.pk)
            one = pool.submit(send, first, None)
            until(somebody_waits)
            two = pool.submit(send, second, None)
            until(lambda: somebody_waits(2))
        return one.result(20), two.result(20)


@contextmanager
def no_deadlock():
    """PostgreSQL counts those that it ended."""
    before = deadlocks()
    yield
    assert deadlocks() == before


def deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def statuses(answers):
    return [answer.status_code for answer in answers]


def details(answers):
    return [answer.json()["detail"] for answer in answers if answer.status_code >= 400]


@pytest.fixture
def people(alice):
    return [create_source(actor=alice, name=name, kind="person") for name in ("Ann", "Anne", "Bea", "Bee")]


@pytest.fixture
def said(alice, article, people):
    """One statement by each of the four."""
    places = [(2, 6), (6, 14), (14, 18), (18, 22)]
    return [
        services.create_statement(article=article, actor=alice, source=source, start=start, end=end)
        for source, (start, end) in zip(people, places, strict=True)
    ]


def merge(api, source, into):
    body = {"into": into.pk, "reason": "The same person."}
    return lambda: api.post(f"/api/v1/sources/{source.pk}/merge/", body, headers=ANY)


def replace(api, document, article):
    return lambda: api.put(f"/api/v1/articles/{article.pk}/annotations/", document, headers=ANY)


def document_of(api, article):
    return api.get(f"/api/v1/articles/{article.pk}/annotations/").json()


def speakers():
    return list(Statement.objects.order_by("pk").values_list("source__name", flat=True))


def test_a_merge_and_an_import_of_what_it_moves(api, article, people, said):
    document = document_of(api, article)
    document["statements"][2]["paraphrase"] = "Bea speaks."
    del document["version"]
    with no_deadlock():
        answers = cross(
            (replace(api, document, article), "claims_statement"), (merge(api, people[0], people[1]), "sources_source")
        )
    assert statuses(answers) == [200, 200]
    assert speakers() == ["Anne", "Anne", "Bea", "Bee"]
    assert list(Statement.objects.order_by("pk").values_list("paraphrase", flat=True)) == ["", "", "Bea speaks.", ""]


def test_a_merge_first_and_then_an_import_that_names_the_merged_source(api, article, people, said):
    document = document_of(api, article)
    document["statements"][2]["paraphrase"] = "Bea speaks."
    del document["version"]
    with no_deadlock():
        answers = cross(
            (merge(api, people[0], people[1]), "sources_source"), (replace(api, document, article), "claims_statement")
        )
    assert answers[0].status_code == 200
    assert answers[1].status_code < 500
    assert speakers() == ["Anne", "Anne", "Bea", "Bee"]


def test_two_merges_that_move_the_same_statements(api, alice, article, people, said):
    services.update_statement(
        statement_id=said[0].pk, versions=None, actor=alice, source=people[0], via=[people[2]]
    )  # fmt: skip
    services.update_statement(
        statement_id=said[3].pk, versions=None, actor=alice, source=people[2], via=[people[0]]
    )  # fmt: skip
    with no_deadlock():
        answers = cross(
            (merge(api, people[0], people[1]), "sources_source"), (merge(api, people[2], people[3]), "sources_source")
        )
    assert statuses(answers) == [200, 200]
    assert speakers() == ["Anne", "Anne", "Bee", "Bee"]
    chains = [[source.name for source in row.via] for row in Statement.objects.order_by("pk")]
    assert chains == [["Bee"], [], [], ["Anne"]]
    assert list(Source.objects.order_by("pk").values_list("name", "aliases")) == [("Anne", ["Ann"]), ("Bee", ["Bea"])]


def test_two_merges_in_opposite_directions(api, people, said):
    with no_deadlock():
        answers = cross(
            (merge(api, people[0], people[1]), "sources_source"), (merge(api, people[1], people[0]), "sources_source")
        )
    assert statuses(answers) == [200, 404]
    assert speakers() == ["Anne", "Anne", "Bea", "Bee"]


def dispute_of(alice, statement, source, **fields):
    return services.open_dispute(actor=alice, statement=statement, raised_by=source, kind="denial", **fields)


def resolve(api, dispute):
    body = {"state": "upheld", "reason": "She is right.", "tag": "denied"}
    return lambda: api.post(f"/api/v1/disputes/{dispute.pk}/resolve/", body, headers=ANY)


def delete(api, kind, row):
    return lambda: api.delete(f"/api/v1/{kind}/{row.pk}/?reason=Over.", headers=ANY)


def tag(api, statement):
    body = {"tag": "denied", "reason": "She denies it."}
    return lambda: api.post(f"/api/v1/statements/{statement.pk}/tag/", body, headers=ANY)


def test_a_resolution_with_a_tag_and_the_deletion_of_the_statement(api, alice, people, said):
    dispute = dispute_of(alice, said[0], people[1])
    with no_deadlock():
        answers = cross(
            (resolve(api, dispute), "claims_dispute"), (delete(api, "statements", said[0]), "claims_statement")
        )
    assert statuses(answers) == [200, 204]
    assert Statement.objects.count() == 3
    assert not Dispute.objects.exists()
    told = Entry.objects.of("dispute", dispute.pk).order_by("id").values_list("action", "version", "data__state")
    assert list(told) == [
        ("dispute.opened", 1, "open"),
        ("dispute.resolved", 2, "upheld"),
        ("dispute.deleted", 3, "upheld"),
    ]


def test_a_tag_and_the_deletion_of_the_statement(api, alice, people, said):
    dispute_of(alice, said[0], people[1])
    with no_deadlock():
        answers = cross((delete(api, "statements", said[0]), "claims_dispute"), (tag(api, said[0]), "claims_statement"))
    assert statuses(answers) == [204, 404]
    assert list(Statement.objects.order_by("pk")) == said[1:]


def test_a_dispute_within_an_article_and_the_deletion_of_the_article(api, alice, article, people, said):
    """The dispute names two statements that the deletion locks one after the other."""

    def open_dispute():
        body = {"statement": said[1].pk, "counter_statement": said[0].pk, "raised_by": people[0].pk, "kind": "denial"}
        return api.post("/api/v1/disputes/", body)

    with no_deadlock():
        answers = cross((open_dispute, "claims_dispute"), (delete(api, "articles", article), "claims_statement"))
    assert statuses(answers) == [201, 204]
    assert (Article.objects.count(), Statement.objects.count(), Dispute.objects.count()) == (0, 0, 0)


def test_an_edit_of_a_dispute_and_the_deletion_of_the_article(api, alice, article, people, said):
    dispute = dispute_of(alice, said[1], people[0])

    def edit():
        return api.patch(f"/api/v1/disputes/{dispute.pk}/", {"counter_statement": said[2].pk}, headers=ANY)

    with no_deadlock():
        answers = cross((edit, "claims_dispute"), (delete(api, "articles", article), "claims_statement"))
    assert statuses(answers) == [200, 204]
    assert (Article.objects.count(), Statement.objects.count(), Dispute.objects.count()) == (0, 0, 0)


def part_of(api, source, whole):
    return lambda: api.patch(f"/api/v1/sources/{source.pk}/", {"part_of": whole.pk}, headers=ANY)


def affiliations():
    return dict(Source.objects.values_list("name", "part_of__name"))


def test_two_sources_that_become_parts_of_each_other(api, people):
    with no_deadlock():
        answers = cross(
            (part_of(api, people[0], people[1]), "UPDATE"), (part_of(api, people[1], people[0]), "FOR NO KEY UPDATE")
        )
    assert statuses(answers) == [200, 400]
    assert details(answers) == ["A source cannot be a part of itself, directly or through others."]
    assert affiliations() == {"Ann": "Anne", "Anne": None, "Bea": None, "Bee": None}


def test_a_source_becomes_a_part_of_one_that_is_merged(api, alice, people):
    update_source(source_id=people[2].pk, versions=None, actor=alice, part_of=people[0])
    with no_deadlock():
        answers = cross(
            (part_of(api, people[3], people[0]), "UPDATE"), (merge(api, people[0], people[1]), "sources_source")
        )
    assert statuses(answers) == [200, 200]
    assert affiliations() == {"Anne": None, "Bea": "Anne", "Bee": "Anne"}


def test_a_new_part_of_a_source_that_is_merged(api, alice, people):
    update_source(source_id=people[2].pk, versions=None, actor=alice, part_of=people[0])

    def create():
        return api.post("/api/v1/sources/", {"name": "Dora", "kind": "person", "part_of": people[0].pk})

    with no_deadlock():
        answers = cross((create, "INSERT"), (merge(api, people[0], people[1]), "sources_source"))
    assert statuses(answers) == [201, 200]
    assert affiliations() == {"Anne": None, "Bea": "Anne", "Bee": None, "Dora": "Anne"}


def test_a_new_text_and_an_import(api, alice, article, people, said):
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Nothing of it.")
    services.reanchor_statement(statement_id=said[0].pk, versions=None, actor=alice, start=0, end=7)
    document = document_of(api, article)
    document["statements"][0]["paraphrase"] = "Nothing."
    del document["version"]

    def edit():
        return api.patch(f"/api/v1/articles/{article.pk}/", {"text": "Nothing of it is left."}, headers=ANY)

    with no_deadlock():
        answers = cross((edit, "claims_statement"), (replace(api, document, article), "claims_statement"))
    assert statuses(answers) == [200, 200]
    assert Article.objects.get().text == "Nothing of it."
    assert list(Statement.objects.order_by("pk").values_list("paraphrase", "anchor")) == [
        ("Nothing.", "anchored"),
        ("", "orphaned"),
        ("", "orphaned"),
        ("", "orphaned"),
    ]


def test_a_new_text_and_a_merge(api, alice, article, people, said):
    """Statements pinned to two revisions, so that the order of revisions is not that of ids."""
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Nothing of it.")
    services.reanchor_statement(statement_id=said[0].pk, versions=None, actor=alice, start=0, end=7)
    services.update_statement(statement_id=said[1].pk, versions=None, actor=alice, source=people[0])

    def edit():
        return api.patch(f"/api/v1/articles/{article.pk}/", {"text": "Nothing of it is left."}, headers=ANY)

    with no_deadlock():
        answers = cross_while_held(said[3], edit, merge(api, people[0], people[1]))
    assert statuses(answers) == [200, 200]
    assert speakers() == ["Anne", "Anne", "Bea", "Bee"]


def bulk(api, *articles):
    rows = [{"article": row.pk, "text": "One.", "quote_type": "narration"} for row in articles]
    return lambda: api.post("/api/v1/statements/bulk/", rows)


def test_two_bulk_posts_into_the_same_articles(api, alice):
    one, two = (services.create_article(actor=alice, title=f"Article {n}", text="One.") for n in (1, 2))
    with no_deadlock():
        answers = cross((bulk(api, one, two), "claims_article"), (bulk(api, two, one), "claims_article"))
    assert statuses(answers) == [201, 201]
    assert sorted(Statement.objects.values_list("article", flat=True)) == [one.pk, one.pk, two.pk, two.pk]


def test_a_source_that_is_edited_can_be_referred_to_meanwhile(api, alice, article, people):
    body = {"article": article.pk, "source": people[0].pk, "start": 2, "end": 6}
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        update_source(source_id=people[0].pk, versions=None, actor=alice, description="A poet.")
        made = pool.submit(send, lambda: api.post("/api/v1/statements/", body), None)
        assert made.result(20).status_code == 201
    assert speakers() == ["Ann"]


def test_an_import_that_names_a_source_which_is_deleted_meanwhile(api, alice, article, people):
    document = document_of(api, article) | {"sources": [{"key": "ann", "name": "Ann", "kind": "person"}]}
    del document["version"]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            delete_source(source_id=people[0].pk, versions=None, actor=alice)
            imported = pool.submit(send, replace(api, document, article), None)
            until(somebody_waits)
        answer = imported.result(20)
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "A source of this document was merged or deleted in the meantime. Import it again.",
    )
    assert list(Source.objects.order_by("name").values_list("name", flat=True)) == ["Anne", "Bea", "Bee"]


# An export and a write at the same time


def exported(api, article):
    answer = api.get(f"/api/v1/articles/{article.pk}/annotations/")
    return answer.json(), answer.headers["ETag"]


def put_back(api, article, document, etag):
    return api.put(f"/api/v1/articles/{article.pk}/annotations/", document, headers={"If-Match": etag})


def tag_now(alice, statement):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="Denied.")


def test_a_document_is_stale_after_a_write_that_began_before_the_last_one_in_it(api, alice, article, said):
    begun, is_exported = Event(), Event()

    def begin_early_and_commit_late():
        with transaction.atomic():
            tag_now(alice, said[0])
            begun.set()
            assert is_exported.wait(20)

    with ThreadPoolExecutor(1) as pool:
        try:
            late = pool.submit(send, begin_early_and_commit_late, None)
            assert begun.wait(20)
            tag_now(alice, said[1])
            document, etag = exported(api, article)
        finally:
            is_exported.set()
        late.result(20)
    assert put_back(api, article, document, etag).status_code == 412
    assert list(Statement.objects.order_by("pk").values_list("tag", flat=True)[:2]) == ["denied", "denied"]


class WriteDuringExport:
    """Tags a statement in another transaction, after the first query of the export that names the table."""

    def __init__(self, table, work):
        self.table, self.work, self.is_done = table, work, False

    def __call__(self, execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if not self.is_done and self.table in str(sql):
            self.is_done = True
            with ThreadPoolExecutor(1) as pool:
                pool.submit(send, self.work, None).result(20)
        return answer


@pytest.mark.parametrize("table", ["claims_article", "claims_statementvia", "sources_source", "journal_entry"])
def test_a_document_is_of_one_moment(api, alice, article, said, table):
    during = WriteDuringExport(table, lambda: tag_now(alice, said[0]))
    with connection.execute_wrapper(during):
        document, etag = exported(api, article)
    assert during.is_done
    assert document["statements"][0]["tag"] == "unverified"
    assert put_back(api, article, document, etag).status_code == 412


def test_a_source_that_is_merged_away_during_an_export_does_not_hold_it(api, alice, article, said, people):
    update_source(source_id=people[0].pk, versions=None, actor=alice, part_of=people[1])
    merged = {"source_id": people[1].pk, "into": people[2], "versions": None, "actor": alice, "reason": "The same."}
    during = WriteDuringExport('"sources_source"."id" IN', lambda: services.merge_source(**merged))
    with connection.execute_wrapper(during):
        document, _ = exported(api, article)
    assert during.is_done
    assert {row["name"] for row in document["sources"]} == {"Ann", "Anne", "Bea", "Bee"}


# Where a deadlock is left, the service tries again


class LosesADeadlock:
    """Once, after the request has locked the first row: it also wants the second, whose holder wants the first."""

    def __init__(self, first, second, pool):
        self.first, self.second, self.pool, self.other = first, second, pool, None
        self.holds, self.is_done = Event(), False

    def __call__(self, execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if not self.is_done and "INSERT INTO journal_entry" in str(sql):
            self.is_done = True
            self.other = self.pool.submit(self.hold_and_want)
            assert self.holds.wait(20)
            with context["connection"].cursor() as cursor:
                cursor.execute("SELECT id FROM sources_source WHERE id = %s FOR UPDATE", [self.second.pk])
        return answer

    def hold_and_want(self):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '1min'")  # so that the other one is ended
                cursor.execute("SELECT id FROM sources_source WHERE id = %s FOR UPDATE", [self.second.pk])
                self.holds.set()
                cursor.execute("SELECT id FROM sources_source WHERE id = %s FOR UPDATE", [self.first.pk])
        finally:
            connection.close()


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
def test_who_loses_a_deadlock_is_run_again_with_or_without_a_key(api, people, headers):
    before = deadlocks()
    with ThreadPoolExecutor(1) as pool:
        loses = LosesADeadlock(people[0], people[1], pool)
        with connection.execute_wrapper(loses):
            answer = api.post(
                f"/api/v1/sources/{people[0].pk}/merge/",
                {"into": people[2].pk, "reason": "The same."},
                headers={**ANY, **headers},
            )
        loses.other.result(20)
    assert deadlocks() == before + 1
    assert (answer.status_code, answer.json()["aliases"]) == (200, ["Ann"])
    assert list(Source.objects.order_by("pk").values_list("name", "version")) == [("Anne", 1), ("Bea", 2), ("Bee", 1)]
    assert Entry.objects.filter(action__in=["source.merged", "source.deleted"]).count() == 2


@pytest.mark.parametrize("has_words", [True, False])
def test_two_pieces_of_evidence_that_are_added_at_once_are_both_found(alice, statement, has_words):
    def adding(title):
        fields = {"statement": statement, "actor": alice, "stance": "context", "url": "https://e.example/"}
        return lambda: services.create_evidence(title=title, **fields)

    if not has_words:  # as before the migration that writes them has come to it
        StatementWords.objects.all().delete()
    cross((adding("Minutes"), "claims_evidence"), (adding("Ledger"), "claims_evidence"))
    assert list(Statement.objects.search("minutes ledger minister")) == [statement]


def test_a_first_reason_and_evidence_that_are_added_at_once_are_both_found(alice, statement):
    def adding():
        fields = {"statement": statement, "actor": alice, "stance": "context", "url": "https://e.example/"}
        return services.create_evidence(title="Minutes", **fields)

    def tagging():
        fields = {"statement_id": statement.pk, "versions": None, "actor": alice}
        return services.tag_statement(tag="denied", reason="Her spokesman disagrees", **fields)

    cross((adding, "claims_evidence"), (tagging, "claims_statement"))
    assert list(Statement.objects.search("minutes spokesman minister")) == [statement]


def test_words_are_filled_in_while_others_write(alice, statement):
    """The fill waits for whoever has the words of a statement, and that one for nobody."""
    fill = import_module("claims.migrations.0007_fill_search_words").fill_batch
    StatementWords.objects.all().delete()

    def adding():
        fields = {"statement": statement, "actor": alice, "stance": "context", "url": "https://e.example/"}
        return services.create_evidence(title="Minutes", **fields)

    with no_deadlock():
        cross((adding, "claims_evidence"), (lambda: fill(connection, "statement", 0, 9), "claims_statementwords"))
    assert list(Statement.objects.search("minutes minister")) == [statement]


def test_a_new_source_that_two_articles_suggest_at_once_is_made_once(alice):
    text = "Mayor Ann Newcomer said on Monday that the bridge would open in May."

    def accepting(number):
        article = services.create_article(actor=alice, title=f"Report {number}", text=text)
        key = next(iter(ArticleSuggestions(article).by_key))

        def accept():
            accepted = accept_suggestions(article_id=article.pk, items=[{"key": key}], actor=alice)
            return accepted.statements[0].source

        return accept

    first, second = cross((accepting(1), "sources_source"), (accepting(2), "sources_source"))
    assert first == second == Source.objects.get(name="Ann Newcomer")
