"""Every answer that an operation can give, and where it leads, for the OpenAPI document.

The lists are meant to be complete: `make fuzz` reports an answer that is not in them. The components they refer to are
in components.yaml.
"""

from typing import Any

# By status.
PROBLEMS = {
    400: "InvalidInput",
    401: "NotSignedIn",
    403: "NotAllowed",
    404: "NotFound",
    406: "NotAcceptable",
    409: "Conflict",
    411: "LengthRequired",
    412: "StaleVersion",
    413: "TooLarge",
    415: "UnsupportedMediaType",
    422: "Unprocessable",
    428: "PreconditionRequired",
    429: "TooManyRequests",
    503: "Unavailable",
}
SUCCESSES = {
    ("GET", "200"): "What was asked for.",
    ("DELETE", "204"): "It is gone.",
    ("POST", "201"): "It was made.",
    ("POST", "200"): "It was done; this is the state after it.",
    ("PUT", "200"): "It was done; this is the state after it.",
    ("PATCH", "200"): "It was done; this is the state after it.",
}


def responses_of(schema: Any, successes: dict[str, Any]) -> dict[str, Any]:
    """The successes with their headers, and all that can go wrong."""
    found = {code: _with_headers(schema, code, answer) for code, answer in successes.items()}
    view = schema.view
    if schema.method == "GET" and not view.streamed:
        found["304"] = {"$ref": "#/components/responses/NotModified"}
    if view.action in view.moving_actions:
        found["301"] = {"$ref": "#/components/responses/Moved"}
    for status in problem_statuses(schema):
        found[str(status)] = {"$ref": f"#/components/responses/{PROBLEMS[status]}"}
    return dict(sorted(found.items()))


def problem_statuses(schema: Any) -> set[int]:
    view, method = schema.view, schema.method
    statuses = {400, 401, 403, 406, 429, 503}
    if "{" in schema.path:
        statuses.add(404)
    if view.needs_if_match():
        statuses |= {412, 428}
    if method in ("POST", "PUT", "PATCH"):
        statuses |= {411, 413, 415}
    if method != "GET" and (view.is_recorded or method == "POST"):
        statuses.add(409)
    if method == "POST" or view.action in view.passage_actions:  # a POST may carry an Idempotency-Key
        statuses.add(422)
    return statuses


def _with_headers(schema: Any, code: str, answer: dict[str, Any]) -> dict[str, Any]:
    names = []
    answer = {**answer, "description": SUCCESSES[schema.method, code]}
    if "content" in answer and not schema.view.streamed:
        names.append("ETag")
    if code == "201" and schema.view.is_recorded and schema.view.action == "create":
        names.append("Location")
    return {**answer, "headers": {name: _header(name) for name in names}} if names else answer


def _header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}


def add_too_long(operations: dict[str, Any]) -> None:
    """The web server's answer where the query may be long."""
    for operation in operations.values():
        if any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
            found = {**operation["responses"], "414": {"$ref": "#/components/responses/AddressTooLong"}}
            operation["responses"] = dict(sorted(found.items()))


def add_link_headers(operations: dict[str, Any]) -> None:
    """What is read by a cursor has pages."""
    operation = operations.get("get", {})
    if {"cursor", "after"} & {parameter["name"] for parameter in operation.get("parameters", ())}:
        operation["responses"]["200"].setdefault("headers", {})["Link"] = _header("Link")


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
