"""The responses of each operation in the OpenAPI document, and the links between operations.

The responses are complete: `make fuzz` reports a response that is not in the document. Their components are in
components.yaml.
"""

from typing import Any

# Component by status.
PROBLEMS = {
    400: "InvalidInput",
    401: "NotSignedIn",
    403: "NotAllowed",
    404: "NotFound",
    406: "NotAcceptable",
    409: "Conflict",
    410: "Gone",
    411: "LengthRequired",
    412: "StaleVersion",
    413: "TooLarge",
    415: "UnsupportedMediaType",
    422: "Unprocessable",
    428: "PreconditionRequired",
    429: "TooManyRequests",
    503: "Unavailable",
}
SUCCESS_DESCRIPTIONS = {
    ("GET", "200"): "The requested content.",
    ("DELETE", "204"): "It was deleted.",
    ("POST", "201"): "It was created.",
    ("POST", "200"): "It was done. The body shows the state after it.",
    ("PUT", "200"): "It was done. The body shows the state after it.",
    ("PATCH", "200"): "It was done. The body shows the state after it.",
}


def responses_of(schema: Any, successes: dict[str, Any]) -> dict[str, Any]:
    """The successes with their headers, and everything that can go wrong."""
    responses = {code: _with_headers(schema, code, response) for code, response in successes.items()}
    view = schema.view
    if schema.method == "GET" and not view.streamed:
        responses["304"] = {"$ref": "#/components/responses/NotModified"}
    if view.action in view.redirecting_actions:
        responses["301"] = {"$ref": "#/components/responses/Moved"}
    for status in problem_statuses(schema):
        responses[str(status)] = {"$ref": f"#/components/responses/{PROBLEMS[status]}"}
    return dict(sorted(responses.items()))


def problem_statuses(schema: Any) -> set[int]:
    view, method = schema.view, schema.method
    statuses = {400, 401, 403, 406, 429, 503}
    if "{" in schema.path:
        statuses.add(404)
    if view.needs_if_match():
        statuses |= {412, 428}
    if method in ("POST", "PUT", "PATCH"):
        statuses |= {411, 413, 415}
    if method != "GET" and not view.only_reads and (view.is_recorded or method == "POST"):
        statuses.add(409)
    if (
        method == "POST" and not view.only_reads
    ) or view.action in view.passage_actions:  # a POST may carry an Idempotency-Key
        statuses.add(422)
    return statuses | view.more_problems


def _with_headers(schema: Any, code: str, response: dict[str, Any]) -> dict[str, Any]:
    names = []
    response = {**response, "description": SUCCESS_DESCRIPTIONS[schema.method, code]}
    if "content" in response and not schema.view.streamed:
        names.append("ETag")
    # Who acts on one row and makes another is told where that is.
    if code == "201" and schema.view.is_recorded and (schema.view.action == "create" or schema.view.needs_if_match()):
        names.append("Location")
    if schema.method != "GET" and not schema.view.only_reads:
        names.append("Write-Position")
    headers = {name: _header(name) for name in names}
    if code == "200":
        headers |= {name: _header(component) for name, component in schema.view.more_headers.items()}
    return {**response, "headers": headers} if headers else response


def _header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}


def add_address_too_long(operations: dict[str, Any]) -> None:
    """414, which the web server answers where a query may be too long."""
    for operation in operations.values():
        if any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
            responses = {**operation["responses"], "414": {"$ref": "#/components/responses/AddressTooLong"}}
            operation["responses"] = dict(sorted(responses.items()))


def add_link_headers(operations: dict[str, Any]) -> None:
    """An operation with a cursor has pages, and so a Link header. A stream has none."""
    operation = operations.get("get", {})
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    if {"cursor", "after"} & names and "Last-Event-ID" not in names:
        operation["responses"]["200"].setdefault("headers", {}).setdefault("Link", _header("Link"))


def add_links(paths: dict[str, Any]) -> dict[str, Any]:
    """Adds links from the response that creates, reads or lists a row to the operations on it.

    Returns the link components.
    """
    links: dict[str, Any] = {}
    for path, operations in paths.items():
        if path.endswith("/{id}/"):
            row_paths = [other for other in paths if other.startswith(path) and other.count("{") == 1]
            row_links = {
                operation["operationId"]: _link(operation, "$response.body#/id")
                for row_path in row_paths
                for method, operation in paths[row_path].items()
                # A PUT below the row needs the ETag of its own GET, not that of the row.
                if method != "put" or row_path == path
            }
            links |= row_links
            list_operations = paths[path.removesuffix("{id}/")]
            _set_links(list_operations.get("post", {}), "201", row_links)
            _set_links(operations.get("get", {}), "200", row_links)
            if "get" in operations:
                first = _link(operations["get"], "$response.body#/results/0/id")
                list_operations["get"]["responses"]["200"]["links"] = {"first": first}
        elif {"get", "put"} <= operations.keys():
            put_link = {operations["put"]["operationId"]: _link(operations["put"], "$request.path.id")}
            links |= put_link
            _set_links(operations["get"], "200", put_link)
    return dict(sorted(links.items()))


def _set_links(operation: dict[str, Any], status: str, links: dict[str, Any]) -> None:
    if response := operation.get("responses", {}).get(status):
        response["links"] = {name: {"$ref": f"#/components/links/{name}"} for name in links}


def _link(operation: dict[str, Any], row_id: str) -> dict[str, Any]:
    parameters = {"path.id": row_id}
    if any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ())):
        parameters["header.If-Match"] = "$response.header.ETag"
    return {"operationId": operation["operationId"], "parameters": parameters}
