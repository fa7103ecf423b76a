"""Sealing: the follower that appends leaves and signs checkpoints."""

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import timezone

from factcheck.journal.models import Entry
from factcheck.journal.seal import notes, tree
from factcheck.journal.seal.leaves import leaf_hash
from factcheck.journal.seal.models import Checkpoint, Leaf, Node
from factcheck.journal.seal.proofs import stored_hashes

BUSY_INTERVAL = timedelta(seconds=10)  # between two checkpoints while entries keep coming
DEVELOPMENT_KEY = "journal-signing-key"  # a file in DATA_DIR


class Seal:
    """The follower `seal`."""

    def prepare(self) -> None:
        self.key = signing_key()

    def follow(self, entries: Sequence[Entry]) -> None:
        grown = append(entries)
        last = Checkpoint.objects.order_by("-size").first()
        is_early = entries and last and timezone.now() - last.at < BUSY_INTERVAL
        if grown.size > (last.size if last else 0) and not is_early:
            sign(grown, self.key)


def signing_key() -> notes.SigningKey:
    """From the settings; with DEBUG otherwise a key of this machine. Raises ImproperlyConfigured."""
    text = settings.JOURNAL_SIGNING_KEY
    if not text and not settings.DEBUG:
        raise ImproperlyConfigured(
            "JOURNAL_SIGNING_KEY is not set. Make a key with `manage.py journal_key NAME`, and keep it secret."
        )
    try:
        return notes.read_signing_key(text or _development_key(settings.DATA_DIR / DEVELOPMENT_KEY))
    except notes.NoteError as error:
        raise ImproperlyConfigured(f"JOURNAL_SIGNING_KEY: {error}") from None


def append(entries: Sequence[Entry]) -> tree.Growing:
    """Adds the leaves of these entries, and returns the tree."""
    last = Leaf.objects.order_by("-position").values_list("position", flat=True).first()
    size = 0 if last is None else last + 1
    grown = tree.grown(size, stored_hashes)
    hashes = [leaf_hash(entry) for entry in entries]
    _insert_leaves(size, [entry.pk for entry in entries], hashes)
    nodes = [node for hashed in hashes for node in grown.add(hashed)]
    Node.objects.bulk_create(Node(level=level, index=index, hash=made) for level, index, made in nodes)
    return grown


def _insert_leaves(size: int, entries: list[int], hashes: list[bytes]) -> None:
    """In one statement with arrays: bulk_create costs ten times as much, and these are as many as the entries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_leaf (position, entry, hash) SELECT %s + l.number - 1, l.entry, l.hash "
            "FROM unnest(%s::bigint[], %s::bytea[]) WITH ORDINALITY AS l(entry, hash, number)",
            [size, entries, hashes],
        )


def sign(grown: tree.Growing, key: notes.SigningKey) -> Checkpoint:
    note = notes.sign(notes.checkpoint_text(key.public.name, grown.size, grown.root), key)
    return Checkpoint.objects.create(size=grown.size, root=grown.root, key=str(key.public), note=note)


def _development_key(path: Path) -> str:
    """Made at the first use. It is linked into its place when it is whole, so that two processes use the same one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(f"{notes.make_key('factcheck-development')}\n")
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text().strip()
