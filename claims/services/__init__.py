"""Writes to articles, statements, evidence and disputes, every row with its journal entry.

Each is one transaction; what takes rows that the caller holds, or made as drafts, is part of the caller's.
"""

from claims.services.articles import create_article, delete_article, set_article_status, update_article
from claims.services.deletion import delete_disputes, delete_evidence_rows, delete_statements
from claims.services.disputes import (
    delete_dispute,
    draft_dispute,
    insert_disputes,
    open_dispute,
    reopen_dispute,
    resolve_dispute,
    resolve_disputes,
    update_dispute,
)
from claims.services.evidence import (
    create_evidence,
    create_evidence_rows,
    delete_evidence,
    update_evidence,
    update_evidence_rows,
)
from claims.services.references import move_references
from claims.services.statements import (
    Draft,
    create_statement,
    create_statements,
    delete_statement,
    draft_statement,
    insert_statements,
    reanchor_statement,
    redraft_statement,
    tag_statement,
    tag_statements,
    update_statement,
    write_statements,
)

__all__ = [
    "Draft",
    "create_article",
    "create_evidence",
    "create_evidence_rows",
    "create_statement",
    "create_statements",
    "delete_article",
    "delete_dispute",
    "delete_disputes",
    "delete_evidence",
    "delete_evidence_rows",
    "delete_statement",
    "delete_statements",
    "draft_dispute",
    "draft_statement",
    "insert_disputes",
    "insert_statements",
    "move_references",
    "open_dispute",
    "reanchor_statement",
    "redraft_statement",
    "reopen_dispute",
    "resolve_dispute",
    "resolve_disputes",
    "set_article_status",
    "tag_statement",
    "tag_statements",
    "update_article",
    "update_dispute",
    "update_evidence",
    "update_evidence_rows",
    "update_statement",
    "write_statements",
]
