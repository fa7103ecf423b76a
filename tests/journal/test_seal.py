"""Sealing, and what the service answers about its seal."""

import base64
import hashlib
import time
from datetime import datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
import rfc8785
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from clients import verify_checkpoint
from clients.verify_checkpoint import is_consistent, is_included
from factcheck.journal import followers
from factcheck.journal.models import Entry
from factcheck.journal.seal import notes, services
from factcheck.journal.seal.leaves import canonical, leaf_hash
from factcheck.journal.seal.models import Checkpoint, Leaf, Node
from factcheck.journal.seal.services import Seal
from factcheck.journal.seal.tree import Growing
from factcheck.journal.services import record
from sources.models import Source
from tests.newsroom import client_of, user_with_role

pytestmark = pytest.mark.django_db(transaction=True)

JOURNAL = "/api/v1/journal/"
ADDRESSES = ["checkpoints/", "checkpoints/latest/", "{entry}/proof/", "consistency/?first=1", "key/"]


@pytest.fixture(autouse=True)
def key(settings):
    made = notes.make_key("factcheck.example/journal")
    settings.JOURNAL_SIGNING_KEY = str(made)
    return made.public


@pytest.fixture
def alice(db):
    return user_with_role("alice", "viewer")


@pytest.fixture
def api(alice):
    return client_of(alice)


def write(actor, number):
    with transaction.atomic():
        rows = Source.objects.bulk_create(Source(name=f"Source {n}", kind="person") for n in range(number))
        record(rows, action="source.created", actor=actor)


def seal():
    followers.run({"seal": Seal()}, once=True)


def sealed(actor, *numbers):
    """Writes and seals so many entries, one checkpoint after the other. Returns the sizes."""
    for number in numbers:
        write(actor, number)
        seal()
    return list(Checkpoint.objects.order_by("size").values_list("size", flat=True))


def get(client, address, status=200, **headers):
    answer = client.get(f"{JOURNAL}{address}", headers=headers)
    assert answer.status_code == status, answer.content
    return answer.json() if answer["Content-Type"].endswith("json") else answer


def b64(raw):
    return base64.b64encode(raw).decode()


def hashes(path):
    return [base64.b64decode(step) for step in path]


# Sealing


def test_the_leaf_is_the_entry_as_the_journal_shows_it_in_canonical_json(api, alice):
    write(alice, 1)
    shown = get(api, "?resource=source")["results"][0]
    leaf = {**shown, "actor": shown["actor"]["id"]}
    assert set(leaf) == {
        "id", "at", "actor", "actor_name", "action", "resource", "resource_id", "version", "article", "reason", "data",
        "salt",
    }  # fmt: skip
    entry = Entry.objects.get(resource="source")
    assert leaf_hash(entry) == hashlib.sha256(b"\x00" + rfc8785.dumps(leaf)).digest()


