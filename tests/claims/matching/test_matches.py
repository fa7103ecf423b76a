"""`/statements/matches/`: was this recorded before?"""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from claims import services
from factcheck.api.models import Token
from factcheck.journal.models import Entry
from tests.newsroom import browser_of, client_of, page_of, user_with_role

MATCHES = "/api/v1/statements/matches/"
SACKED = "The mayor of Springfield sacked eleven inspectors in March."
BRIDGE = "The old bridge over the Elbe was closed for lorries."
POST = (
    "BREAKING: #SpringfieldMayor sacked 11 inspectors!! Eleven! https://t.co/x1y2 pic.twitter.com/abc "
    "— Ann Lee (@annlee) March 5, 2021"
)


def matches(client, **query):
    answer = client.get(MATCHES, query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def found(client, text, **query):
    return [match["statement"]["id"] for match in matches(client, text=text, **query)]


def test_a_match_has_all_that_an_editor_asks_first(api, alice, record, minister):
    statement = record(SACKED)
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="He says so.")
    settled = services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")
    services.resolve_dispute(
        dispute_id=settled.pk, versions=None, actor=alice, state="rejected", reason="It was another day."
    )
    dispute = services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="correction")
    record(BRIDGE)

    [match] = matches(api, text=POST)

    assert match == {
        "score": match["score"],
        "likely": True,
        "words": ["springfield", "mayor", "sacked", "inspectors", "eleven", "march"],
        "statement": api.get(f"/api/v1/statements/{statement.pk}/").json(),
        "article": {
            "id": statement.article_id,
            "title": "A report",
            "url": None,
            "status": "draft",
            "published_at": None,
        },
        "disputes": [api.get(f"/api/v1/disputes/{dispute.pk}/").json()],
    }
    assert match["statement"]["tag"] == "denied"
    assert match["statement"]["source"]["name"] == "The minister"
    assert 0.6 < match["score"] < 2


def test_the_nearest_come_first_also_where_none_says_the_same(api, record):
    bridge, sacked = record(BRIDGE), record(SACKED)
    text = "Inspectors closed the old road."
    assert found(api, text) == [bridge.pk, sacked.pk]
    assert [match["likely"] for match in matches(api, text=text)] == [False, False]


def test_a_text_without_a_word_in_common_matches_nothing(api, record):
    record(SACKED)
    assert matches(api, text="Nobody likes rain.") == []


def test_words_match_in_other_forms_and_without_accents(api, record):
    statement = record("José García denied that inspections were cancelled.")
    [match] = matches(api, text="JOSE GARCIA: cancelling of the inspection?")
    assert match["statement"]["id"] == statement.pk
    assert match["words"] == ["jose", "garcia", "cancelling", "inspection"]


def test_a_statement_in_the_same_words_is_likely_however_common_they_are(api, record):
    record("He said no.")
    record("She said no.")
    [first, second] = matches(api, text="“He said: no!”")
    assert (first["statement"]["text"], first["likely"]) == ("He said no.", True)
    assert (second["statement"]["text"], second["likely"]) == ("She said no.", False)


def test_a_word_that_is_too_common_in_another_language_counts(api, record):
    record("Die Brücke ist gesperrt.", language="de")
    record("Soldiers die.")
    assert matches(api, text="All of the soldiers die")[0]["words"] == ["soldiers", "die"]
    [match] = matches(api, text="Die Brücke ist nicht gesperrt")
    assert match["words"] == ["brucke", "gesperrt"]


def test_equal_matches_come_in_the_order_of_recording(api, record):
    ids = [record(SACKED).pk for _ in range(4)]
    assert found(api, SACKED) == ids
    assert found(api, SACKED, page_size=2) == ids[:2]


def test_a_recorded_statement_matches_others_and_not_itself(api, record):
    first, second = record(SACKED), record("Eleven inspectors were sacked by the mayor of Springfield.")
    assert [match["statement"]["id"] for match in matches(api, statement=first.pk)] == [second.pk]
    assert [match["statement"]["id"] for match in matches(api, statement=second.pk, page_size=1)] == [first.pk]


