"""Responses for callers that accept gzip."""

import gzip
import json

import pytest

GZIP = {"accept-encoding": "gzip"}


@pytest.fixture
def address(article):
    return f"/api/v1/articles/{article.pk}/"


def test_an_answer_is_compressed_for_who_asks_for_it_and_says_so(api, address):
    plain, small = api.get(address), api.get(address, headers=GZIP)
    assert "Content-Encoding" not in plain
    assert small["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(small.content)) == plain.json()
    assert "Accept-Encoding" in small["Vary"]
    assert "Accept-Encoding" in plain["Vary"]
    assert int(small["Content-Length"]) == len(small.content)


def test_the_weakened_etag_is_good_for_if_none_match_and_if_match(api, address):
    tag = api.get(address, headers=GZIP)["ETag"]
    assert tag.startswith('W/"1-')
    known = api.get(address, headers={**GZIP, "if-none-match": tag})
    assert (known.status_code, known.content) == (304, b"")
    assert api.patch(address, {"title": "Another"}, headers={**GZIP, "if-match": tag}).status_code == 200
    assert api.patch(address, {"title": "A third"}, headers={**GZIP, "if-match": tag}).status_code == 412


def test_a_compressed_export_is_a_stream_still(api, statement):
    answer = api.get("/api/v1/statements/export/?format=jsonl", headers=GZIP)
    assert (answer.streaming, answer["Content-Encoding"]) == (True, "gzip")
    lines = gzip.decompress(b"".join(answer.streaming_content)).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [statement.pk]
