import django_filters

from claims.desk_checks import Code, Severity
from claims.models import Article, Dispute, Evidence, Statement
from factcheck.api.filters import ChoiceFilter, DayFilter, FlagFilter, IdFilter
from sources.models import Source


class ArticleFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Words in the title or the text")
    publisher = IdFilter(of=Source, field_name="publisher", label="Published by the source with this id.")
    status = ChoiceFilter(choices=Article.Status.choices, label="Only articles with this status.")

    class Meta:
        model = Article
        fields: list[str] = []

    def search(self, queryset, name: str, value: str):
        return queryset.search(value)


class StatementFilter(django_filters.FilterSet):
    article = IdFilter(of=Article, field_name="article", label="In the article with this id.")
    source = IdFilter(of=Source, field_name="source", label="Said by the source with this id.")
    involving = IdFilter(of=Source, method="filter_involving", label="Said or relayed by the source with this id.")
    tag = ChoiceFilter(choices=Statement.Tag.choices, label="Only statements with this tag.")
    anchor = ChoiceFilter(choices=Statement.Anchor.choices, label="Only statements whose anchor is in this state.")
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
    statement = IdFilter(of=Statement, field_name="statement", label="Only what belongs to the statement with this id.")

    class Meta:
        model = Evidence
        fields: list[str] = []


class DisputeFilter(django_filters.FilterSet):
    statement = IdFilter(of=Statement, field_name="statement", label="Only what belongs to the statement with this id.")
    article = IdFilter(of=Article, field_name="statement__article", label="In the article with this id.")
    raised_by = IdFilter(of=Source, field_name="raised_by", label="Raised by the source with this id.")
    state = ChoiceFilter(choices=Dispute.State.choices, label="Only disputes in this state.")

    class Meta:
        model = Dispute
        fields: list[str] = []


class ArticleCheckFilter(django_filters.FilterSet):
    """For pages. Desk checks are not rows of a table: `findings` filters them."""

    code = ChoiceFilter(choices=[(code.value, code.value.replace("_", " ")) for code in Code])
    severity = ChoiceFilter(choices=[(severity.value, severity.value) for severity in Severity])


class CheckFilter(ArticleCheckFilter):
    article = IdFilter(of=Article)
