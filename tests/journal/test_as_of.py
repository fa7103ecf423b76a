"""With ?as_of= the API gives the same answer that it gave at that time."""

from datetime import datetime, timedelta

import hypothesis.strategies as st
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from rest_framework.test import APIClient

from claims import services
from tests.newsroom import client_of, user_with_role

ANY = {"if-match": "*"}


def now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def then(path: str, moment: datetime) -> str:
    return f"{path}{'&' if '?' in path else '?'}as_of={moment.isoformat().replace('+00:00', 'Z')}"


def test_a_statement_reads_as_it_was_before_tag_source_and_dispute_changed(api, alice, statement, minister):
    path = f"/api/v1/statements/{statement.pk}/"
    first, moment = api.get(path).json(), now()
    api.post(path + "tag/", {"tag": "denied", "reason": "She denies it."}, headers=ANY)
    api.patch(f"/api/v1/sources/{minister.pk}/", {"name": "The former minister"}, headers=ANY)
    services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")
    second, later = api.get(path).json(), now()
    assert (second["tag"], second["source"]["name"], second["open_disputes"]) == ("denied", "The former minister", 1)
    assert api.get(then(path, moment)).json() == first
    assert api.get(then(path, later)).json() == second
    assert api.get(then(path, moment - timedelta(days=1))).status_code == 404


def test_a_deleted_statement_is_read_as_of_its_time(api, statement):
    path = f"/api/v1/statements/{statement.pk}/"
    first, moment = api.get(path).json(), now()
    assert api.delete(path, headers=ANY).status_code == 204
    assert api.get(path).status_code == 404
    assert api.get(then(path, moment)).json() == first
    assert api.get(then(path, now())).status_code == 404


def test_reads_of_several_instants_share_one_prepared_statement(api, statement):
    path = f"/api/v1/statements/{statement.pk}/"
    for moment in [now() for _ in range(5)]:
        assert api.get(then(path, moment)).json()["id"] == statement.pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement ^@ 'WITH journal_entry'")
        texts = [text for (text,) in cursor.fetchall() if '"claims_statement"."id" = $1' in text]
    assert ["at <= $2::timestamptz" in text for text in texts] == [True]


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        ("2999-01-01T00:00:00Z", "This lies in the future."),
        ("yesterday", "Give an RFC 3339 time with its offset, such as 2026-01-28T14:05:00Z."),
        ("2022-01-28T14:05:00", "Give an RFC 3339 time with its offset, such as 2026-01-28T14:05:00Z."),
        ("", "Give an RFC 3339 time with its offset, such as 2026-01-28T14:05:00Z."),
        ("0001-01-01T00:00:00%2B14:00", "Give an RFC 3339 time with its offset, such as 2026-01-28T14:05:00Z."),
        ("2022-01-28T14:05:00Z'; DROP TABLE x", "Give an RFC 3339 time with its offset, such as 2026-01-28T14:05:00Z."),
    ],
)
def test_an_unreadable_or_future_instant_is_refused(api, statement, raw, detail):
    answer = api.get(f"/api/v1/statements/{statement.pk}/?as_of={raw}")
    assert (answer.status_code, answer.json()["detail"], answer.json()["errors"]) == (
        400,
        f"as_of: {detail}",
        [{"pointer": "?as_of", "code": "invalid", "detail": detail}],
    )


def test_an_unescaped_plus_sign_is_understood(api, statement):
    moment = now().isoformat()
    assert "+00:00" in moment
    assert api.get(f"/api/v1/statements/{statement.pk}/?as_of={moment}").status_code == 200


@pytest.mark.parametrize(
    ("path", "filters"),
    [("statements/", "article"), ("disputes/", "statement or article"), ("evidence/", "statement or article")],
)
def test_a_whole_table_is_not_read_as_of_an_instant(api, path, filters):
    detail = f"A list is read as of an instant only with {filters}."
    for ask in ("", "tag=denied&" if path == "statements/" else "", f"{filters.split()[0]}=&"):
        answer = api.get(f"/api/v1/{path}?{ask}as_of=2022-01-01T00:00:00Z")
        assert (answer.status_code, answer.json()["detail"], answer.json()["errors"]) == (
            400,
            f"as_of: {detail}",
            [{"pointer": "?as_of", "code": "invalid", "detail": detail}],
        )