@pytest.fixture
def tokyo(monkeypatch):
    """The time zone of the machine."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("salt", "member"), [
    (UUID("6f1f7a3e-2b54-4c1e-9d0a-3f5b8c7e1a20"), '"salt":"6f1f7a3e-2b54-4c1e-9d0a-3f5b8c7e1a20",'),
    (None, ""),  # written before there were salts
])  # fmt: skip
def test_the_leaf_word_for_word(tokyo, salt, member):
    entry = Entry(
        id=7, at=datetime(2026, 11, 29, 14, tzinfo=timezone(timedelta(hours=2))), actor_id=3, actor_name="zoë",
        action="source.updated", resource="source", resource_id=2**53, version=2, reason="“Why”\n",
        data={"b": [1.0, 1e21, 1e999, -1e999, 2**53 - 1, 1 - 2**53, -(2**53)], "a": None}, salt=salt,
    )  # fmt: skip
    text = (
        '{"action":"source.updated","actor":3,"actor_name":"zoë","article":null,"at":"2026-11-29T12:00:00.000000Z",'
        '"data":{"a":null,"b":[1,1e+21,"inf","-inf",9007199254740991,-9007199254740991,"-9007199254740992"]},"id":7,'
        f'"reason":"“Why”\\n","resource":"source","resource_id":"9007199254740992",{member}"version":2}}'
    )
    assert leaf_hash(entry) == hashlib.sha256(b"\x00" + text.encode()).digest()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text() | st.floats(allow_nan=False, width=64),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(JSON_VALUES)
@example(dict.fromkeys(("\ue000", "😀", "a", "A", "é")))
@example([chr(code) for code in (*range(256), 0x2028, 0xFEFF, 0xFFFF, 0x10FFFF)])
def test_what_is_written_quickly_is_what_rfc_8785_says(value):
    if "inf" not in repr(value):
        assert canonical(value) == rfc8785.dumps(value)


def test_entries_are_sealed_in_the_order_of_the_feed_at_gapless_places(alice, key):
    sizes = sealed(alice, 3, 300, 700)
    entries = list(Entry.objects.order_by("transaction", "id"))
    assert list(Leaf.objects.order_by("position").values_list("position", "entry")) == [
        (position, entry.pk) for position, entry in enumerate(entries)
    ]
    tree, nodes = Growing(), []
    roots = {}
    for entry in entries:
        nodes += tree.add(leaf_hash(entry))
        roots[tree.size] = tree.root
    assert [(n.level, n.index, bytes(n.hash)) for n in Node.objects.order_by("level", "index")] == sorted(nodes)
    assert len(nodes) == 3
    for checkpoint in Checkpoint.objects.all():
        assert bytes(checkpoint.root) == roots[checkpoint.size]
        text, signer = notes.verify(checkpoint.note, [key])
        assert text == f"factcheck.example/journal\n{checkpoint.size}\n{b64(roots[checkpoint.size])}\n"
        assert str(signer) == checkpoint.key
    assert sizes[-1] == len(entries)


def test_without_new_entries_nothing_is_signed(alice):
    seal()
    assert Checkpoint.objects.count() == 1  # the entries of alice and her role
    seal()
    assert Checkpoint.objects.count() == 1


def test_while_entries_keep_coming_a_checkpoint_is_signed_every_ten_seconds_and_at_last_at_once(alice, monkeypatch):
    monkeypatch.setattr(followers, "BATCH", 10)
    write(alice, 95)
    seal()
    first, last = Checkpoint.objects.order_by("size")
    assert (first.size, last.size) == (10, Entry.objects.count())


def test_a_new_key_signs_from_then_on_and_the_old_checkpoints_stay_verifiable(alice, key, settings):
    sealed(alice, 1)
    new = notes.make_key("factcheck.example/journal")
    settings.JOURNAL_SIGNING_KEY = str(new)
    sealed(alice, 1)
    old_one, new_one = Checkpoint.objects.order_by("size")
    assert notes.verify(old_one.note, [key])
    assert notes.verify(new_one.note, [new.public])
    assert (old_one.key, new_one.key) == (str(key), str(new.public))


@pytest.mark.parametrize("table", ["journal_leaf", "journal_node", "journal_checkpoint"])
@pytest.mark.parametrize("attempt", ["UPDATE {} SET hash_or_root = ''", "DELETE FROM {}"])
def test_what_is_stored_of_the_tree_never_changes(alice, table, attempt):
    sealed(alice, 300)
    column = "root" if table == "journal_checkpoint" else "hash"
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(attempt.format(table).replace("hash_or_root", column))


# Over HTTP


def test_checkpoints_are_listed_newest_first_in_pages(api, alice, key):
    sizes = sealed(alice, 1, 1, 1)
    page = get(api, "checkpoints/?page_size=2")
    newest = Checkpoint.objects.latest("id")
    assert page["results"][0] == {
        "id": newest.pk,
        "size": sizes[-1],
        "root": b64(newest.root),
        "at": newest.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "key": str(key),
        "note": newest.note,
    }
    assert [row["size"] for row in page["results"]] == sizes[:-3:-1]
    rest = api.get(page["next"]).json()
    assert [row["size"] for row in rest["results"]] == sizes[-3::-1]
    assert (rest["next"], page["previous"]) == (None, None)


def test_the_latest_checkpoint_is_a_row_or_the_note_itself(api, alice):
    sealed(alice, 1, 1)
    newest = Checkpoint.objects.latest("id")
    assert get(api, "checkpoints/latest/") == get(api, "checkpoints/?page_size=1")["results"][0]
    for answer in (
        get(api, "checkpoints/latest/?format=text"),
        get(api, "checkpoints/latest/", accept="text/plain"),
        get(api, "checkpoints/latest/", accept="text/plain;q=0.9, text/csv"),
    ):
        assert answer.content == newest.note.encode()
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer["ETag"]


def test_the_proof_of_each_entry_holds_against_each_checkpoint_that_seals_it(api, alice):
    sizes = sealed(alice, 1, 3, 8, 300)
    for position, entry in enumerate(Entry.objects.order_by("transaction", "id")[:14]):
        for size in (None, *sizes):
            if size and size <= position:
                continue
            proof = get(api, f"{entry.pk}/proof/" + (f"?size={size}" if size else ""))
            checkpoint = Checkpoint.objects.get(size=size or sizes[-1])
            assert proof == {
                "entry": entry.pk,
                "position": position,
                "leaf_hash": b64(leaf_hash(entry)),
                "size": checkpoint.size,
                "root": b64(checkpoint.root),
                "path": proof["path"],
                "note": checkpoint.note,
            }
            root = bytes(checkpoint.root)
            assert is_included(leaf_hash(entry), position, checkpoint.size, hashes(proof["path"]), root)


def test_each_checkpoint_continues_each_earlier_one(api, alice):
    sizes = sealed(alice, 1, 3, 8, 300)
    roots = {each.size: bytes(each.root) for each in Checkpoint.objects.all()}
    for first in sizes:
        for second in sizes:
            if first <= second:
                proof = get(api, f"consistency/?first={first}&second={second}")
                assert (proof["first"], proof["second"]) == (first, second)
                assert is_consistent(first, roots[first], second, roots[second], hashes(proof["path"]))
        assert get(api, f"consistency/?first={first}")["second"] == sizes[-1]


def test_the_key_is_that_of_the_latest_checkpoint(api, alice, key):
    sealed(alice, 1)
    assert get(api, "key/") == {"key": str(key), "algorithm": "Ed25519", "name": "factcheck.example/journal"}


NOTHING_SEALED = "Nothing is sealed yet: there is no checkpoint."


def test_before_anything_is_sealed_there_is_nothing_to_show(api, alice):
    entry = Entry.objects.first().pk
    assert get(api, "checkpoints/") == {"next": None, "previous": None, "results": []}
    for address in ("checkpoints/latest/", f"{entry}/proof/", "consistency/?first=1", "key/"):
        said = "There is no sealed entry with this id." if "proof" in address else NOTHING_SEALED
        assert get(api, address, 404)["detail"] == said


def test_an_entry_that_is_not_sealed_yet_or_not_there_has_no_proof(api, alice):
    (size,) = sealed(alice, 1)
    write(alice, 1)
    new = Entry.objects.latest("id").pk
    for address in (f"{new}/proof/", f"{new}/proof/?size={size}", "999999/proof/"):
        assert get(api, address, 404)["detail"] == "There is no sealed entry with this id."
    get(api, f"{2**63}/proof/", 404)
    services.append(list(Entry.objects.filter(pk=new)))  # a leaf without a checkpoint
    get(api, f"{new}/proof/", 404)


NO_SIZE = ("invalid", "Give a whole number from 1.")
NOT_SEALED = ("invalid", "Give the size of a checkpoint that seals this entry.")


@pytest.mark.parametrize(
    ("address", "parameter", "code", "detail"),
    [
        *(
            (f"{{entry}}/proof/?size={size}", "?size", *NO_SIZE)
            for size in ("x", "0", "00", "-1", "1.0", "", "\u0661", "9" * 19, "9" * 30)
        ),
        ("{entry}/proof/?size=99999", "?size", *NOT_SEALED),
        ("{entry}/proof/?size=" + "9" * 18, "?size", *NOT_SEALED),
        ("{last}/proof/?size={small}", "?size", *NOT_SEALED),
        ("{entry}/proof/?size=1&size=1", "?size", "repeated", "Give it only once."),
        ("{entry}/proof/?page_size=1", "?page_size", "unknown", "There is no such filter here. Known: format, size."),
        ("consistency/", "?first", "required", "Give the size of the checkpoint that you kept."),
        ("consistency/?second=1", "?first", "required", "Give the size of the checkpoint that you kept."),
        ("consistency/?first=0", "?first", *NO_SIZE),
        ("consistency/?first=x", "?first", *NO_SIZE),
        ("consistency/?first=1&second=0", "?second", *NO_SIZE),
        ("consistency/?first={above}", "?first", "invalid", "The latest checkpoint has the size {large}."),
        ("consistency/?first=1&second={above}", "?second", "invalid", "The latest checkpoint has the size {large}."),
        ("consistency/?first=2&second=1", "?first", "invalid", "It must not be above the second size, 1."),
        (
            "consistency/?first=1&third=1",
            "?third",
            "unknown",
            "There is no such filter here. Known: first, format, second.",
        ),
        (
            "checkpoints/?size=1",
            "?size",
            "unknown",
            "There is no such filter here. Known: cursor, format, ordering, page_size.",
        ),
        (
            "checkpoints/?cursor=x",
            "?cursor",
            "invalid",
            "This is not a cursor. Take it from `next` or `previous` of a list.",
        ),
        (
            "checkpoints/?page_size=0",
            "?page_size",
            "invalid",
            "page_size must be a whole number from 1 to 200.",
        ),
        ("checkpoints/latest/?cursor=x", "?cursor", "unknown", "There is no such filter here. Known: format."),
        ("checkpoints/latest/?format=pdf", "?format", None, None),
        ("key/?first=1", "?first", "unknown", "There is no such filter here. Known: format."),
    ],
)
def test_bad_input_is_refused_by_name(api, alice, address, parameter, code, detail):
    small, large = sealed(alice, 1, 1)
    sizes = {"small": small, "large": large, "above": large + 1}
    first, last = Entry.objects.order_by("id").first().pk, Entry.objects.latest("id").pk
    problem = get(api, address.format(entry=first, last=last, **sizes), 400)
    (error,) = problem["errors"]
    assert error["pointer"] == parameter
    if code:
        assert (error["code"], error["detail"]) == (code, detail.format(**sizes))


@pytest.mark.parametrize("address", ["checkpoints/", *ADDRESSES])
def test_each_answer_may_be_asked_for_as_json(api, alice, address):
    sealed(alice, 1)
    address = address.format(entry=Entry.objects.first().pk)
    asked = f"{address}{'&' if '?' in address else '?'}format=json"
    assert get(api, asked) == get(api, address)


@pytest.mark.parametrize("address", ADDRESSES)
def test_strangers_see_the_seal_where_reads_are_public(api, alice, settings, address):
    sealed(alice, 1)
    address = address.format(entry=Entry.objects.first().pk)
    stranger = APIClient()
    assert get(stranger, address, 401)["status"] == 401
    settings.PUBLIC_READ = True
    answer = stranger.get(f"{JOURNAL}{address}")
    assert (answer.status_code, answer["Cache-Control"]) == (
        200,
        "public, max-age=60, s-maxage=5, stale-while-revalidate=4",
    )
    assert answer.json() == get(api, address)
    assert stranger.get(f"{JOURNAL}{address}", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert stranger.get(JOURNAL).status_code == 401  # the entries themselves are not public
    assert stranger.post(f"{JOURNAL}{address}").status_code == 401
    no_role = client_of(User.objects.create_user("nobody"))
    get(no_role, address, 403)


def test_who_knows_all_of_a_hidden_entry_but_its_salt_cannot_confirm_it_by_its_hash(alice, settings):
    settings.PUBLIC_READ = True
    admin = client_of(user_with_role("root", "admin"))
    sealed(alice, 2)
    hidden = get(admin, "")["results"]
    stranger = APIClient()
    for entry in hidden:
        proof = get(stranger, f"{entry['id']}/proof/")
        assert proof["leaf_hash"] == b64(verify_checkpoint.leaf_hash(entry))
        guessed = {name: value for name, value in entry.items() if name != "salt"}
        for guess in (guessed, {**guessed, "salt": str(uuid4())}):
            assert proof["leaf_hash"] != b64(verify_checkpoint.leaf_hash(guess))
    assert len({entry["salt"] for entry in hidden}) == len(hidden) > 3
    assert {UUID(entry["salt"]).version for entry in hidden} == {4}


@pytest.mark.parametrize("address", ["checkpoints/latest/", "{entry}/proof/", "consistency/?first=1"])
def test_a_proof_costs_the_same_queries_however_large_the_tree(api, alice, address, django_assert_max_num_queries):
    sealed(alice, 700, 1)
    with django_assert_max_num_queries(9):  # four of them for the caller's token and role
        get(api, address.format(entry=Entry.objects.first().pk))
