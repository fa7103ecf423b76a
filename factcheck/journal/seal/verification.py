"""Compares the journal with a checkpoint that was kept: leaf by leaf, from the entries themselves.

What is stored of the tree is not believed. It serves to find the first false entry: where the stored leaves still give
the root that was signed, it is the first one that differs from its leaf. Where they were rewritten too, the checkpoints
tell between which sizes it is.

What is read here is what everybody reads: the tables are plain ones, and no other has the name of one of them.
"""

import base64
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, zip_longest
from typing import Any

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from factcheck.journal.followers import entries_after
from factcheck.journal.models import Entry
from factcheck.journal.seal import notes
from factcheck.journal.seal.leaves import leaf_hash
from factcheck.journal.seal.models import Checkpoint, Leaf, Node
from factcheck.journal.seal.tree import Growing
from factcheck.journal.verification.ranges import Range
from factcheck.journal.verification.tables import plain, unambiguous
from factcheck.postgres.transactions import snapshot

BATCH = 5_000
FIRST = -(2**63)  # the smallest bigint: nothing can be put in before it
TABLES = [model._meta.db_table for model in (Entry, Leaf, Node, Checkpoint)]
# Reads of the journal include the rows of tables that inherit from it. Those are not entries, whatever they look like.
IS_OWN = RawSQL("journal_entry.tableoid = 'journal_entry'::regclass", (), output_field=BooleanField())


@dataclass(frozen=True)
class Fault:
    """`position` is the place in the tree, from 0; `entry` the id of the first false entry, if one can be named."""

    detail: str
    position: int | None = None
    entry: int | None = None


@dataclass
class Findings:
    size: int
    root: str
    key: str
    faults: list[Fault] = field(default_factory=list)


@dataclass
class Comparison:
    """What was found on the way through the tree."""

    entries: Growing = field(default_factory=Growing)
    leaves: Growing = field(default_factory=Growing)
    difference: Fault | None = None  # the first one between an entry and its stored leaf
    true_until: int = 0  # the size of the last checkpoint that the entries agree with
    false_from: int | None = None  # the size of the first one that they do not agree with
    stored_faults: list[Fault] = field(default_factory=list)


def verify_note(note: str, keys: Sequence[notes.PublicKey]) -> Findings:
    """Raises NoteError where the note is not a checkpoint that one of the keys has signed."""
    text, key = notes.verify(note, keys)
    kept = notes.read_checkpoint(text)
    with snapshot():
        tables = _table_faults()
        found = _compare(kept.size, keys)
        faults = tables + _faults(found, kept) + found.stored_faults
    return Findings(kept.size, base64.b64encode(kept.root).decode(), str(key), faults)


def _table_faults() -> list[Fault]:
    """Rows of a table that inherits from the journal are told one by one, each as an entry."""
    with connection.cursor() as cursor:
        found = [fault for check in (unambiguous(TABLES), plain(TABLES)) for fault in Range(check).read(cursor).faults]
    return [Fault(f"{fault['resource']}: {fault['detail']}.") for fault in found if fault["code"] != "table_inherits"]


def _faults(found: Comparison, kept: notes.Checkpoint) -> list[Fault]:
    if not _agree(found.entries, kept):
        if found.difference and _agree(found.leaves, kept):
            return [found.difference]
        if found.entries.size < kept.size and found.false_from is None:
            return [_too_short(found, kept.size)]
        return [_one_of_many(found, kept.size)]
    faults = []
    if found.difference:
        detail = f"The stored leaf at position {found.difference.position} is false; the entries are as sealed."
        faults.append(replace(found.difference, detail=detail))
    if found.false_from:
        faults.append(Fault(f"The stored checkpoint of size {found.false_from} is not of this journal."))
    return faults


def known_keys() -> list[notes.PublicKey]:
    """Those that this database says it was sealed with. Who checks its owner gives the key that they kept."""
    texts = Checkpoint.objects.values_list("key", flat=True).order_by().distinct()
    return [notes.read_public_key(text) for text in texts]


def _agree(grown: Growing, checkpoint: Any) -> bool:
    return grown.size == checkpoint.size and grown.root == bytes(checkpoint.root)


