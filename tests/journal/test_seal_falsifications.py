"""What the owner of the database can falsify, and that a checkpoint kept elsewhere finds it and names the entry.

The owner disables triggers, or goes where there are none.
"""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from factcheck.journal.models import Entry
from factcheck.journal.seal import notes
from factcheck.journal.seal.leaves import leaf_hash
from factcheck.journal.seal.models import Checkpoint, Leaf
from factcheck.journal.seal.services import sign
from factcheck.journal.seal.tree import Growing
from tests.journal.saved_forms import saved_forms
from tests.journal.test_seal import alice, key, sealed, write  # noqa: F401

STRANGERS_NOTE = notes.sign(notes.checkpoint_text("x", 1, bytes(32)), notes.make_key("x"))

pytestmark = pytest.mark.django_db(transaction=True)


def as_owner(sql):
    tables = ("journal_entry", "journal_leaf", "journal_node", "journal_checkpoint")
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        cursor.execute(sql)
        for table in tables:  # but for the one that conftest.py lifts
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL, DISABLE TRIGGER no_truncate")


def findings(file, *keys):
    """What the command says, after its exit status was compared with it."""
    shown = StringIO()
    try:
        call_command("verify_checkpoint", str(file), key=list(keys) or None, as_json=True, stdout=shown)
        status = 0
    except SystemExit as end:
        status = end.code
    found = json.loads(shown.getvalue())
    assert (status, found["agrees"]) == ((1, False) if found["faults"] else (0, True))
    return [(fault["detail"], fault["position"], fault["entry"]) for fault in found["faults"]]


def could_not_run(file, *keys):
    """What the command says, in place of findings."""
    with pytest.raises(CommandError) as end:
        findings(file, *keys)
    assert end.value.returncode == 2
    return str(end.value)


def in_feed_order():
    return list(Entry.objects.order_by("transaction", "id").values_list("id", flat=True))


@pytest.fixture
def sizes(alice):  # noqa: F811
    """Of the checkpoints: about 5, 305, 310 and 320."""
    return sealed(alice, 2, 300, 5, 10)


@pytest.fixture
def note(sizes, tmp_path):
    """The last checkpoint but one, kept outside of the database."""
    kept = tmp_path / "note.txt"
    kept.write_text(Checkpoint.objects.get(size=sizes[2]).note)
    return kept


@pytest.fixture
def target(sizes):
    """The position and the id of an entry in the third checkpoint."""
    leaf = Leaf.objects.get(position=sizes[1] + 2)
    return leaf.position, leaf.entry


def test_a_journal_that_is_as_it_was_agrees_also_when_it_has_grown(note, sizes, key):  # noqa: F811
    assert findings(note) == findings(note, str(key)) == []
    note.write_bytes(b"\xef\xbb\xbf" + note.read_bytes())  # saved by Notepad
    assert findings(note) == []
    shown = StringIO()
    call_command("verify_checkpoint", str(note), stdout=shown)
    assert shown.getvalue() == (
        f"Checkpoint of {sizes[2]} entries, signed by {key}.\nThe journal has these very entries, in this order.\n"
    )


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'because'",
        "actor_name = 'bob'",
        "actor = NULL",
        "action = 'source.updated'",
        "version = 2",
        "article = 1",
        "resource_id = -5",
        "at = at + interval '1 microsecond'",
        'data = data || \'{"name": "another"}\'',
        "data = data - 'name'",
        "data = data || '{\"aliases\": [1]}'",
        "salt = NULL",
        "salt = gen_random_uuid()",
    ],
)
def test_an_entry_that_was_changed_with_its_triggers_disabled(note, target, change):
    position, entry = target
    as_owner(f"UPDATE journal_entry SET {change} WHERE id = {entry}")
    assert findings(note) == [(f"Entry {entry} is not what was sealed.", position, entry)]


