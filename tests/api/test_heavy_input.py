"""Bodies and URLs made to keep a worker busy are refused quickly, with a short response."""

import json
import time

import pytest

from claims.passages import MAX_PASSAGE
from factcheck.api.parsers import MAX_ITEMS

LIMIT = 2_600_000  # bytes; the largest body is 2,621,440
SECONDS = 6.0  # of processor time; at most 1.3 were measured, and 13 to 87 without the limits
ANY = {"If-Match": "*"}
DOCUMENT = '{"format": "factcheck-annotations/1", "article": {"title": "T", "text": "T"}, %s}'


def filled(before: str, item: str, after: str) -> bytes:
    return (before + ",".join([item] * ((LIMIT - len(before) - len(after)) // (len(item) + 1))) + after).encode()


def strange_members(objects: int, members: int) -> bytes:
    one = "{" + ",".join(f'"k{n}":1' for n in range(members)) + "}"
    return (DOCUMENT % f'"sources": [], "disputes": [], "statements": [{",".join([one] * objects)}]').encode()


BODIES = {
    "nested lists": ("sources", b"[" * (LIMIT // 2) + b"]" * (LIMIT // 2)),
    "nested objects": ("sources", b'{"a":' * (LIMIT // 6) + b"1" + b"}" * (LIMIT // 6)),
    "one number": ("sources", b'{"name": ' + b"9" * LIMIT + b', "kind": "person"}'),
    "one text of digits": ("sources", b'{"name": "A", "kind": "person", "part_of": "' + b"9" * LIMIT + b'"}'),
    "200,000 members": ("sources", b"{" + b",".join(b'"k%06d":1' % n for n in range(200_000)) + b"}"),
    "doubled names": ("sources", filled("[", '{"a":1,"a":1}', "]")),
    "one name ever again": ("sources", filled("{", '"a":1', "}")),
    "a doubled name behind many": ("sources", filled('{"' + "x" * 1000 + '": [', "0", '], "a": 1, "a": 2}')),
    "one long name": ("sources", b'{"' + b"x" * LIMIT + b'": 1}'),
    "one long choice": ("sources", b'{"name": "A", "kind": "' + b"x" * LIMIT + b'"}'),
    "aliases of numbers": ("sources", filled('{"name": "A", "kind": "person", "aliases": [', "1", "]}")),
    "aliases of objects": ("sources", filled('{"name": "A", "kind": "person", "aliases": [', "{}", "]}")),
    "addresses": ("sources", filled('{"name": "A", "kind": "person", "same_as": [', "1", "]}")),
    "chain of zeros": ("statements", filled('{"article": 1, "start": 0, "end": 1, "via": [', "0", "]}")),
    "chain of lists": ("statements", filled('{"article": 1, "start": 0, "end": 1, "via": [', "[]", "]}")),
    "chain as text": ("statements", b'{"article": 1, "start": 0, "end": 1, "via": "' + b"1 " * (LIMIT // 2) + b'"}'),
    "bulk of nothing": ("statements/bulk", filled("[", "{}", "]")),
    "evidence": ("document", filled(DOCUMENT[:-5] + '"statements": [{"evidence": [', "{}", "]}]}")),
    "strange members": ("document", strange_members(4_300, 60)),
    "just as many faults as items are let in": (
        "document",
        (DOCUMENT % f'"statements": [{{"evidence": [{",".join(["{}"] * (MAX_ITEMS - 10))}]}}]').encode(),
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_made_to_be_slow_is_refused_in_moments_and_briefly(api, article, name):
    place, body = BODIES[name]
    method, address = ("PUT", f"articles/{article.pk}/annotations") if place == "document" else ("POST", place)
    began = time.process_time()
    answer = api.generic(method, f"/api/v1/{address}/", body, content_type="application/json", headers=ANY)
    assert time.process_time() - began < SECONDS
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert len(answer.content) < 20_000
    assert len(answer.json().get("errors", [])) <= 100


def test_what_is_too_many_is_said_in_words(api):
    many = api.post("/api/v1/sources/", {"name": "A", "kind": "person", "aliases": ["a"] * (MAX_ITEMS + 1)}).json()
    assert many["errors"] == [
        {
            "pointer": "#", "code": "too_many",
            "detail": "The lists in a body have at most 12000 items together. Send less at a time.",
        }
    ]  # fmt: skip
    wide = api.post("/api/v1/sources/", {f"k{n}": 1 for n in range(1001)}).json()
    assert wide["detail"] == "An object here has at most 1000 members."


def test_of_many_faults_the_first_hundred_are_listed_and_it_is_said(api, article):
    rows = [{"article": article.pk} for _ in range(200)]
    problem = api.post("/api/v1/statements/bulk/", [{**row, "start": -1, "end": -1} for row in rows]).json()
    assert len(problem["errors"]) == 100
    assert problem["errors"][0]["pointer"] == "#/0/start"
    assert problem["detail"].endswith("There are more than 100 errors; the first 100 are listed.")


def test_the_largest_bulk_request_is_let_in(api, article, alice):
    rows = [{"article": article.pk, "start": 2, "end": 23, "quote_type": "narration", "via": [9] * 20}] * 500
    assert "too_many" not in api.post("/api/v1/statements/bulk/", rows).content.decode()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(200_000))),
        ("application/x-www-form-urlencoded", b"&".join([b"aliases=1"] * 200_000)),
        (
            "multipart/form-data; boundary=b",
            b"".join(b'--b\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n1\r\n' % n for n in range(40_000)),
        ),
        ("multipart/form-data; boundary=b", b"\r\n--b" * 400_000),
    ],
    ids=["members", "repeated", "parts", "boundaries"],
)
def test_a_form_of_too_many_fields_is_refused_and_is_no_fault_of_ours(api, kind, body):
    began = time.process_time()
    answer = api.generic("POST", "/api/v1/sources/", body, content_type=kind)
    assert time.process_time() - began < SECONDS
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_passage_longer_than_any_is_refused_before_it_is_looked_for(api, article, monkeypatch):
    monkeypatch.setattr("claims.anchoring.anchors.find_passage", None)
    body = {"article": article.pk, "quote_type": "narration", "text": "a" * (MAX_PASSAGE + 1)}
    answer = api.post("/api/v1/statements/", body)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"pointer": "#/text", "code": "max_length", "detail": "A passage has at most 20000 code points."}
    ]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("statements/?q=" + "a+" * 2000, 200),
        ("statements/?q=" + "a+or+" * 800, 200),
        ("articles/?q=" + "-a+" * 1300, 200),
        ("articles/?q=%22" + "a+" * 2000 + "%22", 200),
        ("articles/?q=" + "%22" * 1300, 200),
        ("sources/?q=" + "a+" * 2000, 200),
        ("sources/?q=" + "%27%5C%3A%2A%26%7C%21%3C%3E%28%29" * 120, 200),
        ("sources/?cursor=" + "W" * 4000, 400),
        ("sources/?cursor=" + "W1tb" * 1000, 400),
        ("statements/?article=1&as_of=" + "2" * 4000, 400),
        ("statements/?article=1&as_of=2026-01-01T00:00:00" + "%20" * 1300, 400),
        ("journal/?after=" + "2" * 4000, 400),
        ("checks/?cursor=" + "2-" * 2000, 400),
        ("checks/?cursor=1-9999999999999999999-1", 400),
    ],
    ids=range(14),
)
def test_an_address_as_long_as_gunicorn_lets_in_is_answered_in_moments(api, statement, address, status):
    began = time.process_time()
    answer = api.get("/api/v1/" + address)
    assert time.process_time() - began < SECONDS
    assert answer.status_code == status, answer.content


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("If-None-Match", 'W/"' * 2700, 200),
        ("If-Match", ',W/"' * 2000, 400),
        ("Idempotency-Key", '"' + "\\" * 8000, 400),
        ("Idempotency-Key", '"' + "a" * 8000, 400),
        ("Accept", ",".join(["a/b;q=0.1"] * 800), 406),
        ("X-Forwarded-For", "1," * 4000, 200),
    ],
    ids=range(6),
)
def test_a_header_as_long_as_gunicorn_lets_in_is_answered_in_moments(api, minister, name, value, status):
    method = "get" if status in (200, 406) else "post" if name == "Idempotency-Key" else "patch"
    address = "/api/v1/sources/" if method == "post" else f"/api/v1/sources/{minister.pk}/"
    began = time.process_time()
    answer = api.generic(method.upper(), address, json.dumps({"name": "A"}), headers={name: value})
    assert time.process_time() - began < SECONDS
    assert answer.status_code == status, answer.content
