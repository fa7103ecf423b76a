"""Imports the sources of a document: each is matched with a known source, or created."""

from typing import Any

from django.utils.translation import gettext

from claims.annotations.errors import DocumentErrors
from claims.annotations.matching import SOURCE_FIELDS, Item, Match, identity, match_sources
from factcheck.errors import Conflict
from sources.models import Source
from sources.services import insert_sources, update_sources


def import_sources(
    document: dict[str, Any], article_id: int | None, errors: DocumentErrors, actor: Any
) -> dict[str, Source]:
    """By the document's keys. Creates what is missing and changes only what differs.

    Raises Conflict if a matched source is merged or deleted before it is locked.
    """
    matched = match_sources(document, article_id, errors)
    distinct = {identity(match.source): match.source for match in matched.values()}
    insert_sources(sources=[source for source in distinct.values() if source.pk is None], actor=actor)
    ids = [match.source.pk for match in matched.values()]
    rows = {row.pk: row for row in Source.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")}
    if rows.keys() != set(ids):
        raise Conflict(gettext("A source of this document was merged or deleted in the meantime. Import it again."))
    imported = {key: rows[match.source.pk] for key, match in matched.items()}
    # By id: two items that match one source are an error that match_sources has collected.
    changes = {
        imported[item["key"]].pk: (imported[item["key"]], _fields(item, matched[item["key"]], imported))
        for item in document["sources"]
    }
    update_sources(changes=list(changes.values()), actor=actor)
    return imported


def _fields(item: Item, match: Match, imported: dict[str, Source]) -> dict[str, Any]:
    """The item's fields. A source that was matched by an alias keeps its name, aliases and addresses."""
    if match.is_merged:
        return {}  # the item describes a record that was given up; its names went to the one that stayed
    source = imported[item["key"]]
    fields = {name: item[name] for name in SOURCE_FIELDS}
    if item["name"] in source.aliases and not match.is_addressed:
        fields["name"] = source.name
        for name in ("aliases", "same_as"):
            own = getattr(source, name)
            fields[name] = [*own, *(each for each in item[name] if each not in own and each != source.name)]
    return {**fields, "part_of": imported.get(item["part_of"])}
