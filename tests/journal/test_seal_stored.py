"""What is stored of the tree is not believed: leaves that are gone, hashes and checkpoints that lie elsewhere."""

import pytest

from factcheck.journal.models import Entry
from factcheck.journal.seal import verification
from factcheck.journal.seal.models import Checkpoint, Leaf, Node
from tests.journal.test_seal import alice, key, seal, sealed  # noqa: F401
from tests.journal.test_seal_falsifications import as_owner, between, findings, note, sizes, target  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def last(tmp_path, sizes):  # noqa: F811
    """The last checkpoint, kept outside of the database."""
    kept = tmp_path / "last.txt"
    kept.write_text(Checkpoint.objects.latest("size").note)
    return kept


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM journal_leaf WHERE position = {place}",
        "UPDATE journal_leaf SET position = 4711 WHERE position = {place}",
        "UPDATE journal_leaf SET entry = 4711 WHERE position = {place}",
        "UPDATE journal_leaf SET hash = '' WHERE position = {place}",
    ],
)
def test_a_leaf_that_is_gone_or_elsewhere_is_false_where_the_entries_are_as_sealed(last, sizes, target, change):  # noqa: F811
    leaf = Leaf.objects.latest("position")
    as_owner(change.format(place=leaf.position))
    detail = "The stored leaf at position {} is false; the entries are as sealed."
    entry = 4711 if "entry = " in change else leaf.entry
    assert findings(last) == [(detail.format(leaf.position), leaf.position, entry)]
    place, entry = target
    as_owner(f"DELETE FROM journal_leaf WHERE position = {place}")
    assert findings(last) == [(detail.format(place), place, entry)]


def test_a_false_hash_of_the_tree_is_named_by_the_positions_below_it(alice, tmp_path):  # noqa: F811
    sealed(alice, 520)
    kept = tmp_path / "note.txt"
    kept.write_text(Checkpoint.objects.get().note)
    assert sorted(Node.objects.values_list("level", "index")) == [(8, 0), (8, 1)]
    detail = "The stored hash of positions {} to {} is false; the entries are as sealed."
    as_owner("UPDATE journal_node SET hash = sha256('x') WHERE index = 1")
    assert findings(kept) == [(detail.format(256, 511), 256, None)]
    as_owner("DELETE FROM journal_node")
    assert findings(kept) == [(detail.format(0, 255), 0, None), (detail.format(256, 511), 256, None)]


def test_where_rows_lie_in_the_tables_and_how_many_are_read_at_once_changes_nothing(last, sizes, monkeypatch):  # noqa: F811
    monkeypatch.setattr(verification, "BATCH", 3)
    as_owner(f"UPDATE journal_checkpoint SET at = at WHERE size IN ({sizes[0]}, {sizes[1]})")
    as_owner("UPDATE journal_leaf SET hash = hash WHERE position IN (0, 7)")
    assert findings(last) == []


def test_entries_that_were_deleted_with_their_leaves_lie_after_the_last_checkpoint_that_still_agrees(last, sizes):  # noqa: F811
    _, agreed, false, size = sizes
    where = between(agreed, false)
    for entry in Leaf.objects.filter(position__gte=agreed + 2).values_list("entry", flat=True):
        as_owner(f"DELETE FROM journal_entry WHERE id = {entry}")
    as_owner(f"DELETE FROM journal_leaf WHERE position >= {agreed + 2}")
    detail = where[0].rpartition(" to ")[0] + " to unknown."
    assert findings(last) == [(detail, *where[1:])]
    as_owner(f"DELETE FROM journal_checkpoint WHERE size < {size}; DELETE FROM journal_leaf")
    assert findings(last) == [(
        "Neither the entries nor the stored leaves are as sealed. The first false entry is at one of the positions "
        f"0 to {size - 1}, entries unknown to unknown.", 0, None
    )]  # fmt: skip


def test_a_stored_checkpoint_that_was_given_another_size_differs_from_its_note(last, sizes):  # noqa: F811
    as_owner(f"UPDATE journal_checkpoint SET size = 7 WHERE size = {sizes[1]}")
    assert findings(last) == [("The stored checkpoint of size 7 differs from its own note.", None, None)]


def test_every_stored_checkpoint_that_is_false_is_named(last, sizes, key):  # noqa: F811
    as_owner("UPDATE journal_checkpoint SET note = ''")
    detail = "The stored checkpoint of size {} is false: "
    found = findings(last, str(key))
    assert [fault[0].partition("This is")[0] for fault in found] == [detail.format(size) for size in sizes]


def test_without_new_entries_nothing_is_signed_after_many_checkpoints(sizes):  # noqa: F811
    seal()
    assert list(Checkpoint.objects.order_by("size").values_list("size", flat=True)) == sizes


def test_a_single_entry_is_sealed(django_user_model):
    django_user_model.objects.create_user("alone")
    assert Entry.objects.count() == 1
    seal()
    assert Checkpoint.objects.get().size == 1
