"""The examples in the OpenAPI document: requests of tests/api/test_examples.py, and what the service answered."""

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "examples.json"


@cache
def recorded() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))


def add_examples(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    for operations in result["paths"].values():
        for operation in operations.values():
            example = recorded()["operations"].get(operation["operationId"], {})
            if "request" in example:
                for content in operation["requestBody"]["content"].values():
                    content["example"] = example["request"]
            for status, bodies in example.get("answers", {}).items():
                content = operation["responses"][status]["content"]
                for media_type, body in bodies.items():
                    content[media_type]["example"] = body
    for name, problems in recorded()["problems"].items():
        for content in result["components"]["responses"][name]["content"].values():
            content["examples"] = {problem: {"value": document} for problem, document in problems.items()}
    return result
