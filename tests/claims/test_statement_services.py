"""What the services of statements and disputes write, and what they refuse with which field."""

from datetime import timedelta

import pytest

from claims import services
from claims.models import Dispute, Statement
from factcheck.errors import Conflict, FieldError, InvalidInput, Unprocessable
from factcheck.journal.models import Entry
from sources.services import create_source
from tests.newsroom import TEXT

MOVED = "A statement cannot move to another article. Create a new one there."
SOURCELESS = "Only narration has no source. Name the source of the statement."
SELF = "A statement cannot dispute itself. Name the statement in which the dispute was raised, or none."
ELSEWHERE = "This cannot move to another statement. Create a new one there."


@pytest.fixture
def by(alice):
    return {"actor": alice}


@pytest.fixture
def relay(alice):
    return create_source(actor=alice, name="An agency", kind="outlet")


@pytest.fixture
def other(by):
    return services.create_article(title="Another", text="He said so. She said no.", **by)


@pytest.fixture
def elsewhere(other, minister, by):
    return services.create_statement(article=other, source=minister, start=0, end=11, **by)


@pytest.fixture
def dispute(statement, minister, by):
    return services.open_dispute(statement=statement, raised_by=minister, kind="denial", **by)


def entries_of(row):
    return list(
        Entry.objects.of(row.journal_resource, row.pk).order_by("id").values_list("version", "action", "reason")
    )


def test_many_statements_are_created_in_their_order_each_with_its_chain_and_reason(article, other, minister, relay, by):
    made = services.create_statements(
        rows=[
            {"article": other, "source": minister, "via": [relay, minister], "start": 0, "end": 11, "reason": "One."},
            {"article": article, "quote_type": "narration", "text": "End."},
            {"article": other, "source": relay, "text": "She said no.", "via": [relay], "reason": "Three."},
        ],
        **by,
    )
    names = ("article", "source", "quote_type", "tag", "text", "start", "prefix", "revision", "anchor", "version")
    assert list(Statement.objects.order_by("pk").values_list(*names)) == [
        (other.pk, minister.pk, "indirect", "unverified", "He said so.", 0, "", 1, "anchored", 1),
        (article.pk, None, "narration", "unverified", "End.", 59, TEXT[27:59], 1, "anchored", 1),
        (other.pk, relay.pk, "indirect", "unverified", "She said no.", 12, "He said so. ", 1, "anchored", 1),
    ]
    assert [(row.pk, row.chain) for row in made] == [
        (pk, chain)
        for pk, chain in zip(
            Statement.objects.order_by("pk").values_list("pk", flat=True),
            [[relay.pk, minister.pk], [], [relay.pk]],
            strict=True,
        )
    ]
    assert [entries_of(row) for row in made] == [
        [(1, "statement.created", "One.")], [(1, "statement.created", "")], [(1, "statement.created", "Three.")],
    ]  # fmt: skip


