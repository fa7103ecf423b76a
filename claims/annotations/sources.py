"""Imports the sources of a document: each is matched with a known source, or created."""

from typing import Any

from claims.annotations.errors import DocumentErrors
from factcheck.errors import Conflict
from sources.models import Source
from sources.services import insert_sources, update_sources

Item = dict[str, Any]  # one object of the document
SOURCE_FIELDS = ("name", "kind", "anonymous", "description", "aliases", "same_as")


def import_sources(items: list[Item], errors: DocumentErrors, actor: Any) -> dict[str, Source]:
    """By the document's keys. Creates what is missing and changes only what differs.

    Raises Conflict if a matched source is merged or deleted before it is locked.
    """
    matched = _match(items, errors)
    insert_sources(sources=[source for source in _distinct(matched) if source.pk is None], actor=actor)
    ids = [source.pk for source in matched.values()]
    rows = {row.pk: row for row in Source.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    if rows.keys() != set(ids):
        raise Conflict("A source of this document was merged or deleted in the meantime. Import it again.")
    imported = {key: rows[source.pk] for key, source in matched.items()}
    # By id: two items that match one source are an error that _match has collected.
    changes = {imported[item["key"]].pk: (imported[item["key"]], _fields(item, imported)) for item in items}
    update_sources(changes=list(changes.values()), actor=actor)
    return imported


class KnownSources:
    """The sources that the items may match, and those that the document itself adds."""

    def __init__(self, items: list[Item]):
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

    def matches(self, item: Item) -> list[Source]:
        """By `same_as`, or else by name or alias and kind."""
        same = [source for address in item["same_as"] for source in self.by_address.get(address, ())]
        distinct = {id(source): source for source in same}
        return list(distinct.values()) or self.by_name.get((item["name"], item["kind"]), [])


def _match(items: list[Item], errors: DocumentErrors) -> dict[str, Source]:
    """Each item's known source, or a new one that is not written yet."""
    known = KnownSources(items)
    matched: dict[str, Source] = {}
    taken: set[int] = set()
    for index, item in enumerate(items):
        sources = known.matches(item)
        if len(sources) > 1:
            detail = f"More than one source is {item['name']!r}. Add same_as to tell them apart."
            errors.add(f"#/sources/{index}", "ambiguous", detail)
        if not sources:
            sources = [Source(**{name: item[name] for name in SOURCE_FIELDS})]
            known.add(sources[0])
        elif id(sources[0]) in taken:
            detail = f"{item['name']!r} and another source of this document match one source here. Merge the two."
            errors.add(f"#/sources/{index}", "ambiguous", detail)
        matched[item["key"]] = sources[0]
        taken.add(id(sources[0]))
    return matched


def _distinct(matched: dict[str, Source]) -> list[Source]:
    return list({id(source): source for source in matched.values()}.values())


def _fields(item: Item, imported: dict[str, Source]) -> dict[str, Any]:
    """The item's fields. A source that was matched by an alias keeps its name, aliases and addresses."""
    source = imported[item["key"]]
    fields = {name: item[name] for name in SOURCE_FIELDS}
    if item["name"] in source.aliases:
        fields["name"] = source.name
        for name in ("aliases", "same_as"):
            own = getattr(source, name)
            fields[name] = [*own, *(each for each in item[name] if each not in own and each != source.name)]
    return {**fields, "part_of": imported.get(item["part_of"])}
