"""Proposed tags: a reporter proposes, an editor takes or sets aside, the author withdraws. Recorded, never public."""

import pytest
from django.db import IntegrityError, connection, transaction
from rest_framework.test import APIClient

from claims import services
from claims.models import Note, Statement
from factcheck.journal.models import Entry
from factcheck.journal.services import record
from tests.newsroom import browser_of, client_of, page_of, user_with_role

NOTES = "/api/v1/notes/"
DENIED = {"tag": "denied", "reason": "The ministry says so."}
ANY = {"if-match": "*"}
FIRST = {"if-match": '"1"'}


@pytest.fixture
def bob(db):
    return user_with_role("bob", "reporter")


@pytest.fixture
def address(statement):
    return f"/api/v1/statements/{statement.pk}/"


@pytest.fixture
def proposal(bob, statement):
    return services.propose_tag(statement_id=statement.pk, versions=None, actor=bob, **DENIED)


def entries(resource, row_id):
    found = Entry.objects.of(resource, row_id).order_by("version")
    return list(found.values_list("action", "actor_name", "reason"))


def commit():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def refused(write):
    def write_and_commit():
        write()
        commit()

    with pytest.raises(IntegrityError, match="is not what"), transaction.atomic():
        write_and_commit()


def test_a_reporter_proposes_and_it_waits_as_a_note_with_a_tag(bob, article, statement, address):
    reporter = client_of(bob)
    made = reporter.post(f"{address}propose/", DENIED, headers=FIRST)
    assert made.status_code == 201
    shown = made.json()
    names = ("article", "statement", "text", "tag", "statement_version", "outcome", "resolved", "version")
    assert {name: shown[name] for name in names} == {
        "article": article.pk, "statement": statement.pk, "text": "The ministry says so.", "tag": "denied",
        "statement_version": 1, "outcome": None, "resolved": False, "version": 1,
    }  # fmt: skip
    assert shown["author"]["username"] == "bob"
    assert made["Location"].endswith(f"{NOTES}{shown['id']}/")
    assert made["ETag"] == reporter.get(f"{NOTES}{shown['id']}/")["ETag"]
    assert entries("note", shown["id"]) == [("note.created", "bob", "")]
    assert Statement.objects.get().tag == "unverified"
    commit()


@pytest.mark.parametrize(
    ("sent", "headers", "status"),
    [
        (DENIED, {}, 428),
        (DENIED, {"if-match": '"2"'}, 412),
        ({"tag": "true", "reason": "x"}, ANY, 400),
        ({"tag": "denied", "reason": " "}, ANY, 400),
        ({"tag": "denied", "reason": "x" * 1801}, ANY, 400),
    ],
)
def test_what_is_wrong_with_a_proposal_is_refused_and_nothing_is_written(bob, address, sent, headers, status):
    assert client_of(bob).post(f"{address}propose/", sent, headers=headers).status_code == status
    assert not Note.objects.exists()


def test_an_editor_takes_it_and_the_journal_says_whose_it_was_but_the_statement_does_not(
    api, bob, statement, address, proposal
):
    taken = api.post(f"{address}take/", {"proposal": proposal.pk}, headers=FIRST)
    assert taken.status_code == 200
    shown = taken.json()
    assert (shown["tag"], shown["tag_reason"], shown["tagged_by"]["username"], shown["version"]) == (
        "denied", "The ministry says so.", "alice", 2,
    )  # fmt: skip
    commit()
    assert entries("statement", statement.pk)[-1] == (
        "statement.tagged", "alice", "Proposed by bob: The ministry says so.",
    )  # fmt: skip
    assert entries("note", proposal.pk)[-1] == ("note.taken", "alice", "")
    note = api.get(f"{NOTES}{proposal.pk}/").json()
    assert (note["outcome"], note["resolved"], note["resolved_by"]["username"]) == ("taken", True, "alice")
    assert note["resolved_at"] == shown["tagged_at"]
    positions = api.get(f"{address}positions/").json()["results"]
    assert [(each["editor"]["username"], each["tag"], each["reason"]) for each in positions] == [
        ("alice", "denied", "Proposed by bob: The ministry says so.")
    ]


def test_the_name_is_that_of_when_it_was_proposed(api, bob, address, statement, proposal):
    commit()
    bob.username = "robert"
    bob.save()
    assert api.post(f"{address}take/", {"proposal": proposal.pk}, headers=ANY).status_code == 200
    commit()
    assert entries("statement", statement.pk)[-1][2] == "Proposed by bob: The ministry says so."


