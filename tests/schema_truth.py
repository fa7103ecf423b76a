"""Holds what the API answers against openapi.yaml. `conftest.py` does so with every answer of the whole suite."""

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

FILE = Path(__file__).parent.parent / "openapi.yaml"
# No operation's answer: a method that an address does not have, faults that a test provokes, and the way to the
# login page, which only a browser that asks for HTML is shown.
NOT_DESCRIBED = {302, 405, 500}
# Headers that are part of the contract: none is answered without being described.
CONTRACT = ("Content-Location", "ETag", "Link", "Location", "Preference-Applied", "Retry-After", "WWW-Authenticate")
LONGEST = 100_000  # bytes; longer answers are more of the same rows, and some tests take the time of them


def committed() -> dict[str, Any]:
    return yaml.load(FILE.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@cache
def document() -> dict[str, Any]:
    document = committed()
    for name, shape in document["components"]["schemas"].items():
        # Not said in the schema, since clients should bear a new field; but a field of today must be named.
        if "properties" in shape and not name.endswith("Request") and name != "Problem":
            shape["additionalProperties"] = False
    return document


@cache
def described_operations() -> list[tuple[re.Pattern[str], str, dict[str, Any]]]:
    found = []
    for path, operations in document()["paths"].items():
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
        found += [(pattern, method.upper(), operation) for method, operation in operations.items()]
    # statements/bulk/ before statements/{id}/
    return sorted(found, key=lambda each: each[0].pattern.count("[^/]+"))


def operation_at(method: str, path: str) -> dict[str, Any] | None:
    fitting = ((pattern, operation) for pattern, of, operation in described_operations() if of == method)
    return next((operation for pattern, operation in fitting if pattern.fullmatch(path)), None)


@cache
def validator(shape: str) -> Draft202012Validator:
    whole = Resource(contents=document(), specification=DRAFT202012)
    registry: Any = Registry().with_resource("urn:openapi", whole)
    absolute = shape.replace('"$ref": "#', '"$ref": "urn:openapi#')
    return Draft202012Validator(json.loads(absolute), registry=registry)


def _header_fault(described: dict[str, Any], answer: Any) -> str | None:
    shapes = {header: document()["components"]["headers"][header_of(part)] for header, part in described.items()}
    missing = [header for header, shape in shapes.items() if shape.get("required") and header not in answer.headers]
    if missing and not answer.headers.get("Content-Type", "").startswith("text/html"):
        return f"without {', '.join(missing)}"
    unsaid = [header for header in CONTRACT if header in answer.headers and header not in shapes]
    return f"with {', '.join(unsaid)}, which the schema does not list" if unsaid else None


def header_of(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


def untruth_in(method: str, path: str, answer: Any) -> str | None:
    """What the schema does not say of this answer, in words; None if all of it is as described."""
    operation = operation_at(method, path)
    if operation is None or answer.status_code in NOT_DESCRIBED:
        return None
    name, status = operation["operationId"], str(answer.status_code)
    described = operation["responses"].get(status)
    if described is None:
        return f"{name} answered {status}, which the schema does not list."
    if "$ref" in described:
        described = document()["components"]["responses"][described["$ref"].rpartition("/")[2]]
    if fault := _header_fault(described.get("headers", {}), answer):
        return f"{name} answered {status} {fault}."
    kind = answer.headers.get("Content-Type", "").split(";")[0]
    if answer.streaming or kind == "text/html" or not answer.content:
        return None
    if kind not in described.get("content", {}):
        return f"{name} answered {status} as {kind or 'nothing'}, not as the schema lists."
    if not kind.endswith("json") or len(answer.content) > LONGEST:
        return None
    faults = validator(json.dumps(described["content"][kind]["schema"])).iter_errors(json.loads(_plain(answer)))
    return next((f"{name} answered {status}: {fault.json_path}: {fault.message}" for fault in faults), None)


def _plain(answer: Any) -> bytes:
    return gzip.decompress(answer.content) if answer.get("Content-Encoding") == "gzip" else answer.content
