"""The stand-alone program that checks a saved checkpoint: against trees made by hand, and against the running service."""

import base64
import hashlib
import json
import math
import random
import subprocess
import sys
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clients.verify_checkpoint import canonical, is_consistent, is_included, leaf_hash

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


def test_no_change_of_an_earlier_leaf_has_a_consistency_proof():
    for size in range(2, 14):
        for first in range(1, size):
            for n in range(first):
                forged = (*LEAVES[:n], OTHER, *LEAVES[n + 1 : size])
                path = consistency_path(first, forged)
                assert not is_consistent(first, root(LEAVES[:first]), size, root(forged), path), (first, size, n)


def test_the_trees_are_those_of_certificate_transparency():
    """The test vectors of google/certificate-transparency, which RFC 9162’s authors published."""
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
    }
    for n in range(9)
]
SEALED = tuple(hashlib.sha256(b"\0" + rfc8785.dumps(entry)).digest() for entry in ENTRIES)
ORIGIN = "factcheck.example/journal"


class Signer:
    def __init__(self, seed, name=ORIGIN):
        self.private, self.name = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32), name
        raw = b"\1" + self.private.public_key().public_bytes_raw()
        self.key_id = hashlib.sha256(f"{name}\n".encode() + raw).digest()[:4]
        self.key = f"{name}+{self.key_id.hex()}+{base64.b64encode(raw).decode()}"

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
def check(tmp_path):
    """Runs the program as somebody does who has only this file. Strings and JSON are handed over as files."""

    def run(note=NOTE, *, key=SIGNER.key, **given):
        command = [sys.executable, "-I", str(PROGRAM), "--json"]
        files = {"note": note, **given}
        for name, value in files.items():
            if name in ("note", "latest", "entry", "proof"):
                path = tmp_path / name
                content = value if isinstance(value, (str, bytes)) else json.dumps(value)
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
                value = str(path)  # noqa: PLW2901
            command += [value] if name == "note" else [f"--{name}", value]
        command += ["--key", key] if key else []
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert done.stderr == ""
        answer = json.loads(done.stdout)
        assert done.returncode == {"proved": 0, "failed": 1, "unchecked": 2}[answer["result"]]
        return answer["result"], {one["check"]: one["detail"] for one in answer["checks"]}

    return run
