"""What brings a source before the public: a published article that names it."""

from typing import Any

from django.db.models import Exists, Q

from claims.models import Article, Dispute, Statement, StatementVia


def names_source(source_id: Any) -> Q:
    statements = Statement.objects.public()
    return (
        Q(Exists(statements.filter(source=source_id)))
        | Q(Exists(StatementVia.objects.filter(source=source_id, statement__in=statements)))
        | Q(Exists(Dispute.objects.public().filter(raised_by=source_id)))
        | Q(Exists(Article.objects.filter(status="published", publisher=source_id)))
    )
