"""What all services that write have in common: entries, refused versions, and the order of locks."""

import re
from types import SimpleNamespace

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import services
from factcheck.errors import StaleVersion
from factcheck.journal.models import Entry
from sources import services as sources
from tests.newsroom import user_with_role

BY_ID = "ORDER BY id FOR NO KEY UPDATE"
ARTICLE = "article WHERE id = # FOR NO KEY UPDATE"
STATEMENT = "statement WHERE id = # FOR NO KEY UPDATE"
EVIDENCE = "evidence WHERE id = # FOR NO KEY UPDATE"
DISPUTE = "dispute WHERE id = # FOR NO KEY UPDATE"
NOTE = "note WHERE id = # FOR NO KEY UPDATE"
OF_DISPUTES = f"note WHERE dispute IN (#, #) {BY_ID} OF note"
IN_STATEMENTS = f"note WHERE (statement IN ({{}}) OR dispute IN (#, #)) {BY_ID} OF note"
SOURCE = "source WHERE id = # FOR NO KEY UPDATE"
THOSE_OF_A_SOURCE = [
    f"article WHERE publisher = # {BY_ID} OF article",
    "statement WHERE (source = # OR EXISTS(SELECT FROM statementvia WHERE (source = # AND statement = (id)))) "
    f"{BY_ID} OF statement",
    f"dispute WHERE raised_by = # {BY_ID} OF dispute",
]


@pytest.fixture
def room(alice, article, minister):
    """The rows by name. `said` came through the ministry; `raised` is a dispute of it, `over` one that is resolved."""
    by = {"actor": alice}
    ministry = sources.create_source(name="The ministry", kind="organization", part_of=minister, **by)
    unused = sources.create_source(name="Nobody", kind="person", **by)
    services.update_article(article_id=article.pk, versions=None, publisher=ministry, **by)
    said = services.create_statement(article=article, source=ministry, via=[ministry], start=2, end=23, **by)
    counter = services.create_statement(article=article, source=minister, start=24, end=45, **by)
    call = services.create_evidence(statement=said, stance="supports", title="A call", **by)
    mail = services.create_evidence(statement=said, stance="refutes", title="A mail", **by)
    raised = services.open_dispute(statement=said, raised_by=ministry, kind="denial", **by)
    over = services.open_dispute(statement=said, raised_by=minister, kind="denial", **by)
    services.resolve_dispute(dispute_id=over.pk, versions=None, state="upheld", reason="So it is.", **by)
    memo = services.create_note(statement=said, text="Ask her.", **by)
    aside = services.create_note(dispute=raised, text="Ask him.", **by)
    remark = services.create_note(article=article, text="Ask them.", **by)
    services.resolve_note(note_id=aside.pk, versions=None, **by)
    offer = services.propose_tag(statement_id=counter.pk, versions=None, tag="denied", reason="He says so.", **by)
    return SimpleNamespace(
        offer=offer, memo=memo, aside=aside, remark=remark,
        article=article, minister=minister, ministry=ministry, unused=unused, said=said, counter=counter, call=call,
        mail=mail, raised=raised, over=over,
    )  # fmt: skip


def run(room, service, fields, beside=0, **by):
    """A text with @ names a row: the row itself, or its id for an argument that ends with _id."""
    return service(**{name: argument(room, name, value, beside) for name, value in fields.items()}, **by)


def argument(room, name, value, beside):
    if isinstance(value, list):
        return [argument(room, name, each, beside) for each in value]
    if not str(value).startswith("@"):
        return value
    row = getattr(room, value[1:])
    return row.pk + beside if name.endswith("_id") else row


