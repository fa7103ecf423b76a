"""What becomes of references when one source is merged into another."""

from typing import Any

from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, Value, When

from claims.models import Article, Dispute, Statement, StatementVia
from factcheck.journal.services import (
    raise_versions,
    record_ids,
)
from sources.models import Source


def move_references(*, source: Source, into: Source, actor: Any, reason: str) -> None:
    """What sources.services.merge_source asks of this app: statements, their chains, articles and disputes."""
    told_by = Q(source=source) | Exists(StatementVia.objects.filter(statement=OuterRef("pk"), source=source))
    statements = list(Statement.objects.select_for_update(of=("self",)).filter(told_by).values_list("pk", flat=True))
    # Who is in the chain already stays where it stands.
    doubled = StatementVia.objects.filter(statement=OuterRef("statement"), source=into)
    StatementVia.objects.filter(Exists(doubled), source=source).delete()
    StatementVia.objects.filter(source=source).update(source=into)
    speaker = Case(When(source=source, then=Value(into.pk)), default=F("source"), output_field=BigIntegerField())
    raise_versions(Statement.objects.filter(pk__in=statements), source=speaker)
    record_ids(Statement, statements, action="statement.updated", actor=actor, reason=reason)
    for model, name in ((Article, "publisher"), (Dispute, "raised_by")):
        rows = model._base_manager.filter(**{name: source})
        ids = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
        raise_versions(model._base_manager.filter(pk__in=ids), **{name: into})
        record_ids(model, ids, action=f"{model.journal_resource}.updated", actor=actor, reason=reason)