def test_of_many_statements_none_is_created_if_one_is_refused_and_each_refusal_names_its_row(
    article, other, minister, by
):
    gone = services.create_article(title="Gone", text="He said so.", **by)
    rows = [
        {"article": article, "source": minister, "text": "no such words at all, ever"},
        {"article": article, "source": minister, "start": 2, "end": 6},
        {"article": other, "start": 0, "end": 11},
        {"article": gone, "source": minister, "start": 0, "end": 11},
        {"article": other, "source": minister, "start": 7},
    ]
    services.delete_article(article_id=gone.pk, versions=None, **by)
    missing = "The article does not hold this passage word for word."
    with pytest.raises(Unprocessable) as refused:
        services.create_statements(rows=rows, **by)
    assert (refused.value.detail, refused.value.errors) == (
        f"0: {missing}",
        [
            FieldError("#/0/text", "not_found", missing),
            FieldError("#/2/source", "required", SOURCELESS),
            FieldError("#/3/article", "does_not_exist", "The article was deleted in the meantime."),
            FieldError("#/4/end", "required", "start and end go together."),
        ],
    )
    with pytest.raises(InvalidInput) as refused:
        services.create_statements(rows=rows[1:], **by)
    assert (refused.type, refused.value.detail) == (InvalidInput, f"1: source: {SOURCELESS}")
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    ("act", "name", "code", "detail"),
    [
        (lambda room: services.create_statement(article=room["article"], start=2, end=6, actor=room["alice"]),
         "source", "required", SOURCELESS),
        (lambda room: edit(room, "statement", source=None), "source", "required", SOURCELESS),
        (lambda room: edit(room, "statement", article=room["other"]), "article", "immutable", MOVED),
        (lambda room: edit(room, "evidence", statement=room["elsewhere"]), "statement", "immutable", ELSEWHERE),
        (lambda room: edit(room, "dispute", statement=room["elsewhere"]), "statement", "immutable", ELSEWHERE),
        (lambda room: edit(room, "dispute", counter_statement=room["statement"]),
         "counter_statement", "self_dispute", SELF),
        (lambda room: services.open_dispute(
            actor=room["alice"], statement=room["statement"], counter_statement=room["statement"],
            raised_by=room["minister"], kind="denial"), "counter_statement", "self_dispute", SELF),
        (lambda room: services.merge_source(
            source_id=room["minister"].pk, into=room["minister"], versions=None, actor=room["alice"], reason="Twice."),
         "into", "self", "A source cannot be merged into itself."),
    ],
)  # fmt: skip
def test_a_field_that_cannot_have_this_value_is_named_with_a_code_and_nothing_is_written(
    alice, article, other, statement, elsewhere, dispute, minister, by, act, name, code, detail
):
    evidence = services.create_evidence(statement=statement, stance="supports", title="A call", **by)
    room = {
        "alice": alice, "article": article, "other": other, "statement": statement, "elsewhere": elsewhere,
        "dispute": dispute, "evidence": evidence, "minister": minister,
    }  # fmt: skip
    before = Entry.objects.count()
    with pytest.raises(InvalidInput) as refused:
        act(room)
    assert (refused.value.detail, refused.value.errors) == (
        f"{name}: {detail}", [FieldError(f"#/{name}", code, detail)],
    )  # fmt: skip
    assert Entry.objects.count() == before


def edit(room, kind, **fields):
    update = {
        "statement": services.update_statement, "evidence": services.update_evidence,
        "dispute": services.update_dispute,
    }[kind]  # fmt: skip
    return update(**{f"{kind}_id": room[kind].pk}, versions=None, actor=room["alice"], **fields)


def test_fields_that_name_what_the_row_is_of_already_are_no_move(alice, article, statement, dispute, minister, by):
    evidence = services.create_evidence(statement=statement, stance="supports", title="A call", **by)
    room = {"statement": statement, "evidence": evidence, "dispute": dispute, "alice": alice}
    assert edit(room, "statement", article=article, paraphrase="No.").version == 2
    assert edit(room, "evidence", statement=statement, excerpt="No.").version == 2
    assert edit(room, "dispute", statement=statement, counter_statement=None, note="By mail.").version == 2


def test_a_chain_is_written_again_only_if_other_sources_or_another_order_are_given(
    article, statement, minister, relay, by
):
    second = services.create_statement(article=article, source=minister, via=[relay], start=24, end=45, **by)

    def chain_after(**fields):
        row = services.update_statement(statement_id=statement.pk, versions=None, **by, **fields)
        row = Statement.objects.get(pk=row.pk)
        return row.version, row.chain

    assert chain_after(via=[relay, minister]) == (2, [relay.pk, minister.pk])
    assert chain_after(via=[relay, minister]) == (2, [relay.pk, minister.pk])
    assert chain_after(via=[minister, relay]) == (3, [minister.pk, relay.pk])
    assert chain_after(paraphrase="She denies it.") == (4, [minister.pk, relay.pk])
    assert chain_after(via=[minister, relay], paraphrase="No.") == (5, [minister.pk, relay.pk])
    assert chain_after(via=[]) == (6, [])
    assert chain_after(quote_type="narration", source=None) == (7, [])
    assert chain_after(start=2, end=23) == (7, [])
    assert chain_after(start=2, end=22, paraphrase="No.") == (8, [])
    assert Statement.objects.get(pk=second.pk).chain == [relay.pk]


