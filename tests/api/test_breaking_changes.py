"""What breaks a client of the last release is found, and must be in the CHANGELOG."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from factcheck.api.openapi.breaking import breaking_changes
from factcheck.api.openapi.releases import last_release, without_entry
from factcheck.api.openapi.schema_changes import Break

Document = dict[str, Any]
Change = Callable[[Document], Any]

RELEASED = yaml.safe_load("""
openapi: 3.1.1
paths:
  /rows/:
    get:
      operationId: list_rows
      security: [{token: []}, {}]
      parameters:
      - {in: query, name: kind, schema: {$ref: '#/components/schemas/Kind'}}
      - {in: query, name: limit, schema: {type: integer, minimum: 1, maximum: 100}}
      responses:
        '200':
          headers: {ETag: {schema: {type: string}}}
          content:
            application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Row'}}}
            text/csv: {}
        '404': {description: None}
    post:
      operationId: make_row
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/RowRequest'}}
          application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/RowRequest'}}
      responses:
        '201': {content: {application/json: {schema: {$ref: '#/components/schemas/Row'}}}}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
  schemas:
    Kind: {type: string, enum: [old, new]}
    Name: {type: string}
    Row:
      type: object
      required: [id, title]
      properties:
        id: {type: integer, format: int64}
        title: {type: string}
        made_on: {type: string, format: date}
        kind: {$ref: '#/components/schemas/Kind'}
        parent: {oneOf: [{$ref: '#/components/schemas/Row'}, {type: 'null'}]}
    RowRequest:
      type: object
      required: [title]
      properties:
        title: {type: string, maxLength: 300}
        note: {type: [string, 'null']}
        size: {type: number}
        tags: {type: array, maxItems: 5, items: {type: string}}
        mood: {type: [string, 'null'], enum: [good, null]}
        extra: {type: object, additionalProperties: {type: string}}
        label: {$ref: '#/components/schemas/Name'}
        first: {allOf: [{$ref: '#/components/schemas/Name'}], maxLength: 9}
        by:
          oneOf:
          - {type: object, required: [user], properties: {user: {type: string}}}
          - {type: object, required: [team], properties: {team: {type: string}}}
