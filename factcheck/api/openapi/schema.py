"""The OpenAPI document: changes to what drf-spectacular generates.

The first line of an action's docstring is the summary of its operation, the rest is the description. `{one}` stands for
the view's `noun`, `{many}` for its tag.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiTypes

from factcheck.api.fields import REASON_LENGTH
from factcheck.api.filters import MAX_VALUES
from factcheck.api.idempotency import HEADER, MAX_KEY_LENGTH
from factcheck.api.including import MAX_INCLUDED, Included
from factcheck.api.openapi.responses import add_address_too_long, add_link_headers, add_links, responses_of
from factcheck.api.parsers import MergePatchParser
from factcheck.api.replica import HEADER as POSITION
from factcheck.api.roles import Role

# An operation's name becomes a function's name in a generated client.
OPERATION_NAMES = {
    "retrieve": "read",
    "update": "replace",
    "partial_update": "update",
    "destroy": "delete",
    "destroy_all": "delete_all",
}
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": r'^(\*|(W/)?"[!#-~]*"(, (W/)?"[!#-~]*")*)$'},
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the row as you read it, its version alone in quotation marks, or *.",
    examples=[OpenApiExample("The version alone", '"2"'), OpenApiExample("An ETag", '"2-77eda4c6a04f7a71abba013c"')],
)
AS_OF = OpenApiParameter(
    "as_of",
    OpenApiTypes.DATETIME,
    description="The state at this time (RFC 3339, not in the future).",
)
REASON_TO_DELETE = OpenApiParameter(
    "reason",
    {"type": "string", "maxLength": REASON_LENGTH},
    description="Why. The journal keeps it permanently.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
    OpenApiParameter.HEADER,
    description=(
        "Makes a retry safe. Send a new random key with each request, such as a UUID, in visible ASCII. For 24 hours "
        "after the request succeeded, the same request with the same key gets the first answer again and writes "
        "nothing; another request with that key gets 422. A refused request leaves its key free."
    ),
)
WRITE_POSITION = OpenApiParameter(
    POSITION,
    str,
    OpenApiParameter.HEADER,
    description=(
        "That of the latest answer to a write of yours, which this read must see. It matters only where the service "
        "reads from standbys; elsewhere, and where it is no position, the answer has everything."
    ),
)
INCLUDE = f"Also what belongs to the row, of each kind the first {MAX_INCLUDED}, in the order of their ids."
EMPTY_TEXT = {"type": "string", "maxLength": 0}
EMPTY_CHOICE = {"$ref": "#/components/schemas/BlankEnum"}


def include_parameter(names: Iterable[str]) -> OpenApiParameter:
    shape = {"type": "array", "items": {"type": "string", "enum": list(names)}}
    return OpenApiParameter("include", shape, description=INCLUDE, style="form", explode=False)


class Schema(AutoSchema):
    """Describes a `factcheck.api.base.BaseView`."""

    view: Any

    def get_operation_id(self) -> str:
        """Such as `articles_publish`, which drf-spectacular would call `articles_publish_create`."""
        action = self.view.action
        return f"{self.get_tags()[0]}_{OPERATION_NAMES.get(action, action)}" if action else super().get_operation_id()

    def get_tags(self) -> list[str]:
        return [self.view.schema_tag or self._tokenize_path()[0]]

    def get_summary(self) -> str:
        return self._doc().partition("\n")[0].rstrip(".") or self.get_tags()[0].capitalize()

    def get_description(self) -> str:  # type: ignore[override]
        return f"{self._doc().partition(chr(10))[2].strip()}\n\n{self._roles()}".strip()

    def _doc(self) -> str:
        doc = get_doc(getattr(self.view, self.view.action)) if self.view.action else ""
        return doc.replace("{one}", self.view.noun).replace("{many}", self.get_tags()[0])

    def _roles(self) -> str:
        """From the tables that requests are checked against."""
        permission = self.view.get_permissions()[0]
        needed = permission.required_role(self.view)
        names = ", ".join(role.name.lower() for role in Role if needed and role >= needed)
        public = " If the service has public reads, anonymous callers too: they see what is published."
        return f"Roles: {names}.{public if permission.is_public(self.view) else ''}"

    def get_override_parameters(self) -> list[Any]:
        view = self.view
        parameters = [AS_OF] if view.takes_as_of() else []
        if view.takes_include():
            parameters.append(include_parameter(view.includable))
        if view.needs_if_match():
            parameters.append(IF_MATCH)
        if view.journal_resource and view.action == "destroy":
            parameters.append(REASON_TO_DELETE)
        if self.method == "POST" and not view.only_reads:
            parameters.append(IDEMPOTENCY_KEY)
        if self._is_answered_by_standbys():
            parameters.append(WRITE_POSITION)
        return parameters

    def _is_answered_by_standbys(self) -> bool:
        """As `BaseView.initial` judges it."""
        view = self.view
        is_read = self.method == "GET" or view.only_reads
        is_public = view.get_permissions()[0].is_public(view) and not view.needs_primary
        return is_read and (view.is_replicated or is_public)

    def map_parsers(self) -> list[str]:
        return [*super().map_parsers(), *([MergePatchParser.media_type] if self.method == "PATCH" else ())]

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        """With the label of each filter: drf-spectacular leaves it out where the filter has a schema of its own."""
        parameters = super()._get_filter_parameters()
        filters = self.view.filterset_class.base_filters if self.view.filterset_class else {}
        for parameter in parameters:
            if parameter["schema"].get("type") == "array":
                parameter["schema"]["maxItems"] = MAX_VALUES
            if parameter["name"] in filters:
                parameter["description"] = filters[parameter["name"]].label
        return parameters

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        return responses_of(self, super()._get_response_bodies(direction))


def _mark_required(component: dict[str, Any], private: set[str]) -> None:
    """Every field of a response is required, except those that public reads leave out."""
    properties = component.get("properties", {})
    for name in private & properties.keys():
        schema = properties[name]
        schema["description"] = " ".join([schema.get("description", ""), "Left out of public reads."]).strip()
    for schema in properties.values():  # an empty text is stored as null, so never in a response
        if schema.get("oneOf", [None])[-1] == EMPTY_TEXT:
            schema |= schema.pop("oneOf")[0]
        elif EMPTY_CHOICE in schema.get("oneOf", []):
            schema["oneOf"].remove(EMPTY_CHOICE)
    if properties:
        component["required"] = sorted(properties.keys() - private)


def _component_of(serializer_class: type) -> str:
    return serializer_class.__name__.removesuffix("Serializer")


def _add_included(schemas: dict[str, Any], component: str, name: str, more: Included) -> None:
    """What is there only with `?include=`: a list, or more fields of a row that is shown anyway."""
    properties, whole = schemas[component]["properties"], _component_of(more.serializer)
    only = f"Only with `include={name}`."
    if more.of:
        reference = {"$ref": f"#/components/schemas/{whole}"}
        properties[more.field] = {"type": "array", "items": reference, "maxItems": MAX_INCLUDED, "description": only}
        return
    summary = f"{whole}Summary"
    required = schemas[summary]["required"]
    described = f"All that it has with `include={name}`; otherwise {', '.join(required)}."
    schemas[f"Included{whole}"] = {**schemas[whole], "description": described, "required": required}
    for shape in _parts(properties[more.field]):
        if shape.get("$ref") == f"#/components/schemas/{summary}":
            shape["$ref"] = f"#/components/schemas/Included{whole}"


def _simplify(result: dict[str, Any]) -> None:
    """Leaves out what generators make too much of.

    `int64` becomes a bigint, which is sent as a string; no number here is larger than JavaScript holds exactly.
    `readOnly` tells something only where request and response share a component.
    """
    sent = _references_of([operation.get("requestBody") for _, operation in _operations(result)], result)
    for name, component in result["components"]["schemas"].items():
        for shape in _parts(component):
            if name not in sent:
                shape.pop("readOnly", None)
    for shape in _parts(result):
        if shape.get("format") == "int64":
            del shape["format"]


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in result["paths"].items():
        yield from ((path, operation) for operation in operations.values())


def _parts(part: Any) -> Iterator[dict[str, Any]]:
    """Every object in it."""
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _parts(inner)


def _references_of(part: Any, result: dict[str, Any]) -> set[str]:
    """The names of the components that it refers to, directly or through others."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        for shape in _parts(waiting.pop()):
            name = str(shape.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                waiting.append(result["components"]["schemas"].get(name, {}))
    return found


def postprocess(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A hook of drf-spectacular."""
    private = {name for model in apps.get_models() for name in getattr(model, "private_fields", ())}
    for name, component in result["components"]["schemas"].items():
        if not name.endswith("Request") and name not in spectacular_settings.APPEND_COMPONENTS["schemas"]:
            _mark_required(component, private)
    for _, _, _, view in generator._get_paths_and_endpoints():
        for name, more in view.includable.items() if getattr(view, "includable", None) and view.takes_include() else ():
            _add_included(result["components"]["schemas"], _component_of(view.get_serializer_class()), name, more)
    _simplify(result)
    for operations in result["paths"].values():
        add_address_too_long(operations)
        add_link_headers(operations)
    result["components"]["links"] = add_links(result["paths"])
    return result