def test_many_tags_are_written_with_one_time_each_with_its_own_reason(alice, statement, elsewhere, by):
    services.tag_statements(
        tags=[(statement, "denied", "She denies it."), (elsewhere, "asserted", "So he said.")], **by
    )
    rows = list(Statement.objects.order_by("pk"))
    assert [(row.version, row.tag, row.tag_reason, row.tagged_by) for row in rows] == [
        (2, "denied", "She denies it.", alice), (2, "asserted", "So he said.", alice),
    ]  # fmt: skip
    (time,) = {time for row in rows for time in (row.tagged_at, row.updated_at)}
    assert timedelta() < Entry.objects.latest("id").at - time < timedelta(minutes=1)
    assert [entries_of(row)[1] for row in rows] == [
        (2, "statement.tagged", "She denies it."), (2, "statement.tagged", "So he said."),
    ]  # fmt: skip


def test_a_tag_has_the_time_of_its_row(alice, statement, by):
    services.tag_statement(statement_id=statement.pk, versions=None, tag="denied", reason="She denies it.", **by)
    row = Statement.objects.get()
    assert (row.version, row.tag, row.tag_reason, row.tagged_by) == (2, "denied", "She denies it.", alice)
    assert statement.updated_at < row.tagged_at == row.updated_at


def state(dispute):
    names = ("version", "state", "resolution", "opened_by", "resolved_by", "resolved_at")
    return Dispute.objects.values_list(*names).get(pk=dispute.pk)


def test_disputes_are_opened_resolved_and_reopened_by_whom_and_when(alice, statement, elsewhere, minister, relay, by):
    disputes = [
        services.draft_dispute(statement=statement, raised_by=minister, counter_statement=elsewhere, kind="denial"),
        services.draft_dispute(statement=statement, raised_by=relay, kind="correction"),
    ]
    services.insert_disputes(disputes=disputes, reason="They called.", **by)
    first, second = Dispute.objects.order_by("pk")
    assert [first.opened_at, first.opened_by] == [second.opened_at, alice]
    assert [state(row) for row in (first, second)] == [(1, "open", "", alice.pk, None, None)] * 2
    services.resolve_disputes(resolutions=[(first, "upheld", "So it is."), (second, "rejected", "It is not.")], **by)
    at = first.resolved_at
    assert first.opened_at < at
    assert [state(row) for row in (first, second)] == [
        (2, "upheld", "So it is.", alice.pk, alice.pk, at), (2, "rejected", "It is not.", alice.pk, alice.pk, at),
    ]  # fmt: skip
    services.reopen_dispute(dispute_id=second.pk, versions=None, reason="Once more.", **by)
    assert state(second) == (3, "open", "", alice.pk, None, None)
    assert [entries_of(row) for row in (first, second)] == [
        [(1, "dispute.opened", "They called."), (2, "dispute.resolved", "So it is.")],
        [(1, "dispute.opened", "They called."), (2, "dispute.resolved", "It is not."),
         (3, "dispute.reopened", "Once more.")],
    ]  # fmt: skip


def test_of_many_disputes_none_is_resolved_if_one_is_not_open(statement, minister, relay, by):
    first, second = (
        services.open_dispute(statement=statement, raised_by=source, kind="denial", **by)
        for source in (minister, relay)
    )
    services.resolve_dispute(dispute_id=second.pk, versions=None, state="withdrawn", reason="She does.", **by)
    second.refresh_from_db()
    with pytest.raises(Conflict, match=r"^The dispute is already withdrawn\. Reopen it to decide again\.$"):
        services.resolve_disputes(resolutions=[(first, "upheld", "So."), (second, "upheld", "So.")], **by)
    assert state(first)[:2] == (1, "open")
