"""The vectors of statements, where the database has pgvector and the service a model (`claims/embedding/`).

A follower makes them, after the commit. A statement that has none yet is compared by its words alone. Each model has a
table of its own, so that the vectors of two are never compared.
"""
