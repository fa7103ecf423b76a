"""An annotation document of many rows: as few queries as for one of few, and still nothing that was not asked for."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from claims.annotations import import_document
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.models import Article, Dispute, Statement
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source

pytestmark = pytest.mark.django_db


def document(size, **changes):
    sentences = [f"Speaker {number} said it \U0001f600." for number in range(size)]
    return {
        "format": "factcheck-annotations/1",
        "article": {"title": "Many", "url": "https://news.example/many", "text": " ".join(sentences)},
        "sources": [
            {"key": f"source-{number}", "name": f"Speaker {number}", "kind": "person"} for number in range(size)
        ],
        "statements": [
            {
                "key": f"s-{number}",
                "text": sentence,
                "source": f"source-{number}",
                "via": [f"source-{(number + 1) % size}"],
                "tag": "denied",
                "tag_reason": f"Reason {number}.",
                "evidence": [{"key": "e", "stance": "context", "url": f"https://archive.example/{number}"}],
            }
            for number, sentence in enumerate(sentences)
        ],
        "disputes": [
            {
                "key": f"d-{number}",
                "statement": f"s-{number}",
                "raised_by": f"source-{(number + 1) % size}",
                "counter_statement": f"s-{(number + 1) % size}",
                "kind": "denial",
                "state": "upheld",
                "resolution": f"Upheld {number}.",
            }
            for number in range(size)
        ],
        **changes,
    }


def put_in(given, actor):
    serializer = AnnotationDocumentSerializer(data=given)
    serializer.is_valid(raise_exception=True)
    with CaptureQueriesContext(connection) as queries:
        import_document(document=serializer.validated_data, actor=actor)
    return len(queries)


def test_eighty_statements_take_as_many_queries_as_three(alice):
    few = put_in(document(3), alice)
    other = {"title": "More", "url": "https://news.example/more"}
    many = document(80)
    assert put_in({**many, "article": {**many["article"], **other}}, alice) == few
    assert put_in(document(3), alice) == put_in({**many, "article": {**many["article"], **other}}, alice)


def test_each_row_has_its_entries_with_their_own_reasons_in_the_order_of_the_document(alice):
    put_in(document(40), alice)
    made = list(Statement.objects.order_by("id").values_list("key", "version", "tag_reason"))
    assert made == [(f"s-{number}", 2, f"Reason {number}.") for number in range(40)]
    tagged = Entry.objects.filter(action="statement.tagged").order_by("id")
    assert [entry.reason for entry in tagged] == [f"Reason {number}." for number in range(40)]
    resolved = Entry.objects.filter(action="dispute.resolved").order_by("id")
    assert [entry.data["resolution"] for entry in resolved] == [f"Upheld {number}." for number in range(40)]
    assert Entry.objects.count() == 40 * 6 + 1


def test_of_many_rows_only_the_edited_ones_are_written_again(alice):
    given = document(40)
    put_in(given, alice)
    before = Entry.objects.count()
    put_in(given, alice)
    assert Entry.objects.count() == before
    given["sources"][3]["description"] = "Speaks for the third."
    given["statements"][7].update(paraphrase="It was said.", via=["source-1", "source-2"])
    given["statements"][8].update(tag="asserted", tag_reason="Now on the record.")
    given["statements"][9]["evidence"][0]["title"] = "A memo"
    given["disputes"][10]["note"] = "By telephone."
    put_in(given, alice)
    written = Entry.objects.order_by("id")[before:]
    assert [(entry.action, entry.version) for entry in written] == [
        ("source.updated", 2),
        ("statement.updated", 3),
        ("statement.tagged", 3),
        ("evidence.updated", 2),
        ("dispute.reopened", 3),
        ("dispute.updated", 4),
        ("dispute.resolved", 5),
    ]
    chain = Source.objects.filter(name__in=["Speaker 1", "Speaker 2"]).order_by("id").values_list("pk", flat=True)
    assert written[1].data["via"] == list(chain)


def test_of_two_disputes_by_one_source_the_first_is_resolved_before_the_second_is_opened(alice):
    dispute = {"statement": "s-0", "raised_by": "source-1", "kind": "denial"}
    given = document(
        2,
        disputes=[
            {**dispute, "key": "first", "state": "withdrawn", "resolution": "Taken back."},
            {**dispute, "key": "second"},
        ],
    )
    put_in(given, alice)
    states = list(Dispute.objects.order_by("id").values_list("key", "state"))
    assert states == [("first", "withdrawn"), ("second", "open")]


def test_two_sources_of_a_document_that_are_one_here_are_both_told_of_with_every_other_fault(api, alice):
    create_source(actor=alice, name="Known", kind="person", aliases=["Speaker 1"], same_as=["https://w.example/Q1"])
    given = document(3, disputes=[])
    given["sources"][0]["same_as"] = ["https://w.example/Q1"]
    given["statements"][2]["text"] = "Nobody said this."
    made = api.post("/api/v1/articles/", {"title": "Many", "text": given["article"]["text"]})
    answer = api.put(f"/api/v1/articles/{made.json()['id']}/annotations/", given, headers={"if-match": "*"})
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("#/sources/1", "ambiguous"),
        ("#/statements/2/text", "not_found"),
    ]
    assert not Statement.objects.exists()


def test_evidence_whose_key_stands_twice_in_its_statement_is_refused():
    given = document(2)
    given["statements"][1]["evidence"] *= 2
    serializer = AnnotationDocumentSerializer(data=json.loads(json.dumps(given)))
    assert not serializer.is_valid()
    assert serializer.errors == {"statements": {1: {"evidence": {1: {"key": ["This key is used twice."]}}}}}


def wait_until_it_waits():
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_locks WHERE NOT granted")
            if cursor.rowcount:
                return
        time.sleep(0.05)
    raise AssertionError("The import waits for nothing.")


@pytest.mark.django_db(transaction=True)
def test_an_import_by_address_waits_for_the_article_before_it_holds_a_source(alice):
    """As whoever replaces the article's document holds them: in another order each would wait for the other."""
    put_in(document(3), alice)
    changed = document(3)
    changed["sources"][0]["description"] = "Speaks for the first."

    def put_in_meanwhile():
        try:
            put_in(changed, alice)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            Article.objects.select_for_update().get()
            importing = other.submit(put_in_meanwhile)
            wait_until_it_waits()
            assert len(Source.objects.select_for_update(nowait=True)) == 3
        importing.result()
    assert Source.objects.get(name="Speaker 0").description == "Speaks for the first."


def test_a_source_that_stands_twice_in_a_documents_chain_is_pointed_at(api, article):
    sent = document(2)
    sent["statements"][1]["via"] = ["source-0", "source-0"]
    answer = api.put(f"/api/v1/articles/{article.pk}/annotations/", sent, headers={"if-match": "*"})
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [{"pointer": "#/statements/1/via/1", "code": "duplicate", "detail": "This source is listed twice."}],
    )
