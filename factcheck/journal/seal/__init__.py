"""Seals the journal: its entries are the leaves of a Merkle tree, whose root is signed again and again (a checkpoint).

Who keeps a checkpoint can prove later that nothing before it was changed, removed or put in, even by the owner of the
database. `tree.py` and `notes.py` are pure: RFC 9162's hashes and proofs, and C2SP's signed notes.
"""
