import json
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

from tests.schema_truth import committed, validator

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "openapi.yaml"


def test_the_committed_schema_is_the_generated_one(tmp_path):
    call_command("spectacular", "--file", str(tmp_path / "openapi.yaml"))
    assert (tmp_path / "openapi.yaml").read_text() == COMMITTED.read_text(), (
        "run: manage.py spectacular --file openapi.yaml"
    )


def test_the_schema_names_what_public_reads_leave_out():
    schema = committed()["components"]["schemas"]
    for name, fields in (("Statement", {"tagged_by", "dissent"}), ("Dispute", {"opened_by", "resolved_by"})):
        assert fields <= schema[name]["properties"].keys()
        assert not fields & set(schema[name]["required"])


def test_the_lists_that_page_in_their_own_way_are_described_as_one_object():
    paths = committed()["paths"]
    for name in ("checks", "journal", "tokens"):
        content = paths[f"/api/v1/{name}/"]["get"]["responses"]["200"]["content"]
        assert "$ref" in content["application/json"]["schema"]


def test_what_is_sent_as_a_stream_promises_no_etag():
    responses = committed()["paths"]["/api/v1/statements/export/"]["get"]["responses"]
    assert "304" not in responses
    assert "ETag" not in responses["200"].get("headers", {})


def test_a_new_token_is_described_with_its_key():
    schema = committed()
    answer = schema["paths"]["/api/v1/tokens/"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    assert "token" in schema["components"]["schemas"][answer["$ref"].rpartition("/")[2]]["required"]


def test_every_operation_lists_its_refusals_and_has_no_default_answer():
    for path, operations in committed()["paths"].items():
        for method, operation in operations.items():
            statuses = set(operation["responses"])
            assert {"400", "401", "403", "406", "429", "503"} <= statuses, (path, method)
            assert "default" not in statuses
            unsealed = path.endswith(("/checkpoints/latest/", "/consistency/", "/key/"))  # while there is none
            named = path.endswith("/matches/")  # a statement, by `?statement=`
            assert ("404" in statuses) == ("{" in path or unsealed or named), (path, method)
            conditional = any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ()))
            in_body = path.endswith("/bulk-tag/")  # the versions of many
            assert ({"412", "428"} <= statuses) == conditional or in_body, (path, method)


ADDRESS = {"type": "string", "format": "uri", "minLength": 1, "maxLength": 2000}
ADDRESSES = {"url", "media_url", "archived_url", "counter_article", "addresses", "same_as"}
# Made by the service: they repeat a query, which may be longer.
LINKS = {"next", "previous"}


def test_an_address_has_one_shape_wherever_it_is_sent_or_answered():
    schemas = committed()["components"]["schemas"]
    linked_data = yaml.safe_load((ROOT / "claims/exports/linked_data.yaml").read_text())
    found = set()
    for component in schemas.keys() - linked_data.keys() - {"SourceCandidate"}:
        for name, shape in schemas[component].get("properties", {}).items():
            places = [shape, shape.get("items", {}), *shape.get("oneOf", ())]
            addresses = [place for place in places if place.get("format") == "uri"]
            assert bool(addresses) == (name in ADDRESSES | LINKS), (component, name)
            for each in addresses if name in ADDRESSES else ():
                found.add(name)
                assert each["type"] in ("string", ["string", "null"])
                assert each | {"type": "string"} == ADDRESS | {key: each[key] for key in {"description"} & each.keys()}
    assert found == ADDRESSES


@pytest.mark.parametrize(
    ("url", "fits"),
    [(None, True), ("", True), ("https://a.example/", True), (1, False), ("https://a.example/" + "x" * 2000, False)],
)
def test_an_address_may_be_left_empty_also_for_those_who_do_not_judge_formats(url, fits):
    request = validator(json.dumps({"$ref": "#/components/schemas/PatchedArticleRequest"}))
    assert request.is_valid({"url": url}) == fits


def test_the_position_of_a_write_is_described_where_it_is_answered_and_where_it_is_read():
    answering, reading = set(), set()
    for path, operations in committed()["paths"].items():
        for method, operation in operations.items():
            name, success = f"{method} {path.removeprefix('/api/v1/')}", min(operation["responses"])
            if "Write-Position" in operation["responses"][success].get("headers", {}):
                answering.add(name)
            if any(parameter["name"] == "Write-Position" for parameter in operation.get("parameters", ())):
                reading.add(name)
    assert {"post sources/", "patch articles/{id}/", "delete statements/{id}/", "post statements/bulk/"} <= answering
    assert {"get articles/{id}/", "get sources/", "get articles/export/", "get journal/", "get feeds/changes/",
            "get statements/matches/", "post statements/matches/"} <= reading  # fmt: skip
    assert not reading & {"get journal/stream/", "get feeds/changes/stream/", "get me/", "get tokens/"}
    assert not answering & reading
    assert not [name for name in answering if name.startswith("get")]
