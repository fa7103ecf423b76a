"""Writes to articles, statements, evidence, disputes and notes, every row with its journal entry.

Each service is one transaction. Those that take locked rows or drafts are part of the caller's transaction; find_again
needs none.

Locks are taken in one order, so that no two requests wait for each other: articles, statements, evidence, disputes,
notes, sources, and each kind by id; then the turn of the guard against cycles among sources. At the commit, foreign
keys keep what new rows refer to from being deleted; only who deletes a row locks it against that. A deadlock is left
where a reference is made while a merge collects what it moves, where a document names a statement that the document of
another article deletes, and where two documents exchange their sources: `atomic_with_retry` then runs the transaction
again.
"""

from claims.services.articles import create_article, delete_article, set_article_status, update_article
from claims.services.deletion import delete_disputes, delete_evidence_rows, delete_notes, delete_statements
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
from claims.services.notes import create_note, delete_note, reopen_note, resolve_note, update_note
from claims.services.proposals import create_statement_and_propose, propose_tag, take_proposal
from claims.services.reanchoring import Found, find_again
from claims.services.statements import (
    StatementDraft,
    create_statement,
    create_statements,
    delete_statement,
    draft_statement,
    draft_statement_update,
    insert_statements,
    reanchor_statement,
    tag_several,
    tag_statement,
    tag_statements,
    update_statement,
    update_statements,
)
