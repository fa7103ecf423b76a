"""What a write refuses, and when it writes nothing."""

import pytest

from claims import services
from factcheck.journal.models import Entry
from sources.models import SourceRedirect
from sources.services import create_source
from tests.journal.world import committing

ANY = {"If-Match": "*"}
WHY = "The tape says so."


@pytest.fixture
def dispute(alice, statement, minister):
    return services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")


@pytest.fixture
def evidence(alice, statement):
    return services.create_evidence(actor=alice, statement=statement, stance="supports", title="A call")


EDITS = [
    ("minister", "sources", {"description": "Of defence."}),
    ("article", "articles", {"byline": "Ana Ruiz"}),
    ("statement", "statements", {"paraphrase": "She denies it."}),
    ("evidence", "evidence", {"excerpt": "No, no."}),
    ("dispute", "disputes", {"note": "By telephone."}),
]


@pytest.mark.parametrize(("kind", "path", "edit"), EDITS)
def test_the_reasons_of_an_edit_and_of_a_deletion_are_in_their_entries(api, request, kind, path, edit):
    row = request.getfixturevalue(kind)
    address = f"/api/v1/{path}/{row.pk}/"
    assert api.patch(address, {**edit, "reason": "A call."}, headers=ANY).status_code == 200
    assert api.delete(f"{address}?reason=A+double.", headers=ANY).status_code == 204
    reasons = Entry.objects.of(row.journal_resource, row.pk).order_by("id").values_list("version", "reason")
    assert list(reasons) == [(1, ""), (2, "A call."), (3, "A double.")]


@pytest.mark.parametrize(("kind", "path", "edit"), EDITS)
def test_neither_edit_nor_deletion_of_another_version_than_the_present_one(api, request, kind, path, edit):
    row = request.getfixturevalue(kind)
    address, stale, written = f"/api/v1/{path}/{row.pk}/", {"If-Match": '"2"'}, Entry.objects.count()
    assert api.patch(address, edit, headers=stale).status_code == 412
    assert api.delete(address, headers=stale).status_code == 412
    assert (type(row).objects.get(pk=row.pk).version, Entry.objects.count()) == (1, written)


def test_a_resolved_dispute_is_not_edited_until_it_is_reopened(api, alice, dispute):
    services.resolve_dispute(dispute_id=dispute.pk, versions=None, actor=alice, state="upheld", reason=WHY)
    address, written = f"/api/v1/disputes/{dispute.pk}/", Entry.objects.count()
    answer = api.patch(address, {"note": "By telephone."}, headers=ANY)
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "A resolved dispute cannot be edited. Reopen it first.",
    )
    row = api.get(address).json()
    assert (row["note"], row["state"], row["version"], Entry.objects.count()) == ("", "upheld", 2, written)
    services.reopen_dispute(dispute_id=dispute.pk, versions=None, actor=alice, reason=WHY)
    row = api.patch(address, {"note": "By telephone."}, headers=ANY).json()
    assert (row["note"], row["state"], row["version"]) == ("By telephone.", "open", 4)


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("articles/{article}/", None, "A published article cannot be deleted. Withdraw it first."),
        ("articles/{article}/publish/", {}, "The article is published; it cannot become published."),
        ("disputes/{upheld}/resolve/", {"state": "rejected"},
         "The dispute is already upheld. Reopen it to decide again."),
        ("disputes/{dispute}/reopen/", {}, "The dispute is already open."),
        ("statements/{counter}/", None,
         "Dispute {dispute} was raised in this text. Delete or change that dispute first."),
    ],
)  # fmt: skip
def test_what_the_present_state_forbids_is_refused_in_words(
    api, alice, article, statement, minister, path, body, detail
):
    counter = services.create_statement(article=article, actor=alice, source=minister, start=6, end=14)
    raised = {"actor": alice, "statement": statement, "raised_by": minister, "kind": "denial"}
    upheld = services.open_dispute(**raised)
    services.resolve_dispute(dispute_id=upheld.pk, versions=None, actor=alice, state="upheld", reason=WHY)
    dispute = services.open_dispute(**raised, counter_statement=counter)
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason=WHY)
    ids = {"article": article.pk, "upheld": upheld.pk, "dispute": dispute.pk, "counter": counter.pk}
    address, written = f"/api/v1/{path.format(**ids)}", Entry.objects.count()
    send = api.delete(address, headers=ANY) if body is None else api.post(address, {"reason": WHY} | body, headers=ANY)
    assert (send.status_code, send.json()["detail"]) == (409, detail.format(**ids))
    assert Entry.objects.count() == written


