"""The program that checks a saved checkpoint, against trees made by hand and against the running service."""

import base64
import hashlib
import json
import math
import random
import subprocess
import sys
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db import connection, transaction

from claims import services
from claims.models import Article
from clients import verify_checkpoint
from clients.verify_checkpoint import canonical, is_consistent, is_included, main
from factcheck.api.models import Token
from factcheck.journal.models import Entry, FollowerCursor
from factcheck.journal.seal.models import Checkpoint, Leaf, Node
from factcheck.journal.seal.notes import make_key
from sources.services import create_source
from tests.journal.saved_forms import mail, saved_forms
from tests.newsroom import user_with_role

PROGRAM = Path(__file__).parents[2] / "clients" / "verify_checkpoint.py"
LARGEST = 40

# Written from the definitions in RFC 9162, section 2.1: recursive, where the program under test goes step by step.


def split(size):
    return 1 << (size - 1).bit_length() - 1


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


@cache
def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def inclusion_path(position, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if position < k:
        return [*inclusion_path(position, leaves[:k]), root(leaves[k:])]
    return [*inclusion_path(position - k, leaves[k:]), root(leaves[:k])]


def consistency_path(first, leaves, is_whole=True):
    if first == len(leaves):
        return [] if is_whole else [root(leaves)]
    k = split(len(leaves))
    if first <= k:
        return [*consistency_path(first, leaves[:k], is_whole), root(leaves[k:])]
    return [*consistency_path(first - k, leaves[k:], False), root(leaves[:k])]


LEAVES = tuple(hashlib.sha256(b"\0" + bytes([n])).digest() for n in range(LARGEST))
OTHER = hashlib.sha256(b"another").digest()


def tampered(path):
    """Every way to spoil one step: another hash, one too few, one too many, two exchanged."""
    for n in range(len(path)):
        yield [*path[:n], OTHER, *path[n + 1 :]]
        yield path[:n] + path[n + 1 :]
    for n in range(len(path) + 1):
        yield [*path[:n], OTHER, *path[n:]]
    for n in range(len(path) - 1):
        yield [*path[:n], path[n + 1], path[n], *path[n + 2 :]]


def test_every_inclusion_proof_of_every_small_tree_is_accepted_and_no_spoiled_one():
    for size in range(1, LARGEST + 1):
        leaves = LEAVES[:size]
        for position in range(size):
            path = inclusion_path(position, leaves)
            assert is_included(leaves[position], position, size, path, root(leaves)), (size, position)
            assert not is_included(OTHER, position, size, path, root(leaves))
            assert not is_included(leaves[position], position, size, path, OTHER)
            for wrong in (-1, size, *range(size)):
                if wrong != position:
                    assert not is_included(leaves[position], wrong, size, path, root(leaves)), (size, position, wrong)
            for spoiled in tampered(path):
                assert not is_included(leaves[position], position, size, spoiled, root(leaves)), (size, position)


def test_every_consistency_proof_of_every_small_tree_is_accepted_and_no_spoiled_one():
    for size in range(1, LARGEST + 1):
        leaves = LEAVES[:size]
        for first in range(1, size + 1):
            path = consistency_path(first, leaves)
            old, new = root(leaves[:first]), root(leaves)
            assert is_consistent(first, old, size, new, path), (first, size)
            assert not is_consistent(first, OTHER, size, new, path), (first, size)
            assert not is_consistent(first, old, size, OTHER, path), (first, size)
            for spoiled in tampered(path):
                assert not is_consistent(first, old, size, new, spoiled), (first, size)
    assert not is_consistent(5, root(LEAVES[:5]), 3, root(LEAVES[:3]), [])
    # The path of two leaves, told to be that of more.
    for size in range(3, LARGEST):
        assert not is_consistent(1, LEAVES[0], size, root(LEAVES[:2]), [LEAVES[1]])


def test_no_change_of_an_earlier_leaf_has_a_consistency_proof():
    for size in range(2, 14):
        for first in range(1, size):
            for n in range(first):
                forged = (*LEAVES[:n], OTHER, *LEAVES[n + 1 : size])
                path = consistency_path(first, forged)
                assert not is_consistent(first, root(LEAVES[:first]), size, root(forged), path), (first, size, n)


def test_steps_that_are_no_hashes_prove_nothing():
    """Found by an attacker: the parts of two steps, hashed together, were taken for the parts of others."""
    leaves = [hashlib.sha256(b"\0" + bytes([n])).digest() for n in range(118)]
    p64, p32, p16, p4, p2 = (
        root(tuple(leaves[a:b])) for a, b in ((0, 64), (64, 96), (96, 112), (112, 116), (116, 118))
    )
    kept = root(tuple(leaves))
    both, empty = p4 + p2, bytes(32)
    false_part = node(OTHER, empty)
    forged = node(p64, node(p32, node(p16, node(b"", node(both, false_part)))))
    assert not is_consistent(118, kept, 120, forged, [both, false_part, b"", p16, p32, p64])
    assert not is_included(OTHER, 118, 120, [empty, both, b"", p16, p32, p64], forged)


def test_the_trees_are_those_of_certificate_transparency():
    """The vectors that transparency-dev and google/certificate-transparency test with."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = tuple(hashlib.sha256(b"\0" + bytes.fromhex(one)).digest() for one in inputs)
    roots = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    for size, expected in roots.items():
        assert root(leaves[:size]).hex() == expected
    path = ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]  # fmt: skip
    assert is_included(leaves[0], 0, 8, [bytes.fromhex(one) for one in path], bytes.fromhex(roots[8]))
    path = ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]  # fmt: skip
    assert is_consistent(1, bytes.fromhex(roots[1]), 8, bytes.fromhex(roots[8]), [bytes.fromhex(one) for one in path])


# Canonical JSON


@pytest.mark.parametrize(("number", "expected"), [
    (0.0, "0"), (-0.0, "0"), (12.0, "12"), (-1.5, "-1.5"), (0.1, "0.1"), (1e-6, "0.000001"), (1e-7, "1e-7"),
    (1e20, "100000000000000000000"), (1e21, "1e+21"), (333333333.33333329, "333333333.3333333"),
    (1e30, "1e+30"), (4.50, "4.5"), (2e-3, "0.002"), (1e-27, "1e-27"), (5e-324, "5e-324"),
    (1.7976931348623157e308, "1.7976931348623157e+308"), (9007199254740992.0, "9007199254740992"),
    (295147905179352830000.0, "295147905179352830000"), (-1.2345e-8, "-1.2345e-8"),
])  # fmt: skip
def test_a_number_is_written_as_ecmascript_writes_it(number, expected):
    assert canonical(number) == expected


def test_canonical_json_is_what_rfc_8785_and_another_library_of_it_say():
    literal = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert canonical(literal) == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    names = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(canonical(names)).values()) == [2, 4, 6, 7, 1, 5, 3]
    assert canonical([2**53 - 1, -(2**53), 2**63]) == '[9007199254740991,"-9007199254740992","9223372036854775808"]'
    chance = random.Random(9162)
    for _ in range(300):
        value = made_up(chance, 0)
        assert canonical(value).encode() == rfc8785.dumps(value), value


def made_up(chance, depth):
    kinds = ["text", "int", "float", "none", "bool"] + (["list", "dict"] if depth < 4 else [])
    text = "".join(chance.choice('a"\\/\b\n\x1f\x7f\u00e9\u2028\ufb33\U0001f600') for _ in range(chance.randrange(6)))
    match chance.choice(kinds):
        case "text":
            return text
        case "int":
            return chance.randrange(-(2**53) + 1, 2**53)
        case "float":
            number = math.ldexp(chance.random(), chance.randrange(-1000, 1000))
            return chance.choice([number, -number, round(number % 1000, 3)])
        case "none":
            return None
        case "bool":
            return chance.random() < 0.5
        case "list":
            return [made_up(chance, depth + 1) for _ in range(chance.randrange(4))]
        case "dict":
            return {text + str(n): made_up(chance, depth + 1) for n in range(chance.randrange(5))}


# The program, without a network


ENTRIES = [
    {
        "id": 100 + n,
        "at": f"2026-11-29T12:00:{n:02}.000000Z",
        "actor": 7,
        "actor_name": "alice",
        "action": "statement.tagged",
        "resource": "statement",
        "resource_id": 6,
        "version": n + 1,
        "article": 1,
        "reason": "Horne’s “no” stands.",
        "data": {"tag": "denied", "via": [3, 2], "media_start": 12.5},
        **({"salt": f"6f1f7a3e-2b54-4c1e-9d0a-3f5b8c7e1a2{n}"} if n > 1 else {}),  # older entries have none
    }
    for n in range(9)
]
SEALED = tuple(hashlib.sha256(b"\0" + rfc8785.dumps(entry)).digest() for entry in ENTRIES)
ORIGIN = "factcheck.example/journal"


class Signer:
    def __init__(self, seed, name=ORIGIN, kind=1):
        self.private, self.name = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32), name
        raw = bytes([kind]) + self.private.public_key().public_bytes_raw()
        self.key_id = hashlib.sha256(f"{name}\n".encode() + raw).digest()[:4]
        self.short = f"{name}+{self.key_id.hex()}"
        self.key = f"{self.short}+{base64.b64encode(raw).decode()}"

    def note(self, leaves, origin=ORIGIN):
        text = f"{origin}\n{len(leaves)}\n{encoded(root(leaves))}\n"
        signature = base64.b64encode(self.key_id + self.private.sign(text.encode())).decode()
        return f"{text}\n— {self.name} {signature}\n"


def encoded(digest):
    return base64.b64encode(digest).decode()


SIGNER, STRANGER = Signer(1), Signer(2)
NOTE = SIGNER.note(SEALED[:5])


def proof(position, leaves=SEALED):
    path = [encoded(one) for one in inclusion_path(position, leaves)]
    return {"entry": 100 + position, "position": position, "size": len(leaves), "path": path}


def consistency(first, leaves=SEALED):
    path = [encoded(one) for one in consistency_path(first, leaves)]
    return {"first": first, "second": len(leaves), "path": path}


@pytest.fixture
def check(tmp_path, capsys):
    """Runs the program. Strings and JSON are handed over as files."""

    def run(note=NOTE, *, key=SIGNER.key, **given):
        arguments = ["--json", *(["--key", key] if key else [])]
        for name, value in {"note": note, **given}.items():
            if name in ("note", "latest", "entry", "proof"):
                content = value if isinstance(value, (str, bytes)) else json.dumps(value)
                (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
            word = str(tmp_path / name) if (tmp_path / name).exists() else value
            arguments += [word] if name == "note" else [f"--{name}", *([] if value is True else [word])]
        status = main(arguments)
        answer = json.loads(capsys.readouterr().out)
        assert status == {"proved": 0, "failed": 1, "unchecked": 2}[answer["result"]]
        return answer["result"], {one["check"]: one["detail"] for one in answer["checks"]}

    return run


def test_a_saved_note_is_proved_against_a_later_one_and_an_entry_in_both(check):
    result, found = check(latest=SIGNER.note(SEALED), entry=ENTRIES[3], proof=[consistency(5), proof(3)])
    assert result == "proved"
    assert found == {
        "saved checkpoint": f"The saved checkpoint of {ORIGIN}, with 5 entries, is signed by {SIGNER.short}.",
        "latest checkpoint": f"The latest checkpoint of {ORIGIN}, with 9 entries, is signed by {SIGNER.short}.",
        "consistency": "The sealed record of today begins with the 5 entries of the saved checkpoint: none was "
        "changed, removed or put in there.",
        "entry 103": "Entry 103 (statement.tagged by alice, 2026-11-29T12:00:03.000000Z) is word for word in the "
        "latest checkpoint and in the saved one, at position 3.",
    }


def test_without_the_service_the_signature_and_the_entries_in_the_saved_note_are_proved(check):
    assert check()[0] == "proved"
    assert check(entry=ENTRIES[3], proof=proof(3, SEALED[:5]))[0] == "proved"
    assert check(entry=ENTRIES[3])[0] == "unchecked"


def test_an_entry_sealed_after_the_saved_note_is_said_to_be(check):
    result, found = check(latest=SIGNER.note(SEALED), entry=ENTRIES[7], proof=[consistency(5), proof(7)])
    assert result == "proved"
    assert found["entry 107"].endswith("in the latest checkpoint, and newer than the saved one, at position 7.")


@pytest.mark.parametrize("field", [
    "id", "at", "actor", "actor_name", "action", "resource", "resource_id", "version", "article", "reason", "data",
    "salt",
])  # fmt: skip
def test_an_entry_that_differs_in_one_field_is_not_proved(check, field):
    other = {"id": 999, "at": "2026-11-29T12:00:03.000001Z", "data": {"tag": "asserted"}}.get(field, "other")
    proofs = [{**proof(3, SEALED[:5]), "entry": 999 if field == "id" else 103}]
    result, found = check(entry={**ENTRIES[3], field: other}, proof=proofs)
    assert result == "failed"
    (sentence,) = (detail for name, detail in found.items() if name.startswith("entry"))
    assert "is not in the saved checkpoint as you saved it." in sentence


@pytest.mark.parametrize(("number", "salt"), [(3, None), (1, "6f1f7a3e-2b54-4c1e-9d0a-3f5b8c7e1a21")])
def test_an_entry_that_lost_or_got_a_salt_is_not_proved(check, number, salt):
    result, found = check(entry={**ENTRIES[number], "salt": salt}, proof=proof(number, SEALED[:5]))
    assert result == "failed"
    assert found[f"entry 10{number}"].endswith("is not in the saved checkpoint as you saved it.")


def test_an_entry_is_read_as_the_api_gives_it_alone_in_lines_and_as_a_page(check):
    api = [
        {"salt": None, **entry, "at": entry["at"].replace(".000000", ""), "actor": {"id": 7, "username": "ally"},
         "changes": {}}
        for entry in ENTRIES[1:3]
    ]  # fmt: skip
    proofs = [proof(1, SEALED[:5]), proof(2, SEALED[:5])]
    for entry in (api, {"next": None, "results": api}, "\n".join(map(json.dumps, api))):
        result, found = check(entry=entry, proof=proofs)
        assert result == "proved"
        assert {"entry 101", "entry 102"} < found.keys()


def test_of_a_page_of_entries_the_one_is_checked_that_the_saved_proof_is_of(check):
    page = {"next": None, "results": ENTRIES}
    result, found = check(entry=page, proof=proof(3, SEALED[:5]))
    assert (result, list(found)) == ("proved", ["saved checkpoint", "entry 103"])
    result, found = check(entry={"results": ENTRIES[:3]}, proof=proof(3, SEALED[:5]))
    assert result == "unchecked"
    assert found == {"files": "The proof is of entry 103, which is in no file given with --entry."}


def test_a_saved_proof_of_another_size_says_so_and_what_to_do(check):
    result, found = check(entry=ENTRIES[3], proof={**proof(3), "note": SIGNER.note(SEALED)})
    assert result == "unchecked"
    assert found["entry 103"] == (
        "The saved proof of entry 103 is for the checkpoint of size 9, and this checkpoint is of size 5. Save "
        "/api/v1/journal/103/proof/?size=5 in its place, or give --url. Or check against the other checkpoint: give "
        "the proof, which holds it, as SAVED_NOTE, too."
    )
    saved = {**proof(3), "note": SIGNER.note(SEALED)}
    assert check(saved, entry=ENTRIES[3], proof=saved)[0] == "proved"


def test_a_changed_journal_a_shorter_one_and_another_one_fail(check):
    forged = (*SEALED[:2], OTHER, *SEALED[3:])
    result, found = check(latest=SIGNER.note(forged), proof=consistency(5, forged))
    assert result == "failed"
    assert "something was changed, removed or put in" in found["consistency"]
    result, found = check(latest=SIGNER.note(forged[:5]))  # of the same size
    assert result == "failed"
    result, found = check(latest=SIGNER.note(SEALED[:3]))
    assert result == "failed"
    assert found["consistency"] == "Entries are gone: 5 were sealed, and now the service has 3."
    result, found = check(latest=SIGNER.note(SEALED, "other.example"), proof=consistency(5))
    assert result == "failed"
    assert found["consistency"] == f"The latest checkpoint is of another journal: other.example, not {ORIGIN}."


def test_a_proof_for_other_sizes_does_not_count(check):
    wrong = {**consistency(4), "first": 5}
    assert check(latest=SIGNER.note(SEALED), proof=wrong)[0] == "failed"
    assert check(latest=SIGNER.note(SEALED), proof=consistency(4))[0] == "unchecked"
    assert check(entry=ENTRIES[3], proof={**proof(3), "size": 5})[0] == "failed"
    assert check(entry=ENTRIES[3], proof={**proof(3, SEALED[:5]), "position": 2})[0] == "failed"


def test_an_entry_in_the_latest_checkpoint_is_in_the_saved_one_only_if_one_continues_the_other(check):
    wrong = {**consistency(5), "path": []}
    result, found = check(latest=SIGNER.note(SEALED), entry=ENTRIES[3], proof=[wrong, proof(3)])
    assert result == "failed"
    assert found["entry 103"].endswith("is word for word in the latest checkpoint, at position 3.")


def test_what_an_entry_holds_besides_what_is_sealed_is_named(tmp_path, capsys):
    entry = {**ENTRIES[3], "actor": {"id": 7, "username": "ally"}, "changes": {}}
    for name, content in {"note": NOTE, "entry": json.dumps(entry), "proof": json.dumps(proof(3, SEALED[:5]))}.items():
        (tmp_path / name).write_text(content)
    files = {name: str(tmp_path / name) for name in ("note", "entry", "proof")}
    status = main([files["note"], "--entry", files["entry"], "--proof", files["proof"], "--key", SIGNER.key])
    assert status == 0
    assert "what the saved entries hold that is not sealed: actor.username, changes" in capsys.readouterr().out


def test_a_note_altered_in_any_part_or_signed_by_another_key_fails(check):
    origin, size, digest, _, line = NOTE.splitlines()
    for altered in (
        NOTE.replace(origin, "factcheck.exampel/journal", 1),
        NOTE.replace(f"\n{size}\n", "\n6\n"),
        NOTE.replace(digest, encoded(OTHER)),
        NOTE.replace(digest, f"{digest}\nan extension line"),
        NOTE.replace(line, line[:-10] + ("A" if line[-10] != "A" else "B") + line[-9:]),
        NOTE.replace(line, line[:-8]),
    ):
        result, found = check(altered)
        assert result == "failed", altered
        assert found.keys() == {"saved checkpoint"}
        assert "the note was altered" in found["saved checkpoint"]
    result, found = check(STRANGER.note(SEALED[:5]))
    assert result == "failed"
    assert found["saved checkpoint"] == (f"It is not signed by {SIGNER.short}, but by {STRANGER.short}.")
    assert check(latest=STRANGER.note(SEALED), proof=consistency(5))[0] == "failed"
    assert check(Signer(1, "another.name").note(SEALED[:5]))[0] == "failed"
    result, found = check(NOTE.replace(f"— {ORIGIN}", "— another.name"))
    assert result == "failed"
    assert found["saved checkpoint"].endswith(f"but by another.name+{SIGNER.key_id.hex()}.")


def test_signatures_of_others_beside_the_known_one_count_for_nothing(check):
    witness = Signer(3, "witness.example").note(SEALED[:5]).splitlines()[-1]
    assert check(f"{NOTE}{witness}\n")[0] == "proved"
    namesake = STRANGER.note(SEALED).splitlines()[-1]  # of another text, by another key of the same name
    assert check(f"{NOTE}{namesake}\n")[0] == "proved"


@pytest.mark.parametrize(("name", "saved"), saved_forms(NOTE).items())
def test_a_note_is_read_from_what_mail_programs_make_of_it(check, name, saved):
    assert check(saved)[0] == "proved", name


def test_a_key_that_was_kept_beside_the_note_is_used_and_a_key_may_be_a_file(check, tmp_path):
    assert check(mail("quoted-printable", f"{NOTE}\nIts key: {SIGNER.key}\n"), key=None)[0] == "proved"
    assert check(json.dumps({"note": NOTE, "key": SIGNER.key}), key=None)[0] == "proved"
    assert check(f"{NOTE}\nIts key: {STRANGER.key}\n", key=None)[0] == "failed"
    assert check(f"{NOTE}\nIts key: {STRANGER.key}\n")[0] == "proved"
    (tmp_path / "keys").write_text(f"old {STRANGER.key}\nnew {SIGNER.key}\n")
    assert check(key=str(tmp_path / "keys"))[0] == "proved"


@pytest.mark.parametrize(("given", "reason"), [
    ({"note": NOTE[:60]}, "holds no whole checkpoint, with its signature"),
    ({"note": NOTE.partition("—")[0]}, "holds no whole checkpoint, with its signature"),
    ({"note": ""}, "holds no whole checkpoint, with its signature"),
    ({"note": NOTE + SIGNER.note(SEALED)}, "holds 2 different checkpoints"),
    ({"note": b"\xff"}, "cannot be read"),
    ({"note": "{"}, "is not JSON"),
    ({"key": "factcheck.example+1a2b3c4d"}, "--key holds no whole key"),
    ({"key": SIGNER.key[:-1] + "A"}, "--key holds no whole key"),
    ({"key": Signer(1, kind=4).key}, "--key holds no whole key"),
    ({"note": SIGNER.note(())}, "holds no whole checkpoint, with its signature"),
    ({"key": None}, "It needs the service"),
    ({"entry": "not json", "proof": proof(3)}, "is not JSON"),
    ({"entry": "7"}, "holds no JSON objects"),
    ({"entry": json.dumps(ENTRIES[3])[:-1] + ', "reason": "Two."}'}, "a key stands twice in one object"),
    ({"entry": {"id": 1}}, "lacks at, actor, actor_name"),
    ({"entry": {**ENTRIES[3], "id": "../key"}}, "id is not a whole number"),
    ({"entry": json.dumps({**ENTRIES[3], "version": float("nan")})}, "has no canonical JSON"),
    ({"entry": json.dumps({**ENTRIES[3], "reason": "\ud800"})}, "has no canonical JSON"),
    ({"entry": ENTRIES[3], "proof": {**proof(3, SEALED[:5]), "path": None}}, "The proof has no path"),
    ({"entry": ENTRIES[3], "proof": {**proof(3, SEALED[:5]), "path": ["%"]}}, "This is not base64"),
    ({"entry": ENTRIES[3], "proof": {**proof(3, SEALED[:5]), "path": [7]}}, "This is not base64"),
    ({"entry": ENTRIES[3], "proof": {**proof(3, SEALED[:5]), "position": "3"}}, "names no position"),
    ({"entry": ENTRIES[3], "proof": consistency(5)}, "It needs the service"),
    ({"note": NOTE.replace("\n5\n", f"\n{'5' * 5000}\n")}, "holds no whole checkpoint"),
    ({"note": "Content-Type: text/plain; charset=klingon\nContent-Transfer-Encoding: base64\n\nYQ==\n"}, "be decoded"),
    ({"note": "Content-Type: text/plain; charset=rot13\nContent-Transfer-Encoding: base64\n\nYQ==\n"}, "be decoded"),
    ({"key": "\udcff+00000000+" + "A" * 44}, "--key holds no whole key"),
    ({"entry": json.dumps(ENTRIES[3])[:-1] + ', "data": ' + "[" * 700 + "]" * 700 + "}"}, "a key stands twice"),
    ({"entry": json.dumps({**ENTRIES[3], "data": 0}).replace('"data": 0', '"data": ' + "[" * 700 + "]" * 700)},
     "has no canonical JSON"),
    ({"url": "http://127.0.0.1:9/"}, "could not be read"),
    ({"url": "nonsense"}, "could not be read"),
])  # fmt: skip
def test_what_cannot_be_checked_is_said_and_is_no_failure(check, given, reason):
    result, found = check(**given)
    assert result == "unchecked"
    assert reason in list(found.values())[-1]


def test_the_file_alone_is_the_program_and_what_it_reads_cannot_forge_its_words(tmp_path):
    entry = {**ENTRIES[3], "actor_name": "alice\n\nPROVED\x1b[2J"}
    for name, content in {"note": NOTE, "entry": json.dumps(entry), "proof": json.dumps(proof(3, SEALED[:5]))}.items():
        (tmp_path / name).write_text(content)
    command = [sys.executable, "-I", PROGRAM, "note", "--entry", "entry", "--proof", "proof", "--key", SIGNER.key]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"PROVED       The saved checkpoint of {ORIGIN}, with 5 entries, is signed by {SIGNER.short}.",
        "FAILED       Entry 103 (statement.tagged by alice??PROVED?[2J, 2026-11-29T12:00:03.000000Z) is not in the "
        "saved checkpoint as you saved it.",
        "",
        "This does not prove:",
        "- that what the entries say is true, or who sat at the keyboard",
        "- anything that was recorded after the latest checkpoint",
        "- that everybody is shown the same journal: compare notes with others who keep them",
        "- that the journal of today agrees with the saved checkpoint: for that, give --url",
        "",
        "FAILED",
    ]  # fmt: skip


def test_a_name_that_the_terminal_cannot_show_does_not_end_the_program(tmp_path):
    (tmp_path / "note").write_text(SIGNER.note(SEALED, "journal.zoë.example"))
    done = subprocess.run(
        [sys.executable, PROGRAM, "note", "--key", SIGNER.key],
        capture_output=True, text=True, cwd=tmp_path, env={"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "The saved checkpoint of journal.zo\\xeb.example, with 9 entries" in done.stdout


# Against the service


def seal():
    call_command("follow", "seal", once=True)


@pytest.fixture
def service(transactional_db, live_server, settings, alice):
    settings.JOURNAL_SIGNING_KEY = str(make_key(ORIGIN))
    create_source(actor=alice, name="The minister", kind="person", aliases=["Jane Doe", "\ufb33", "\U0001f600"])
    article = services.create_article(actor=alice, title="A report", text="One. Two.")
    services.create_statement(article=article, actor=alice, quote_type="narration", start=0, end=4)
    seal()
    return {"url": live_server.url, "token": Token.issue(alice, name="test").key}


def add_sources(actor, number):
    for n in range(number):
        create_source(actor=actor, name=f"Source {n}", kind="person")
    seal()


def saved_entries(api):
    return api.get("/api/v1/journal/").json()


def test_the_service_proves_a_saved_note_and_every_saved_entry(check, service, alice, api):
    latest = api.get("/api/v1/journal/checkpoints/latest/").json()
    size, page = latest["size"], saved_entries(api)
    add_sources(alice, 6)
    result, found = check(latest["note"], key=latest["key"], entry=page, **service)
    assert result == "proved"
    assert f"The sealed record of today begins with the {size} entries of the saved check" in found["consistency"]
    entries = [detail for name, detail in found.items() if name.startswith("entry ")]
    assert len(entries) == len(page["results"]) >= 3
    assert all("is word for word in the latest checkpoint and in the saved one" in detail for detail in entries)
    newer = [entry for entry in saved_entries(api)["results"] if entry not in page["results"]]
    result, found = check(latest["note"], key=latest["key"], entry=newer, **service)
    assert result == "proved"
    assert len(newer) == 6
    article = Article.objects.get().pk
    history = api.get(f"/api/v1/articles/{article}/history/").json()
    assert check(latest["note"], key=latest["key"], entry=history, **service)[0] == "proved"


def test_without_a_key_the_service_is_trusted_for_its_own_and_the_result_says_so(service, api, tmp_path, capsys):
    (tmp_path / "note").write_text(api.get("/api/v1/journal/checkpoints/latest/", HTTP_ACCEPT="text/plain").text)
    arguments = [str(tmp_path / "note"), "--url", f"{service['url']}/api/v1/", "--token", service["token"]]
    assert main(arguments) == 0
    assert "the newsroom's: you gave none, so the service was trusted for its own" in capsys.readouterr().out


def test_who_may_not_read_proves_nothing_until_reads_are_public(check, service, api, settings):
    latest = api.get("/api/v1/journal/checkpoints/latest/").json()
    for token in ({}, {"token": "wrong"}):
        result, found = check(latest["note"], key=latest["key"], url=service["url"], **token)
        assert result == "unchecked"
        assert " answered 401: " in found["latest checkpoint"]
        assert found["latest checkpoint"].endswith("Give a valid token with --token.")
    settings.PUBLIC_READ = True
    assert check(latest["note"], key=latest["key"], url=service["url"])[0] == "proved"


def test_an_entry_that_the_service_does_not_know_is_not_proved(check, service, api):
    latest = api.get("/api/v1/journal/checkpoints/latest/").json()
    result, found = check(latest["note"], key=latest["key"], entry={**ENTRIES[0], "id": 10**9}, **service)
    assert result == "unchecked"
    assert "answered 404: There is no sealed entry with this id." in found["entry 1000000000"]


@pytest.fixture
def admin(service):
    return {**service, "token": Token.issue(user_with_role("root", "admin"), name="test").key, "journal": True}


def test_the_entries_that_the_service_shows_are_the_sealed_ones(check, admin, alice, api, monkeypatch):
    monkeypatch.setattr(verify_checkpoint, "PAGE", 4)
    add_sources(alice, 6)
    latest = api.get("/api/v1/journal/checkpoints/latest/").json()
    add_sources(alice, 2)
    result, found = check(latest["note"], key=latest["key"], **admin)
    assert result == "proved"
    assert latest["size"] > 8
    assert found["journal"] == (
        f"The first {latest['size']} entries that the service shows are those of the saved checkpoint."
    )


def test_who_is_no_admin_sees_no_whole_journal_and_nothing_is_said_of_it(check, service, api):
    latest = api.get("/api/v1/journal/checkpoints/latest/").json()
    result, found = check(latest["note"], key=latest["key"], journal=True, **service)
    assert result == "unchecked"
    assert "give an admin's --token" in found["journal"]


FORGERIES = {
    "changed": "UPDATE journal_entry SET reason = 'Another reason.' WHERE id = %s",
    "without its salt": "UPDATE journal_entry SET salt = NULL WHERE id = %s",
    "removed": "DELETE FROM journal_entry WHERE id = %s",
    "put in": "INSERT INTO journal_entry OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(e, "
    """'{"id": 1000000, "resource_id": 1000000}')).* FROM journal_entry e WHERE id = %s""",
}


@pytest.mark.parametrize("page", [1, 3, 200])
@pytest.mark.parametrize(("forgery", "place"), [
    ("changed", 5), ("without its salt", 5), ("removed", 5), ("put in", 5), ("removed", -1),
])  # fmt: skip
def test_an_owner_who_leaves_the_seal_and_changes_what_is_shown_is_found_out(
    check, admin, api, alice, monkeypatch, forgery, place, page
):
    monkeypatch.setattr(verify_checkpoint, "PAGE", page)
    add_sources(alice, 6)
    latest = api.get("/api/v1/journal/checkpoints/latest/").json()
    ids = list(Entry.objects.order_by("transaction", "id").values_list("id", flat=True))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        cursor.execute(FORGERIES[forgery], [ids[place]])
    result, found = check(latest["note"], key=latest["key"], **admin)
    assert result == "failed"
    assert found["consistency"].startswith("The sealed record of today begins with the ")
    not_sealed = f"The first {len(ids)} entries that the service shows are not those that were sealed."
    if place == -1:
        assert found["journal"] == f"{not_sealed} It shows only {len(ids) - 1}."
        return
    sealed, false = {"removed": (5, ids[6]), "put in": (6, 1_000_000)}.get(forgery, (5, ids[5]))
    said = f"{not_sealed} {sealed} of them are, from the first on. Of the next one it has no proof: entry {false} ("
    assert found["journal"].startswith(said)


@pytest.mark.parametrize("forgery", FORGERIES)
def test_an_owner_who_rewrites_the_journal_and_seals_it_anew_is_found_out(check, service, api, alice, forgery):
    latest, page = api.get("/api/v1/journal/checkpoints/latest/").json(), saved_entries(api)
    forged = page["results"][0]["id"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        cursor.execute(FORGERIES[forgery], [forged])
        for model in (Leaf, Node, Checkpoint, FollowerCursor):
            model.objects.all().delete()
    seal()
    add_sources(alice, 3)
    result, found = check(latest["note"], key=latest["key"], entry=page, **service)
    assert result == "failed"
    assert "something was changed, removed or put in" in found["consistency"]
    is_other = forgery in ("changed", "without its salt")
    assert ("is not in the latest checkpoint as you saved it" in found[f"entry {forged}"]) is is_other
    admin = Token.issue(user_with_role("root", "admin"), name="test").key
    result, found = check(latest["note"], key=latest["key"], journal=True, **{**service, "token": admin})
    assert "are not those that were sealed. 0 of them are, from the first on." in found["journal"]


def test_a_token_is_not_sent_on_to_where_a_redirect_leads(check):
    heard = []

    class Redirect(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append((self.path, self.headers["Authorization"], self.headers["Cache-Control"]))
            self.send_response(404 if self.path == "/elsewhere" else 302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Redirect) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        result, _ = check(url=f"http://127.0.0.1:{server.server_port}", token="secret")
        server.shutdown()
    assert result == "unchecked"
    latest = ("/api/v1/journal/checkpoints/latest/", "Bearer secret", "no-cache")
    assert heard == [latest, ("/elsewhere", None, "no-cache")]
