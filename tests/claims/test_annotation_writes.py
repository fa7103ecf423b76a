"""What an annotation document writes: each entry with its reason, each field of what it changes, and what it locks."""

import hashlib
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import services
from claims.annotations import import_document
from claims.annotations.export import _version
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.models import Article, Dispute, Evidence
from factcheck.errors import InvalidInput
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source

pytestmark = pytest.mark.django_db
TEXT = "The talks failed, an aide told the Post. The talks failed. Nobody commented."
LEFT_OUT, CHANGED = "Left out of an imported annotation document", "Changed by an annotation document"


def document(**members):
    resolved = {"state": "upheld", "resolution": "It is."}
    return {
        "format": "factcheck-annotations/1",
        "article": {"title": "The talks", "url": "https://news.example/1", "text": TEXT, "status": "published"},
        "sources": [
            {"key": "a", "name": "The minister", "kind": "person"},
            {"key": "b", "name": "The envoy", "kind": "person"},
        ],
        "statements": [
            {
                "key": "t",
                "text": "Nobody commented",
                "start": 3,
                "source": "a",
                "tag": "denied",
                "tag_reason": "She did.",
                "evidence": [
                    {"key": "e", "stance": "context", "title": "A memo"},
                    {"key": "f", "stance": "refutes", "url": "https://e.example/", "archived_url": "https://a.example/"},
                ],
            },
            {"key": "u", "text": "The talks failed, an aide", "source": "b"},
        ],
        "disputes": [
            {"key": "d", "statement": "t", "raised_by": "b", "kind": "denial", **resolved},
            {"key": "g", "statement": "u", "raised_by": "b", "kind": "denial"},
        ],
        **members,
    }  # fmt: skip


def put(api, article, given, etag="*"):
    answer = api.put(f"/api/v1/articles/{article.pk}/annotations/", given, headers={"if-match": etag})
    assert answer.status_code == 200, answer.content
    return answer


def imported(given, actor):
    serializer = AnnotationDocumentSerializer(data=given)
    serializer.is_valid(raise_exception=True)
    return import_document(document=serializer.validated_data, actor=actor)


def entries_since(count):
    return list(Entry.objects.order_by("id")[count:].values_list("action", "version", "actor__username", "reason"))


def test_each_row_of_a_document_has_an_entry_and_so_has_each_that_it_leaves_out(api, article, minister):
    begun = Entry.objects.count()
    given = document()
    put(api, article, given)
    assert entries_since(begun) == [
        ("source.created", 1, "alice", ""),
        ("source.updated", 2, "alice", ""),
        ("article.updated", 2, "alice", ""),
        ("article.published", 3, "alice", "Imported with an annotation document"),
        ("statement.created", 1, "alice", ""),
        ("statement.created", 1, "alice", ""),
        ("statement.tagged", 2, "alice", "She did."),
        ("evidence.created", 1, "alice", ""),
        ("evidence.created", 1, "alice", ""),
        ("dispute.opened", 1, "alice", ""),
        ("dispute.opened", 1, "alice", ""),
        ("dispute.resolved", 2, "alice", "It is."),
    ]
    begun = Entry.objects.count()
    del given["statements"][1], given["disputes"][1], given["statements"][0]["evidence"][0]
    given["statements"][0]["evidence"][0]["archived_url"] = ""
    given["disputes"][0]["note"] = "By telephone."
    put(api, article, given)
    assert entries_since(begun) == [
        ("dispute.deleted", 2, "alice", LEFT_OUT),
        ("evidence.deleted", 2, "alice", LEFT_OUT),
        ("statement.deleted", 2, "alice", LEFT_OUT),
        ("evidence.updated", 2, "alice", ""),
        ("dispute.reopened", 3, "alice", CHANGED),
        ("dispute.updated", 4, "alice", CHANGED),
        ("dispute.resolved", 5, "alice", "It is."),
    ]
    assert list(Evidence.objects.values_list("key", "stance", "url", "title", "excerpt", "archived_url")) == [
        ("f", "refutes", "https://e.example/", "", "", None)
    ]


