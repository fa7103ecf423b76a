import django_filters

from claims.desk_checks import Code, Severity
from claims.models import Article, Dispute, Evidence, Statement
from factcheck.api.filters import ChoiceFilter, DayFilter, FlagFilter, IdFilter
from sources.models import Source


class ArticleFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Words in the title or the text")
    publisher = IdFilter(of=Source, field_name="publisher")
    status = ChoiceFilter(choices=Article.Status.choices)

    class Meta:
        model = Article
        fields: list[str] = []

    def search(self, queryset, name: str, value: str):
        return queryset.search(value)


class StatementFilter(django_filters.FilterSet):
    article = IdFilter(of=Article, field_name="article")
    source = IdFilter(of=Source, field_name="source")
    involving = IdFilter(of=Source, method="filter_involving", label="Said or relayed by this source")
    tag = ChoiceFilter(choices=Statement.Tag.choices)
    anchor = ChoiceFilter(choices=Statement.Anchor.choices)
    disputed = FlagFilter(method="filter_disputed", label="Has an open dispute")
    said_after = DayFilter(field_name="said_on", lookup_expr="gte", label="Said on this day or later")
    said_before = DayFilter(field_name="said_on", lookup_expr="lte", label="Said on this day or before")
    q = django_filters.CharFilter(method="search", label="Words in the passage or its paraphrase")

    class Meta:
        model = Statement
        fields: list[str] = []

    def filter_involving(self, queryset, name: str, value: int):
        return queryset.involving(value)

    def filter_disputed(self, queryset, name: str, value: bool):
        return queryset.disputed(value)

    def search(self, queryset, name: str, value: str):
        return queryset.search(value)


class EvidenceFilter(django_filters.FilterSet):
    statement = IdFilter(of=Statement, field_name="statement")

    class Meta:
        model = Evidence
        fields: list[str] = []


class DisputeFilter(django_filters.FilterSet):
    statement = IdFilter(of=Statement, field_name="statement")
    article = IdFilter(of=Article, field_name="statement__article")
    raised_by = IdFilter(of=Source, field_name="raised_by")
    state = ChoiceFilter(choices=Dispute.State.choices)

    class Meta:
        model = Dispute
        fields: list[str] = []


class ArticleCheckFilter(django_filters.FilterSet):
    """For pages. Desk checks are not rows of a table: `findings` filters them."""

    code = ChoiceFilter(choices=[(code.value, code.value.replace("_", " ")) for code in Code])
    severity = ChoiceFilter(choices=[(severity.value, severity.value) for severity in Severity])


class CheckFilter(ArticleCheckFilter):
    article = IdFilter(of=Article)
