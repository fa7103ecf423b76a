"""What brings a source before the public: a published article that names it."""

from typing import Any

from django.db.models import Q

from claims.models import Article, Dispute, Statement, StatementVia
from factcheck.postgres.bounded_page import Looked


def names_source(source_id: Any) -> Q:
    statements = Statement.objects.public()
    return (
        Q(Looked(statements.filter(source=source_id)))
        | Q(Looked(StatementVia.objects.filter(source=source_id, statement__in=statements)))
        | Q(Looked(Dispute.objects.public().filter(raised_by=source_id)))
        | Q(Looked(Article.objects.filter(status="published", publisher=source_id)))
    )
