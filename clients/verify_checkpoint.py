#!/usr/bin/env python3
"""Check a checkpoint of a Factcheck journal that you saved against the journal of today.

It proves that the sealed record still begins with what was sealed before, and that entries you saved are in it word for
word. With --journal it also reads the entries that the service shows, and proves that they are the sealed ones. Nothing
is taken on trust from the service: every hash and signature is computed here. This one file is all it takes, with
Python 3.10 or newer and one package: pip install cryptography

  verify_checkpoint.py note.txt --url https://factcheck.example --key KEY
  verify_checkpoint.py note.txt --url https://factcheck.example --key KEY --token TOKEN --journal
  verify_checkpoint.py mail.eml --url https://factcheck.example --entry entry.json
  verify_checkpoint.py note.txt --key key.txt --entry page.json --proof proof.json     (without a network)

The note may be the plain file, a saved mail that contains it (quoted or not), or the JSON of the checkpoint. A key that
stands in the same file is used. Without any key the service is asked for its own, and the result says so.

Exit status: 0 everything was proved, 1 a proof failed, 2 something could not be checked (file, network, no proof).
"""

import argparse
import base64
import email
import email.policy
import hashlib
import http.client
import io
import json
import math
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LEAF = ("id", "at", "actor", "actor_name", "action", "resource", "resource_id", "version", "article", "reason", "data")
MAX_ANSWER = 100_000_000  # bytes
PAGE = 200  # entries, the most that the service gives at once
# A C2SP checkpoint: origin, size, root, blank line, signatures. Mail programs may break a signature's line at a space.
NOTE = re.compile(
    r"^(?P<text>(?P<origin>\S.*)\n(?P<size>[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n(?:.+\n)*)"
    r"\n(?P<signatures>(?:—\s+\S+\s+[A-Za-z0-9+/]+=*\s*)+)",
    re.MULTILINE,
)
SIGNATURE = re.compile(r"—\s+(\S+)\s+([A-Za-z0-9+/]+=*)")
KEY = re.compile(r"""([^\s+"'<>(),;]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})""")
TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6}))?Z")
NOT_PROVED = (
    "that what the entries say is true, or who sat at the keyboard",
    "anything that was recorded after the latest checkpoint",
    "that everybody is shown the same journal: compare notes with others who keep them",
)


class Failed(Exception):
    """A proof failed: something is not as it was sealed."""


class Unchecked(Exception):
    """It could not be checked, so nothing is proved either way."""


@dataclass(frozen=True)
class Key:
    """An Ed25519 key of a signed note, written as `NAME+ID+BASE64`."""

    name: str
    key_id: bytes
    public: Ed25519PublicKey

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}"


@dataclass(frozen=True)
class Note:
    text: str
    origin: str
    size: int
    root: bytes
    signatures: list[tuple[str, bytes]]

    def verify(self, keys: list[Key]) -> Key:
        """Returns the key that signed it. As the format demands, signatures of unknown keys count for nothing."""
        signers = [
            (key, signature[4:])
            for key in keys
            for name, signature in self.signatures
            if (name, signature[:4]) == (key.name, key.key_id)
        ]
        if not signers:
            found = ", ".join(f"{name}+{signature[:4].hex()}" for name, signature in self.signatures)
            raise Failed(f"It is not signed by {' or '.join(map(str, keys))}, but by {found}.")
        for key, signature in signers:
            try:
                key.public.verify(signature, self.text.encode())
            except InvalidSignature:
                raise Failed(f"The signature by {key} is not of this text: the note was altered.") from None
        return signers[0][0]


# Reading what was saved


def keys_in(text: str) -> list[Key]:
    """All whole keys in a text: each carries a checksum, so that nothing else is taken for one."""
    keys = {}
    for name, key_id, encoded in KEY.findall(text):
        raw = base64.b64decode(encoded)
        if raw[0] == 1 and hashlib.sha256(f"{name}\n".encode(errors="replace") + raw).hexdigest()[:8] == key_id:
            keys[name, raw] = Key(name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(raw[1:]))
    return list(keys.values())