def test_entries_from_before_there_were_salts_are_sealed_as_they_are_and_get_none(alice, tmp_path):  # noqa: F811
    write(alice, 3)
    as_owner("UPDATE journal_entry SET salt = NULL")
    size = sealed(alice, 5)[-1]
    kept = tmp_path / "note.txt"
    kept.write_text(Checkpoint.objects.get(size=size).note)
    assert findings(kept) == []
    entry = Leaf.objects.get(position=0).entry
    as_owner(f"UPDATE journal_entry SET salt = gen_random_uuid() WHERE id = {entry}")
    assert findings(kept) == [(f"Entry {entry} is not what was sealed.", 0, entry)]


def test_an_entry_that_was_changed_by_rewriting_the_table(note, target):
    position, entry = target
    with connection.cursor() as cursor:  # fires no trigger at all
        cursor.execute(
            "ALTER TABLE journal_entry ALTER COLUMN reason TYPE text "
            f"USING CASE id WHEN {entry} THEN 'because' ELSE reason END"
        )
    assert findings(note) == [(f"Entry {entry} is not what was sealed.", position, entry)]


def test_each_fault_has_a_line_in_what_is_shown_to_people(note, sizes, target, key):  # noqa: F811
    _, entry = target
    as_owner(
        f"UPDATE journal_entry SET reason = 'because' WHERE id = {entry}; UPDATE journal_node SET hash = sha256('x')"
    )
    shown = StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("verify_checkpoint", str(note), stdout=shown)
    assert shown.getvalue() == (
        f"Checkpoint of {sizes[2]} entries, signed by {key}.\n"
        f"Entry {entry} is not what was sealed.\n"
        "The stored hash of positions 0 to 255 is false; the entries are as sealed.\n"
    )


def test_an_entry_that_was_deleted(note, target):
    position, entry = target
    as_owner(f"DELETE FROM journal_entry WHERE id = {entry}")
    assert findings(note) == [(f"Entry {entry} was sealed and is missing.", position, entry)]


def test_the_last_entry_that_was_deleted(tmp_path, sizes):
    kept = tmp_path / "last.txt"
    kept.write_text(Checkpoint.objects.latest("size").note)
    last = Leaf.objects.latest("position")
    as_owner(f"DELETE FROM journal_entry WHERE id = {last.entry}")
    assert findings(kept) == [(f"Entry {last.entry} was sealed and is missing.", last.position, last.entry)]


def test_the_last_entries_that_were_deleted_with_their_leaves(tmp_path, sizes):
    kept = tmp_path / "last.txt"
    kept.write_text(Checkpoint.objects.latest("size").note)
    _, _, true_until, false_from = sizes
    first, last = Leaf.objects.get(position=true_until).entry, Leaf.objects.latest("position")
    as_owner(f"DELETE FROM journal_entry WHERE id = {last.entry}")
    as_owner(f"DELETE FROM journal_leaf WHERE position = {last.position}")
    detail = (
        "Neither the entries nor the stored leaves are as sealed. The first false entry is at one of the positions "
        f"{true_until} to {false_from - 1}, entries {first} to unknown."
    )
    assert findings(kept) == [(detail, true_until, first)]


def test_a_journal_that_ends_earlier_as_after_a_restore(tmp_path, sizes):
    kept = tmp_path / "last.txt"
    kept.write_text(Checkpoint.objects.latest("size").note)
    _, size, _, sealed_until = sizes
    for entry in Leaf.objects.filter(position__gte=size).values_list("entry", flat=True):
        as_owner(f"DELETE FROM journal_entry WHERE id = {entry}")
    as_owner(f"DELETE FROM journal_leaf WHERE position >= {size}; DELETE FROM journal_checkpoint WHERE size > {size}")
    detail = (
        f"The journal ends after {size} entries: at least {sealed_until - size} of the sealed ones are missing. "
        f"The first {size} are as the stored checkpoint says."
    )
    assert findings(kept) == [(detail, size, None)]


