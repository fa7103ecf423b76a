import django_filters

from factcheck.api.filters import ChoicesFilter, FlagFilter, IdFilter, RecordedFilter
from factcheck.api.roles import is_anonymous
from factcheck.web_addresses import as_stored
from sources.models import Source


class SourceFilter(RecordedFilter):
    q = django_filters.CharFilter(method="search", label="Beginnings of words of the name or an alias")
    kind = ChoicesFilter(choices=Source.Kind.choices, label="Only sources of one of these kinds.")
    anonymous = FlagFilter(label="Whether the source's name is only a descriptor, such as “an official”.")
    part_of = IdFilter(of=Source, method="filter_parts", label="Belongs to, or speaks for, the source with this id.")

    same_as = django_filters.CharFilter(method="filter_same_as", label="With this address among its `same_as`.")

    class Meta:
        model = Source
        fields: list[str] = []

    def filter_parts(self, queryset, name: str, value: int):
        """Anonymous readers cannot find out an affiliation that they may not see."""
        parts = queryset.filter(part_of=value)
        return parts.filter(public_part_of=value) if is_anonymous(self.request) else parts

    def filter_same_as(self, queryset, name: str, value: str):
        known = "public_same_as" if is_anonymous(self.request) else "same_as"
        forms = [value, as_stored(value)]
        return queryset.filter(same_as__overlap=forms).filter(**{f"{known}__overlap": forms})

    def search(self, queryset, name: str, value: str):
        return queryset.search(value)
