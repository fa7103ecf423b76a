"""The tree against the vectors that transparency-dev/merkle publishes for RFC 9162, and against its definition.

Proofs are judged by the program that others check them with.
"""

import hashlib
import random

import pytest

from clients.verify_checkpoint import is_consistent, is_included
from factcheck.journal.seal.tree import Growing, consistency_path, grown, inclusion_path, leaf_hash, node_hash

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
B = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
CD = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
E = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
EF = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
GH = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
EFGH = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
INCLUSION = [
    (0, 1, []),
    (0, 8, [B, CD, EFGH]),
    (5, 8, [E, GH, ROOTS[3]]),
    (2, 3, [ROOTS[1]]),
    (1, 5, [ROOTS[0], CD, E]),
]
CONSISTENCY = [(1, 1, []), (1, 8, [B, CD, EFGH]), (6, 8, [EF, GH, ROOTS[3]]), (2, 5, [CD, E])]


def tree_of(leaves):
    """The roots at each size, and a reader of what is stored of it."""
    tree, roots, stored = Growing(), [], {}
    for position, leaf in enumerate(leaves):
        stored[0, position] = leaf
        stored |= {(level, index): made for level, index, made in tree.add(leaf)}
        roots.append(tree.root)
    return roots, lambda ranges: {(level, n): stored[level, n] for level, a, b in ranges for n in range(a, b)}


def defined_root(leaves):
    """RFC 9162, section 2.1.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    split = next(1 << bit for bit in range(60) if 1 << bit < len(leaves) <= 2 << bit)
    return node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


VECTORS = [leaf_hash(leaf) for leaf in LEAVES]
MANY = [leaf_hash(str(n).encode()) for n in range(40)]


def test_the_published_roots():
    roots, _ = tree_of(VECTORS)
    assert [root.hex() for root in roots] == ROOTS
    assert Growing().root.hex() == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(("position", "size", "path"), INCLUSION)
def test_the_published_inclusion_proofs(position, size, path):
    _, read = tree_of(VECTORS)
    assert [step.hex() for step in inclusion_path(position, size, read)] == path


@pytest.mark.parametrize(("old", "size", "path"), CONSISTENCY)
def test_the_published_consistency_proofs(old, size, path):
    _, read = tree_of(VECTORS)
    assert [step.hex() for step in consistency_path(old, size, read)] == path


def test_at_every_size_up_to_40_root_and_proofs_are_right_and_proofs_of_anything_else_fail():
    roots, read = tree_of(MANY)
    for size in range(1, 41):
        root = roots[size - 1]
        assert root == defined_root(MANY[:size]) == grown(size, read).root
        for position in range(size):
            path = inclusion_path(position, size, read)
            assert is_included(MANY[position], position, size, path, root)
            assert not is_included(MANY[position - 1], position, size, path, root) or size == 1
            assert not is_included(MANY[position], position, size, [*path, root], root)
            assert not path or not is_included(MANY[position], position, size, path[:-1], root)
            assert not is_included(MANY[position], position + 1, size, path, root)
        for old in range(1, size + 1):
            path = consistency_path(old, size, read)
            assert is_consistent(old, roots[old - 1], size, root, path)
            assert not is_consistent(old, roots[old - 2], size, root, path) or old == 1
            assert not is_consistent(old, roots[old - 1], size, roots[size - 2], path) or size == 1
            assert not is_consistent(old, roots[old - 1], size, root, [*path, root])
            assert not path or not is_consistent(old, roots[old - 1], size, root, path[:-1])
    assert not is_included(MANY[0], 0, 0, [], roots[0])
    assert not is_consistent(0, roots[0], 1, roots[0], [])
    assert not is_consistent(2, roots[1], 1, roots[0], [])


def test_a_large_tree_gives_the_same_proofs_of_the_hashes_at_every_eighth_level():
    leaves = [leaf_hash(str(n).encode()) for n in range(70_000)]
    roots, read = tree_of(leaves)
    asked = []

    def counting(ranges):
        asked.append(sum(stop - first for _, first, stop in ranges))
        return read(ranges)

    dice = random.Random(1)
    for size in (256, 257, 65_535, 65_536, 65_537, *(dice.randint(1, 70_000) for _ in range(20))):
        position, old = dice.randrange(size), dice.randint(1, size)
        path = inclusion_path(position, size, counting)
        assert is_included(leaves[position], position, size, path, roots[size - 1])
        path = consistency_path(old, size, counting)
        assert is_consistent(old, roots[old - 1], size, roots[size - 1], path)
        assert grown(size, counting).root == roots[size - 1]
    assert max(asked) < 1_000


def test_a_tree_goes_on_from_any_size():
    roots, read = tree_of(MANY)
    for size in range(1, 40):
        tree = grown(size, read)
        for leaf in MANY[size:]:
            tree.add(leaf)
        assert (tree.size, tree.root) == (40, roots[-1])
