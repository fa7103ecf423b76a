"""Every answer that an operation can give, for the OpenAPI document.

The lists are meant to be complete: `make fuzz` reports an answer that is not in them.
"""

from typing import Any

from factcheck.api.idempotency import RetrySafeMixin
from factcheck.api.problems import CONTENT_TYPE, TYPE_PREFIX

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
TEXT = {"type": "string"}
SECONDS = {"type": "integer", "minimum": 0}
ETAG = '"2-77eda4c6a04f7a71abba013c"'
HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {
        "description": "Send it back as If-Match or If-None-Match.",
        "required": True,
        "schema": TEXT,
        "example": ETAG,
    },
    "Location": {
        "description": "The address of what was made.",
        "required": True,
        "schema": {"type": "string", "format": "uri"},
        "example": "https://factcheck.example/api/v1/statements/6/",
    },
    "Link": {
        "description": "The pages beside this one (RFC 8288): next and prev. Absent where there is one page.",
        "schema": TEXT,
        "example": '<https://factcheck.example/api/v1/journal/?after=900-8>; rel="next"',
    },
    "RetryAfter": {
        "description": "In how many seconds to try again.",
        "required": True,
        "schema": SECONDS,
        "example": 2,
    },
    "RetryAfterIfRunning": {
        "description": "Only while the first request with this key runs.",
        "schema": SECONDS,
        "example": 2,
    },
    "WWW-Authenticate": {"description": "How to sign in.", "required": True, "schema": TEXT, "example": "Token"},
    "CurrentETag": {
        "description": "The present one; absent if the row is gone.",
        "schema": TEXT,
        "example": ETAG,
    },
}

# By status: the component's name, what it says, and its headers.
PROBLEMS: dict[int, tuple[str, str, dict[str, str]]] = {
    400: ("InvalidInput", "The input is not valid. `errors` names each fault.", {}),
    401: ("NotSignedIn", "Sign in, or send a valid token.", {"WWW-Authenticate": "WWW-Authenticate"}),
    403: ("NotAllowed", "Your role, or a read-only token, does not allow this.", {}),
    404: ("NotFound", "There is nothing at this address, or nothing that you may see.", {}),
    406: ("NotAcceptable", "Accept names nothing that can be answered.", {}),
    409: ("Conflict", "The present state does not allow this.", {"Retry-After": "RetryAfterIfRunning"}),
    411: ("LengthRequired", "A chunked body is not read: send Content-Length.", {}),
    412: ("StaleVersion", "Somebody changed this meanwhile. Read it again.", {"ETag": "CurrentETag"}),
    413: ("TooLarge", "The body is larger than the limit.", {}),
    415: ("UnsupportedMediaType", "Send the body as application/json.", {}),
    422: ("Unprocessable", "The passage does not fit the text, or the Idempotency-Key is another request's.", {}),
    428: ("PreconditionRequired", "Send If-Match with the ETag that you read.", {}),
    429: ("TooManyRequests", "Wait, then try again.", {"Retry-After": "RetryAfter"}),
    503: ("Unavailable", "The database does not answer. A write may have been made all the same.",
          {"Retry-After": "RetryAfter"}),
}  # fmt: skip

# By status: what `type` can be, after the prefix. tests/schema_truth.py holds every answer of the suite to it.
PROBLEM_TYPES: dict[int, tuple[str, ...]] = {
    400: ("invalid-input", "parse-error", "bad-request"),
    401: ("not-authenticated", "authentication-failed"),
    403: ("permission-denied", "not-allowed"),
    404: ("not-found",),
    406: ("not-acceptable",),
    409: ("conflict", "first-attempt-running"),
    411: ("length-required",),
    412: ("stale-version",),
    413: ("content-too-large",),
    415: ("unsupported-media-type",),
    422: ("unprocessable", "idempotency-key-reused"),
    428: ("precondition-required",),
    429: ("throttled",),
    503: ("service-unavailable",),
}
SUCCESSES = {
    ("GET", "200"): "What was asked for.",
    ("DELETE", "204"): "It is gone.",
    ("POST", "201"): "It was made.",
    ("POST", "200"): "It was done; so it is now.",
    ("PUT", "200"): "It was done; so it is now.",
    ("PATCH", "200"): "It was done; so it is now.",
}

# Named, so that generated clients have a type for each.
PROBLEM_SCHEMAS = {
    "Problem": {
        "type": "object",
        "description": "An RFC 9457 problem document.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {
                "type": "string",
                "format": "uri",
                "description": "What kind of problem it is, to be compared by programs.",
                "examples": ["urn:factcheck:problem:stale-version"],
            },
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
            "candidates": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/PassagePlace"},
                "description": "Where a passage stands that stands in the text more than once.",
            },
            "nearest": {
                "allOf": [{"$ref": "#/components/schemas/PassagePlace"}],
                "description": "What comes nearest to a passage that does not stand in the text.",
            },
        },
    },
    "FieldError": {
        "type": "object",
        "required": ["pointer", "code", "detail"],
        "properties": {
            "pointer": {"type": "string", "description": "Where: a JSON pointer (#/via/0) or ?parameter."},
            "code": TEXT,
            "detail": TEXT,
        },
    },
    "PassagePlace": {
        "type": "object",
        "description": "A place in the article's text. With its prefix and suffix it can be asked for.",
        "required": ["start", "end", "prefix", "suffix", "text"],
        "properties": {
            "start": {"type": "integer", "description": "In code points."},
            "end": {"type": "integer", "description": "Exclusive."},
            "prefix": TEXT,
            "suffix": TEXT,
            "text": TEXT,
        },
    },
}


