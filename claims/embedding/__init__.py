"""Texts as vectors of 384 numbers and length 1: of texts that say the same, the product is near 1.

No Django, no database. Each model needs packages of its own (requirements-semantic.txt), so nothing imports its module
before it is used.
"""
