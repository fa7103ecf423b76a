"""Names in the OpenAPI document, which become function and type names in generated clients."""

from typing import Any

from drf_spectacular.plumbing import get_doc

from factcheck.api.roles import Role, has_public_reads, required_role

ACTS = {
    "retrieve": "read",
    "update": "replace",
    "partial_update": "update",
    "destroy": "delete",
    "destroy_all": "delete_all",
}
NOUNS = {"evidence": "a piece of evidence", "articles": "an article"}
MANY = {"checks": "what the desk checks find", "journal": "the journal, oldest first"}

SUMMARIES = {
    "list": "List {many}",
    "create": "Create {one}",
    "retrieve": "Read {one}",
    "update": "Replace {one}",
    "partial_update": "Change {one}",
    "destroy": "Delete {one}",
    "history": "Read who changed {one}, when and why",
    "publish": "Publish an article",
    "withdraw": "Withdraw an article",
    "annotations": "Export an annotated article as one document",
    "import_annotations": "Make an article what a document says",
    "revisions": "List an article's revisions",
    "revision": "Read a revision with its statements",
    "checks": "List what the desk checks find in an article",
    "tag": "Tag a statement",
    "bulk": "Create up to 500 statements, all or none",
    "positions": "List each editor's own latest tag",
    "reanchor": "Settle where a statement stands in the text",
    "resolve": "Resolve a dispute",
    "reopen": "Reopen a dispute",
    "merge": "Merge a source into another",
    "destroy_all": "Delete all your tokens",
    "export": "Export every statement that a filter finds",
    "webannotation": "Read a statement as a W3C Web Annotation",
    "webannotations": "Read an article's statements as a W3C AnnotationCollection",
    "claimreview": "Read a statement as a schema.org ClaimReview",
    "claimreviews": "Read the published statements as a feed of ClaimReviews",
    "changes": "Read the changes of tags and the disputes as an Atom feed",
    "disputes_create": "Open a dispute",
    "tokens_create": "Make a token",
    "tokens_list": "List your tokens",
    "tokens_delete": "Revoke a token",
    "tokens_delete_all": "Revoke all your tokens",
}

# By operation, else by action; a docstring of the action's own counts more.
DESCRIPTIONS = {
    "list": "Rows by the page: follow `next` until it is null. A filter that is misspelt or repeated is refused.",
    "create": "Answers the row as it was stored, with its address in `Location` and its `ETag`.",
    "retrieve": "Keep the `ETag`: a change needs it as `If-Match`. As `If-None-Match` it spares an answer you have.",
    "update": "Every field that may be written takes the value that was sent; one that was not sent takes its default.",
    "partial_update": "Fields that are not sent stay as they are.",
    "destroy": "Its entries in the journal stay, and `history/` still answers them.",
    "history": "Newest first, each entry with the fields that it changed. A row that was deleted keeps its history.",
    "publish": "Strangers may read it from now on, where the service has public reads.",
    "withdraw": "Strangers can no longer read it.",
    "revisions": "Newest first, without their texts.",
    "checks": "Computed from the record as it is; nothing about them is stored.",
    "checks_list": "Of the whole newsroom. Computed from the record as it is; nothing about them is stored.",
    "tag": "The tag says who stands behind the statement; it is not a verdict on truth. The reason is kept for good.",
    "resolve": "Its outcome and why. With `tag`, the statement is tagged in the same transaction.",
    "reopen": "The outcome is taken back; the journal keeps it.",
    "journal_list": "No entry is ever skipped: ask again with `after`, the `cursor` of the last answer, for as long as "
    "you like.",
    "tokens_list": "All of them, on one page, without their keys.",
    "tokens_create": "The key is in this answer and nowhere else: keep it.",
    "tokens_delete": "It is refused from now on.",
}


class NamedOperations:
    """For an AutoSchema: `articles_publish` instead of `articles_publish_create`, and a summary in words."""

    view: Any

    def get_operation_id(self) -> str:
        action = getattr(self.view, "action", None)
        if not action:
            return super().get_operation_id()  # type: ignore[misc]
        return f"{self.get_tags()[0]}_{ACTS.get(action, action)}"  # type: ignore[attr-defined]

    def get_summary(self) -> str:
        action = getattr(self.view, "action", None) or ""
        tag = self.get_tags()[0]  # type: ignore[attr-defined]
        words = SUMMARIES.get(self.get_operation_id()) or SUMMARIES.get(action) or tag.capitalize()
        return words.format(one=NOUNS.get(tag, f"a {tag.removesuffix('s')}"), many=MANY.get(tag, tag))

    def get_description(self) -> str:
        action = getattr(self.view, "action", None)
        if not action:
            return super().get_description()  # type: ignore[misc]
        said = get_doc(getattr(self.view, action))
        said = said or DESCRIPTIONS.get(self.get_operation_id()) or DESCRIPTIONS.get(action, "")
        return f"{said}\n\n{_roles(self.view)}".strip()