def components() -> dict[str, Any]:
    """What the answers refer to."""
    responses: dict[str, Any] = {
        name: {
            "description": says,
            **({"headers": _headers(headers)} if headers else {}),
            "content": {CONTENT_TYPE: {"schema": _problem_of(PROBLEM_TYPES[status])}},
        }
        for status, (name, says, headers) in PROBLEMS.items()
    }
    responses["NotModified"] = {
        "description": "If-None-Match names what would be answered.",
        "headers": _headers({"ETag": "ETag"}),
    }
    responses["Moved"] = {
        "description": "It was merged into another, which is there.",
        "headers": _headers({"Location": "Location"}),
    }
    # The web server's own answer, before ours can be asked.
    responses["AddressTooLong"] = {"description": "The address is longer than 8,190 bytes."}
    return {"headers": HEADERS, "responses": dict(sorted(responses.items()))}


def _problem_of(types: tuple[str, ...]) -> dict[str, Any]:
    known = {"enum": [TYPE_PREFIX + name for name in types]}
    return {"$ref": "#/components/schemas/Problem", "properties": {"type": known}}


def answers(schema: Any, successes: dict[str, Any]) -> dict[str, Any]:
    """The successes with their headers, and all that can go wrong."""
    found = {code: _with_headers(schema, code, answer) for code, answer in successes.items()}
    if schema.method == "GET" and not is_streamed(schema.view):
        found["304"] = {"$ref": "#/components/responses/NotModified"}
    if schema.view.action in getattr(schema.view, "moving_actions", ()):
        found["301"] = {"$ref": "#/components/responses/Moved"}
    for status in problem_statuses(schema):
        found[str(status)] = {"$ref": f"#/components/responses/{PROBLEMS[status][0]}"}
    return dict(sorted(found.items()))


def problem_statuses(schema: Any) -> set[int]:
    view, action = schema.view, schema.view.action
    statuses = {400, 401, 403, 406, 429, 503}
    if "{" in schema.path:
        statuses.add(404)
    if is_recorded(view) and action in CONDITIONAL:
        statuses |= {412, 428}
    if schema.method in ("POST", "PUT", "PATCH"):
        statuses |= {411, 413, 415}
    if schema.method != "GET" and (is_recorded(view) or schema.method == "POST"):
        statuses.add(409)
    if takes_idempotency_key(schema) or action in getattr(view, "passage_actions", ()):
        statuses.add(422)
    return statuses


def is_recorded(view: Any) -> bool:
    return getattr(view, "is_conditional", False)


def is_streamed(view: Any) -> bool:
    """What is sent as it is read has no ETag: that is known only at the end."""
    return view.action in getattr(view, "streamed_actions", ())


def takes_idempotency_key(schema: Any) -> bool:
    return schema.method == "POST" and isinstance(schema.view, RetrySafeMixin)


def _with_headers(schema: Any, code: str, answer: dict[str, Any]) -> dict[str, Any]:
    names = []
    answer = {**answer, "description": SUCCESSES[schema.method, code]}
    if "content" in answer and not is_streamed(schema.view):
        names.append("ETag")
    if code == "201" and is_recorded(schema.view) and schema.view.action == "create":
        names.append("Location")
    return {**answer, "headers": _headers({name: name for name in names})} if names else answer


def _headers(components_by_name: dict[str, str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{component}"} for name, component in components_by_name.items()}


def add_too_long(operations: dict[str, Any]) -> None:
    """Where the query may hold much."""
    for operation in operations.values():
        if any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
            found = {**operation["responses"], "414": {"$ref": "#/components/responses/AddressTooLong"}}
            operation["responses"] = dict(sorted(found.items()))


def add_link_headers(operations: dict[str, Any]) -> None:
    """Where there are pages: what is read by a cursor."""
    operation = operations.get("get", {})
    if {"cursor", "after"} & {parameter["name"] for parameter in operation.get("parameters", ())}:
        operation["responses"]["200"].setdefault("headers", {}).update(_headers({"Link": "Link"}))


def add_links(paths: dict[str, Any]) -> dict[str, Any]:
    """Leads from what was made, read or listed to all that can be done with it; answers the link components."""
    links: dict[str, Any] = {}
    for address, operations in paths.items():
        if address.endswith("/{id}/"):
            own = [path for path in paths if path.startswith(address) and path.count("{") == 1]
            rows_links = {
                operation["operationId"]: _link(operation, "$response.body#/id")
                for path in own
                for method, operation in paths[path].items()
                # What has an ETag of its own is written with that, not with the row's.
                if method != "put" or path == address
            }
            links |= rows_links
            listing = paths[address.removesuffix("{id}/")]
            _lead_on(listing.get("post", {}), "201", rows_links)
            _lead_on(operations.get("get", {}), "200", rows_links)
            if "get" in operations:
                first = _link(operations["get"], "$response.body#/results/0/id")
                listing["get"]["responses"]["200"]["links"] = {"first": first}
        elif {"get", "put"} <= operations.keys():
            written_back = {operations["put"]["operationId"]: _link(operations["put"], "$request.path.id")}
            links |= written_back
            _lead_on(operations["get"], "200", written_back)
    return dict(sorted(links.items()))


def _lead_on(operation: dict[str, Any], status: str, links: dict[str, Any]) -> None:
    if answer := operation.get("responses", {}).get(status):
        answer["links"] = {name: {"$ref": f"#/components/links/{name}"} for name in links}


def _link(operation: dict[str, Any], row_id: str) -> dict[str, Any]:
    parameters = {"path.id": row_id}
    if any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ())):
        parameters["header.If-Match"] = "$response.header.ETag"
    return {"operationId": operation["operationId"], "parameters": parameters}
