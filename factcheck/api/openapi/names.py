"""Names and descriptions of enumerations and parameters in the OpenAPI document.

Each enumeration becomes a type in a generated client.
"""

from typing import Any

# Names of the enumerations that only parameters use, by their values.
PARAMETER_ENUMS = {
    frozenset({"id", "-id"}): "IdOrdering",
    frozenset({"id", "-id", "name", "-name"}): "SourceOrdering",
    frozenset(sign + name for sign in ("", "-") for name in ("id", "start", "said_on", "created_at", "updated_at")): (
        "StatementOrdering"
    ),
    frozenset({"article", "dispute", "evidence", "source", "statement"}): "RecordedResource",
    frozenset({"json", "jsonld"}): "LinkedDataFormat",
    frozenset({"csv", "jsonl"}): "ExportFormat",
}
ENUM_DESCRIPTIONS = {
    "Tag": "Who stands behind a statement. asserted: a source puts it forward, and nobody with standing denies it. "
    "denied: somebody with standing denies it. unverified: nobody on the record stands behind it yet.",
    "AnchorState": "Where the passage is after edits of the text. anchored: in its place. moved: found elsewhere. "
    "needs_review: something similar was found, and an editor decides. orphaned: nothing was found.",
    "QuoteType": "narration: the article itself speaks, and there may be no source.",
    "DisputeScope": "Whether the whole statement is disputed, or a part of it.",
    "Resolution": "How a dispute can end.",
}
# For parameters without a description of their own.
PARAMETER_DESCRIPTIONS = {
    "id": "The `id` of the row.",
    "number": "The number of the revision; the first is 1.",
    "publisher": "Published by the source with this id.",
    "status": "Only articles with this status.",
    "code": "Only findings of this kind.",
    "severity": "Only findings of this severity.",
    "page_size": "Rows on a page.",
    "format": "Takes precedence over `Accept`.",
    "article": "In the article with this id.",
    "raised_by": "Raised by the source with this id.",
    "state": "Only disputes in this state.",
    "statement": "Only what belongs to the statement with this id.",
    "part_of": "Belongs to, or speaks for, the source with this id.",
    "involving": "Said or relayed by the source with this id.",
    "actor": "Written by the user with this id.",
    "resource": "Only entries about rows of this kind.",
    "anonymous": "Whether the source's name is only a descriptor, such as “an official”.",
    "kind": "Only sources of this kind.",
    "source": "Said by the source with this id.",
    "anchor": "Only statements whose anchor is in this state.",
    "tag": "Only statements with this tag.",
}


def name_parameter_enums(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Makes each enumeration one component.

    Otherwise a generated client would have one type for the tags that it reads and another for those that it sends.
    """
    schemas = result["components"]["schemas"]
    names = PARAMETER_ENUMS | {frozenset(shape["enum"]): name for name, shape in schemas.items() if "enum" in shape}
    for operations in result["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                parameter.setdefault("description", PARAMETER_DESCRIPTIONS.get(parameter["name"], ""))
                shape = parameter.get("schema", {})
                if "enum" in shape:
                    name = names[frozenset(shape["enum"])]
                    if parameter["name"] == "ordering":  # otherwise generators call "-start" VALUE_3
                        shape["x-enum-varnames"] = [_order_name(value) for value in shape["enum"]]
                    schemas.setdefault(name, shape)
                    parameter["schema"] = {"$ref": f"#/components/schemas/{name}"}
    for name, description in ENUM_DESCRIPTIONS.items():
        schemas[name]["description"] = description
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def _order_name(value: str) -> str:
    return value[1:].upper() + "_DESCENDING" if value.startswith("-") else value.upper()


def drop_unused_components(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular adds a request component for every nested serializer, also for those that are only read."""
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