def test_a_list_is_read_as_of_an_instant_with_any_of_its_filters(api, alice, statement, minister):
    said = {"article": statement.article_id, "statement": statement.pk}
    services.create_evidence(actor=alice, statement=statement, stance="supports", title="A call")
    services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")
    asked = [
        ("statements/", "article"),
        ("disputes/", "statement"),
        ("disputes/", "article"),
        ("evidence/", "statement"),
    ]
    addresses = [f"/api/v1/{path}?{name}={said[name]}" for path, name in asked]
    before, moment = [api.get(address).json() for address in addresses], now()
    assert [len(page["results"]) for page in before] == [1, 1, 1, 1]
    services.delete_statement(statement_id=statement.pk, versions=None, actor=alice, reason="Over.")
    assert [len(api.get(address).json()["results"]) for address in addresses] == [0, 0, 0, 0]
    assert [api.get(then(address, moment)).json() for address in addresses] == before


def test_the_past_is_for_readers_with_a_name_only(api, alice, article, settings):
    settings.PUBLIC_READ = True
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Ready.")
    path = f"/api/v1/articles/{article.pk}/"
    assert APIClient().get(path).status_code == 200
    assert APIClient().get(then(path, now())).status_code == 401
    assert APIClient().get(f"{path}?as_of=yesterday").status_code == 401
    assert api.get(then(path, now())).status_code == 200


@pytest.mark.parametrize("path", ["sources/", "articles/", "journal/", "tokens/"])
def test_a_list_that_has_no_past_says_so(api, path):
    answer = api.get(f"/api/v1/{path}?as_of=2022-01-01T00:00:00Z")
    if path == "tokens/":
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unknown")


def test_the_past_takes_as_many_queries_as_the_present_and_one_for_the_clock(api, article, statement):
    path = f"/api/v1/statements/?article={article.pk}"
    with CaptureQueriesContext(connection) as present:
        api.get(path)
    address = then(path, now())
    with CaptureQueriesContext(connection) as past:
        api.get(address)
    assert len(past) == len(present) + 1


