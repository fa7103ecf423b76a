"""What the generated OpenAPI document needs beyond the generator."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes

from factcheck.api.fields import REASON_LENGTH
from factcheck.api.filters import takes_as_of
from factcheck.api.idempotency import HEADER, LONGEST_KEY
from factcheck.api.openapi.names import NamedOperations
from factcheck.api.openapi.responses import (
    CONDITIONAL,
    PROBLEM_SCHEMAS,
    add_link_headers,
    add_links,
    add_too_long,
    answers,
    components,
    is_recorded,
    takes_idempotency_key,
)

IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": r'^(\*|(W/)?"[!#-~]*"(, (W/)?"[!#-~]*")*)$'},
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the row as you read it, or *.",
)
AS_OF = OpenApiParameter(
    "as_of",
    OpenApiTypes.DATETIME,
    description="Answers what this answered at that time (RFC 3339, not in the future).",
)
REASON_TO_DELETE = OpenApiParameter(
    "reason",
    {"type": "string", "maxLength": REASON_LENGTH},
    description="Why. It stands in the journal for good.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    OpenApiParameter.HEADER,
    description=(
        "Makes a retry safe: a new random key for each request, such as a UUID, in visible ASCII. The same request "
        "with the same key is answered as the first was and writes nothing, for 24 hours after it succeeded; "
        "another request with that key is answered 422. A refused request leaves its key free."
    ),
)
EMPTY_TEXT = {"type": "string", "maxLength": 0}
PRIVATE_FIELDS = {"tagged_by", "dissent", "opened_by", "resolved_by"}


class Schema(NamedOperations, AutoSchema):  # type: ignore[misc]
    def get_override_parameters(self) -> list[Any]:
        action = getattr(self.view, "action", None)
        parameters = [AS_OF] if takes_as_of(self.view) else []
        if action in CONDITIONAL and is_recorded(self.view):
            parameters.append(IF_MATCH)
        if action == "destroy" and is_recorded(self.view):
            parameters.append(REASON_TO_DELETE)
        if takes_idempotency_key(self):
            parameters.append(IDEMPOTENCY_KEY)
        return parameters

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        return answers(self, super()._get_response_bodies(direction))

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "schema_tag", None) or self._tokenize_path()[0]]


def _require_what_is_always_answered(component: dict[str, Any]) -> None:
    """Every field, but for those that public reads leave out: no client may count on these."""
    shapes = component.get("properties", {})
    for name in PRIVATE_FIELDS & shapes.keys():
        shape = shapes[name]
        shape["description"] = " ".join([shape.get("description", ""), "Left out of public reads."]).strip()
    for shape in shapes.values():
        if shape.get("oneOf", [None])[-1] == EMPTY_TEXT:  # taken for null, so never answered
            shape |= shape.pop("oneOf")[0]
    if shapes:
        component["required"] = sorted(shapes.keys() - PRIVATE_FIELDS)


def postprocess(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Says what every answer has, and adds what the answers refer to."""
    schemas = result["components"].setdefault("schemas", {})
    for name, component in schemas.items():
        if not name.endswith("Request"):
            _require_what_is_always_answered(component)
    schemas |= PROBLEM_SCHEMAS
    result["components"] |= components()
    for operations in result["paths"].values():
        add_too_long(operations)
        add_link_headers(operations)
    result["components"]["links"] = add_links(result["paths"])
    return result