def test_an_import_by_address_deletes_nothing_and_a_second_one_writes_nothing(alice, article):
    imported(document(), alice)
    assert Article.objects.get().pk == article.pk
    begun = Entry.objects.count()
    imported(document(), alice)
    imported(document(statements=[], disputes=[]), alice)
    assert entries_since(begun) == []
    for count in (2, 3):
        imported(document(article={**document()["article"], "url": None}), alice)
        assert Article.objects.count() == count


OPEN, UPHELD, REJECTED = ("open", ""), ("upheld", "It is."), ("rejected", "It is.")


@pytest.mark.parametrize(
    ("before", "after", "note", "actions"),
    [
        (OPEN, OPEN, "", []),
        (UPHELD, UPHELD, "", []),
        (OPEN, OPEN, "New", ["updated"]),
        (OPEN, UPHELD, "", ["resolved"]),
        (OPEN, UPHELD, "New", ["updated", "resolved"]),
        (UPHELD, OPEN, "", ["reopened"]),
        (UPHELD, OPEN, "New", ["reopened", "updated"]),
        (UPHELD, ("upheld", "It was."), "", ["reopened", "resolved"]),
        (UPHELD, REJECTED, "", ["reopened", "resolved"]),
        (UPHELD, UPHELD, "New", ["reopened", "updated", "resolved"]),
    ],
)
def test_a_dispute_is_reopened_only_to_be_changed(alice, before, after, note, actions):
    def with_dispute(state, **fields):
        dispute = {"key": "d", "statement": "t", "raised_by": "b", "kind": "denial", **fields}
        return document(disputes=[{**dispute, "state": state[0], "resolution": state[1]}])

    imported(with_dispute(before), alice)
    begun = Entry.objects.count()
    imported(with_dispute(after, note=note), alice)
    assert [entry[0] for entry in entries_since(begun)] == [f"dispute.{action}" for action in actions]
    assert list(Dispute.objects.values_list("state", "resolution", "note")) == [(*after, note)]


def test_a_source_that_is_matched_by_an_alias_keeps_its_name_and_gains_aliases_and_links(alice):
    known = create_source(
        actor=alice,
        name="The minister",
        kind="person",
        aliases=["Jane Doe"],
        same_as=["https://w.example/1"],
        description="Old",
    )
    item = {
        "key": "a",
        "name": "Jane Doe",
        "kind": "person",
        "part_of": "b",
        "anonymous": True,
        "description": "New",
        "aliases": ["J. D.", "Jane Doe", "The minister"],
        "same_as": ["https://w.example/2"],
    }
    imported(document(sources=[item, document()["sources"][1]]), alice)
    known.refresh_from_db()
    assert (known.name, known.aliases, known.same_as) == (
        "The minister",
        ["Jane Doe", "J. D."],
        ["https://w.example/1", "https://w.example/2"],
    )
    assert (known.part_of.name, known.anonymous, known.description, known.version) == ("The envoy", True, "New", 2)
    assert Source.objects.count() == 2


def test_a_counter_statement_is_the_one_at_its_address_or_the_only_one_of_another_article(alice, minister):
    made = {}
    for place, keys in (("https://b.example/1", "cp"), ("https://b.example/2", "cq"), (None, "cr")):
        other = services.create_article(actor=alice, title="Denied", url=place, text="No. Never.")
        for start, key in enumerate(keys):
            span = {"start": 4 * start, "end": 4 * start + 2}
            made[place, key] = services.create_statement(article=other, actor=alice, source=minister, key=key, **span)

    def disputes(*counters):
        plain = {"statement": "t", "raised_by": "b", "kind": "denial"}
        return [
            {**plain, "key": f"d-{number}", "counter_statement": key, "counter_article": place}
            for number, (key, place) in enumerate(counters)
        ]

    named = [("c", "https://b.example/2"), ("c", "https://b.example/1"), ("p", "https://b.example/1"), ("r", None)]
    imported(document(disputes=disputes(*named, ("q", None), ("u", None))), alice)
    found = Dispute.objects.order_by("id").values_list("counter_statement", flat=True)
    expected = [made["https://b.example/2", "c"], made["https://b.example/1", "c"], made["https://b.example/1", "p"]]
    expected += [
        made[None, "r"],
        made["https://b.example/2", "q"],
        Article.objects.get(title="The talks").statements.get(key="u"),
    ]
    assert list(found) == [statement.pk for statement in expected]
    without = document(statements=document()["statements"][:1])
    with pytest.raises(InvalidInput) as refused:
        imported(
            {**without, "disputes": disputes(("c", None), ("u", None), ("p", "https://b.example/2"), ("r", None))},
            alice,
        )
    assert [error.pointer for error in refused.value.errors] == [f"#/disputes/{n}/counter_statement" for n in range(3)]


