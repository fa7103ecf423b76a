"""Names and descriptions of enumerations and parameters in the OpenAPI document.

Each enumeration becomes a type in a generated client.
"""

from typing import Any

from drf_spectacular.plumbing import deep_import_string
from drf_spectacular.settings import spectacular_settings

# Names of the enumerations that only parameters use, by their values.
PARAMETER_ENUMS = {
    frozenset({"id", "-id"}): "IdOrdering",
    frozenset({"article", "dispute", "evidence", "source", "statement"}): "ChangedResource",
    frozenset({"article", "dispute", "evidence", "note", "source", "statement", "user"}): "RecordedResource",
    frozenset({"json", "jsonld"}): "LinkedDataFormat",
    frozenset({"csv", "jsonl"}): "ExportFormat",
    frozenset({"1"}): "Flag",
    frozenset({"json", "text"}): "NoteFormat",
    frozenset({"evidence", "disputes", "source"}): "Includable",
}
# What no filter and no serializer describes.
PARAMETER_DESCRIPTIONS = {
    "id": "The `id` of the row.",
    "number": "The number of the revision; the first is 1.",
    "format": "Takes precedence over `Accept`.",
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
                if "enum" in shape.get("items", ()):
                    name = names[frozenset(shape["items"]["enum"])]
                    schemas.setdefault(name, shape["items"])
                    shape["items"] = {"$ref": f"#/components/schemas/{name}"}
                elif "enum" in shape:
                    values = frozenset(shape["enum"])
                    if parameter["name"] == "ordering":  # otherwise generators call "-start" VALUE_3
                        shape["x-enum-varnames"] = [_order_name(value) for value in shape["enum"]]
                        name = names.get(values) or _ordering_name(operation)
                    else:
                        name = names[values]
                    schemas.setdefault(name, shape)
                    parameter["schema"] = {"$ref": f"#/components/schemas/{name}"}
    for name, path in spectacular_settings.ENUM_NAME_OVERRIDES.items():
        if description := _own_doc(deep_import_string(path)):
            schemas[name]["description"] = description
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def _ordering_name(operation: dict[str, Any]) -> str:
    return f"{operation['tags'][0].removesuffix('s').capitalize()}Ordering"


def _own_doc(choices: Any) -> str:
    """The docstring of a TextChoices class, as one paragraph; not that of Django's own class."""
    return " ".join((vars(choices).get("__doc__") or "").split()) if isinstance(choices, type) else ""


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
