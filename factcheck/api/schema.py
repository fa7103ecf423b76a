"""What the generated OpenAPI document needs beyond the generator."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes

from factcheck.api.idempotency import HEADER, LONGEST_KEY, RetrySafeMixin

CONDITIONAL = {
    "update",
    "partial_update",
    "destroy",
    "tag",
    "resolve",
    "reopen",
    "publish",
    "withdraw",
    "import_annotations",
}
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


class Schema(AutoSchema):
    def get_override_parameters(self) -> list[Any]:
        parameters = []
        if getattr(self.view, "action", None) in CONDITIONAL and getattr(self.view, "is_conditional", False):
            parameters.append(
                OpenApiParameter(
                    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True,
                    description="The ETag of the row as you read it, or *.",
                )
            )  # fmt: skip
        if self.method == "POST" and isinstance(self.view, RetrySafeMixin):
            parameters.append(IDEMPOTENCY_KEY)
        return parameters

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "schema_tag", None) or self._tokenize_path()[0]]


def mend(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Adds the problem document as every operation's answer to what goes wrong."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = {
                "description": "What went wrong, as a problem document.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
    return result