# (service, its arguments, its entries, its locks). An entry is (action, row, version) and its reason, if it is not the
# one given. The row "new" is one that was made.
NEW = [
    (services.create_article, {"title": "New", "text": "One."}, [("article.created", "new", 1)], []),
    (
        services.create_statement,
        {"article": "@article", "source": "@minister", "via": ["@ministry"], "start": 2, "end": 9},
        [("statement.created", "new", 1)],
        [ARTICLE],
    ),
    (services.create_note, {"statement": "@said", "text": "Ask her."}, [("note.created", "new", 1)], []),
    (
        services.create_evidence,
        {"statement": "@said", "stance": "context", "title": "A letter"},
        [("evidence.created", "new", 1)],
        [],
    ),
    (
        services.open_dispute,
        {"statement": "@said", "raised_by": "@minister", "counter_statement": "@counter", "kind": "denial"},
        [("dispute.opened", "new", 1)],
        ["statement WHERE id = ANY('{#,#}') ORDER BY id FOR KEY SHARE"],
    ),
    (
        services.open_dispute,
        {"statement": "@counter", "raised_by": "@minister", "kind": "denial"},
        [("dispute.opened", "new", 1)],
        ["statement WHERE id = ANY('{#}') ORDER BY id FOR KEY SHARE"],
    ),
    (sources.create_source, {"name": "Another", "kind": "person"}, [("source.created", "new", 1)], []),
    (
        sources.create_source,
        {"name": "Her office", "kind": "organization", "part_of": "@ministry"},
        [("source.created", "new", 1)],
        [f"source WHERE id IN (#) {BY_ID} OF source"],
    ),
]
CHANGES = [
    (
        services.update_article,
        {"article_id": "@article", "byline": "Ana Ruiz"},
        [("article.updated", "article", 3)],
        [ARTICLE],
    ),
    (
        services.update_article,
        {"article_id": "@article", "text": "Nothing of it."},
        [
            ("article.updated", "article", 3),
            ("statement.reanchored", "said", 2, "Revision 2 of the article"),
            ("statement.reanchored", "counter", 2, "Revision 2 of the article"),
        ],
        [ARTICLE, f"statement WHERE article = # {BY_ID}"],
    ),
    (
        services.set_article_status,
        {"article_id": "@article", "status": "published"},
        [("article.published", "article", 3)],
        [ARTICLE],
    ),
    (
        services.delete_article,
        {"article_id": "@article"},
        [
            ("note.deleted", "memo", 2),
            ("note.deleted", "aside", 3),
            ("note.deleted", "offer", 2),
            ("dispute.deleted", "raised", 2),
            ("dispute.deleted", "over", 3),
            ("evidence.deleted", "call", 2),
            ("evidence.deleted", "mail", 2),
            ("statement.deleted", "said", 2),
            ("statement.deleted", "counter", 2),
            ("note.deleted", "remark", 2),
            ("article.deleted", "article", 3),
        ],
        [
            ARTICLE,
            "statement WHERE article = # ORDER BY id FOR UPDATE",
            "evidence WHERE statement IN (#, #) ORDER BY id FOR UPDATE",
            "dispute WHERE statement IN (#, #) ORDER BY id FOR UPDATE",
            IN_STATEMENTS.format("#, #"),
            OF_DISPUTES,
            f"note WHERE article = # {BY_ID} OF note",
        ],
    ),
    (
        services.update_statement,
        {"statement_id": "@said", "paraphrase": "She denies it.", "via": ["@minister"]},
        [("statement.updated", "said", 2)],
        [ARTICLE, STATEMENT],
    ),
    (
        services.reanchor_statement,
        {"statement_id": "@said", "start": 2, "end": 22},
        [("statement.reanchored", "said", 2)],
        [ARTICLE, STATEMENT],
    ),
    (services.tag_statement, {"statement_id": "@said", "tag": "denied"}, [("statement.tagged", "said", 2)], []),
    (
        services.delete_statement,
        {"statement_id": "@said"},
        [
            ("note.deleted", "memo", 2),
            ("note.deleted", "aside", 3),
            ("dispute.deleted", "raised", 2),
            ("dispute.deleted", "over", 3),
            ("evidence.deleted", "call", 2),
            ("evidence.deleted", "mail", 2),
            ("statement.deleted", "said", 2),
        ],
        [
            "statement WHERE id = # FOR UPDATE",
            "evidence WHERE statement IN (#) ORDER BY id FOR UPDATE",
            "dispute WHERE statement IN (#) ORDER BY id FOR UPDATE",
            IN_STATEMENTS.format("#"),
            OF_DISPUTES,
        ],
    ),
    (
        services.update_evidence,
        {"evidence_id": "@call", "excerpt": "No."},
        [("evidence.updated", "call", 2)],
        [EVIDENCE],
    ),
    (services.delete_evidence, {"evidence_id": "@call"}, [("evidence.deleted", "call", 2)], [EVIDENCE]),
    (
        services.update_dispute,
        {"dispute_id": "@raised", "note": "By mail.", "counter_statement": "@counter"},
        [("dispute.updated", "raised", 2)],
        ["statement WHERE id = ANY('{#}') ORDER BY id FOR KEY SHARE", DISPUTE],
    ),
    (
        services.update_dispute,
        {"dispute_id": "@raised", "note": "By mail."},
        [("dispute.updated", "raised", 2)],
        [DISPUTE],
    ),
    (
        services.resolve_dispute,
        {"dispute_id": "@raised", "state": "rejected"},
        [("dispute.resolved", "raised", 2)],
        [DISPUTE],
    ),
    (
        services.resolve_dispute,
        {"dispute_id": "@raised", "state": "rejected", "tag": "asserted"},
        [("dispute.resolved", "raised", 2), ("statement.tagged", "said", 2)],
        [f"statement JOIN dispute ON (id = statement) WHERE id = # {BY_ID} OF statement", DISPUTE],
    ),
    (services.reopen_dispute, {"dispute_id": "@over"}, [("dispute.reopened", "over", 3)], [DISPUTE]),
    (
        services.delete_dispute,
        {"dispute_id": "@raised"},
        [("note.deleted", "aside", 3), ("dispute.deleted", "raised", 2)],
        ["dispute WHERE id = # FOR UPDATE", f"note WHERE dispute IN (#) {BY_ID} OF note"],
    ),
    (services.update_note, {"note_id": "@memo", "text": "Ask both."}, [("note.updated", "memo", 2)], [NOTE]),
    (services.resolve_note, {"note_id": "@memo"}, [("note.resolved", "memo", 2)], [NOTE]),
    (services.resolve_note, {"note_id": "@offer"}, [("note.set_aside", "offer", 2)], [NOTE]),
    (services.reopen_note, {"note_id": "@aside"}, [("note.reopened", "aside", 3)], [NOTE]),
    (
        services.delete_note,
        {"note_id": "@memo"},
        [("note.deleted", "memo", 2)],
        [NOTE, f"note WHERE id = # {BY_ID} OF note"],
    ),
    (
        sources.update_source,
        {"source_id": "@minister", "description": "Of defence."},
        [("source.updated", "minister", 2)],
        [SOURCE],
    ),
    (
        sources.update_source,
        {"source_id": "@minister", "part_of": "@unused"},
        [("source.updated", "minister", 2)],
        [f"source WHERE id IN (#, #) {BY_ID} OF source", SOURCE],
    ),
    (
        sources.delete_source,
        {"source_id": "@unused"},
        [("source.deleted", "unused", 2)],
        ["source WHERE id = # FOR UPDATE"],
    ),
    (
        services.merge_source,
        {"source_id": "@ministry", "into": "@unused"},
        [
            ("article.updated", "article", 3),
            ("statement.updated", "said", 2),
            ("dispute.updated", "raised", 2),
            ("source.merged", "unused", 2),
            ("source.deleted", "ministry", 2, "Merged into source {unused}. A call."),
        ],
        [
            *THOSE_OF_A_SOURCE,
            f"source WHERE (id IN (#, #) OR part_of = #) {BY_ID} OF source",
            "source WHERE id = # FOR UPDATE",
            *THOSE_OF_A_SOURCE,
            f"source WHERE part_of = # {BY_ID} OF source",
        ],
    ),
]


