"""What in an OpenAPI 3.1 document breaks a client that was made for an older one."""

from collections.abc import Iterator
from typing import Any

from factcheck.api.openapi.schema_changes import Break, Schema, SchemaChanges, resolved

METHODS = ("get", "put", "post", "patch", "delete")


def breaking_changes(old: Schema, new: Schema) -> list[Break]:
    """In the order of the old document, each once."""
    return list(dict.fromkeys(_Documents(old, new).changes()))


class _Documents:
    def __init__(self, old: Schema, new: Schema) -> None:
        self.old, self.new, self.schemas = old, new, SchemaChanges(old, new)

    def changes(self) -> Iterator[Break]:
        for name, scheme in self.old["components"].get("securitySchemes", {}).items():
            yield from _scheme(name, scheme, self.new["components"].get("securitySchemes", {}).get(name))
        for path, item in self.old["paths"].items():
            for method in (each for each in METHODS if each in item):
                where = f"{method.upper()} {path}"
                operation = self.new["paths"].get(path, {}).get(method)
                if operation is None:
                    yield Break(where, "is gone")
                else:
                    yield from self._operation(where, item[method], operation)

    def _operation(self, where: str, old: Schema, new: Schema) -> Iterator[Break]:
        if old.get("operationId") != new.get("operationId"):
            yield Break(where, f"operationId is no longer {old.get('operationId')}")
        if any(each not in new.get("security", []) for each in old.get("security", [])):
            yield Break(where, "security has fewer ways to sign in")
        yield from self._parameters(where, old, new)
        yield from self._body(where, old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            if status in new["responses"]:
                yield from self._answer(where, status, answer, new["responses"][status])
            else:
                yield Break(where, f"status {status} is gone")

    def _parameters(self, where: str, old: Schema, new: Schema) -> Iterator[Break]:
        before, after = _parameters(self.old, old), _parameters(self.new, new)
        for key, parameter in before.items():
            name = " ".join(key)
            if key not in after:
                yield Break(where, f"{name} is gone")
            else:
                yield from self._schema(where, name, parameter, after[key], is_sent=True)
        for key, parameter in after.items():
            if parameter.get("required") and not before.get(key, {}).get("required"):
                yield Break(where, f"{' '.join(key)} is required")

    def _body(self, where: str, old: Schema | None, new: Schema | None) -> Iterator[Break]:
        before, after = resolved(self.old, old or {}), resolved(self.new, new or {})
        if after.get("required") and not before.get("required"):
            yield Break(where, "body is required")
        if old and not new:
            yield Break(where, "body is gone")
        else:
            yield from self._content(where, "body", before, after, is_sent=True)

    def _answer(self, where: str, status: str, old: Schema, new: Schema) -> Iterator[Break]:
        before, after = resolved(self.old, old), resolved(self.new, new)
        for name in before.get("headers", {}):
            if name not in after.get("headers", {}):
                yield Break(where, f"header {name} of {status} is gone")
        yield from self._content(where, status, before, after, is_sent=False)

    def _content(self, where: str, at: str, old: Schema, new: Schema, *, is_sent: bool) -> Iterator[Break]:
        after = new.get("content", {})
        for media_type, content in old.get("content", {}).items():
            if media_type in after:
                yield from self._schema(where, at, content, after[media_type], is_sent=is_sent)
            else:
                yield Break(where, f"{at} {media_type} is gone")

    def _schema(self, where: str, at: str, old: Schema, new: Schema, *, is_sent: bool) -> list[Break]:
        schemas = old.get("schema", {}), new.get("schema", {})
        return self.schemas.breaks(*schemas, is_sent=is_sent, where=where, at=at)


def _scheme(name: str, old: Schema, new: Schema | None) -> Iterator[Break]:
    keys = ("type", "scheme", "in", "name")
    if new is None:
        yield Break(name, "is gone")
    elif [old.get(key) for key in keys] != [new.get(key) for key in keys]:
        yield Break(name, "is sent in another way")


def _parameters(document: Schema, operation: Schema) -> dict[tuple[str, str], dict[str, Any]]:
    rows = [resolved(document, each) for each in operation.get("parameters", [])]
    return {(row["in"], row["name"]): row for row in rows}
