from django.db.models import Prefetch

from claims import services
from claims.models import Evidence, Statement, StatementVia
from factcheck.postgres.prepared import Prepared


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
