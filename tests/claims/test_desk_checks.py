"""Positions of several editors, and what the desk checks find."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import desk_checks, services
from sources.services import create_source
from tests.newsroom import browser_of, client_of, user_with_role

ANY = {"if-match": "*"}
TEXT = 'Jane Doe said it is so. "It is not," said Max Roe. Nobody else spoke of it.'


@pytest.fixture
def article(alice):
    return services.create_article(actor=alice, title="A report", text=TEXT)


@pytest.fixture
def jane(alice):
    return create_source(actor=alice, name="Jane Doe", kind="person")


@pytest.fixture
def said(alice, article, jane):
    return services.create_statement(article=article, actor=alice, source=jane, start=0, end=23)


@pytest.fixture
def denial(alice, article):
    max_roe = create_source(actor=alice, name="Max Roe", kind="person")
    return services.create_statement(article=article, actor=alice, source=max_roe, start=24, end=50)


@pytest.fixture
def checks(api, article):
    """The codes found in the article, with their statements."""

    def ask(query: str = "") -> list[tuple[str, int | None]]:
        answer = api.get(f"/api/v1/articles/{article.pk}/checks/{query}")
        assert answer.status_code == 200, answer.content
        whole = api.get("/api/v1/checks/" + (query or "?page_size=200")).json()
        assert whole["results"] == answer.json()["results"]
        return [(row["code"], row["statement"]) for row in answer.json()["results"]]

    return ask


def tag(alice, statement, name):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag=name, reason="So it is said.")


def test_a_sound_article_has_no_findings(checks, alice, said, denial):
    tag(alice, said, "asserted")
    assert checks() == []


def test_asserted_with_an_open_or_upheld_dispute_is_found_until_it_is_rejected(checks, api, alice, said, denial):
    tag(alice, said, "asserted")
    dispute = services.open_dispute(
        actor=alice, statement=said, raised_by=denial.source, counter_statement=denial, kind="denial"
    )
    assert checks() == [("asserted_but_disputed", said.pk)]
    assert api.get("/api/v1/checks/").json()["results"][0] == {
        "code": "asserted_but_disputed",
        "severity": "error",
        "article": said.article_id,
        "statement": said.pk,
        "message": "Tagged asserted, but a dispute of it is open or upheld.",
    }
    act = {"versions": None, "actor": alice, "reason": "He said so."}
    services.resolve_dispute(dispute_id=dispute.pk, state="upheld", **act)
    assert checks() == [("asserted_but_disputed", said.pk)]
    services.reopen_dispute(dispute_id=dispute.pk, **act)
    services.resolve_dispute(dispute_id=dispute.pk, state="rejected", **act)
    assert checks() == []


def test_denied_needs_a_dispute_or_refuting_evidence(checks, alice, said, denial):
    tag(alice, said, "denied")
    assert checks() == [("denied_without_denial", said.pk)]
    evidence = services.create_evidence(actor=alice, statement=said, stance="supports", url="https://b.example/1")
    assert checks() == [("denied_without_denial", said.pk)]
    services.update_evidence(evidence_id=evidence.pk, versions=None, actor=alice, stance="refutes")
    assert checks() == []


def test_asserted_on_an_anonymous_or_second_hand_source_alone_is_found(checks, alice, article, said, jane):
    unnamed = create_source(actor=alice, name="an official", kind="person", anonymous=True)
    other = services.create_statement(article=article, actor=alice, source=unnamed, start=0, end=8)
    services.update_statement(statement_id=said.pk, versions=None, actor=alice, via=[unnamed])
    assert checks() == []
    tag(alice, said, "asserted")
    tag(alice, other, "asserted")
    assert checks() == [("asserted_on_weak_sources", other.pk), ("asserted_on_weak_sources", said.pk)]
    services.create_evidence(actor=alice, statement=said, stance="supports", url="https://b.example/1")
    assert checks() == [("asserted_on_weak_sources", other.pk)]


def test_both_sides_of_a_dispute_tagged_asserted_are_found(checks, alice, said, denial):
    tag(alice, said, "asserted")
    tag(alice, denial, "asserted")
    services.open_dispute(actor=alice, statement=said, raised_by=denial.source, counter_statement=denial, kind="denial")
    assert checks() == [("both_sides_asserted", said.pk), ("asserted_but_disputed", said.pk)]
    assert checks("?severity=warning") == []
    assert checks("?code=both_sides_asserted") == [("both_sides_asserted", said.pk)]


def test_anchors_in_doubt_and_lost_ones_are_found(checks, alice, article, said, denial):
    services.update_article(
        article_id=article.pk, versions=None, actor=alice, text='"It is never," said Max Roe. Nobody else spoke of it.'
    )
    assert checks() == [("anchor_needs_review", denial.pk), ("anchor_orphaned", said.pk)]


def test_quoted_words_of_the_article_itself_lack_their_source(checks, alice, article):
    services.create_statement(article=article, actor=alice, quote_type="narration", start=51, end=75)
    assert checks() == []
    quoted = services.create_statement(article=article, actor=alice, quote_type="narration", start=24, end=36)
    assert checks() == [("quote_without_source", quoted.pk)]


def test_a_source_exchanged_after_the_tag_is_found_until_it_is_tagged_again(checks, alice, said, jane):
    tag(alice, said, "asserted")
    services.update_statement(statement_id=said.pk, versions=None, actor=alice, paraphrase="It is so.")
    assert checks() == []
    other = create_source(actor=alice, name="Somebody", kind="person")
    services.update_statement(statement_id=said.pk, versions=None, actor=alice, source=other)
    assert checks() == [("changed_since_tagged", said.pk)]
    services.update_statement(statement_id=said.pk, versions=None, actor=alice, source=jane)
    assert checks() == []
    services.update_statement(statement_id=said.pk, versions=None, actor=alice, source=other)
    tag(alice, said, "asserted")
    assert checks() == []


def test_publishing_with_findings_is_a_finding_about_the_article(checks, api, alice, article, said):
    tag(alice, said, "denied")
    act = {"article_id": article.pk, "versions": None, "actor": alice, "reason": "It is ready."}
    services.set_article_status(status="published", **act)
    assert checks() == [("published_with_unresolved", None), ("denied_without_denial", said.pk)]
    services.set_article_status(status="withdrawn", **act)
    assert checks() == [("denied_without_denial", said.pk)]


def test_findings_are_paged_without_skip_or_repeat_over_articles_in_one_query(api, alice, jane):
    for number in range(4):
        article = services.create_article(actor=alice, title=str(number), text=TEXT)
        for start in range(3):
            made = services.create_statement(article=article, actor=alice, source=jane, start=start, end=9)
            tag(alice, made, "denied")
        services.set_article_status(
            article_id=article.pk, versions=None, actor=alice, status="published", reason="Ready."
        )
    seen, url = [], "/api/v1/checks/?page_size=5"
    while url:
        with CaptureQueriesContext(connection) as queries:
            page = api.get(url).json()
        assert len(queries) == 2  # the token with its user and role, the findings
        seen += page["results"]
        url = page["next"]
    assert len(seen) == 16
    assert seen == api.get("/api/v1/checks/?page_size=200").json()["results"]
    assert [(row["article"], row["statement"] or 10**9) for row in seen] == sorted(
        {(row["article"], row["statement"] or 10**9) for row in seen}, reverse=True
    )


def test_none_is_skipped_where_a_page_ends_for_having_looked_at_enough(api, alice, jane, monkeypatch):
    for number in range(4):
        article = services.create_article(actor=alice, title=str(number), text=TEXT)
        for start in range(3):
            made = services.create_statement(article=article, actor=alice, source=jane, start=start, end=9)
            tag(alice, made, "denied" if number == 0 and start else "unverified")
        services.set_article_status(
            article_id=article.pk, versions=None, actor=alice, status="published", reason="Ready."
        )
    whole = api.get("/api/v1/checks/").json()
    assert [row["code"] for row in whole["results"]] == [
        "published_with_unresolved", "denied_without_denial", "denied_without_denial",
    ]  # fmt: skip
    assert whole["next"] is None
    for name in ("MAX_SCANNED_STATEMENTS", "MAX_SCANNED_ARTICLES"):
        monkeypatch.setattr(desk_checks, name, 2)
    found, url = [], "/api/v1/checks/"
    while url:
        page = api.get(url).json()
        found.append(page["results"])
        url = page["next"]
    assert found[0] == []
    assert [row for rows in found for row in rows] == whole["results"]


def test_the_pages_say_that_older_statements_were_not_looked_at(alice, said, denial, monkeypatch):
    desk = browser_of(alice)
    assert "Desk checks" not in desk.get("/").content.decode().partition("Open disputes")[0]
    monkeypatch.setattr(desk_checks, "MAX_SCANNED_STATEMENTS", 1)
    assert "Nothing was found in the newest statements." in desk.get("/").content.decode()
    page = desk.get("/api/v1/checks/", headers={"accept": "text/html"}).content.decode()
    assert "Nothing was found in the statements checked so far. There are older ones." in page
    assert 'rel="next">More' in page


@pytest.mark.parametrize(
    "query", ["code=nonsense", "severity=grave", "article=0", "article=x", "cursor=1", "page_size=0", "tag=denied"]
)
def test_a_filter_that_is_none_is_named(api, db, query):
    answer = api.get(f"/api/v1/checks/?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "?" + query.split("=")[0])


def test_each_editors_latest_own_tag_is_kept_and_dissent_is_counted(api, alice, said):
    ben = user_with_role("ben", "editor")
    path = f"/api/v1/statements/{said.pk}/"
    assert api.get(path).json()["dissent"] == 0
    api.post(path + "tag/", {"tag": "denied", "reason": "She takes it back."}, headers=ANY)
    api.post(path + "tag/", {"tag": "asserted", "reason": "She stands by it."}, headers=ANY)
    client_of(ben).post(path + "tag/", {"tag": "denied", "reason": "Max Roe denies it."}, headers=ANY)
    answer = api.get(path + "positions/").json()
    for row in answer["results"]:
        assert row.pop("at").endswith("Z")
    assert answer == {
        "next": None,
        "previous": None,
        "results": [
            {
                "editor": {"id": ben.pk, "username": "ben"},
                "tag": "denied",
                "reason": "Max Roe denies it.",
                "version": 4,
                "dissents": False,
            },
            {
                "editor": {"id": alice.pk, "username": "alice"},
                "tag": "asserted",
                "reason": "She stands by it.",
                "version": 3,
                "dissents": True,
            },
        ],
    }
    assert api.get(path).json()["dissent"] == 1
    listed = api.get(f"/api/v1/statements/?article={said.article_id}").json()["results"]
    assert [row["dissent"] for row in listed] == [1]
    api.post(path + "tag/", {"tag": "denied", "reason": "So he does."}, headers=ANY)
    assert api.get(path).json()["dissent"] == 0
    assert api.get("/api/v1/statements/999999/positions/").status_code == 404
