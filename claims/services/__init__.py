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
from claims.services.merging import merge_source
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