def test_it_is_taken_once_by_the_version_of_the_statement_and_only_for_that_statement(
    api, alice, bob, article, address, proposal
):
    other = services.create_statement(article=article, actor=alice, quote_type="narration", start=24, end=30)
    take, sent = f"{address}take/", {"proposal": proposal.pk}
    assert api.post(take, sent).status_code == 428
    assert api.post(take, sent, headers={"if-match": '"7"'}).status_code == 412
    wrong = api.post(f"/api/v1/statements/{other.pk}/take/", sent, headers=ANY)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "#/proposal")
    plain = services.create_note(actor=bob, statement=proposal.statement, text="Ask.")
    for no_proposal in (plain.pk, 4711):
        assert api.post(take, {"proposal": no_proposal}, headers=ANY).status_code == 400
    assert client_of(bob).post(take, sent, headers=ANY).status_code == 403
    assert api.post(take, sent, headers=ANY).status_code == 200
    again = api.post(take, sent, headers=ANY)
    assert (again.status_code, again.json()["detail"]) == (409, "The proposal was already taken.")


def test_its_author_withdraws_it_and_an_editor_sets_it_aside_but_no_other_reporter(api, bob, statement, proposal):
    address, reporter = f"{NOTES}{proposal.pk}/resolve/", client_of(bob)
    carol = client_of(user_with_role("carol", "reporter"))
    refused = carol.post(address, {}, headers=ANY)
    assert (refused.status_code, refused.json()["detail"]) == (
        403, "Only its author withdraws a proposal. Editors set it aside.",
    )  # fmt: skip
    withdrawn = reporter.post(address, {}, headers=FIRST).json()
    assert (withdrawn["outcome"], withdrawn["resolved_by"]["username"]) == ("withdrawn", "bob")
    assert reporter.post(address, {}, headers=ANY).json()["detail"] == "The proposal was already withdrawn."
    second = services.propose_tag(statement_id=statement.pk, versions=None, actor=bob, **DENIED)
    aside = api.post(f"{NOTES}{second.pk}/resolve/", {"reason": "She was misheard."}, headers=FIRST).json()
    assert aside["outcome"] == "set_aside"
    commit()
    assert entries("note", second.pk)[-1] == ("note.set_aside", "alice", "She was misheard.")
    for answer in (
        api.post(f"{NOTES}{second.pk}/reopen/", {}, headers=ANY),
        reporter.patch(f"{NOTES}{second.pk}/", {"text": "Other words"}, headers=ANY),
    ):
        assert answer.status_code == 409
    assert reporter.patch(f"{NOTES}{second.pk}/", {"tag": "asserted"}, headers=ANY).status_code == 400
    taken = api.post(f"/api/v1/statements/{statement.pk}/take/", {"proposal": second.pk}, headers=ANY)
    assert taken.json()["detail"] == "The proposal was already set aside."
    plain = services.create_note(actor=bob, statement=statement, text="Ask.")
    assert carol.post(f"{NOTES}{plain.pk}/resolve/", {}, headers=ANY).json()["resolved"]


def test_who_proposes_again_withdraws_what_still_waits(bob, alice, statement, proposal):
    by_alice = services.propose_tag(statement_id=statement.pk, versions=None, actor=alice, **DENIED)
    again = services.propose_tag(
        statement_id=statement.pk, versions=None, actor=bob, tag="asserted", reason="They took it back."
    )
    commit()
    assert list(Note.objects.waiting().order_by("pk").values_list("pk", flat=True)) == [by_alice.pk, again.pk]
    assert entries("note", proposal.pk)[-1] == ("note.withdrawn", "bob", "")


def test_those_that_wait_are_listed_in_pages(api, alice, bob, article, statement, proposal):
    other = services.create_statement(article=article, actor=alice, quote_type="narration", start=24, end=30)
    second = services.propose_tag(statement_id=other.pk, versions=None, actor=bob, **DENIED)
    services.create_note(actor=alice, statement=statement, text="Ask.")
    ended = services.propose_tag(statement_id=statement.pk, versions=None, actor=alice, **DENIED)
    services.resolve_note(note_id=ended.pk, versions=None, actor=alice)

    def listed(query):
        return [row["id"] for row in api.get(f"{NOTES}?{query}").json()["results"]]

    assert listed("proposal=true&resolved=false") == [second.pk, proposal.pk]
    assert listed("proposal=true") == [ended.pk, second.pk, proposal.pk]
    assert listed(f"proposal=true&statement={other.pk}") == [second.pk]
    assert len(listed("proposal=false")) == 1
    first = api.get(f"{NOTES}?proposal=true&resolved=false&page_size=1").json()
    assert [row["id"] for row in api.get(first["next"]).json()["results"]] == [proposal.pk]
    at = Entry.objects.of("note", ended.pk).get(version=1).at
    then = api.get(f"{NOTES}{ended.pk}/?as_of={at:%Y-%m-%dT%H:%M:%S.%fZ}").json()
    assert (then["tag"], then["outcome"]) == ("denied", None)


