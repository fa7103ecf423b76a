"""What an edited text writes into the statements, and how an editor settles a doubt."""

from hashlib import sha256

import pytest

from claims import services
from claims.models import Statement
from factcheck.errors import Conflict
from factcheck.journal.models import Entry

OLD = "He left. She said the bridge is closed today. They agreed. Nobody else spoke a word."
NEW = "She said the bridge was closed today. They agreed. He left for good."
NAMES = ("start", "end", "text", "prefix", "suffix", "revision", "anchor", "candidate", "version")


@pytest.fixture
def by(alice):
    return {"actor": alice}


@pytest.fixture
def edited(alice, by):
    """An article with a statement on each sentence, after an edit."""
    article = services.create_article(title="The bridge", text=OLD, **by)
    for sentence in ("They agreed.", "She said the bridge is closed today.", "Nobody else spoke a word."):
        services.create_statement(article=article, quote_type="narration", text=sentence, **by)
    return edit(article, NEW, by)


def edit(article, text, by):
    return services.update_article(article_id=article.pk, versions=None, text=text, **by)


def rows():
    return list(Statement.objects.order_by("pk").values_list(*NAMES))


CANDIDATE = {"revision": 2, "start": 0, "end": 37, "text": "She said the bridge was closed today.", "score": 0.959}
MOVED = (38, 50, "They agreed.", "said the bridge was closed today. "[-32:], " He left for good.", 2, "moved", None, 2)
DOUBTFUL = (
    9, 45, "She said the bridge is closed today.", "He left. ", " They agreed. Nobody else spoke a word."[:32], 1,
    "needs_review", CANDIDATE, 2,
)  # fmt: skip
LOST = (
    59, 84, "Nobody else spoke a word.", "dge is closed today. They agreed. "[-32:], "", 1, "orphaned", None, 2,
)  # fmt: skip


def test_a_new_text_moves_doubts_or_loses_each_statement(edited):
    assert rows() == [MOVED, DOUBTFUL, LOST]
    digests = [sha256(text.encode()).hexdigest() for text in (OLD, NEW)]
    assert list(edited.revisions.order_by("number").values_list("number", "text", "sha256")) == [
        (1, OLD, digests[0]), (2, NEW, digests[1]),
    ]  # fmt: skip
    assert edited.sha256 == digests[1]


def test_an_edit_after_which_a_statement_is_as_before_leaves_its_version(edited, by):
    written = Entry.objects.count()
    edit(edited, NEW + " Really.", by)
    moved, doubtful, lost = rows()
    assert moved == (*MOVED[:4], " He left for good. Really.", 3, "anchored", None, 3)
    assert doubtful == (*DOUBTFUL[:7], CANDIDATE | {"revision": 3}, 3)
    assert lost == LOST
    assert list(Entry.objects.order_by("id")[written:].values_list("action", "reason")) == [
        ("article.updated", ""),
        ("statement.reanchored", "Revision 3 of the article"),
        ("statement.reanchored", "Revision 3 of the article"),
    ]


def test_words_that_come_back_are_found_again_from_their_own_revision(edited, by):
    edit(edited, OLD, by)
    assert [(row[0], row[1], row[5:]) for row in rows()] == [
        (46, 58, (3, "moved", None, 3)),
        (9, 45, (3, "anchored", None, 3)),
        (59, 84, (3, "anchored", None, 3)),
    ]


def test_an_editor_takes_the_place_that_was_found(edited, by):
    moved, doubtful, lost = Statement.objects.order_by("pk")
    for row in (moved, doubtful):
        services.reanchor_statement(statement_id=row.pk, versions=None, reason="I looked.", **by)
    gone = r"^The passage was not found in the article's present text\. Send start and end, or text\.$"
    with pytest.raises(Conflict, match=gone):
        services.reanchor_statement(statement_id=lost.pk, versions=None, **by)
    assert rows() == [
        (*MOVED[:6], "anchored", None, 3),
        (0, 37, CANDIDATE["text"], "", " They agreed. He left for good."[:32], 2, "anchored", None, 3),
        LOST,
    ]
    services.reanchor_statement(statement_id=moved.pk, versions=None, **by)
    assert rows()[0][-1] == 3


def test_an_editor_gives_another_place_by_its_text(edited, by):
    lost = Statement.objects.order_by("pk")[2]
    services.reanchor_statement(statement_id=lost.pk, versions=None, text="He left", suffix=" for good", **by)
    assert rows()[2] == (51, 58, "He left", NEW[19:51], " for good.", 2, "anchored", None, 3)


def test_what_the_caller_has_found_is_not_sought_again(edited, by, monkeypatch):
    found = {}
    services.find_again(article_id=edited.pk, text=OLD, found=found)
    places = [(revision, selector.start, each.state, each.start) for (revision, selector), each in found.items()]
    assert sorted(places) == [
        (1, 9, "anchored", 9), (1, 59, "anchored", 59), (2, 38, "moved", 46),
    ]  # fmt: skip
    monkeypatch.setattr("claims.services.reanchoring.reanchor", None)
    services.update_article(article_id=edited.pk, versions=None, text=OLD, found=found, **by)
    assert [row[0] for row in rows()] == [46, 9, 59]
