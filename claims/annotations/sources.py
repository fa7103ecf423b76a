"""The sources of a document: which of those known here each one is, if any."""

from typing import Any

from claims.annotations.faults import Document, Faults
from factcheck.errors import Conflict
from sources.models import Source
from sources.services import insert_sources, update_sources

SOURCE_FIELDS = ("name", "kind", "anonymous", "description", "aliases", "same_as")


class KnownSources:
    """Those that the items may mean, the ones that the document itself brings included."""

    def __init__(self, items: list[Document]):
        self.by_address: dict[str, list[Source]] = {}
        self.by_name: dict[tuple[str, str], list[Source]] = {}
        names = [item["name"] for item in items]
        addresses = [address for item in items for address in item["same_as"]]
        for source in Source.objects.matching_names(names, addresses):
            self.add(source)

    def add(self, source: Source) -> None:
        for address in set(source.same_as):
            self.by_address.setdefault(address, []).append(source)
        for name in {source.name, *source.aliases}:
            self.by_name.setdefault((name, source.kind), []).append(source)

    def meant(self, item: Document) -> list[Source]:
        """By `same_as`, else by name or alias and kind."""
        same = [source for address in item["same_as"] for source in self.by_address.get(address, ())]
        distinct = {id(source): source for source in same}
        return list(distinct.values()) or self.by_name.get((item["name"], item["kind"]), [])


def import_sources(items: list[Document], faults: Faults, actor: Any) -> dict[str, Source]:
    """By the document's keys. Creates what is not there and changes just what differs."""
    matched = _match(items, faults)
    insert_sources(sources=[source for source in _distinct(matched) if source.pk is None], actor=actor)
    ids = [source.pk for source in matched.values()]
    rows = {row.pk: row for row in Source.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    if rows.keys() != set(ids):
        raise Conflict("A source of this document was merged or deleted meanwhile. Import it again.")
    found = {key: rows[source.pk] for key, source in matched.items()}
    # Two items that mean one source have been found fault with.
    changes = {found[item["key"]].pk: (found[item["key"]], _fields(item, found)) for item in items}
    update_sources(changes=list(changes.values()), actor=actor)
    return found


def _match(items: list[Document], faults: Faults) -> dict[str, Source]:
    """To a source that is there, else to one that is not written yet."""
    known = KnownSources(items)
    matched: dict[str, Source] = {}
    taken: set[int] = set()
    for index, item in enumerate(items):
        candidates = known.meant(item)
        if len(candidates) > 1:
            detail = f"More than one source is {item['name']!r}. Make same_as tell them apart."
            faults.add(f"#/sources/{index}", "ambiguous", detail)
        if not candidates:
            candidates = [Source(**{name: item[name] for name in SOURCE_FIELDS})]
            known.add(candidates[0])
        elif id(candidates[0]) in taken:
            detail = f"{item['name']!r} and another source of this document are one source here. Make them one."
            faults.add(f"#/sources/{index}", "ambiguous", detail)
        matched[item["key"]] = candidates[0]
        taken.add(id(candidates[0]))
    return matched


def _distinct(matched: dict[str, Source]) -> list[Source]:
    return list({id(source): source for source in matched.values()}.values())


def _fields(item: Document, found: dict[str, Source]) -> dict[str, Any]:
    """As the document says; but who is known by an alias keeps the name, and loses none of the others."""
    known = found[item["key"]]
    fields = {name: item[name] for name in SOURCE_FIELDS}
    if item["name"] in known.aliases:
        fields["name"] = known.name
        for name in ("aliases", "same_as"):
            kept = getattr(known, name)
            fields[name] = [*kept, *(each for each in item[name] if each not in kept and each != known.name)]
    return {**fields, "part_of": found.get(item["part_of"])}
