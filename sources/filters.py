import django_filters

from factcheck.api.filters import ChoiceFilter, FlagFilter, IdFilter
from factcheck.api.roles import is_anonymous
from sources.models import Source


class SourceFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Beginnings of words of the name or an alias")
    kind = ChoiceFilter(choices=Source.Kind.choices, label="Only sources of this kind.")
    anonymous = FlagFilter(label="Whether the source's name is only a descriptor, such as “an official”.")
    part_of = IdFilter(of=Source, method="filter_parts", label="Belongs to, or speaks for, the source with this id.")

    class Meta:
        model = Source
        fields: list[str] = []

    def filter_parts(self, queryset, name: str, value: int):
        """Anonymous readers cannot find out an affiliation that they may not see."""
        parts = queryset.filter(part_of=value)
        return parts.filter(public_part_of=value) if is_anonymous(self.request) else parts

    def search(self, queryset, name: str, value: str):
        return queryset.search(value)
