"""Finds the sources of a document among those of this service."""

from typing import Any, NamedTuple

from django.utils.translation import gettext

from claims.annotations.errors import DocumentErrors
from claims.annotations.namesakes import PresentSources
from sources.addresses import find_sources
from sources.models import Source

Item = dict[str, Any]  # one object of the document
SOURCE_FIELDS = ("name", "kind", "anonymous", "description", "aliases", "same_as")


class Match(NamedTuple):
    source: Source  # without an id if it is new and not written yet
    is_addressed: bool = False  # the item has the address of this very source, and may rename it
    is_merged: bool = False  # the item has the address of a source that was merged into this one


class KnownSources:
    """The sources that the items may match, and those that the document itself adds."""

    def __init__(self, items: list[Item]):
        self.by_link: dict[str, list[Source]] = {}
        self.by_name: dict[tuple[str, str], list[Source]] = {}
        names = [item["name"] for item in items]
        links = [link for item in items for link in item["same_as"]]
        for source in Source.objects.matching_names(names, links).for_reading().order_by("pk"):
            self.add(source)

    def add(self, source: Source) -> None:
        for link in set(source.same_as):
            self.by_link.setdefault(link, []).append(source)
        for name in {source.name, *source.aliases}:
            self.by_name.setdefault((name, source.kind), []).append(source)

    def fitting(self, item: Item, taken: set[int]) -> list[Source]:
        """By `same_as`, or else by name or alias and kind.

        What another item names by its address (`taken`) is not this item: the document tells the two apart. But where
        `same_as` leaves no other source, the document contradicts itself; the source is then returned.
        """
        same = [source for link in item["same_as"] for source in self.by_link.get(link, ())]
        if same:
            distinct = list({id(source): source for source in same}.values())
            return [source for source in distinct if source.pk not in taken] or distinct
        return [source for source in self.by_name.get((item["name"], item["kind"]), ()) if source.pk not in taken]


def match_sources(document: dict[str, Any], article_id: int | None, errors: DocumentErrors) -> dict[str, Match]:
    """By key: the source at the item's address, else the one that fits it, else a new one."""
    items = document["sources"]
    matched = _by_address(items, errors)
    taken = {match.source.pk for match in matched.values()}
    known = KnownSources([item for item in items if item["key"] not in matched])
    present = PresentSources(document, article_id)
    seen: set[int] = set()
    for index, item in enumerate(items):
        if item["key"] not in matched:
            fitting = known.fitting(item, taken)
            if len(fitting) > 1:
                fitting = present.choose(item["key"], fitting)
            if len(fitting) > 1:
                detail = gettext("More than one source is %(source)s. Write one of their addresses as its id:") % {
                    "source": repr(item["name"])
                }
                errors.add_ambiguous(f"#/sources/{index}", detail, fitting)
            matched[item["key"]] = Match(fitting[0] if fitting else _new(item, known))
        source = matched[item["key"]].source
        if identity(source) in seen:
            detail = gettext(
                "%(source)s and another source of this document are one here. Make one item of the two."
            ) % {"source": repr(item["name"])}
            errors.add_ambiguous(f"#/sources/{index}", detail, [source] if source.pk else [])
        seen.add(identity(source))
    return matched


def identity(source: Source) -> int:
    """Tells sources apart of which some are not written yet."""
    return source.pk or -id(source)


def _by_address(items: list[Item], errors: DocumentErrors) -> dict[str, Match]:
    """A number alone may have been meant for another service. So it counts only if its source fits the item."""
    found = find_sources({item["id"] for item in items if item["id"]})
    matched = {}
    for index, item in enumerate(items):
        if item["id"] not in found:
            continue
        source, is_merged = found[item["id"]]
        if item["id"].isdigit() and not _fits(item, source):
            detail = gettext("Source %(source)s here is %(name)s. If you mean that one, write its whole address:") % {
                "source": item["id"],
                "name": repr(source.name),
            }
            errors.add_ambiguous(f"#/sources/{index}/id", detail, [source], code="another_source")
        matched[item["key"]] = Match(source, item["id"] == source.address, is_merged)
    return matched


def _fits(item: Item, source: Source) -> bool:
    has_name = item["kind"] == source.kind and item["name"] in (source.name, *source.aliases)
    return has_name or not set(source.same_as).isdisjoint(item["same_as"])


def _new(item: Item, known: KnownSources) -> Source:
    source = Source(**{name: item[name] for name in SOURCE_FIELDS})
    if item["id"] is None:  # two items without an address may be one source, listed twice
        known.add(source)
    return source