def _roles(view: Any) -> str:
    """From the table by which they are judged."""
    needed = required_role(view)
    names = ", ".join(role.name.lower() for role in Role if needed and role >= needed)
    strangers = " Where the service has public reads, strangers too: they see what is published."
    return f"Roles: {names}.{strangers if has_public_reads(view) else ''}"


# Enumerations that only parameters take, by their values.
PARAMETERS_ENUMS = {
    frozenset({"id", "-id"}): "IdOrdering",
    frozenset({"id", "-id", "name", "-name"}): "SourceOrdering",
    frozenset(sign + name for sign in ("", "-") for name in ("id", "start", "said_on", "created_at", "updated_at")): (
        "StatementOrdering"
    ),
    frozenset({"article", "dispute", "evidence", "source", "statement"}): "RecordedResource",
    frozenset({"json", "jsonld"}): "LinkedDataFormat",
    frozenset({"csv", "jsonl"}): "ExportFormat",
}
ENUMS = {
    "Tag": "Who stands behind a statement. asserted: a source puts it forward, and nobody with standing denies it. "
    "denied: somebody with standing denies it. unverified: nobody on the record stands behind it yet.",
    "AnchorState": "Where the passage is after edits of the text. anchored: in its place. moved: found elsewhere. "
    "needs_review: something similar was found, and an editor decides. orphaned: it is gone.",
    "QuoteType": "narration: the article itself speaks, and there may be no source.",
    "DisputeScope": "Whether all of the statement is disputed, or a part of it.",
    "Resolution": "How a dispute can end.",
}
# Of parameters that say nothing of themselves.
PARAMETERS = {
    "id": "As lists and answers name it.",
    "number": "The first is 1.",
    "publisher": "Published by the source with this id.",
    "status": "Only articles that are so.",
    "code": "Only findings of this kind.",
    "severity": "Only findings of this severity.",
    "page_size": "Rows on a page.",
    "format": "Goes before `Accept`.",
    "article": "In the article with this id.",
    "raised_by": "Raised by the source with this id.",
    "state": "Only disputes that are so.",
    "statement": "Of the statement with this id.",
    "part_of": "Belongs to, or speaks for, the source with this id.",
    "involving": "Said by the source with this id, or come through it.",
    "actor": "Written by the user with this id.",
    "resource": "Only entries about rows of this kind.",
    "anonymous": "Whether its name is only a descriptor.",
    "kind": "Only sources of this kind.",
    "source": "Said by the source with this id.",
    "anchor": "Only statements whose anchor is so.",
    "tag": "Only statements with this tag.",
}


def name_parameters_enums(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Each enumeration is one component, or a client has one type for tags that it reads and another for tags that it
    asks for."""
    schemas = result["components"]["schemas"]
    names = PARAMETERS_ENUMS | {frozenset(shape["enum"]): name for name, shape in schemas.items() if "enum" in shape}
    for operations in result["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                parameter.setdefault("description", PARAMETERS.get(parameter["name"], ""))
                shape = parameter.get("schema", {})
                if "enum" in shape:
                    name = names[frozenset(shape["enum"])]
                    if parameter["name"] == "ordering":  # or a generator calls "-start" VALUE_3
                        shape["x-enum-varnames"] = [_order_name(value) for value in shape["enum"]]
                    schemas.setdefault(name, shape)
                    parameter["schema"] = {"$ref": f"#/components/schemas/{name}"}
    for name, says in ENUMS.items():
        schemas[name]["description"] = says
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def _order_name(value: str) -> str:
    return value[1:].upper() + "_DESCENDING" if value.startswith("-") else value.upper()


def drop_unused_components(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The generator writes a request form of every nested serializer, also of those that are only read."""
    schemas = result["components"]["schemas"]
    while unused := schemas.keys() - set(_references(result)):
        for name in unused:
            del schemas[name]
    return result


def _references(part: Any) -> Any:
    if isinstance(part, dict):
        if isinstance(reference := part.get("$ref"), str):
            yield reference.rpartition("/")[2]
        for inner in part.values():
            yield from _references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _references(inner)
