"""The examples in the OpenAPI document: what tests/api/test_examples.py asked the service, and what it was answered."""

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
                for kind in operation["requestBody"]["content"].values():
                    kind["example"] = example["request"]
            for status, answers in example.get("answers", {}).items():
                content = operation["responses"][status]["content"]
                for kind, answer in answers.items():
                    content[kind]["example"] = answer
    for name, problems in recorded()["problems"].items():
        for kind in result["components"]["responses"][name]["content"].values():
            kind["examples"] = {problem: {"value": document} for problem, document in problems.items()}
    return result