@pytest.mark.parametrize(("service", "fields", "entries", "locks"), NEW + CHANGES)
def test_a_write_locks_in_the_order_of_all_and_records_each_row_with_actor_and_reason(
    room, service, fields, entries, locks
):
    versions = {} if (service, fields, entries, locks) in NEW else {"versions": None}
    before, bob = Entry.objects.count(), user_with_role("bob", "editor")
    with CaptureQueriesContext(connection) as captured:
        run(room, service, fields, actor=bob, reason="A call.", **versions)
    assert [lock for query in captured for lock in locks_in(query["sql"])] == locks
    ids = {name: row.pk for name, row in vars(room).items()}
    names = {(row.journal_resource, row.pk): name for name, row in vars(room).items()}
    assert [
        (entry.action, names.get((entry.resource, entry.resource_id), "new"), entry.version, entry.actor, entry.reason)
        for entry in Entry.objects.order_by("id")[before:]
    ] == [
        (action, row, version, bob, reason[0].format(**ids) if reason else "A call.")
        for action, row, version, *reason in entries
    ]


def test_a_new_status_writes_no_other_column_such_as_the_long_text(room, alice):
    with CaptureQueriesContext(connection) as captured:
        services.set_article_status(
            article_id=room.article.pk, versions=None, actor=alice, status="published", reason="Ready."
        )
    changes = [re.findall(r'"(\w+)" = given', query["sql"]) for query in captured if "UPDATE" in query["sql"]]
    assert [columns for columns in changes if columns] == [["status", "version", "updated_at"]]


def locks_in(sql):
    """The rows that a query locks, how they are found, and in which order: in short words, with # for an id."""
    found = re.search(r"^SELECT .*? FROM (.* FOR (NO KEY |KEY )?(UPDATE|SHARE).*)", sql)
    if not found:
        return []
    words = re.sub(r'"(\w+)"', r"\1", found[1]).replace("ORDER BY 1", "ORDER BY id")
    words = re.sub(r"\b[0-9]+\b", "#", words)
    return [re.sub(r"::int[248]\[\]|\b\w+\.|\b(claims|sources)_| LIMIT #| # AS a| INNER| U0(?= )| ASC", "", words)]


@pytest.mark.parametrize(("service", "fields", "entries", "locks"), CHANGES)
def test_a_write_of_another_version_than_the_present_one_or_of_no_row_writes_nothing(
    room, alice, service, fields, entries, locks
):
    written = {"actor": alice, "reason": "A call."}
    row = getattr(room, next(value[1:] for name, value in fields.items() if name.endswith("_id")))
    row.refresh_from_db()
    before = Entry.objects.count()
    with pytest.raises(StaleVersion, match=f"^This is at version {row.version} now. Read it again, then decide.$"):
        run(room, service, fields, versions=frozenset({row.version - 1, row.version + 1}), **written)
    with pytest.raises(ObjectDoesNotExist):
        run(room, service, fields, beside=1_000_000, versions=None, **written)
    assert Entry.objects.count() == before
    run(room, service, fields, versions=frozenset({row.version - 1, row.version}), **written)
    assert Entry.objects.count() == before + len(entries)