def _compare(size: int, keys: Sequence[notes.PublicKey]) -> Comparison:
    found = Comparison()
    nodes = {node.pk: bytes(node.hash) for node in Node.objects.all()}
    checkpoints = deque(Checkpoint.objects.filter(size__lte=size).order_by("size"))
    leaves = Leaf.objects.filter(position__lt=size).order_by("position").iterator()
    for position, (entry, leaf) in enumerate(zip_longest(islice(_entries(), size), leaves)):
        hashed = leaf_hash(entry) if entry and entry.is_own else b""
        completed = found.entries.add(hashed)
        if leaf:
            found.leaves.add(bytes(leaf.hash))
        found.difference = found.difference or _difference(position, entry, hashed, leaf)
        if not found.difference:
            found.stored_faults += _false_nodes(completed, nodes)
        while checkpoints and checkpoints[0].size == position + 1:
            _compare_checkpoint(found, checkpoints.popleft(), keys)
    for checkpoint in checkpoints:
        _compare_checkpoint(found, checkpoint, keys)
    return found


def _entries() -> Iterator[Any]:
    place = (FIRST, FIRST)
    while batch := list(entries_after(*place).annotate(is_own=IS_OWN)[:BATCH]):
        yield from batch
        place = (batch[-1].transaction, batch[-1].pk)


def _false_nodes(completed: list[tuple[int, int, bytes]], nodes: dict[tuple[int, int], bytes]) -> Iterator[Fault]:
    for level, index, made in completed:
        if nodes.get((level, index)) != made:
            first, last = index << level, (index + 1 << level) - 1
            yield Fault(f"The stored hash of positions {first} to {last} is false; the entries are as sealed.", first)


def _difference(position: int, entry: Any, hashed: bytes, leaf: Leaf | None) -> Fault | None:
    if entry and not entry.is_own:
        return Fault(f"Entry {entry.pk} lies in another table, which inherits from the journal.", position, entry.pk)
    if entry and leaf and entry.pk == leaf.entry:
        is_true = hashed == bytes(leaf.hash)
        return None if is_true else Fault(f"Entry {entry.pk} is not what was sealed.", position, entry.pk)
    if leaf and not Entry.objects.filter(pk=leaf.entry).exists():
        return Fault(f"Entry {leaf.entry} was sealed and is missing.", position, leaf.entry)
    if entry and not Leaf.objects.filter(entry=entry.pk).exists():
        return Fault(f"Entry {entry.pk} was put in before what was sealed.", position, entry.pk)
    wanted = leaf.entry if leaf else entry.pk
    return Fault(f"Entry {wanted} is not at its place.", position, wanted)


def _too_short(found: Comparison, size: int) -> Fault:
    """As after a restore to an earlier moment."""
    length = found.entries.size
    agrees = f" The first {found.true_until} are as the stored checkpoint says." if found.true_until else ""
    missing = size - length
    return Fault(
        f"The journal ends after {length} entries: at least {missing} of the sealed ones are missing.{agrees}", length
    )


def _one_of_many(found: Comparison, size: int) -> Fault:
    """The stored leaves give another root too. So the checkpoints alone say between which places something is false."""
    stop = found.false_from or size
    first = found.true_until if found.true_until < stop else 0  # the checkpoints were signed anew
    ends = dict(Leaf.objects.filter(position__in=(first, stop - 1)).values_list("position", "entry"))
    detail = (
        "Neither the entries nor the stored leaves are as sealed. The first false entry is at one of the positions "
        f"{first} to {stop - 1}, entries {ends.get(first, 'unknown')} to {ends.get(stop - 1, 'unknown')}."
    )
    return Fault(detail, first, ends.get(first))


def _compare_checkpoint(found: Comparison, checkpoint: Checkpoint, keys: Sequence[notes.PublicKey]) -> None:
    if detail := _checkpoint_fault(checkpoint, keys):
        found.stored_faults.append(Fault(detail))
    elif _agree(found.entries, checkpoint):
        found.true_until = checkpoint.size
    elif found.false_from is None:
        found.false_from = checkpoint.size


def _checkpoint_fault(checkpoint: Checkpoint, keys: Sequence[notes.PublicKey]) -> str:
    """Of the stored row itself, whatever the entries are."""
    try:
        text, key = notes.verify(checkpoint.note, keys)
        signed = notes.read_checkpoint(text)
    except notes.NoteError as error:
        return f"The stored checkpoint of size {checkpoint.size} is false: {error}"
    if (signed.size, signed.root, str(key)) != (checkpoint.size, bytes(checkpoint.root), checkpoint.key):
        return f"The stored checkpoint of size {checkpoint.size} differs from its own note."
    return ""