def test_the_paraphrase_of_a_statement_counts_too(api, record):
    vague = record("He got rid of them all.", paraphrase="The mayor of Springfield sacked eleven inspectors.")
    sacked = record(SACKED)
    assert set(found(api, "Mayor sacked inspectors")) == {vague.pk, sacked.pk}
    assert [match["statement"]["id"] for match in matches(api, statement=vague.pk)] == [sacked.pk]


def test_titles_of_evidence_count_and_what_else_is_noted_does_not(api, alice, record):
    statement = record("He got rid of them all.")
    services.create_evidence(
        actor=alice,
        statement=statement,
        stance="context",
        url="https://news.example/",
        title="Did the mayor sack inspectors?",
        excerpt="Lorries on the bridge.",
    )
    services.tag_statement(
        statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="The archbishop says so."
    )
    [match] = matches(api, text="The mayor, inspectors, lorries, the bridge and the archbishop")
    assert match["words"] == ["mayor", "inspectors"]
    assert matches(api, text="lorries and archbishop") == []


def test_what_was_changed_or_deleted_is_matched_as_it_is_now(api, alice, record):
    statement = record(SACKED)
    services.update_statement(statement_id=statement.pk, versions=None, actor=alice, paraphrase="Dismissals at once.")
    assert found(api, "dismissals") == [statement.pk]
    services.delete_statement(statement_id=statement.pk, versions=None, actor=alice, reason="Recorded twice.")
    assert found(api, SACKED) == []


def test_filters_leave_others_out(api, alice, record):
    first = record(SACKED, said_on="2021-03-05")
    second = record(SACKED)
    services.tag_statement(statement_id=second.pk, versions=None, actor=alice, tag="denied", reason="He says so.")
    assert found(api, SACKED, tag="denied") == [second.pk]
    assert found(api, SACKED, article=first.article_id) == [first.pk]
    assert found(api, SACKED, exclude_article=first.article_id) == [second.pk]
    assert found(api, SACKED, said_after="2021-03-05") == [first.pk]
    assert found(api, SACKED, said_after="2021-03-06") == []
    answer = api.post(f"{MATCHES}?tag=denied", {"text": SACKED})
    assert [match["statement"]["id"] for match in answer.json()["results"]] == [second.pk]


@pytest.mark.parametrize(
    ("language", "recorded", "asked", "words"),
    [
        ("zh", "他说俄罗斯入侵了乌克兰东部。", "俄罗斯真的入侵了吗?", ["俄罗", "罗斯", "入侵", "侵了"]),
        ("ja", "首相は「知らない」と述べた", "知らないと首相", ["知ら", "らな", "ない", "首相"]),
        ("th", "นายกรัฐมนตรีกล่าวว่าไม่จริง", "ไม่จริง", ["ไม", "ม่", "่จ", "จร", "ริ", "ิง"]),
        (
            "uk",
            "Зеленський звільнив одинадцять міністрів.",
            "Зеленський звільнив міністрів",
            ["зеленський", "звільнив", "міністрів"],
        ),
    ],
)
def test_texts_of_any_script_match(api, record, language, recorded, asked, words):
    statement = record(recorded, language=language)
    record(SACKED)
    [match] = matches(api, text=asked)
    assert match["statement"]["id"] == statement.pk
    assert match["words"] == words


def test_anonymous_callers_match_among_what_is_published(api, record, settings):
    settings.PUBLIC_READ = True
    shown, hidden = record(SACKED, publish=True), record(SACKED)
    assert found(api, SACKED) == [shown.pk, hidden.pk]

    [match] = matches(APIClient(), text=SACKED)
    assert match["statement"] == APIClient().get(f"/api/v1/statements/{shown.pk}/").json()
    assert match["article"]["id"] == shown.article_id
    assert "tagged_by" not in match["statement"]
    assert [m["statement"]["id"] for m in APIClient().post(MATCHES, {"text": SACKED}).json()["results"]] == [shown.pk]
    assert matches(APIClient(), statement=shown.pk) == []
    assert APIClient().get(MATCHES, {"statement": hidden.pk}).status_code == 404


