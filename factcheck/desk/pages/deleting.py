"""The form to delete a row: what it is, what goes along, and what stands in the way."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from claims.models import Dispute, Evidence, Note, Statement
from factcheck.desk.form_pages import FormPage

STATEMENTS = ngettext_lazy("%(number)s statement goes along.", "%(number)s statements go along.", "number")
MORE_DISPUTES = ngettext_lazy("%(number)s more dispute goes along.", "%(number)s more disputes go along.", "number")
EVIDENCE = ngettext_lazy(
    "%(number)s piece of evidence goes along.", "%(number)s pieces of evidence go along.", "number"
)
NOTES = ngettext_lazy("%(number)s note goes along.", "%(number)s notes go along.", "number")
MAX_DISPUTES = 20  # shown of those that go along


class Obstacle(NamedTuple):
    """Why the row cannot be deleted, and what to do instead."""

    why: str
    instead: str
    address: str


@dataclass
class Deletion:
    statement: Any = None  # whose passage and tag are shown
    disputes: list[Any] = field(default_factory=list)  # that go along, those that need a reason first
    along: list[tuple[int, Any]] = field(default_factory=list)  # how many of what else, and the sentence that says so
    obstacles: list[Obstacle] = field(default_factory=list)

    @property
    def along_in_words(self) -> list[str]:
        return [str(sentence % {"number": number}) for number, sentence in self.along if number]

    @property
    def needs_reason(self) -> bool:
        return any(dispute.needs_reason_to_delete for dispute in self.disputes)


class DeletePage(FormPage):
    def context(self) -> dict[str, Any]:
        row = self.row or self.view.get_queryset().filter(pk=self.view.kwargs["pk"]).first()
        deletion = DELETIONS[self.view.basename](row) if row else None
        return {**super().context(), "deletion": deletion, "deleted": row}


def _of_article(article: Any) -> Deletion:
    statements = article.statements.order_by()
    deletion = _of_statements(statements, Note.objects.filter(article=article))
    deletion.along.insert(0, (statements.count(), STATEMENTS))
    if article.status == "published":
        why = gettext("It is published: readers may have seen it and link to it.")
        deletion.obstacles.insert(0, Obstacle(why, gettext("Withdraw it first"), f"/api/v1/articles/{article.pk}/"))
    return deletion


def _of_statement(statement: Any) -> Deletion:
    on_statement = Q(statement=statement) | Q(dispute__statement=statement)
    deletion = _of_statements(Statement.objects.filter(pk=statement.pk), Note.objects.filter(on_statement))
    deletion.statement = statement
    return deletion


def _of_statements(statements: QuerySet[Any], notes: QuerySet[Any]) -> Deletion:
    ids = statements.values("pk")
    disputes = Dispute.objects.filter(statement__in=ids)
    raised = Dispute.objects.raised_in(ids)[:MAX_DISPUTES]
    shown = _first_those_that_count(disputes)
    return Deletion(
        disputes=shown,
        along=[
            (disputes.count() - len(shown), MORE_DISPUTES),
            (Evidence.objects.filter(statement__in=ids).count(), EVIDENCE),
            (notes.count(), NOTES),
        ],
        obstacles=[_raised_here(dispute) for dispute in raised],
    )


def _first_those_that_count(disputes: Any) -> list[Any]:
    order = Case(When(state__in=Dispute.NEED_REASON, then=Value(0)), default=Value(1))
    return list(disputes.with_passages().order_by(order, "id")[:MAX_DISPUTES])


def _raised_here(dispute: Any) -> Obstacle:
    why = gettext("Dispute %(id)s, of another statement, was raised in this text.") % {"id": dispute.pk}
    return Obstacle(why, gettext("Delete or change that dispute first"), f"/api/v1/disputes/{dispute.pk}/")


def _of_dispute(dispute: Any) -> Deletion:
    notes = Note.objects.filter(dispute=dispute).count()
    return Deletion(_read(dispute.statement_id), [dispute], [(notes, NOTES)])


def _of_evidence(evidence: Any) -> Deletion:
    return Deletion(_read(evidence.statement_id))


def _read(statement_id: int) -> Any:
    return Statement.objects.for_reading().get(pk=statement_id)


def _of_source(source: Any) -> Deletion:
    return Deletion(obstacles=list(_references(source)))


# What may refer to a source, by the name of the relation, and the list of it.
REFERENCES = {
    "statements": (_("It is said to have said something."), "statements/?source="),
    "relayed": (_("It relayed something."), "statements/?involving="),
    "disputes": (_("It raised disputes."), "disputes/?raised_by="),
    "published": (_("It published articles."), "articles/?publisher="),
    "parts": (_("Others belong to it or speak for it."), "sources/?part_of="),
}


def _references(source: Any) -> Iterable[Obstacle]:
    for name, (why, query) in REFERENCES.items():
        if getattr(source, name).exists():
            yield Obstacle(str(why), gettext("See which"), f"/api/v1/{query}{source.pk}")


DELETIONS = {
    "article": _of_article,
    "statement": _of_statement,
    "evidence": _of_evidence,
    "dispute": _of_dispute,
    "source": _of_source,
}