def test_strangers_never_see_a_proposal_nor_whose_it_was(api, alice, bob, statement, address, settings):
    settings.PUBLIC_READ = True
    words = {"tag": "denied", "reason": "Xylophon"}
    services.propose_tag(statement_id=statement.pk, versions=None, actor=bob, **words)
    services.set_article_status(
        article_id=statement.article_id, versions=None, actor=alice, status="published", reason="Ready."
    )
    stranger = APIClient()
    pages = [address, f"/api/v1/articles/{statement.article_id}/", "/api/v1/statements/", "/"]

    def seen():
        answers = [stranger.get(page, headers={"accept": kind}) for page in pages for kind in ("text/html", "*/*")]
        return "".join(answer.content.decode() for answer in answers)

    assert "Xylophon" not in seen()
    assert stranger.post(f"{address}propose/", words, headers=ANY).status_code == 401
    proposal = Note.objects.get()
    services.take_proposal(statement_id=statement.pk, versions=None, actor=alice, proposal=proposal.pk)
    feed = stranger.get("/api/v1/feeds/changes.atom").content.decode()
    shown = seen() + feed + api.get(f"/api/v1/articles/{statement.article_id}/annotations/").content.decode()
    assert "Xylophon" in shown
    assert "Proposed by" not in shown


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("note_proposal_whole_or_absent", {"statement_version": None}),
        ("note_proposal_whole_or_absent", {"tag": "true"}),
        ("note_proposal_whole_or_absent", {"tag": None}),
        ("note_outcome_of_proposal", {"outcome": "taken"}),
        ("note_outcome_of_proposal", {"resolved": True}),
    ],
)
def test_the_database_holds_what_a_proposal_is(alice, proposal, constraint, change):
    if change.pop("resolved", None):
        change = {"resolved_by": alice, "resolved_at": proposal.created_at}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Note.objects.update(**change)


def test_two_proposals_of_one_author_for_one_statement_cannot_wait(bob, proposal):
    with pytest.raises(IntegrityError, match="note_one_open_proposal"), transaction.atomic():
        Note.objects.create(
            article_id=proposal.article_id, statement=proposal.statement, tag="denied", statement_version=1,
            text="Again", author=bob,
        )  # fmt: skip


ENDED = "resolved_by = {who}, resolved_at = now(), outcome = "


@pytest.mark.parametrize(
    ("action", "change", "who"),
    [
        ("note.taken", ENDED + "'taken'", "alice"),  # the statement was not tagged
        ("note.set_aside", ENDED + "'withdrawn'", "bob"),
        ("note.withdrawn", ENDED + "'withdrawn'", "alice"),  # she is not its author
        ("note.set_aside", ENDED + "'set_aside', text = 'Other words'", "alice"),
        ("note.set_aside", ENDED + "'set_aside', tag = 'asserted'", "alice"),
        ("note.updated", "text = 'Other words'", "bob"),
        ("note.updated", "statement_version = 2", "bob"),
    ],
)
def test_the_database_refuses_an_end_that_its_entry_does_not_mean(alice, bob, proposal, action, change, who):
    commit()
    actor = {"alice": alice, "bob": bob}[who]

    def end():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE claims_note SET version = 2, {change.format(who=actor.pk)}")
        record([proposal], action=action, actor=actor)

    refused(end)


def test_the_database_refuses_a_proposal_about_a_version_that_never_was(bob, statement):
    def make():
        about = {"article_id": statement.article_id, "statement": statement, "statement_version": 9}
        note = Note.objects.create(**about, tag="denied", text="x", author=bob)
        record([note], action="note.created", actor=bob)

    refused(make)


@pytest.mark.parametrize("reason", ["Proposed by carol: The ministry says so.", "Proposed by bob: Other words."])
def test_the_database_refuses_a_tag_that_names_a_proposal_which_was_not_taken(alice, statement, proposal, reason):
    commit()
    by = {"actor": alice, "tag": "denied", "reason": proposal.text, "entry_reason": reason}
    refused(lambda: services.tag_statement(statement_id=statement.pk, versions=None, **by))


