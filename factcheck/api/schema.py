"""What the generated OpenAPI document needs beyond the generator."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes

from factcheck.api.fields import REASON_LENGTH
from factcheck.api.filters import takes_as_of
from factcheck.api.idempotency import HEADER, LONGEST_KEY, RetrySafeMixin
from factcheck.api.schema_names import NamedOperations

CONDITIONAL = {
    "update",
    "partial_update",
    "destroy",
    "tag",
    "reanchor",
    "merge",
    "resolve",
    "reopen",
    "publish",
    "withdraw",
    "import_annotations",
}
IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
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
PRIVATE_FIELDS = {"tagged_by", "dissent", "opened_by", "resolved_by"}
PROBLEM = {
    "type": "object",
    "description": "An RFC 9457 problem document.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "Where: a JSON pointer (#/via/0) or ?parameter.",
                    },
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class Schema(NamedOperations, AutoSchema):
    def get_override_parameters(self) -> list[Any]:
        action = getattr(self.view, "action", None)
        parameters = [AS_OF] if takes_as_of(self.view) else []
        if action in CONDITIONAL and getattr(self.view, "is_conditional", False):
            parameters.append(IF_MATCH)
        if action == "destroy" and getattr(self.view, "is_conditional", False):
            parameters.append(REASON_TO_DELETE)
        if self.method == "POST" and isinstance(self.view, RetrySafeMixin):
            parameters.append(IDEMPOTENCY_KEY)
        return parameters

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "schema_tag", None) or self._tokenize_path()[0]]


def _allow_absence(component: dict[str, Any]) -> None:
    """Public reads leave these fields out, so that no client may count on them."""
    private = PRIVATE_FIELDS & set(component.get("properties", {}))
    for name in private:
        shape = component["properties"][name]
        shape["description"] = " ".join([shape.get("description", ""), "Left out of public reads."]).strip()
    if "required" in component:
        component["required"] = [name for name in component["required"] if name not in private]


def mend(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Adds the problem document as every operation's answer to what goes wrong."""
    schemas = result["components"].setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for component in schemas.values():
        _allow_absence(component)
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = {
                "description": "What went wrong, as a problem document.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
    return result