LOCK = r'FROM "(\w+)".*?(?: ORDER BY (.*?))?(?: LIMIT 1)? (FOR [A-Z ]+?)(?: OF "(\w+)")?$'


def locks(queries):
    """Table, order and strength of each lock, in their order."""
    found = []
    for query in queries:
        if lock := re.search(LOCK, query["sql"]):
            table, order, strength, of = lock.groups()
            found.append((table, order and re.sub(r'^(1|.*"id") ASC$', "by id", order), strength, of))
    return found


ROWS = [
    (table, "by id", "FOR NO KEY UPDATE", table) for table in ("claims_statement", "claims_evidence", "claims_dispute")
]
SOURCES = ("sources_source", "by id", "FOR NO KEY UPDATE", None)


def test_the_article_is_locked_before_its_rows_and_these_before_the_sources_by_their_ids(api, alice, article):
    """All imports in one order, so that none waits for another in a circle; none keeps others from referring."""
    put(api, article, document())
    path = f"/api/v1/articles/{article.pk}/annotations/"
    etag = api.get(path)["ETag"]
    with CaptureQueriesContext(connection) as captured:
        put(api, article, document(), etag)
    seen = ("sources_source", "by id", "FOR NO KEY UPDATE", "sources_source")  # those of the document before
    assert locks(captured)[:6] == [
        ("claims_article", None, "FOR NO KEY UPDATE", "claims_article"),
        *ROWS,
        seen,
        SOURCES,
    ]
    with CaptureQueriesContext(connection) as captured:
        imported(document(), alice)
    by_address = ("claims_article", "by id", "FOR NO KEY UPDATE", None)
    assert locks(captured)[:5] == [by_address, *ROWS, SOURCES]
    of_rows = [query["sql"] for query in captured if re.search(LOCK, query["sql"])][1:4]
    assert all(f'"article" = {article.pk} ' in sql for sql in of_rows)


def test_the_version_of_a_document_is_a_number_of_48_bits(article):
    """Which every JSON reader has exactly."""
    assert Entry.objects.filter(article=article.pk).count() == 1
    assert _version(article, []) == int.from_bytes(hashlib.sha256(b"[1]").digest()[:6], "big")
    assert _version(article, [Source(pk=7, version=3)]) == int(hashlib.sha256(b"[1, (7, 3)]").hexdigest()[:12], 16)


@pytest.mark.parametrize(("before", "is_sought"), [("", False), ("Update. ", True)])
def test_statements_are_sought_in_a_new_text_before_the_article_is_locked(api, alice, article, before, is_sought):
    put(api, article, document())
    services.create_article(actor=alice, title="Another", text=before + TEXT)
    given = document(article={**document()["article"], "text": before + TEXT})

    def reads_before_the_lock(write):
        with CaptureQueriesContext(connection) as captured:
            write()
        found = [re.findall(r'FROM "(\w+)"', query["sql"]) for query in captured]
        return ["claims_statement"] in found[: next(n for n, query in enumerate(captured) if " FOR " in query["sql"])]

    assert reads_before_the_lock(lambda: put(api, article, given)) is is_sought
    put(api, article, document())
    assert reads_before_the_lock(lambda: imported(given, alice)) is is_sought
    assert list(article.statements.order_by("id").values_list("start", flat=True)) == [len(before) + 59, len(before)]


def test_of_three_disputes_by_one_source_each_is_resolved_before_the_next_is_opened(alice):
    plain = {"statement": "t", "raised_by": "b", "kind": "denial"}
    states = [
        ("x", "withdrawn", "Taken back."),
        ("w", "rejected", "It is not so."),
        ("v", "open", ""),
    ]
    items = [{**plain, "key": key, "state": state, "resolution": reason} for key, state, reason in states]
    imported(document(disputes=items), alice)
    assert list(Dispute.objects.order_by("id").values_list("key", "state", "resolution")) == states
