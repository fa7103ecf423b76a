"""Names in the OpenAPI document, which become function and type names in generated clients."""

from typing import Any

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
        words = SUMMARIES.get(action) or action.replace("_", " ").capitalize() or tag.capitalize()
        return words.format(one=NOUNS.get(tag, f"a {tag.removesuffix('s')}"), many=MANY.get(tag, tag))


def name_parameters_enums(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A parameter that takes a named enumeration refers to it, or a client has one type for tags that it reads and
    another for tags that it asks for."""
    schemas = result["components"]["schemas"]
    names = {frozenset(shape["enum"]): name for name, shape in schemas.items() if "enum" in shape}
    for operations in result["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                shape = parameter.get("schema", {})
                name = names.get(frozenset(shape.get("enum", ())))
                if name and "default" not in shape:
                    parameter["schema"] = {"$ref": f"#/components/schemas/{name}"}
                elif parameter["name"] == "ordering":  # or a generator calls "-start" VALUE_3
                    parameter["schema"] = {**shape, "x-enum-varnames": [_order_name(value) for value in shape["enum"]]}
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