def test_pages_show_what_waits_and_take_it(alice, bob, article, statement, address):
    reporter, editor = browser_of(bob), browser_of(alice)
    card = f"/api/v1/articles/{article.pk}/"
    page = page_of(reporter, card)
    assert f'action="{address}propose/"' in page
    assert f'action="{address}tag/"' not in page
    sent = {"version": 1, "next": f"{card}#statement-{statement.pk}", **DENIED}
    answer = reporter.post(f"{address}propose/", sent)
    assert (answer.status_code, answer["Location"]) == (303, f"{card}#statement-{statement.pk}")
    proposal = Note.objects.get()
    for where in (card, address, f"{NOTES}?proposal=true&resolved=false", f"{NOTES}{proposal.pk}/"):
        for browser in (reporter, editor):
            page = page_of(browser, where)
            assert "bob proposes <" in page
            assert "The ministry says so." in page
            assert (f'action="{address}take/"' in page) == (browser is editor)
        assert "Set aside" in page
    assert "Withdraw<" in page_of(reporter, card)
    assert "1 proposal waits</a>" in page_of(editor, "/")
    services.update_statement(statement_id=statement.pk, versions=None, actor=bob, paraphrase="No.")
    assert "the statement has changed since" in page_of(editor, card)
    late = editor.post(f"{address}take/", {"version": 1, "proposal": proposal.pk})
    assert late.status_code == 412
    assert "This has changed since you opened it" in late.content.decode()
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="So it is.")
    assert "the statement has this tag" in page_of(editor, address)
    assert editor.post(f"{address}take/", {"version": 3, "proposal": proposal.pk}).status_code == 303
    page = page_of(editor, address)
    assert "bob proposed <" in page
    assert "<b>taken</b> by alice" in page
    assert "Proposed by bob: The ministry says so." in page
    assert "bob proposes" not in page_of(editor, card)
    twice = editor.post(f"{address}take/", {"version": 4, "proposal": proposal.pk})
    assert (twice.status_code, "The proposal was already taken." in twice.content.decode()) == (409, True)
    viewer = page_of(browser_of(user_with_role("vera", "viewer")), card)
    assert "/propose/" not in viewer


def test_a_proposal_that_comes_too_late_is_shown_again_as_it_was_typed(bob, statement, address):
    services.update_statement(statement_id=statement.pk, versions=None, actor=bob, paraphrase="No.")
    reporter = browser_of(bob)
    late = reporter.post(f"{address}propose/", {"version": 1, **DENIED})
    page = late.content.decode()
    assert late.status_code == 412
    assert "The ministry says so." in page
    assert 'name="tag" value="denied" class="chosen"' in page
    refused = reporter.post(f"{address}propose/", {"version": 2, "tag": "denied", "reason": " "})
    assert (refused.status_code, "Propose a tag for statement" in refused.content.decode()) == (400, True)


def take_back(desk, statement):
    commit()
    tagged = Entry.objects.of("statement", statement.pk).latest("version")
    answer = desk.post(f"/undo/{tagged.pk}/", {"reason": "Too early."})
    assert answer.status_code == 303
    commit()


def test_a_proposal_whose_tag_is_taken_back_waits_again_and_can_be_taken_again(alice, bob, statement, proposal):
    desk = browser_of(alice)
    services.take_proposal(statement_id=statement.pk, versions=None, actor=alice, proposal=proposal.pk)
    take_back(desk, statement)
    proposal.refresh_from_db()
    assert (proposal.outcome, proposal.resolved_at, proposal.resolved_by) == (None, None, None)
    assert (proposal.overtaken_by, Statement.objects.get().tag) == ("", "unverified")
    assert entries("note", proposal.pk)[-1] == ("note.reopened", "alice", "Too early.")
    assert "bob proposes <" in page_of(desk, f"/api/v1/articles/{statement.article_id}/")
    assert "1 proposal waits</a>" in page_of(desk, "/")
    assert "<b>Outcome:</b>" not in page_of(desk, f"{NOTES}{proposal.pk}/history/")
    services.take_proposal(statement_id=statement.pk, versions=None, actor=alice, proposal=proposal.pk)
    commit()
    assert Note.objects.get().outcome == "taken"


def test_a_proposal_stays_taken_if_its_author_has_proposed_anew_before_the_tag_is_taken_back(
    alice, bob, statement, proposal
):
    services.take_proposal(statement_id=statement.pk, versions=None, actor=alice, proposal=proposal.pk)
    anew = services.propose_tag(statement_id=statement.pk, versions=None, actor=bob, tag="asserted", reason="Not so.")
    take_back(browser_of(alice), statement)
    outcomes = Note.objects.order_by("pk").values_list("pk", "outcome")
    assert list(outcomes) == [(proposal.pk, "taken"), (anew.pk, None)]


@pytest.mark.parametrize(
    "change", ["statement_version = 2", "statement_version = 3, text = 'Other words'", "statement_version = 1"]
)
def test_the_database_lets_a_proposal_wait_again_only_with_the_act_that_takes_its_tag_back(
    alice, statement, proposal, change
):
    services.take_proposal(statement_id=statement.pk, versions=None, actor=alice, proposal=proposal.pk)
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="asserted", reason="No.")
    commit()

    def reopen():
        ended = "resolved_by = NULL, resolved_at = NULL, outcome = NULL"
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE claims_note SET version = 3, {ended}, {change}")
        proposal.refresh_from_db()
        record([proposal], action="note.reopened", actor=alice)

    refused(reopen)