class Newsroom(RuleBasedStateMachine):
    """Random writes. Every answer on the way is kept, and at the end it is requested again as of its time."""

    articles, sources, statements, disputes, evidence = (Bundle(name) for name in "asxde")
    people: tuple = ()

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.kept: list[tuple[str, datetime, int, object]] = []
        self.paths: set[str] = set()

    def write(self, method: str, path: str, body: object = None, who: int = 0) -> dict:
        answer = getattr(self.people[who], method)(f"/api/v1/{path}", body, headers=ANY)
        assert answer.status_code < 500, answer.content
        return answer.json() if answer.status_code in (200, 201) else {}

    def made(self, kind: str, row: dict) -> int:
        if row:
            self.paths.add(f"/api/v1/{kind}/{row['id']}/")
        return row.get("id", 0)

    @rule(target=sources, name=st.sampled_from(["A minister", "B", "C"]), anonymous=st.booleans())
    def add_source(self, name, anonymous):
        return self.made(
            "sources", self.write("post", "sources/", {"name": name, "kind": "person", "anonymous": anonymous})
        )

    @rule(source=sources, name=st.text("xyz", min_size=1, max_size=3), above=sources)
    def change_source(self, source, name, above):
        self.write(
            "patch",
            f"sources/{source}/",
            {"name": name, "part_of": above, "aliases": [name, name + '"\\'], "kind": "outlet"},
        )

    @rule(target=articles, publisher=sources, text=st.text("ab \U0001f600\r\n", min_size=4, max_size=40))
    def add_article(self, publisher, text):
        row = self.write("post", "articles/", {"title": "T", "text": text + " end", "publisher": publisher})
        if row:
            self.paths |= {f"/api/v1/{kind}/?article={row['id']}" for kind in ("statements", "disputes")}
            self.paths.add(f"/api/v1/statements/?article={row['id']}&tag=denied&ordering=-said_on")
            self.paths.add(f"/api/v1/articles/{row['id']}/annotations/")
        return self.made("articles", row)

    @rule(
        article=articles,
        text=st.text("ab \U0001f600\r\n", max_size=10),
        status=st.sampled_from(["publish", "withdraw"]),
    )
    def change_article(self, article, text, status):
        old = self.people[0].get(f"/api/v1/articles/{article}/").json().get("text", "")
        self.write("patch", f"articles/{article}/", {"text": text + old, "title": text + "!"})
        self.write("post", f"articles/{article}/{status}/", {"reason": "Because."})

    @rule(
        target=statements,
        article=articles,
        source=sources,
        via=st.lists(sources, max_size=2, unique=True),
        start=st.integers(0, 3),
        said_on=st.sampled_from([None, "2022-01-27"]),
    )
    def add_statement(self, article, source, via, start, said_on):
        body = {"article": article, "source": source, "via": via, "start": start, "end": start + 3, "said_on": said_on}
        row = self.write("post", "statements/", body)
        if row:
            self.paths |= {f"/api/v1/{kind}/?statement={row['id']}" for kind in ("evidence", "disputes")}
        return self.made("statements", row)

    @rule(statement=statements, who=st.sampled_from([0, 1]), tag=st.sampled_from(["asserted", "denied", "unverified"]))
    def tag(self, statement, who, tag):
        self.write("post", f"statements/{statement}/tag/", {"tag": tag, "reason": "So it is said."}, who)

    @rule(statement=statements, via=st.lists(sources, max_size=2, unique=True), text=st.text(max_size=5))
    def change_statement(self, statement, via, text):
        self.write("patch", f"statements/{statement}/", {"via": via, "paraphrase": text})

    @rule(target=disputes, statement=statements, counter=st.none() | statements, by=sources)
    def dispute(self, statement, counter, by):
        body = {"statement": statement, "counter_statement": counter, "raised_by": by, "kind": "denial"}
        return self.made("disputes", self.write("post", "disputes/", body))

    @rule(dispute=disputes, tag=st.none() | st.just("denied"), act=st.sampled_from(["resolve", "reopen"]))
    def settle(self, dispute, tag, act):
        body = {"reason": "She said so."}
        if act == "resolve":
            body |= {"state": "upheld", **({"tag": tag} if tag else {})}
        self.write("post", f"disputes/{dispute}/{act}/", body)

    @rule(target=evidence, statement=statements, stance=st.sampled_from(["supports", "refutes"]))
    def add_evidence(self, statement, stance):
        body = {"statement": statement, "stance": stance, "url": "https://b.example/1"}
        return self.made("evidence", self.write("post", "evidence/", body))

    @rule(kind=st.sampled_from(["sources", "articles", "statements", "disputes", "evidence"]), data=st.data())
    def delete(self, kind, data):
        rows = sorted(path for path in self.paths if path.startswith(f"/api/v1/{kind}/") and path.count("/") == 5)
        if rows:
            self.people[0].delete(data.draw(st.sampled_from(rows)) + "?reason=Over.", headers=ANY)

    @invariant()
    def keep_every_answer(self):
        moment = now()
        for path in self.paths:
            answer = self.people[0].get(path)
            self.kept.append((path, moment, answer.status_code, answer.json()))

    def teardown(self):
        try:
            for path, moment, status, body in self.kept[:: max(1, len(self.kept) // 400)]:
                past = self.people[0].get(then(path, moment))
                assert past.status_code == status, (path, past.json())
                if status == 200:
                    assert without_links(past.json()) == without_links(body), path
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)


def without_links(body: dict) -> dict:
    return {name: value for name, value in body.items() if name not in ("next", "previous")}


@pytest.mark.django_db
def test_every_answer_along_a_random_history_is_given_again_as_of_its_time(settings_without_throttle):
    Newsroom.people = (client_of(user_with_role("ann", "editor")), client_of(user_with_role("ben", "editor")))
    run_state_machine_as_test(
        Newsroom,
        settings=settings(
            max_examples=4,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            phases=[Phase.generate],
        ),
    )


def test_a_page_of_the_past_shows_the_desk_checks_of_then(api, alice, statement):
    page = {"accept": "text/html"}
    path, moment = f"/api/v1/articles/{statement.article_id}/", now()
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="He denies it.")
    assert b"Tagged denied, but" in api.get(path, headers=page).content
    assert b"Tagged denied, but" not in api.get(then(path, moment), headers=page).content


def test_words_are_searched_as_they_were(api, alice, article, statement, minister):
    services.create_evidence(
        actor=alice, statement=statement, stance="supports", url="https://e.example/", title="Minutes"
    )
    path = f"/api/v1/statements/?article={article.pk}&q="
    first, moment = api.get(f"{path}jane minutes").json()["results"], now()
    assert [row["id"] for row in first] == [statement.pk]
    evidence = statement.evidence.get()
    services.delete_evidence(evidence_id=evidence.pk, versions=None, actor=alice, reason="Wrong.")
    services.update_statement(statement_id=statement.pk, versions=None, actor=alice, paraphrase="Nichts")
    api.patch(f"/api/v1/sources/{minister.pk}/", {"aliases": ["Joan Doe"]}, headers=ANY)
    assert api.get(f"{path}jane").json()["results"] == []
    assert len(api.get(f"{path}joan nichts").json()["results"]) == 1
    assert api.get(then(f"{path}jane minutes", moment)).json()["results"] == first
    assert api.get(then(f"{path}nichts", moment)).json()["results"] == []