""")


KIND = {"$ref": "#/components/schemas/Kind"}


FILLED = {"type": ["string", "null"], "minLength": 1}


def operation(document: Document, method: str = "get") -> Document:
    found: Document = document["paths"]["/rows/"][method]
    return found


def fields(document: Document, name: str) -> Document:
    found: Document = document["components"]["schemas"][name]["properties"]
    return found


def answer(document: Document) -> Document:
    found: Document = operation(document)["responses"]["200"]["content"]["application/json"]["schema"]
    return found


def row_without(document: Document, *names: str) -> Document:
    """In place of a reference to the component."""
    kept = {name: field for name, field in fields(document, "Row").items() if name not in names}
    return document["components"]["schemas"]["Row"] | {"properties": kept}


def moved(document: Document, kind: str, holder: Any, key: Any) -> None:
    """To a component."""
    document["components"].setdefault(kind, {})["Moved"] = holder[key]
    holder[key] = {"$ref": f"#/components/{kind}/Moved"}


def required(document: Document, name: str) -> list[str]:
    found: list[str] = document["components"]["schemas"][name]["required"]
    return found


def changed(change: Change) -> list[str]:
    document = deepcopy(RELEASED)
    change(document)
    return [str(each) for each in breaking_changes(RELEASED, document)]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda d: d["paths"].pop("/rows/"), ["GET /rows/: is gone", "POST /rows/: is gone"]),
        (lambda d: d["paths"]["/rows/"].pop("post"), ["POST /rows/: is gone"]),
        (lambda d: operation(d).update(operationId="rows"), ["GET /rows/: operationId is no longer list_rows"]),
        (lambda d: operation(d).update(security=[{"token": []}]), ["GET /rows/: security has fewer ways to sign in"]),
        (lambda d: d["components"].pop("securitySchemes"), ["token: is gone"]),
        (
            lambda d: d["components"]["securitySchemes"]["token"].update(scheme="basic"),
            ["token: is sent in another way"],
        ),
        # what is sent
        (lambda d: operation(d)["parameters"].pop(0), ["GET /rows/: query kind is gone"]),
        (lambda d: operation(d)["parameters"][0].update(required=True), ["GET /rows/: query kind is required"]),
        (
            lambda d: operation(d)["parameters"].append({"in": "query", "name": "q", "required": True}),
            ["GET /rows/: query q is required"],
        ),
        (
            lambda d: operation(d)["parameters"][1]["schema"].update(maximum=50, minimum=2),
            ["GET /rows/: query limit maximum is 50", "GET /rows/: query limit minimum is 2"],
        ),
        (
            lambda d: operation(d)["parameters"][1].update(schema={"type": "array", "items": {"type": "integer"}}),
            ["GET /rows/: query limit no longer takes integer"],
        ),
        (lambda d: d["components"]["schemas"]["Kind"].update(enum=["new"]), ["Kind: no longer takes old"]),
        (lambda d: operation(d, "post").pop("requestBody"), ["POST /rows/: body is gone"]),
        (lambda d: operation(d, "post")["requestBody"].update(required=True), ["POST /rows/: body is required"]),
        (
            lambda d: operation(d, "post")["requestBody"]["content"].pop("application/x-www-form-urlencoded"),
            ["POST /rows/: body application/x-www-form-urlencoded is gone"],
        ),
        (lambda d: fields(d, "RowRequest").pop("note"), ["RowRequest: note is gone"]),
        (lambda d: required(d, "RowRequest").append("note"), ["RowRequest: note is required"]),
        (
            lambda d: (fields(d, "RowRequest").update(on={}), required(d, "RowRequest").append("on")),
            ["RowRequest: on is required"],
        ),
        (lambda d: fields(d, "RowRequest")["note"].update(type="string"), ["RowRequest: note no longer takes null"]),
        (lambda d: fields(d, "RowRequest")["size"].update(type="integer"), ["RowRequest: size no longer takes number"]),
        (
            lambda d: fields(d, "RowRequest")["note"].update(enum=["a", None]),
            ["RowRequest: note no longer takes other values"],
        ),
        (lambda d: fields(d, "RowRequest")["title"].update(maxLength=200), ["RowRequest: title maxLength is 200"]),
        (lambda d: fields(d, "RowRequest")["title"].update(minLength=1), ["RowRequest: title minLength is 1"]),
        (lambda d: fields(d, "RowRequest")["title"].update(pattern="^A"), ["RowRequest: title pattern is ^A"]),
        (lambda d: fields(d, "RowRequest")["title"].update(format="uri"), ["RowRequest: title format is uri"]),
        (lambda d: fields(d, "RowRequest")["tags"].update(maxItems=4), ["RowRequest: tags maxItems is 4"]),
        (
            lambda d: fields(d, "RowRequest")["tags"]["items"].update(maxLength=9),
            ["RowRequest: tags[] maxLength is 9"],
        ),
        (
            lambda d: fields(d, "RowRequest")["mood"].update(type="string", enum=["good"]),
            ["RowRequest: mood no longer takes null"],
        ),
        (lambda d: fields(d, "RowRequest")["first"].update(maxLength=5), ["RowRequest: first maxLength is 5"]),
        (
            lambda d: fields(d, "RowRequest")["by"]["oneOf"].pop(),
            ["RowRequest: by.team is gone", "RowRequest: by.user is required"],
        ),
        (lambda d: fields(d, "RowRequest")["by"]["oneOf"][1].pop("properties"), ["RowRequest: by.team is gone"]),
        (lambda d: fields(d, "RowRequest")["by"].update(maxProperties=1), ["RowRequest: by maxProperties is 1"]),
        (
            lambda d: fields(d, "RowRequest")["extra"]["additionalProperties"].update(maxLength=3),
            ["RowRequest: extra.* maxLength is 3"],
        ),
        (
            lambda d: d["components"]["schemas"]["Name"].update(minLength=1),
            ["Name: minLength is 1", "RowRequest: first minLength is 1"],
        ),
        # what is answered
        (
            lambda d: (
                answer(d).update(items=row_without(d)),
                operation(d, "post")["responses"]["201"]["content"]["application/json"].update(
                    schema=row_without(d, "made_on")
                ),
            ),
            ["Row: made_on is gone"],
        ),
        (lambda d: operation(d)["responses"].pop("404"), ["GET /rows/: status 404 is gone"]),
        (
            lambda d: operation(d)["responses"]["200"]["content"].pop("text/csv"),
            ["GET /rows/: 200 text/csv is gone"],
        ),
        (lambda d: operation(d)["responses"]["200"].pop("headers"), ["GET /rows/: header ETag of 200 is gone"]),
        (lambda d: fields(d, "Row").pop("made_on"), ["Row: made_on is gone"]),
        (lambda d: required(d, "Row").remove("title"), ["Row: title may be missing"]),
        (lambda d: fields(d, "Row")["title"].update(type=["string", "null"]), ["Row: title may now be null"]),
        (lambda d: fields(d, "Row")["id"].update(type="number"), ["Row: id may now be number"]),
        (lambda d: fields(d, "Row").update(title={}), ["Row: title may now be any value"]),
        (lambda d: fields(d, "Row")["made_on"].pop("format"), ["Row: made_on format is no longer date"]),
        (
            lambda d: fields(d, "Row").update(parent={"type": ["string", "null"]}),
            ["Row: parent may now be string"],
        ),
    ],
)
def test_a_change_that_breaks_a_client_is_found_once_at_its_place(change: Change, found: list[str]) -> None:
    assert changed(change) == found


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["paths"].update({"/more/": {"get": {"responses": {}}}}),
        lambda d: d["paths"]["/rows/"].update({"delete": {"responses": {}}}),
        lambda d: operation(d).update(description="Others", summary="Rows", deprecated=True),
        lambda d: operation(d).update(security=[{}, {"other": []}, {"token": []}]),
        lambda d: operation(d)["parameters"].append({"in": "query", "name": "q", "schema": {"type": "string"}}),
        lambda d: operation(d)["parameters"].reverse(),
        lambda d: operation(d)["parameters"][1]["schema"].update(maximum=200, minimum=0),
        lambda d: operation(d)["responses"].update({"410": {"description": "Gone"}}),
        lambda d: operation(d)["responses"]["200"]["content"].update({"text/plain": {}}),
        lambda d: d["components"]["schemas"]["Kind"].update(enum=["old", "new", "newest"]),
        lambda d: fields(d, "RowRequest").update(on={"type": "string"}),
        lambda d: fields(d, "RowRequest")["by"]["oneOf"].reverse(),
        lambda d: operation(d)["parameters"][1]["schema"].update(type="number"),
        lambda d: required(d, "RowRequest").remove("title"),
        lambda d: fields(d, "RowRequest")["title"].update(type=["string", "null"], maxLength=400, default="A"),
        lambda d: fields(d, "RowRequest").update(note={"oneOf": [{"type": "string"}, {"type": "null"}]}),
        lambda d: fields(d, "RowRequest").update(note={}),
        lambda d: fields(d, "RowRequest").update(note={"oneOf": [FILLED, {"type": "string", "maxLength": 0}]}),
        lambda d: fields(d, "RowRequest")["title"].pop("maxLength"),
        lambda d: fields(d, "Row").update(by={"type": "string"}),
        lambda d: required(d, "Row").append("made_on"),
        lambda d: fields(d, "Row")["title"].update(maxLength=10, pattern="^A"),
        lambda d: fields(d, "Row")["id"].pop("format"),
        lambda d: fields(d, "RowRequest")["size"].update(format="float"),
        lambda d: moved(d, "parameters", operation(d)["parameters"], 0),
        lambda d: moved(d, "requestBodies", operation(d, "post"), "requestBody"),
        lambda d: moved(d, "responses", operation(d)["responses"], "200"),
        lambda d: fields(d, "Row").update(parent={"$ref": "#/components/schemas/Row"}),
        lambda d: fields(d, "Row").update(kind={"type": "string", "enum": ["old", "new"]}),
        lambda d: fields(d, "Row").update(kind={"allOf": [KIND], "default": "old"}),
    ],
)  # fmt: skip
def test_a_change_that_breaks_no_client_is_not(change: Change) -> None:
    assert changed(change) == []


GONE = Break("GET /rows/", "query kind is gone")
LONGER = Break("RowRequest", "tags[] pattern is [a]")
CHANGELOG = "# Changelog\n\n## Unreleased\n\n### Changed for clients\n\n- {}\n\n### Fixed\n\n{}\n\n## 0.1\n\n{}\n"


@pytest.mark.parametrize(
    "line",
    [
        "`GET /rows/` and `RowRequest` are new.",
        "`GET /rows/: query kind is gone`, `RowRequest: tags[] pattern is [a]`.",
        "`* is gone`; `*: tags[] pattern*`.",
    ],
)
def test_an_entry_names_the_operation_or_component_or_what_is_said_of_it(line: str) -> None:
    assert without_entry([GONE, LONGER], CHANGELOG.format(line, "", "")) == []


@pytest.mark.parametrize("line", ["GET /rows/ is new.", "`/rows/`", "`GET /rows/{id}/`", "`GET /rows/: query q*`"])
def test_other_words_are_no_entry(line: str) -> None:
    assert without_entry([GONE], CHANGELOG.format(line, "", "")) == [GONE]


@pytest.mark.parametrize(
    "changelog",
    [
        CHANGELOG.format("", "- `GET /rows/`", ""),
        CHANGELOG.format("", "", "### Changed for clients\n\n- `GET /rows/`"),
        "# Changelog\n\n## Unreleased\n\n## 0.1\n\n### Changed for clients\n\n- `GET /rows/`\n",
    ],
)
def test_nor_are_other_sections_and_releases(changelog: str) -> None:
    assert without_entry([GONE], changelog) == [GONE]


def test_the_last_release_is_told_by_its_numbers(tmp_path):
    for name in ("openapi-0.9.yaml", "openapi-0.10.yaml", "openapi-0.2.yaml", "README.md"):
        (tmp_path / name).touch()
    assert last_release(tmp_path).name == "openapi-0.10.yaml"


def test_the_command_fails_until_the_changelog_tells_of_the_change(tmp_path, capsys):
    document = deepcopy(RELEASED)
    operation(document)["parameters"].pop(0)
    paths = {name: tmp_path / f"{name}.yaml" for name in ("released", "schema", "changelog")}
    paths["released"].write_text(yaml.safe_dump(RELEASED))
    paths["schema"].write_text(yaml.safe_dump(document))
    paths["changelog"].write_text(CHANGELOG.format("", "", ""))
    with pytest.raises(CommandError, match="GET /rows/: query kind is gone"):
        call_command("breaking_changes", **paths)
    paths["changelog"].write_text(CHANGELOG.format("`GET /rows/`: `kind` is gone.", "", ""))
    call_command("breaking_changes", **paths)
    assert capsys.readouterr().out == "Changes that break clients of released.yaml: 1, all in changelog.yaml.\n"
