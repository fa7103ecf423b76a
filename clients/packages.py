"""Writes what the two packages take from openapi.yaml: a method for each operation, and a schema with the types of all.

`statements_bulk_tag` is `factcheck.statements.bulkTag` in TypeScript, and `factcheck.statements.bulk_tag` in Python.
Streams are left out, since each package reads them by functions of its own. `make packages` runs this.
"""

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
SCHEMA = HERE.parent / "openapi.yaml"
TYPESCRIPT = HERE / "typescript" / "src" / "operations.ts"
PYTHON = HERE / "python" / "factcheck_client" / "operations.py"
NAMED = HERE / "generated" / "named-schemas.json"
METHODS = ("get", "post", "put", "patch", "delete")
JSON = "application/json"
MARK = "Made by clients/packages.py from openapi.yaml."


def name_of(reference: dict[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


@dataclass
class Operation:
    method: str
    path: str
    described: dict[str, Any]
    schemas: dict[str, Any]  # of the document; gets one for each query, body and answer that has no name
    resource: str = field(init=False)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.resource, _, self.name = self.described["operationId"].partition("_")

    def named(self, schema: dict[str, Any], role: str) -> str:
        """The schema's name, `StatementsListQuery` if it has none."""
        if "$ref" in schema:
            return name_of(schema)
        name = "".join(word.capitalize() for word in f"{self.resource}_{self.name}_{role}".split("_"))
        self.schemas[name] = schema
        return name

    @property
    def answer_types(self) -> dict[str, Any]:
        statuses = self.described["responses"]
        success = next(answer for status, answer in sorted(statuses.items()) if status.startswith("2"))
        content: dict[str, Any] = success.get("content", {})
        return content

    @property
    def is_stream(self) -> bool:
        return "text/event-stream" in self.answer_types

    @property
    def answer(self) -> str:
        """A row or document by the name of its schema; None for nothing; Response for anything but JSON."""
        if not self.answer_types:
            return "None"
        return self.named(self.answer_types[JSON]["schema"], "answer") if JSON in self.answer_types else "Response"

    @property
    def row(self) -> str | None:
        """What the pages of a list hold."""
        fields = self.schemas.get(self.answer, {}).get("properties", {})
        return self.named(fields["results"]["items"], "row") if {"next", "results"} <= fields.keys() else None

    @property
    def is_list(self) -> bool:
        return self.method == "get" and self.row is not None

    def parameters(self, place: str) -> list[dict[str, Any]]:
        return [parameter for parameter in self.described.get("parameters", ()) if parameter["in"] == place]

    @property
    def takes_version(self) -> bool:
        return any(parameter["name"] == "If-Match" for parameter in self.parameters("header"))

    @property
    def body(self) -> str | None:
        sent = self.described.get("requestBody")
        return self.named(sent["content"][JSON]["schema"], "body") if sent else None

    @property
    def query(self) -> str | None:
        wanted = self.parameters("query")
        if not wanted:
            return None
        required = [parameter["name"] for parameter in wanted if parameter.get("required")]
        properties = {parameter["name"]: parameter["schema"] for parameter in wanted}
        return self.named({"type": "object", "properties": properties, "required": required}, "query")

    def target(self, name: str, integer: str, string: str) -> str:
        """The type of this parameter of the path. The first is the id of a row; the row itself is taken too."""
        (schema,) = (parameter["schema"] for parameter in self.parameters("path") if parameter["name"] == name)
        if schema["type"] == "string":
            return string
        if name != self.path_names[0]:
            return integer
        return "Versioned" if self.takes_version else f"{integer} | Identified"

    @property
    def path_names(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)

    def typescript_row(self) -> str:
        method = "LIST" if self.is_list else self.method.upper()
        takes = {"version": self.takes_version, "body": self.body, "query": self.query}
        row = ", ".join(f'"{word}"' for word in (method, self.path, *(name for name in takes if takes[name])))
        return f"    {camel(self.name)}: [{row}],\n"

    def typescript_type(self) -> str:
        taken = [f"{name}: {self.target(name, 'number', 'string')}" for name in self.path_names]
        taken += [f"body: {self.body}"] if self.body else []
        taken += [f"query{'' if self.schemas[self.query].get('required') else '?'}: {self.query}"] if self.query else []
        taken += ["options?: Options"]
        answer = {"None": "void"}.get(self.answer, self.answer)
        answer = f"Rows<{self.row}, {answer}>" if self.is_list else f"Promise<{answer}>"
        return f"    {camel(self.name)}({', '.join(taken)}): {answer};\n"

    def in_python(self, awaited: bool) -> str:
        taken = ["self", *(f"{name}: {self.target(name, 'int', 'str')}" for name in self.path_names)]
        sent = [f'"{self.path}"', "{" + ", ".join(f'"{name}": {name}' for name in self.path_names) + "}"]
        if self.takes_version:
            sent.append(f'version={self.path_names[0]}["version"]')
        if self.body:
            taken.append(f"body: types.{self.body}")
            sent.append("body=body")
        if self.method == "post":
            taken += ["*", "idempotency_key: str | None = None"]
            sent.append("key=idempotency_key")
        if self.query:
            taken.append(f"**query: Unpack[types.{self.query}]")
            sent.append("query=query")
        return self.python_method(", ".join(taken), ", ".join(sent), awaited)

    def python_method(self, taken: str, sent: str, awaited: bool) -> str:
        prefix, asynchronous, wait = ("Async", "async ", "await ") if awaited else ("", "", "")
        if self.is_list:
            rows = f"{prefix}Rows[types.{self.row}, types.{self.answer}]"
            return f"    def {self.name}({taken}) -> {rows}:\n        return {prefix}Rows(self.client, {sent})\n"
        how = "raw" if self.answer == "Response" else "json"
        answer = self.answer if self.answer in ("None", "Response") else f"types.{self.answer}"
        call = f'{wait}self.client.{how}("{self.method.upper()}", {sent})'
        done = call if self.answer == "None" else f"return {call}"
        return f"    {asynchronous}def {self.name}({taken}) -> {answer}:\n        {done}\n"


def operations_of(document: dict[str, Any]) -> dict[str, list[Operation]]:
    """By resource."""
    found = defaultdict(list)
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = Operation(method, path, item[method], document["components"]["schemas"])
                if operation.is_stream:
                    operation.query  # noqa: B018 names its type
                else:
                    found[operation.resource].append(operation)
    return dict(sorted(found.items()))


def typescript(resources: dict[str, list[Operation]], schemas: dict[str, Any]) -> str:
    tables, types = "", ""
    for resource, operations in resources.items():
        tables += f"  {resource}: {{\n{''.join(operation.typescript_row() for operation in operations)}  }},\n"
        types += f"  {resource}: {{\n{''.join(operation.typescript_type() for operation in operations)}  }};\n"
    used = [name for name in schemas if re.search(rf"\b{name}\b", types)]
    return (
        f'// {MARK}\nimport type {{ {", ".join(used)} }} from "./schema.js";\n'
        'import type { Identified, Options, Rows, Versioned } from "./requests.js";\n\n'
        f"export const operations = {{\n{tables}}} as const;\n\nexport interface Operations {{\n{types}}}\n"
    )


def python(resources: dict[str, list[Operation]]) -> str:
    classes, clients = "", ""
    for awaited, prefix in ((False, ""), (True, "Async")):
        clients += f"\n\nclass {prefix}Factcheck({prefix}Client):\n"
        for resource, operations in resources.items():
            name = f"{prefix}{resource.capitalize()}Operations"
            methods = "\n".join(operation.in_python(awaited) for operation in operations)
            classes += f"\n\nclass {name}:\n    def __init__(self, client: {prefix}Client) -> None:\n"
            classes += f"        self.client = client\n\n{methods}"
            clients += f"    @cached_property\n    def {resource}(self) -> {name}:\n        return {name}(self)\n\n"
    head = (
        f'# {MARK}\n# mypy: disable-error-code="no-any-return"\nfrom __future__ import annotations\n\n'
        "from functools import cached_property\n"
        "from typing import Unpack\n\nfrom httpx import Response\n\n"
        "from . import types\nfrom .client import AsyncClient, AsyncRows, Client, Identified, Rows, Versioned\n"
    )
    return head + classes + clients.rstrip() + "\n"


def main() -> None:
    document = yaml.safe_load(SCHEMA.read_text())
    schemas = document["components"]["schemas"]
    resources = operations_of(document)
    TYPESCRIPT.write_text(typescript(resources, schemas))
    PYTHON.write_text(python(resources))
    NAMED.parent.mkdir(exist_ok=True)
    NAMED.write_text(
        json.dumps({**document, "paths": {}, "security": [], "components": {"schemas": schemas}}, default=str)
    )


if __name__ == "__main__":
    main()
