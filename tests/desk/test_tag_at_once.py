"""The form that marks a passage may tag the statement at once, or propose a tag."""

import pytest

from claims.models import Note, Statement
from factcheck.journal.models import Entry
from tests.desk.test_article_parts import in_place
from tests.newsroom import browser_of, client_of, user_with_role


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def reporter(db):
    return browser_of(user_with_role("bob", "reporter"))


def marked(article, **sent):
    return {"article": article.pk, "text": "cafe\u0301", "quote_type": "narration", **sent}


def entries():
    return list(
        Entry.objects.filter(resource__in=["statement", "note"])
        .order_by("id")
        .values_list("action", "version", "actor_name", "reason")
    )


def test_a_passage_is_marked_and_tagged_by_one_form_as_two_acts(desk, article):
    sent = marked(article, tag="denied", tag_reason="The ministry denies it.", reason="From the wire.")
    answer = desk.post("/api/v1/statements/", sent, headers=in_place())
    statement = Statement.objects.get()
    assert answer.status_code == 201
    assert "<p>Passage 1 is recorded and tagged denied.</p>" in answer.content.decode()
    assert answer.content.decode().strip().startswith('<details class="panel" id="mark-form">')
    assert (statement.tag, statement.tag_reason, statement.tagged_by.username, statement.version) == (
        "denied", "The ministry denies it.", "alice", 2
    )  # fmt: skip
    assert entries() == [
        ("statement.created", 1, "alice", "From the wire."),
        ("statement.tagged", 2, "alice", "The ministry denies it."),
    ]


def test_a_reporter_marks_a_passage_and_proposes_its_tag(reporter, article):
    sent = marked(article, tag="denied", tag_reason="The ministry denies it.")
    answer = reporter.post("/api/v1/statements/", sent, headers=in_place())
    assert answer.status_code == 201
    assert "<p>Passage 1 is recorded.</p>" in answer.content.decode()
    note = Note.objects.get()
    assert (Statement.objects.get().tag, note.tag, note.text, note.statement_version) == (
        "unverified", "denied", "The ministry denies it.", 1
    )  # fmt: skip
    assert entries() == [("statement.created", 1, "bob", ""), ("note.created", 1, "bob", "")]


def test_without_a_tag_the_passage_is_marked_only(desk, article):
    answer = desk.post("/api/v1/statements/", marked(article, tag="", tag_reason=""))
    assert answer.status_code == 303
    assert entries() == [("statement.created", 1, "alice", "")]


@pytest.mark.parametrize(
    ("tag", "reason", "refusal"),
    [
        ("denied", "", "Say why: a tag needs a reason."),
        ("", "The ministry denies it.", "Choose the tag that this is the reason for."),
    ],
)
def test_a_tag_without_a_reason_marks_nothing_and_so_does_a_reason_without_a_tag(desk, article, tag, reason, refusal):
    sent = marked(article, tag=tag, tag_reason=reason)
    answer = desk.post("/api/v1/statements/", sent, headers=in_place())
    html = answer.content.decode()
    assert answer.status_code == 400
    assert f'<p class="error" role="alert">{refusal}</p>' in html
    assert f'<option value="denied"{" selected" if tag else ""}>denied</option>' in html
    assert f"{reason}</textarea>" in html
    assert entries() == []


def test_the_form_offers_an_editor_a_tag_and_a_reporter_a_proposal(desk, reporter, article):
    address = f"/api/v1/articles/{article.pk}/"
    assert "<legend>Tag it at once</legend>" in desk.get(address).content.decode()
    assert "<legend>Propose its tag at once</legend>" in reporter.get(address).content.decode()


def test_an_api_client_is_told_to_tag_by_another_request(alice, article):
    answer = client_of(alice).post("/api/v1/statements/", marked(article, tag="denied"), format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "pointer": "#/tag",
            "code": "act_required",
            "detail": "Tags are given by POST to the statement's tag/, with a reason.",
        }
    ]
