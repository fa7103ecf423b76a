"""Which changes of a JSON Schema break a client.

Of what a client sends, the new schema must take all that the old one took. In what it is answered, a client must find
all that it found; a new field or a new value of an enumeration may come (docs/api-conventions.md).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

Schema = dict[str, Any]
MAXIMA = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
MINIMA = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
NAME = "$name"  # of the component that a form is, in forms only
ANNOTATIONS = {NAME, "description", "default", "examples", "example", "title", "readOnly", "writeOnly", "deprecated"}
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


class Break(NamedTuple):
    """`where` is an operation (GET /api/v1/me/) or a component (ArticleRequest)."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class SchemaChanges:
    def __init__(self, old: Schema, new: Schema) -> None:
        self.old, self.new = old, new
        self._known: dict[tuple[Any, ...], list[Break]] = {}

    def breaks(self, old: Schema, new: Schema, *, is_sent: bool, where: str, at: str) -> list[Break]:
        """`at` is the place within `where`. Each form that may be sent, or answered, needs one of the other side."""
        olds, news = list(forms(self.old, old)), list(forms(self.new, new))
        found: list[Break] = []
        for form in olds if is_sent else news:
            pairs = [(form, each) for each in news] if is_sent else [(each, form) for each in olds]
            fitting = [pair for pair in pairs if _fits(*(pair if is_sent else pair[::-1]))]
            changes = [self._of_form(*pair, is_sent, where, at) for pair in fitting]
            what = f"{at} {'no longer takes' if is_sent else 'may now be'} {_type(form)}"
            fewest: list[Break] = min(changes, key=len, default=[Break(where, what.strip())])
            found += fewest
        return found

    def _of_form(self, old: Schema, new: Schema, is_sent: bool, where: str, at: str) -> list[Break]:
        """Of a component it is said once, whoever refers to it; it may hold itself."""
        name = old.get(NAME)
        if name is None:
            return list(self._changes(old, new, is_sent, where, at))
        key = (*_identity(old), *_identity(new), is_sent)
        if key not in self._known or NAME not in new:
            self._known[key] = []
            self._known[key] = list(self._changes(old, new, is_sent, name, ""))
        return self._known[key]

    def _changes(self, old: Schema, new: Schema, is_sent: bool, where: str, at: str) -> Iterator[Break]:
        own = _limits(old, new) if is_sent else _format(old, new)
        yield from (Break(where, f"{at} {what}".strip()) for what in own)
        yield from self._fields(old, new, is_sent, where, at)
        for key, place in (("items", "[]"), ("additionalProperties", ".*")):
            if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
                yield from self.breaks(old[key], new[key], is_sent=is_sent, where=where, at=at + place)

    def _fields(self, old: Schema, new: Schema, is_sent: bool, where: str, at: str) -> Iterator[Break]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, given = (set(each.get("required", [])) for each in (old, new))
        for name in before:
            if name not in after:
                yield Break(where, f"{_field(at, name)} is gone")
                continue
            place = _field(at, name)
            yield from self.breaks(before[name], after[name], is_sent=is_sent, where=where, at=place)
            if not is_sent and name in needed - given:
                yield Break(where, f"{place} may be missing")
        if is_sent:
            yield from (Break(where, f"{_field(at, name)} is required") for name in sorted(given - needed))


def resolved(document: Schema, part: Schema) -> Schema:
    """What a `$ref` within the document leads to."""
    while "$ref" in part:
        target: Any = document
        for key in part["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        part = target
    return part


def forms(document: Schema, schema: Schema) -> Iterator[Schema]:
    """A schema for each alternative and each type that it allows, and for the empty string, which is often one."""
    whole = _merged(document, schema)
    alternatives = whole.pop("oneOf", None) or whole.pop("anyOf", None)
    if alternatives:
        around = {key: value for key, value in whole.items() if key not in ANNOTATIONS}
        for each in alternatives:
            yield from forms(document, {**around, "allOf": [each]})
        return
    values = [whole["const"]] if "const" in whole else whole.get("enum")
    types = whole.get("type") or list(dict.fromkeys(TYPES[type(value)] for value in values or [])) or [None]
    for one in [types] if isinstance(types, str) else types:
        form = {**whole, "type": one}
        if values is not None:
            form["enum"] = [value for value in values if TYPES[type(value)] == one]
        yield from _with_and_without_letters(form)


def _with_and_without_letters(form: Schema) -> Iterator[Schema]:
    may_be_empty = form["type"] == "string" and "enum" not in form and not form.get("minLength")
    if may_be_empty and form.get("maxLength") != 0:
        yield {**form, "minLength": 1}
        yield {**form, "maxLength": 0}
    else:
        yield form


def _merged(document: Schema, schema: Schema) -> Schema:
    """With what it refers to; a schema that is nothing but one component has its name."""
    own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    parts = [_merged(document, each) for each in schema.get("allOf", [])]
    if "$ref" in schema:
        parts.append({**_merged(document, resolved(document, schema)), NAME: schema["$ref"].rpartition("/")[2]})
    is_one = len(parts) == 1 and not own.keys() - ANNOTATIONS
    merged: Schema = {}
    for part in (*parts, own):
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", []), *part.get("required", [])]
        merged |= part
        merged |= {key: value for key, value in (("properties", properties), ("required", required)) if value}
    if not is_one:
        merged.pop(NAME, None)
    return merged


def _field(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _identity(form: Schema) -> tuple[Any, ...]:
    return form.get(NAME), form["type"], form.get("maxLength") == 0


def _type(form: Schema) -> str:
    return form["type"] or "any value"


def _fits(asked: Schema, offered: Schema) -> bool:
    is_number = (asked["type"], offered["type"]) == ("integer", "number")
    return offered["type"] in (asked["type"], None) or is_number


def _limits(old: Schema, new: Schema) -> Iterator[str]:
    if new["type"] == "null":
        return
    if "enum" in new:
        gone = [value for value in old["enum"] if value not in new["enum"]] if "enum" in old else ["other values"]
        yield from (f"no longer takes {value}" for value in gone)
    for keys, sign in ((MAXIMA, 1), (MINIMA, -1)):
        for key in keys:
            if key in new and (key not in old or sign * new[key] < sign * old[key]):
                yield f"{key} is {new[key]}"
    if new.get("pattern") not in (None, old.get("pattern")):
        yield f"pattern is {new['pattern']}"
    if new.get("format") not in (None, old.get("format")) and new["type"] == "string":
        yield f"format is {new['format']}"


def _format(old: Schema, new: Schema) -> Iterator[str]:
    """Of strings: that of a number tells only how wide it may be stored."""
    if old.get("format") not in (None, new.get("format")) and old["type"] == "string":
        yield f"format is no longer {old['format']}"