def test_a_public_score_counts_rarer_words_in_public_statements_alone(record, settings):
    settings.PUBLIC_READ = True
    record(SACKED, publish=True)
    record(BRIDGE)
    [before] = matches(APIClient(), text="sacked inspectors")
    record("Inspectors were sacked for sacked inspectors.")
    statements = connection.cursor()
    statements.execute("DELETE FROM claims_statementwords WHERE words @@ 'bridge'")  # as many in all as before
    [after] = matches(APIClient(), text="sacked inspectors")
    assert after == before


def test_what_is_not_published_takes_no_room_from_what_is(record, settings):
    settings.PUBLIC_READ = True
    shown = record("Eleven inspectors were sacked.", publish=True)
    nearer = (
        "SELECT n, search_words_in_classes('en', 'A', ARRAY['Inspectors were sacked.']) FROM generate_series(-99, -1) n"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO claims_statementwords {nearer}")
    assert found(APIClient(), "Inspectors were sacked.") == [shown.pk]


def test_a_public_match_shows_open_disputes_as_anonymous_readers_see_them(alice, record, minister, settings):
    settings.PUBLIC_READ = True
    shown, hidden = record(SACKED, publish=True), record("It is not so.")
    dispute = services.open_dispute(
        actor=alice, statement=shown, raised_by=minister, counter_statement=hidden, kind="denial"
    )
    [match] = matches(APIClient(), text=SACKED)
    assert match["disputes"] == [APIClient().get(f"/api/v1/disputes/{dispute.pk}/").json()]
    assert match["disputes"][0]["counter_statement"] is None


def test_a_token_that_only_reads_may_send_a_long_text(alice, record):
    statement = record(SACKED)
    reader = APIClient()
    reader.credentials(HTTP_AUTHORIZATION="Token " + Token.issue(alice, name="reader", read_only=True).key)
    answer = reader.post(MATCHES, {"text": SACKED})
    assert [match["statement"]["id"] for match in answer.json()["results"]] == [statement.pk]


def test_who_has_no_role_gets_nothing(db, record):
    record(SACKED)
    assert APIClient().get(MATCHES, {"text": SACKED}).status_code == 401
    assert APIClient().post(MATCHES, {"text": SACKED}).status_code == 401
    stranger = client_of(user_with_role("stranger", "nothing"))
    assert stranger.get(MATCHES, {"text": SACKED}).status_code == 403
    assert client_of(user_with_role("vera", "viewer")).post(MATCHES, {"text": SACKED}).status_code == 200


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ({}, "?text", "required"),
        ({"text": "a", "statement": 1}, "?text", "required"),
        ({"text": ""}, "?text", "blank"),
        ({"text": "  \n "}, "?text", "blank"),
        ({"text": "a" * 20_001}, "?text", "max_length"),
        ({"text": "a\0b"}, "?text", "null_characters_not_allowed"),
        ({"statement": "one"}, "?statement", "invalid"),
        ({"statement": "9" * 30}, "?statement", "invalid"),
        ({"text": "a", "page_size": 51}, "?page_size", "invalid"),
        ({"text": "a", "page_size": 0}, "?page_size", "invalid"),
        ({"text": "a", "tag": "true"}, "?tag", "invalid_choice"),
        ({"text": "a", "cursor": "x"}, "?cursor", "unknown"),
        ({"text": "a", "ordering": "id"}, "?ordering", "unknown"),
        ({"text": "a", "q": "x"}, "?q", "unknown"),
    ],
)
def test_what_is_asked_wrongly_is_told(api, query, pointer, code):
    answer = api.get(MATCHES, query)
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "#/text", "required"),
        ({"text": ""}, "#/text", "blank"),
        ({"text": "  \n "}, "#/text", "blank"),
        ({"text": None}, "#/text", "null"),
        ({"text": 5}, "#/text", "invalid"),
        ({"text": "a" * 100_000}, "#/text", "max_length"),
        ({"text": "word " * 10_000}, "#/text", "max_length"),
        ({"text": "a\0b"}, "#/text", "null_characters_not_allowed"),
        ({"text": "a", "tag": "denied"}, "#/tag", "unknown_field"),
    ],
)
def test_a_bad_text_is_refused(api, body, pointer, code):
    answer = api.post(MATCHES, body)
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