def note_in(text: str, place: str) -> Note:
    """The one checkpoint in a text."""
    notes = {match["text"]: match for match in NOTE.finditer(unquoted(text))}
    if len(notes) != 1:
        what = f"{len(notes)} different checkpoints" if notes else "no whole checkpoint, with its signature"
        raise Unchecked(f"{place} holds {what}.")
    (match,) = notes.values()
    signatures = [(name, from_base64(value)) for name, value in SIGNATURE.findall(match["signatures"])]
    return Note(match["text"], match["origin"], int(match["size"]), from_base64(match["root"]), signatures)


def unquoted(text: str) -> str:
    """Without what mail programs do to lines: quotation marks before them, blanks and CRs at their ends."""
    return re.sub(r"^(?:> ?)+|[ \t\r]+$", "", text, flags=re.MULTILINE)


def from_base64(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError):
        raise Unchecked(f"This is not base64: {str(text)[:100]!r}") from None


def read(path: str) -> str:
    try:
        found = Path(path).read_bytes()
        return found.decode("utf-16" if found[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Unchecked(f"{path} cannot be read: {error}") from None


def read_note(path: str) -> tuple[Note, list[Key]]:
    """The checkpoint in a file, and the keys that stand beside it."""
    text = read(path)
    if text.lstrip().startswith("{"):
        saved = parse(text, path)
        text = "\n".join(str(saved.get(name, "")) for name in ("key", "note"))
    elif not NOTE.search(unquoted(text)):  # a mail as it was sent is encoded
        body = email.message_from_string(text, policy=email.policy.default).get_body(("plain",))
        try:
            text = body.get_content() if body else text
        except (LookupError, ValueError, TypeError) as error:
            raise Unchecked(f"{path} is a mail that cannot be decoded: {error}") from None
    return note_in(text, path), keys_in(text)


def parse(text: str, place: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(pairs) != len(dict(pairs)):
            raise ValueError("a key stands twice in one object")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise Unchecked(f"{place} is not JSON: {error}") from None


def objects_in(path: str) -> list[dict[str, Any]]:
    """The file's JSON objects: one, a list, a page of the API, or one in each line."""
    text = read(path)
    try:
        found = parse(text, path)
    except Unchecked:
        found = [parse(line, path) for line in text.splitlines() if line.strip()]
    if isinstance(found, dict):
        found = found.get("results", [found])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Unchecked(f"{path} holds no JSON objects.")
    return found


# RFC 8785 and RFC 9162


def canonical(value: Any) -> str:
    """JSON in the one form that RFC 8785 allows."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        return ecmascript(value)
    if isinstance(value, int) and abs(value) >= 2**53:
        return f'"{value}"'  # as text, since JSON's numbers are not exact there (RFC 7493)
    return json.dumps(value, ensure_ascii=False)


def ecmascript(number: float) -> str:
    """As ECMAScript writes a number: the shortest digits that give it back; exponents only from 1e21 and below 1e-6."""
    if not math.isfinite(number):
        raise ValueError(f"{number} is not a JSON number")
    if number == 0:
        return "0"
    sign, digits_tuple, exponent = Decimal(repr(number)).as_tuple()
    digits = "".join(map(str, digits_tuple))
    point = len(digits) + int(exponent)
    digits = digits.rstrip("0")
    minus = "-" if sign else ""
    if not -6 < point <= 21:
        rest = f".{digits[1:]}" if digits[1:] else ""
        return f"{minus}{digits[0]}{rest}e{point - 1:+d}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    whole, rest = digits[:point].ljust(point, "0"), digits[point:]
    return f"{minus}{whole}.{rest}" if rest else f"{minus}{whole}"


def leaf_hash(entry: dict[str, Any]) -> bytes:
    """The hash under which the journal seals the entry."""
    if missing := [name for name in LEAF if name not in entry]:
        raise Unchecked(f"The entry lacks {', '.join(missing)}.")
    if type(entry["id"]) is not int:
        raise Unchecked("The entry's id is not a whole number.")
    leaf = {name: entry[name] for name in LEAF}
    if entry.get("salt") is not None:  # older entries have none
        leaf["salt"] = entry["salt"]
    time = TIME.fullmatch(str(leaf["at"]))
    leaf["at"] = f"{time[1]}.{(time[2] or '').ljust(6, '0')}Z" if time else leaf["at"]
    if isinstance(leaf["actor"], dict):
        leaf["actor"] = leaf["actor"].get("id")
    try:
        return hashlib.sha256(b"\0" + canonical(leaf).encode()).digest()
    except (ValueError, RecursionError) as error:  # UnicodeEncodeError, too
        raise Unchecked(f"The entry has no canonical JSON: {error}") from None


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def are_hashes(path: list[bytes]) -> bool:
    """Of any other length, a part of a path could be a part of what is hashed beside it, and prove anything."""
    return all(len(one) == 32 for one in path)


def is_included(leaf: bytes, position: int, size: int, path: list[bytes], root: bytes) -> bool:
    """RFC 9162, section 2.1.3.2."""
    if not 0 <= position < size or not are_hashes(path):
        return False
    at, last, found = position, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(first: int, first_root: bytes, second: int, second_root: bytes, path: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2, for sizes 0 < first <= second."""
    if first == second:
        return not path and first_root == second_root
    if first & (first - 1) == 0:
        path = [first_root, *path]
    if not 0 < first < second or not path or not are_hashes(path):
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and (old, new) == (first_root, second_root)


class Tree:
    """A tree that grows by leaves. Only the hashes along its right edge are kept."""

    def __init__(self) -> None:
        self.size = 0
        self.edge: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        self.size += 1
        self.edge.append(leaf)
        for _ in range((self.size & -self.size).bit_length() - 1):
            right, left = self.edge.pop(), self.edge.pop()
            self.edge.append(node_hash(left, right))

    @property
    def root(self) -> bytes:
        return reduce(lambda right, left: node_hash(left, right), reversed(self.edge))


# The service, or the answers of it that were saved


@dataclass
class Service:
    url: str | None
    token: str | None
    saved: list[dict[str, Any]]

    def key(self) -> list[Key]:
        keys = keys_in(str(self.get("key/").get("key")))
        if not keys:
            raise Unchecked("The service's answer holds no key.")
        return keys

    def latest(self) -> Note:
        return note_in(str(self.get("checkpoints/latest/").get("note")), "The service's answer")

    def consistency(self, first: int, second: int) -> list[bytes]:
        """The path from one size to another; empty where there is nothing to ask."""
        if first == second:
            return []
        kept = [one for one in self.saved if (one.get("first"), one.get("second")) == (first, second)]
        return path_of(kept[0] if kept else self.get("consistency/", first=first, second=second))

    def inclusion(self, entry_id: int, size: int) -> tuple[int, list[bytes]]:
        """The entry's position and its path to the root of that size."""
        kept = [one for one in self.saved if one.get("entry") == entry_id]
        fitting = [one for one in kept if one.get("size") == size]
        if kept and not fitting and not self.url:
            raise Unchecked(
                f"The saved proof of entry {entry_id} is for the checkpoint of size {kept[0].get('size')}, and this "
                f"checkpoint is of size {size}. Save /api/v1/journal/{entry_id}/proof/?size={size} in its place, or "
                "give --url. Or check against the other checkpoint: give the proof, which holds it, as SAVED_NOTE, too."
            )
        proof = fitting[0] if fitting else self.get(f"{entry_id}/proof/", size=size)
        if type(proof.get("position")) is not int:
            raise Unchecked("The proof names no position.")
        return proof["position"], path_of(proof)

    def pages(self, number: int) -> Iterator[list[dict[str, Any]]]:
        """The first entries of the journal as the service shows them: pages that together have `number`, or all."""
        place: dict[str, str] = {}
        while number:
            page = self.get("", page_size=PAGE, **place)
            entries = entries_of(page)
            if not entries:
                return
            yield entries[:number]
            number -= min(number, len(entries))
            place = {"after": str(page.get("cursor"))}

    def shows_users(self) -> bool:
        return bool(entries_of(self.get("", page_size=1, resource="user")))

    def get(self, path: str, **query: int | str) -> dict[str, Any]:
        if not self.url:
            raise Unchecked("It needs the service (--url), or an answer of it that was saved (--proof).")
        base = self.url.rstrip("/").removesuffix("/api/v1")
        address = f"{base}/api/v1/journal/{path}?{urllib.parse.urlencode(query)}".rstrip("?")
        headers = {"Accept": "application/json", "Cache-Control": "no-cache"}
        try:
            request = urllib.request.Request(address, headers=headers)
            if self.token:  # not sent on to where a redirect leads
                request.add_unredirected_header("Authorization", f"Bearer {self.token}")
            with urllib.request.urlopen(request, timeout=60) as answer:
                found = parse(answer.read(MAX_ANSWER).decode(), address)
        except urllib.error.HTTPError as error:
            hint = " Give a valid token with --token." if error.code == 401 else ""
            raise Unchecked(f"{address} answered {error.code}: {reason(error)}{hint}") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Unchecked(f"{address} could not be read: {error}") from None
        if not isinstance(found, dict):
            raise Unchecked(f"{address} answered something else than a JSON object.")
        return found


def reason(error: urllib.error.HTTPError) -> str:
    """The detail of a problem document (RFC 9457), or the status in words."""
    try:
        return str(json.loads(error.read(MAX_ANSWER))["detail"])
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return f"{error.reason}."


def entries_of(page: dict[str, Any]) -> list[dict[str, Any]]:
    entries = page.get("results")
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise Unchecked("The service's answer holds no entries.")
    return entries


def path_of(proof: dict[str, Any]) -> list[bytes]:
    path = proof.get("path")
    if not isinstance(path, list):
        raise Unchecked("The proof has no path.")
    return [from_base64(one) for one in path]


# The checks: each returns a value and a sentence that says what was proved


@dataclass
class Report:
    checks: list[dict[str, str]] = field(default_factory=list)
    not_proved: list[str] = field(default_factory=lambda: list(NOT_PROVED))

    def check(self, name: str, function: Any, *arguments: Any) -> Any:
        """The value, or None if the check failed. A check without a sentence is only told of if it fails."""
        try:
            value, detail = function(*arguments)
            result = "proved"
        except (Failed, Unchecked) as error:
            value, detail = None, str(error)
            result = "failed" if isinstance(error, Failed) else "unchecked"
        except Exception as error:  # a fault of this program proves nothing
            value, detail, result = None, f"This program failed: {error!r}", "unchecked"
        if detail:
            self.checks.append({"check": name, "result": result, "detail": detail})
        return value

    @property
    def result(self) -> str:
        results = {check["result"] for check in self.checks}
        return next((result for result in ("failed", "unchecked") if result in results), "proved")


def check_all(options: argparse.Namespace) -> Report:
    report = Report()
    files = report.check("files", read_files, options)
    if files is None:
        return report
    saved, latest, keys, entries, service = files
    if not keys:
        keys = report.check("key", key_of_service, service, report)
    if not keys or report.check("saved checkpoint", signature, saved, keys, "saved") is None:
        return report
    continues = False
    if service.url or latest:
        latest = report.check("latest checkpoint", latest_checkpoint, latest, keys, service)
        if latest:
            continues = bool(report.check("consistency", consistency, saved, latest, service))
    else:
        report.not_proved.append("that the journal of today agrees with the saved checkpoint: for that, give --url")
    if options.journal:
        report.check("journal", journal, saved, service)
    elif service.url:
        report.not_proved.append("that the entries which the service shows are those that it sealed: give --journal")
    for entry in entries:
        report.check(f"entry {entry.get('id')}", inclusion, entry, saved, latest, continues, service)
    if unsealed := sorted({name for entry in entries for name in unsealed_in(entry)}):
        report.not_proved.append(f"what the saved entries hold that is not sealed: {', '.join(unsealed)}")
    return report


def read_files(options: argparse.Namespace) -> tuple[Any, str]:
    saved, keys = read_note(options.note)
    if options.key:
        keys = [key for given in options.key for key in keys_in(read(given) if os.path.exists(given) else given)]
        if not keys:
            raise Unchecked("--key holds no whole key, such as factcheck.example+1a2b3c4d+AVx0…")
    latest = read_note(options.latest)[0] if options.latest else None
    proofs = [proof for path in options.proof for proof in objects_in(path)]
    entries = chosen([entry for path in options.entry for entry in objects_in(path)], proofs)
    return (saved, latest, keys, entries, Service(options.url, options.token, proofs)), ""


def chosen(entries: list[dict[str, Any]], proofs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of a page of entries those that the saved proofs are of. Without such proofs, all."""
    wanted = {str(proof["entry"]) for proof in proofs if "entry" in proof}
    if missing := wanted - {str(entry.get("id")) for entry in entries}:
        raise Unchecked(f"The proof is of entry {', '.join(sorted(missing))}, which is in no file given with --entry.")
    return [entry for entry in entries if not wanted or str(entry.get("id")) in wanted]


def key_of_service(service: Service, report: Report) -> tuple[list[Key], str]:
    keys = service.key()
    report.not_proved.append("that the key is the newsroom's: you gave none, so the service was trusted for its own")
    return keys, ""


def signature(note: Note, keys: list[Key], which: str) -> tuple[Note, str]:
    key = note.verify(keys)
    return note, f"The {which} checkpoint of {note.origin}, with {note.size:,} entries, is signed by {key}."


def latest_checkpoint(latest: Note | None, keys: list[Key], service: Service) -> tuple[Note, str]:
    return signature(latest or service.latest(), keys, "latest")


def consistency(saved: Note, latest: Note, service: Service) -> tuple[bool, str]:
    if saved.origin != latest.origin:
        raise Failed(f"The latest checkpoint is of another journal: {latest.origin}, not {saved.origin}.")
    if saved.size > latest.size:
        raise Failed(f"Entries are gone: {saved.size:,} were sealed, and now the service has {latest.size:,}.")
    path = service.consistency(saved.size, latest.size)
    if not is_consistent(saved.size, saved.root, latest.size, latest.root, path):
        raise Failed(
            f"The first {saved.size:,} entries in the sealed record of today are not those that were sealed: something "
            "was changed, removed or put in. Keep both checkpoints: each is signed by a key that you gave."
        )
    return True, (
        f"The sealed record of today begins with the {saved.size:,} entries of the saved checkpoint: none was changed, "
        "removed or put in there."
    )


def journal(saved: Note, service: Service) -> tuple[bool, str]:
    """Whether the entries that the service shows are the sealed ones."""
    if not service.shows_users():
        raise Unchecked(
            "The service shows no entries about users. Only admins see those, and without them the journal is not "
            "whole: give an admin's --token, which may be read-only."
        )
    shown = Tree()
    for page in service.pages(saved.size):
        for entry in page:
            shown.add(leaf_hash(entry))
    if shown.size == saved.size and shown.root == saved.root:
        return True, f"The first {saved.size:,} entries that the service shows are those of the saved checkpoint."
    raise Failed(
        f"The first {saved.size:,} entries that the service shows are not those that were sealed. "
        f"{where_it_differs(saved, service)}"
    )


def where_it_differs(saved: Note, service: Service) -> str:
    """Reads the journal again, up to the page after which the service cannot prove that it is as sealed.

    A proof that holds is certain. One that does not hold may itself be forged; so no more is said than that.
    """
    shown = Tree()
    for page in service.pages(saved.size):
        roots = []
        for entry in page:
            shown.add(leaf_hash(entry))
            roots.append((shown.size, shown.root))
        if not begins_with(*roots[-1], saved, service):
            at = bisect_left(roots, True, key=lambda root: not begins_with(*root, saved, service))
            return (
                f"{roots[at][0] - 1:,} of them are, from the first on. Of the next one it has no proof: "
                f"{named(page[at])}. That one was changed or put in, or one was removed before it."
            )
    return f"It shows only {shown.size:,}."


def begins_with(size: int, root: bytes, saved: Note, service: Service) -> bool:
    try:
        return is_consistent(size, root, saved.size, saved.root, service.consistency(size, saved.size))
    except Unchecked:
        return False


def named(entry: dict[str, Any]) -> str:
    return f"entry {entry['id']} ({entry['action']} by {entry['actor_name']}, {entry['at']})"


def inclusion(
    entry: dict[str, Any], saved: Note, latest: Note | None, continues: bool, service: Service
) -> tuple[bool, str]:
    """`continues`: whether the latest checkpoint is known to continue the saved one, so that one proof is of both."""
    leaf = leaf_hash(entry)
    what = f"E{named(entry)[1:]}"
    note, where = (latest, "latest checkpoint") if latest else (saved, "saved checkpoint")
    position, path = service.inclusion(entry["id"], note.size)
    if not is_included(leaf, position, note.size, path, note.root):
        raise Failed(f"{what} is not in the {where} as you saved it.")
    if latest and continues:
        where += " and in the saved one" if position < saved.size else ", and newer than the saved one"
    return True, f"{what} is word for word in the {where}, at position {position:,}."


def unsealed_in(entry: dict[str, Any]) -> set[str]:
    actor = entry.get("actor")
    inside = {f"actor.{name}" for name in actor if name != "id"} if isinstance(actor, dict) else set()
    return entry.keys() - {*LEAF, "salt"} | inside


# The command


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("note", metavar="SAVED_NOTE", help="the file with the checkpoint that you saved")
    made.add_argument("--url", help="the service, such as https://factcheck.example")
    made.add_argument("--key", action="append", help="the key that you kept, or a file with it; several are tried")
    made.add_argument("--token", default=os.environ.get("TOKEN"), help="if the service wants one (default: $TOKEN)")
    made.add_argument(
        "--journal", action="store_true", help="also read all entries from the service; needs the token of an admin"
    )
    made.add_argument("--latest", metavar="FILE", help="another saved checkpoint, in place of the service's latest")
    for name, what in (
        ("--entry", "entries as the API gave them: one, a page of the journal or a history, or one in each line"),
        ("--proof", "saved answers of /journal/consistency/ and /journal/ID/proof/; only their entries are looked at"),
    ):
        made.add_argument(name, action="append", default=[], metavar="FILE", help=what)
    made.add_argument("--json", action="store_true", help="print the result as JSON")
    return made


def main(arguments: list[str] | None = None) -> int:
    asked = parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name must not end the program where output is not UTF-8
        sys.stdout.reconfigure(errors="backslashreplace")
    report = check_all(asked)
    if asked.json:
        print(json.dumps({"result": report.result, "checks": report.checks, "not_proved": report.not_proved}, indent=2))
    else:
        words = {"proved": "PROVED", "failed": "FAILED", "unchecked": "NOT CHECKED"}
        lines = [f"{words[check['result']]:<12} {check['detail']}" for check in report.checks]
        lines += ["", "This does not prove:", *(f"- {what}" for what in report.not_proved), "", words[report.result]]
        # What was read may hold control characters, which could forge a line of the result.
        print("\n".join("".join(c if c.isprintable() else "?" for c in line) for line in lines))
    return {"proved": 0, "failed": 1, "unchecked": 2}[report.result]


if __name__ == "__main__":
    sys.exit(main())
