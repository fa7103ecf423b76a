"""The address of a source in documents: its number and the time at which it was recorded.

Every service has a source 63; only one service recorded it in that microsecond. So an address needs no name of the
service. It holds after a rename, a dump and a restore, and it tells apart what two copies of one database recorded
after they parted.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import DateTimeField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from factcheck.journal.models import Entry
from sources.models import Source, SourceRedirect, address_of

# A person may write the number alone.
ADDRESS = re.compile(r"[1-9][0-9]{0,17}(@[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)?")


class FoundSource(NamedTuple):
    source: Source
    is_merged: bool  # the address is that of a source which was merged into this one


def find_sources(addresses: Iterable[str]) -> dict[str, FoundSource]:
    """By address, without those that are gone, or that another service recorded. At most three queries."""
    number_of = {address: int(address.partition("@")[0]) for address in addresses}
    into = dict(SourceRedirect.objects.filter(pk__in=number_of.values()).values_list("pk", "into"))
    sources = Source.objects.for_reading().in_bulk({*number_of.values(), *into.values()})
    known = {pk: source.address for pk, source in sources.items()} | _addresses_of_merged(into)
    return {
        address: FoundSource(source, number in into)
        for address, number in number_of.items()
        if number in known
        and address in (str(number), known[number])
        and (source := sources.get(into.get(number, number)))  # None if it was merged in the meantime
    }


def _addresses_of_merged(ids: Iterable[int]) -> dict[int, str]:
    if not ids:
        return {}
    entries = Entry.objects.filter(resource="source", resource_id__in=ids, version=1)
    recorded = Cast(KT("data__created_at"), DateTimeField())
    return {pk: address_of(pk, at) for pk, at in entries.values_list("resource_id", recorded)}