@pytest.mark.parametrize(
    "text",
    [
        "😀" * 5_000, "“", "“" * 20_000, "&|!():*'\\", "' OR 1=1 --", "a_en | b",
        "".join(map(chr, range(0x4E00, 0x9C20))),  # 20,000 different characters
        "#" * 20_000, "#aB1" * 5_000, "@" * 20_000, "a " * 10_000, " ".join(f"w{n}" for n in range(3_500)),
        "١٢٣", "%s %(x)s {also}", "x" * 20_000, "\ud7a3" * 20_000, "1 Jan " * 3_300, "e\u0301" * 10_000,
    ],
)  # fmt: skip
def test_any_text_has_an_answer(api, record, text):
    record(SACKED)
    assert api.post(MATCHES, {"text": text}).json() == {"level": "lexical", "results": []}


def test_a_statement_that_is_not_there_is_not_found(api):
    assert api.get(MATCHES, {"statement": 987_654_321}).status_code == 404


def test_the_number_of_queries_is_the_same_for_any_number_of_matches(api, alice, record, minister):
    def queries(client):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(MATCHES, {"text": SACKED, "page_size": 50}).status_code == 200
        return len(captured)

    record(SACKED, via=[minister])
    few = queries(api)
    for _ in range(5):
        statement = record(SACKED)
        services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")
    assert len(found(api, SACKED)) == 6
    assert queries(api) <= few + 1  # the disputes


def test_it_writes_nothing_and_copies_no_tag(api, alice, record):
    first, second = record(SACKED), record(SACKED)
    services.tag_statement(statement_id=first.pk, versions=None, actor=alice, tag="denied", reason="He says so.")
    before = Entry.objects.count()
    [denied, unverified] = matches(api, text=SACKED)
    assert (denied["statement"]["tag"], unverified["statement"]["tag"]) == ("denied", "unverified")
    assert Entry.objects.count() == before
    second.refresh_from_db()
    assert second.tag == "unverified"


def test_a_browser_is_shown_the_answer(db, alice, record):
    statement = record(SACKED)
    assert f'href="/api/v1/statements/{statement.pk}/"' in page_of(browser_of(alice), f"{MATCHES}?text=sacked")


def test_the_answer_is_json_with_an_etag(api, record):
    record(SACKED)
    answer = api.get(MATCHES, {"text": SACKED})
    assert json.loads(answer.content)["results"]
    again = api.get(MATCHES, {"text": SACKED}, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_statement_with_as_many_words_as_may_be_is_recorded(alice, record):
    """A tsvector holds 1 MB. Every word is another one, in letters of two bytes, with another stem."""
    number = iter(range(10**6))

    def text(length):
        words = ("".join(letters[int(digit, 16)] for digit in f"{next(number):06x}") for _ in range(length // 7))
        return " ".join(words)

    letters = "бвгджзклмнпрстфх"
    statement = record(text(19_999), language="ru", paraphrase=text(5_000))
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason=text(2_000))
    for _ in range(20):
        services.create_evidence(
            actor=alice, statement=statement, stance="context", title=text(500), excerpt=text(10_000)
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(words) FROM claims_statementwords WHERE statement = %s", [statement.pk])
        assert cursor.fetchone()[0] > 20_000