def test_the_passage_that_a_statement_has_already_is_no_change(api, statement):
    address, written = f"/api/v1/statements/{statement.pk}/", Entry.objects.count()
    for passage in ({"start": 2, "end": 23}, {"start": 2, "end": 23, "text": statement.text}):
        assert api.patch(address, passage, headers=ANY).json()["version"] == 1
    assert Entry.objects.count() == written
    row = api.patch(address, {"start": 2, "end": 22}, headers=ANY).json()
    assert (row["version"], row["start"], row["end"], row["text"]) == (2, 2, 22, "The minister said no")


def test_the_same_place_in_another_revision_or_after_a_doubt_is_a_change(api, alice, article, statement):
    address = f"/api/v1/statements/{statement.pk}/"
    text = article.text.replace("The minister said no.", "The minister said so.", 1)
    services.update_article(article_id=article.pk, versions=None, actor=alice, text=text)
    doubtful = api.get(address).json()
    assert (doubtful["anchor"], doubtful["version"], doubtful["revision"]) == ("needs_review", 2, 1)
    place = {"start": 2, "end": 23}
    settled = api.patch(address, place, headers=ANY).json()
    assert [settled[name] for name in ("anchor", "version", "revision", "text")] == [
        "anchored", 3, 2, "The minister said so.",
    ]  # fmt: skip
    assert api.patch(address, place, headers=ANY).json()["version"] == 3


@pytest.mark.parametrize("kind", ["source", "article", "statement", "source in a statement's chain", "dispute"])
def test_a_source_is_not_deleted_while_anything_refers_to_it_and_the_answer_names_what(
    api, alice, article, minister, kind
):
    official = create_source(actor=alice, name="An official", kind="person")
    if kind == "source":
        create_source(actor=alice, name="The office", kind="organization", part_of=official)
    elif kind == "article":
        services.update_article(article_id=article.pk, versions=None, actor=alice, publisher=official)
    else:
        speaker = official if kind == "statement" else minister
        via = [official] if "chain" in kind else []
        made = services.create_statement(article=article, actor=alice, source=speaker, via=via, start=2, end=23)
        if kind == "dispute":
            services.open_dispute(actor=alice, statement=made, raised_by=official, kind="denial")
    merged = create_source(actor=alice, name="The same official", kind="person")
    with committing():
        services.merge_source(source_id=merged.pk, versions=None, actor=alice, into=official, reason=WHY)
    answer = api.delete(f"/api/v1/sources/{official.pk}/", headers=ANY)
    assert answer.status_code == 409
    named = "statement via" if "chain" in kind else kind
    assert answer.json()["detail"] == (f"A {named} refers to this source. Change it first, then delete the source.")
    assert api.get(f"/api/v1/sources/{merged.pk}/").status_code == 301


def test_a_source_that_only_the_redirects_of_merged_ones_refer_to_is_deleted_with_them(api, alice, minister):
    merged = create_source(actor=alice, name="J. Doe", kind="person")
    with committing():
        services.merge_source(source_id=merged.pk, versions=None, actor=alice, into=minister, reason=WHY)
    assert api.delete(f"/api/v1/sources/{minister.pk}/", headers=ANY).status_code == 204
    assert api.get(f"/api/v1/sources/{merged.pk}/").status_code == 404
    assert SourceRedirect.objects.count() == 0
