"""Names and descriptions of enumerations and parameters in the OpenAPI document.

Enumerations become types in generated clients.
"""

from typing import Any

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
