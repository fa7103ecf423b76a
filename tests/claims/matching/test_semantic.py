"""`/statements/matches/` where the database has pgvector and the service a model."""

import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from rest_framework.test import APIClient

from claims import services
from claims.followers import followers_in_use
from claims.vectors import model
from claims.vectors.follower import Vectors
from claims.vectors.table import NoVectors, has_table, make_table
from factcheck.journal.followers import LeftOut
from factcheck.journal.models import Entry, FollowerCursor
from tests.claims.matching.test_matches import BRIDGE, MATCHES, SACKED

IN_OTHER_WORDS = "City boss fires nearly a dozen officials who checked restaurants"
TABLE = "claims_statementvector_minilm"


def run(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(autouse=True)
def _with_a_model(settings):
    settings.MATCHING_MODEL = "minilm"


@pytest.fixture
def vectors(db):
    run("DROP TABLE IF EXISTS claims_statementvector_minilm")  # left by a test of the command
    follower = Vectors()
    follower.prepare()
    return follower


def follow(vectors):
    vectors.follow(list(Entry.objects.order_by("id")))


def answer(client, text=None, **query):
    answer = client.get(MATCHES, {"text": text, **query} if text else query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def found(client, text=None, **query):
    return [match["statement"]["id"] for match in answer(client, text, **query)["results"]]


def with_vectors():
    return [statement for (statement,) in run(f"SELECT statement FROM {TABLE} ORDER BY statement")]


@pytest.mark.parametrize(
    ("language", "recorded", "asked"),
    [
        ("ar", "تحدث رئيس الوزراء مع نظيره أمس.", "قطتي تحب أكل السمك"),
        ("ko", "대통령은 어제 회담을 거부했다고 말했다.", "우리 고양이는 생선을 좋아한다"),
        ("th", "นายกรัฐมนตรีกล่าวว่าไม่จริง", "😀"),
    ],
)
def test_texts_in_a_script_that_the_model_does_not_read_are_compared_by_words(
    api, record, vectors, language, recorded, asked
):
    record(recorded, language=language)
    follow(vectors)
    assert answer(api, asked) == {"level": "lexical", "results": []}


def test_what_says_the_same_in_other_words_comes_first(api, record, vectors):
    sacked = record(SACKED)
    record(BRIDGE)
    assert answer(api, IN_OTHER_WORDS) == {"level": "semantic", "results": []}
    follow(vectors)
    [match] = answer(api, IN_OTHER_WORDS)["results"]
    assert (match["statement"]["id"], match["words"]) == (sacked.pk, [])
    assert 0.15 < match["score"] < 0.5
    assert answer(api, SACKED)["results"][0]["score"] > 0.8


def test_a_statement_without_a_vector_counts_by_its_words(api, record, vectors):
    first = record(SACKED)
    follow(vectors)
    second = record("The mayor of Springfield sacked eleven inspectors.")
    assert set(found(api, SACKED)) == {first.pk, second.pk}
    assert found(api, IN_OTHER_WORDS) == [first.pk]


def test_a_statement_has_a_vector_of_what_it_says_now(api, alice, record, vectors):
    statement = record("He got rid of them.")
    follow(vectors)
    assert found(api, IN_OTHER_WORDS) == []
    services.update_statement(statement_id=statement.pk, versions=None, actor=alice, paraphrase=SACKED)
    follow(vectors)
    assert found(api, IN_OTHER_WORDS) == [statement.pk]
    services.update_statement(statement_id=statement.pk, versions=None, actor=alice, paraphrase="")
    follow(vectors)
    assert found(api, IN_OTHER_WORDS) == []


def test_the_titles_of_evidence_count_a_little(alice, record, vectors):
    statement = record(BRIDGE)
    follow(vectors)
    before = run(f"SELECT vector::text::vector FROM {TABLE}")
    evidence = {"stance": "context", "url": "https://news.example/"}
    services.create_evidence(actor=alice, statement=statement, excerpt=SACKED, **evidence)
    follow(vectors)
    assert run(f"SELECT vector::text::vector FROM {TABLE}") == before
    services.create_evidence(actor=alice, statement=statement, title=SACKED, **evidence)
    follow(vectors)
    [[product]] = run(f"SELECT -(vector <#> %s::halfvec(384)) FROM {TABLE}", before[0][0])
    assert 0.9 < product < 0.99


def test_a_write_that_leaves_the_text_makes_no_new_vector(alice, record, vectors):
    statement = record(SACKED)
    follow(vectors)
    run(f"UPDATE {TABLE} SET vector = array_fill(0.05, ARRAY[384])::halfvec")
    before = run(f"SELECT * FROM {TABLE}")
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="He says so.")
    follow(vectors)
    assert run(f"SELECT * FROM {TABLE}") == before


def test_a_deleted_statement_is_not_found_and_loses_its_vector(api, alice, record, vectors):
    gone, stays = record(SACKED), record(BRIDGE)
    follow(vectors)
    services.delete_statement(statement_id=gone.pk, versions=None, actor=alice, reason="Recorded twice.")
    assert found(api, IN_OTHER_WORDS) == []
    assert with_vectors() == [gone.pk, stays.pk]
    follow(vectors)
    assert with_vectors() == [stays.pk]


def test_the_vector_of_a_recorded_statement_is_not_made_again(api, record, vectors):
    asked, sacked = record("He got rid of them."), record(SACKED)
    follow(vectors)
    assert found(api, statement=asked.pk) == []
    run(f"UPDATE {TABLE} SET vector = (SELECT vector FROM {TABLE} WHERE statement = %s)", sacked.pk)
    assert found(api, statement=asked.pk) == [sacked.pk]


def test_a_new_statement_is_compared_before_it_has_a_vector(api, record, vectors):
    sacked = record(SACKED)
    follow(vectors)
    assert found(api, statement=record(IN_OTHER_WORDS).pk) == [sacked.pk]


def test_what_is_not_published_takes_no_room_from_what_is(record, vectors, settings, api):
    settings.PUBLIC_READ = True
    shown = record(SACKED, publish=True)
    follow(vectors)
    words = "INSERT INTO claims_statementwords SELECT n, '' FROM generate_series(-500, -1) n"
    near = f"INSERT INTO {TABLE} SELECT n, n, vector FROM {TABLE}, generate_series(-500, -1) n"
    run(f"{words}; {near}; SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")  # so that the index is used
    draft = record("Eleven officials who checked restaurants lost their jobs.")
    follow(vectors)
    assert found(APIClient(), IN_OTHER_WORDS) == [shown.pk]
    assert draft.pk in found(api, "Eleven officials who checked restaurants lost their jobs.")


def test_filters_leave_others_out(api, alice, record, vectors):
    first, second = record(SACKED), record(SACKED)
    follow(vectors)
    assert found(api, IN_OTHER_WORDS) == [first.pk, second.pk]
    assert found(api, IN_OTHER_WORDS, exclude_article=first.article_id) == [second.pk]
    assert found(api, IN_OTHER_WORDS, article=first.article_id) == [first.pk]
    assert found(api, IN_OTHER_WORDS, tag="denied") == []


@pytest.mark.parametrize(
    "text",
    ["😀" * 5_000, "“" * 20_000, "w" * 20_000, "a b " * 5_000, "https://a.example/", "\u0301", "入" * 9_000],
)
def test_any_text_has_an_answer(api, record, vectors, text):
    record(SACKED)
    follow(vectors)
    answer = api.post(MATCHES, {"text": text})
    assert answer.status_code == 200
    assert answer.json()["level"] == ("semantic" if text[0].isascii() else "lexical")


def test_any_statement_gets_a_vector(alice, record, vectors):
    recorded = [record(text).pk for text in ("😀" * 5_000, "“", "w" * 20_000, "a b " * 5_000, "\u0301")]
    follow(vectors)
    assert with_vectors() == recorded


def test_another_model_begins_anew_and_never_compares_with_the_former(api, record, vectors, settings):
    record(SACKED)
    follow(vectors)
    FollowerCursor.objects.create(name="vectors", transaction=5, entry=5)
    settings.MATCHING_MODEL = "e5"
    assert not has_table()
    make_table()
    make_table()
    assert has_table()
    assert not FollowerCursor.objects.filter(name="vectors").exists()
    settings.MATCHING_MODEL = "minilm"
    assert not has_table()
    assert answer(api, SACKED)["level"] == "lexical"


def test_without_the_packages_everything_goes_on_by_words(api, record, vectors, monkeypatch):
    statement = record(SACKED)
    follow(vectors)
    monkeypatch.setattr(model, "_loaded", {})
    monkeypatch.delitem(sys.modules, "claims.embedding.minilm")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert answer(api, IN_OTHER_WORDS) == {"level": "lexical", "results": []}
    assert found(api, SACKED) == [statement.pk]
    with pytest.raises(LeftOut, match=r"onnxruntime.*requirements-semantic\.txt"):
        Vectors().prepare()


def test_without_pgvector_everything_goes_on_by_words(api, record):
    statement = record(SACKED)
    run("SET LOCAL extension_control_path = '/'")
    assert answer(api, SACKED)["level"] == "lexical"
    assert found(api, SACKED) == [statement.pk]
    assert followers_in_use() == ["seal", "webhooks"]
    with pytest.raises(LeftOut, match="PostgreSQL has no pgvector"):
        Vectors().prepare()
    with pytest.raises(CommandError, match="PostgreSQL has no pgvector"):
        call_command("make_vector_table")


def test_a_role_that_may_not_make_the_table_is_told_who_may(db):
    run("CREATE ROLE nobody_much; SET LOCAL ROLE nobody_much")
    with pytest.raises(NoVectors, match=r"permission denied.*`manage\.py make_vector_table` as the owner"):
        make_table()
    run("RESET ROLE")
    call_command("make_vector_table")
    assert followers_in_use() == ["seal", "vectors", "webhooks"]


def test_with_the_setting_none_there_are_no_vectors(api, record, vectors, settings):
    record(SACKED)
    follow(vectors)
    settings.MATCHING_MODEL = "none"
    assert answer(api, SACKED)["level"] == "lexical"
    with pytest.raises(LeftOut, match="MATCHING_MODEL is none"):
        Vectors().prepare()
    with pytest.raises(CommandError, match="MATCHING_MODEL is none"):
        call_command("make_vector_table")