@pytest.mark.parametrize(
    ("new", "moment"), [(-7, "transaction"), (-7, "-1"), (-7, "0"), (1_000_000, "-1"), (1_000_000, "0")]
)
def test_an_entry_that_was_put_in_before_what_was_sealed(note, target, new, moment):
    as_owner(
        "INSERT INTO journal_entry (id, at, transaction, actor, action, resource, resource_id, version, reason, data) "
        f"SELECT {new}, at, {moment}, actor, action, resource, 4711, 1, reason, data "
        f"FROM journal_entry WHERE id = {target[1]}"
    )
    place = in_feed_order().index(new)
    assert findings(note) == [(f"Entry {new} was put in before what was sealed.", place, new)]


def test_an_entry_that_was_put_in_behind_what_was_sealed_is_not_of_the_checkpoint(tmp_path, sizes, alice):  # noqa: F811
    kept = tmp_path / "last.txt"
    kept.write_text(Checkpoint.objects.latest("size").note)
    sealed(alice, 3)
    assert findings(kept) == []


@pytest.fixture
def ghosts(db):
    """A table that inherits from the journal: every read, `Entry.objects` included, shows its rows like entries."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE ghosts () INHERITS (journal_entry)")
        yield cursor
        cursor.execute("DROP TABLE ghosts")


def test_a_row_that_only_a_table_has_that_inherits_from_the_journal(ghosts, note, target):
    ghosts.execute(f"INSERT INTO ghosts SELECT * FROM journal_entry WHERE id = {target[1]}; UPDATE ghosts SET id = -7")
    place = in_feed_order().index(-7)
    assert findings(note) == [("Entry -7 lies in another table, which inherits from the journal.", place, -7)]


def test_an_entry_that_was_moved_to_a_table_that_inherits_from_the_journal(ghosts, note, target):
    position, entry = target
    ghosts.execute(f"INSERT INTO ghosts SELECT * FROM journal_entry WHERE id = {entry}")
    as_owner(f"DELETE FROM ONLY journal_entry WHERE id = {entry}")
    detail = f"Entry {entry} lies in another table, which inherits from the journal."
    assert findings(note) == [(detail, position, entry)]


def test_entries_that_changed_places(note, target):
    first = Leaf.objects.get(position=0).entry
    as_owner(f"UPDATE journal_entry SET transaction = 1 WHERE id = {target[1]}")
    assert findings(note) == [(f"Entry {first} is not at its place.", 0, first)]


def test_entries_that_changed_ids(note, target):
    position, entry = target
    other = Leaf.objects.get(position=position + 1).entry
    for old, new in ((entry, -1), (other, entry), (-1, other)):
        as_owner(f"UPDATE journal_entry SET id = {new} WHERE id = {old}")
    assert findings(note) == [(f"Entry {entry} is not what was sealed.", position, entry)]


@pytest.mark.parametrize("value", ["'infinity'", "'-infinity'"])
def test_an_entry_that_cannot_even_be_read(note, target, value):
    as_owner(f"UPDATE journal_entry SET at = {value} WHERE id = {target[1]}")
    assert could_not_run(note).startswith("The journal cannot be read: timestamp too")


# Where the service reads something else than the command


@pytest.fixture
def owner(sizes):
    """Whatever it changes is taken back."""
    with transaction.atomic(), connection.cursor() as cursor:
        yield cursor
        transaction.set_rollback(True)


def test_a_true_copy_of_the_journal_that_only_the_verifying_role_sees(owner, note, target):
    position, entry = target
    owner.execute("CREATE SCHEMA clean; CREATE TABLE clean.journal_entry AS TABLE journal_entry")
    owner.execute("ALTER TABLE journal_entry DISABLE TRIGGER ALL")
    owner.execute("UPDATE public.journal_entry SET reason = 'because' WHERE id = %s", [entry])
    owner.execute("CREATE ROLE checker; ALTER ROLE checker SET search_path = clean, public")
    owner.execute("SET LOCAL search_path = clean, public")
    assert findings(note) == [
        ("checker: search_path=clean, public.", None, None),
        ("journal_entry: schema clean has this name too.", None, None),
        (f"Entry {entry} is not what was sealed.", position, entry),
    ]


def test_a_view_in_place_of_the_journal_which_may_answer_each_role_otherwise(owner, note):
    owner.execute("ALTER TABLE journal_entry RENAME TO former")
    owner.execute("CREATE VIEW journal_entry AS SELECT to_regclass('journal_entry')::oid AS tableoid, * FROM former")
    assert findings(note) == [("journal_entry: it is no table.", None, None)]


def test_an_entry_that_a_policy_hides_from_the_verifying_role(owner, note, target):
    owner.execute("CREATE ROLE checker; GRANT SELECT ON ALL TABLES IN SCHEMA public TO checker")
    owner.execute("CREATE POLICY fewer ON journal_entry USING (id <> %s)", [target[1]])
    owner.execute("ALTER TABLE journal_entry ENABLE ROW LEVEL SECURITY")
    owner.execute("SET LOCAL ROLE checker")
    with pytest.raises(CommandError, match="The journal cannot be read: query would be affected by row-level security"):
        findings(note)


# Where what is stored of the tree was rewritten


def test_a_stored_leaf_that_was_rewritten(note, target):
    position, entry = target
    as_owner(f"UPDATE journal_leaf SET hash = sha256('x') WHERE position = {position}")
    detail = f"The stored leaf at position {position} is false; the entries are as sealed."
    assert findings(note) == [(detail, position, entry)]


def test_a_stored_hash_of_the_tree_that_was_rewritten(note):
    as_owner("UPDATE journal_node SET hash = sha256('x')")
    assert findings(note) == [("The stored hash of positions 0 to 255 is false; the entries are as sealed.", 0, None)]


def falsify_with_leaf(target):
    """Changes an entry and the stored leaf with it."""
    position, entry = target
    as_owner(f"UPDATE journal_entry SET reason = 'because' WHERE id = {entry}")
    hashed = leaf_hash(Entry.objects.get(pk=entry))
    as_owner(f"UPDATE journal_leaf SET hash = '\\x{hashed.hex()}' WHERE position = {position}")


def between(first, stop):
    entries = dict(Leaf.objects.values_list("position", "entry"))
    detail = (
        "Neither the entries nor the stored leaves are as sealed. The first false entry is at one of the positions "
        f"{first} to {stop - 1}, entries {entries[first]} to {entries[stop - 1]}."
    )
    return (detail, first, entries[first])


def test_an_entry_that_was_changed_with_its_leaf_lies_between_two_checkpoints(note, sizes, target, tmp_path):
    falsify_with_leaf(target)
    later = tmp_path / "later.txt"
    later.write_text(Checkpoint.objects.latest("size").note)
    assert findings(note) == findings(later) == [between(sizes[1], sizes[2])]


def sign_anew(key):  # noqa: F811
    """Replaces every checkpoint by one of the journal as it is now."""
    sizes = set(Checkpoint.objects.values_list("size", flat=True))
    as_owner("DELETE FROM journal_checkpoint")
    tree = Growing()
    for entry in Entry.objects.order_by("transaction", "id"):
        tree.add(leaf_hash(entry))
        if tree.size in sizes:
            sign(tree, key)


def test_checkpoints_that_were_signed_anew_by_another_key(note, sizes, target, key):  # noqa: F811
    falsify_with_leaf(target)
    sign_anew(notes.make_key(key.name))
    with pytest.raises(CommandError, match="No key that is known here has signed this note"):
        findings(note)
    found = findings(note, str(key))
    assert found[0] == between(0, sizes[2])
    assert [fault[0].partition(" is false: No key")[0] for fault in found[1:]] == [
        f"The stored checkpoint of size {size}" for size in sizes[:3]
    ]


def test_even_who_has_the_key_cannot_sign_away_a_checkpoint_that_was_kept(note, sizes, target, settings):
    falsify_with_leaf(target)
    sign_anew(notes.read_signing_key(settings.JOURNAL_SIGNING_KEY))
    assert findings(note) == [between(0, sizes[2])]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("root = sha256('x')", "differs from its own note."),
        ("key = 'another'", "differs from its own note."),
        ("note = replace(note, 'example', 'another')", "is false: No key that is known here has signed this note."),
        ("note = 'nothing'", "is false: This is not a signed note"),
    ],
)
def test_a_stored_checkpoint_that_was_replaced(note, sizes, key, change, said):  # noqa: F811
    as_owner(f"UPDATE journal_checkpoint SET {change} WHERE size = {sizes[1]}")
    ((detail, _, _),) = findings(note, str(key))
    assert detail.startswith(f"The stored checkpoint of size {sizes[1]} {said}")


def test_a_stored_checkpoint_of_another_journal(note, sizes, settings):
    as_owner(f"DELETE FROM journal_checkpoint WHERE size = {sizes[1]}")
    other = Growing(sizes[1], [b"x" * 32])
    sign(other, notes.read_signing_key(settings.JOURNAL_SIGNING_KEY))
    assert findings(note) == [(f"The stored checkpoint of size {sizes[1]} is not of this journal.", None, None)]


# The file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "no whole checkpoint, with its signature"),
        (b"\xff", "cannot be read"),
        (b"{", "not JSON"),
        (b"a\n\n\xe2\x80\x94 b AAAA\n", "no whole checkpoint, with its signature"),
    ],
)
def test_what_is_no_checkpoint_is_no_finding(tmp_path, sizes, text, said):
    (tmp_path / "note.txt").write_bytes(text)
    assert said in could_not_run(tmp_path / "note.txt")


def test_a_file_that_is_not_there_and_a_key_that_is_none_are_no_finding(note, tmp_path):
    assert "nothing.txt cannot be read" in could_not_run(tmp_path / "nothing.txt")
    assert "not an Ed25519 key" in could_not_run(note, "x")
    assert "not an Ed25519 key" in could_not_run(note, str(note))  # a file without a key


def test_two_checkpoints_in_one_file_are_no_finding(note, sizes):
    note.write_text(note.read_text() + Checkpoint.objects.get(size=sizes[0]).note)
    assert "2 different checkpoints" in could_not_run(note)


def test_a_note_that_nobody_known_has_signed_is_false(note, sizes):
    for altered in (note.read_text().replace(f"\n{sizes[2]}\n", f"\n{sizes[1]}\n"), STRANGERS_NOTE):
        note.write_text(altered)
        with pytest.raises(CommandError) as end:
            findings(note)
        assert end.value.returncode == 1


def test_a_note_is_read_in_every_form_that_people_keep_it_in(note):
    for name, form in saved_forms(note.read_text()).items():
        note.write_bytes(form)
        assert findings(note) == [], name


def test_a_key_may_be_a_file_or_stand_beside_the_note(note, key, tmp_path):  # noqa: F811
    (tmp_path / "key.txt").write_text(f"Its key: {key}\n")
    assert findings(note, str(tmp_path / "key.txt")) == []
    with transaction.atomic(), connection.cursor() as cursor:  # the owner has put another key into its place
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE journal_checkpoint SET key = %s", [str(notes.make_key("x").public)])
    note.write_text(f"{note.read_text()}\nIts key: {key}\n")
    assert findings(note)[0][0].endswith(" differs from its own note.")


def test_the_note_may_come_from_standard_input(note, monkeypatch):
    with note.open() as kept:
        monkeypatch.setattr("sys.stdin", kept)
        assert findings("-") == []
