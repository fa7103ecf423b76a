import django_filters

from factcheck.api.filters import IdFilter
from sources.models import Source


class SourceFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Words that begin words of the name or an alias")
    kind = django_filters.ChoiceFilter(choices=Source.Kind.choices)
    anonymous = django_filters.BooleanFilter()
    part_of = IdFilter(method="belong")

    class Meta:
        model = Source
        fields: list[str] = []

    def belong(self, queryset, name: str, value: int):
        return queryset.belonging_to(value)

    def search(self, queryset, name: str, value: str):
        return queryset.search(value)
