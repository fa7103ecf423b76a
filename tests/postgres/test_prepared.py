import pytest
from django.db.models import Prefetch
from django.db.transaction import TransactionManagementError, atomic

from claims import services
from claims.models import Evidence, Statement, StatementVia
from factcheck.journal.services import lock
from factcheck.postgres.prepared import Prepared
from sources.models import Source


def test_each_of_several_prefetches_is_kept(alice, statement, minister, django_assert_num_queries):
    services.update_statement(statement_id=statement.pk, versions=None, actor=alice, via=[minister])
    evidence = services.create_evidence(actor=alice, statement=statement, stance="supports", title="A letter")

    def build(row_id):
        via = Prefetch("via_rows", queryset=StatementVia.objects.select_related("source"))
        return Statement.objects.filter(pk=row_id).prefetch_related(via, Prefetch("evidence", Evidence.objects.all()))

    [found] = Prepared(build, [int]).objects(statement.pk)
    with django_assert_num_queries(0):
        assert [row.source for row in found.via_rows.all()] == [minister]
        assert list(found.evidence.all()) == [evidence]


@pytest.mark.django_db(transaction=True)
def test_no_row_is_locked_outside_of_a_transaction_where_nothing_would_hold_it(minister):
    with atomic():
        assert lock(Source, minister.pk, None) == minister
    with pytest.raises(TransactionManagementError):
        lock(Source, minister.pk, None)
