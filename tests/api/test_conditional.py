"""Entity tags, If-Match and If-None-Match, header by header (RFC 9110, section 13)."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import RequestFactory
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.conditional import (
    add_cache_headers,
    add_entity_tag,
    entity_tag,
    expected_versions,
    form_version,
    if_none_match_passes,
    is_form,
    version_of,
)
from factcheck.api.row_json import RowJSON
from factcheck.errors import InvalidInput, PreconditionRequired

FORM = "application/x-www-form-urlencoded"
BODY = b'{"version":3}'
TAG = '"3-d0e2ee8dca2c835059f807f1"'


def request(method="GET", body="", kind="application/json", **headers):
    made = RequestFactory().generic(method, "/", body, content_type=kind, headers=headers)
    return Request(made, parsers=[JSONParser(), FormParser(), MultiPartParser()])


def test_the_tag_holds_the_version_and_a_digest_of_96_bits():
    assert entity_tag(BODY, 3) == TAG
    assert entity_tag(BODY, 0) == TAG.replace("3", "0", 1)
    assert entity_tag(BODY, None) == '"d0e2ee8dca2c835059f807f1"'
    assert entity_tag(b"", None) == '"b8e1dda3ac0aa3820ad2990b"'


def test_the_version_is_that_of_a_row_and_lists_have_none():
    rows = [RowJSON('{"id":1}', 7), RowJSON("{}"), {"version": 7}, {}, [{"version": 7}], "version"]
    assert [version_of(row) for row in rows] == [7, None, 7, None, None, None]


@pytest.mark.parametrize(
    ("header", "passes"),
    [
        (None, True),
        ("", True),
        ("*", False),
        (" * ", False),
        (TAG, False),
        (f"W/{TAG}", False),
        (f'"1-ab", W/{TAG} , "x"', False),
        (f'"1-ab"{TAG}', False),
        ('"1-ab", "3-"', True),
        (TAG.strip('"'), True),
        (f"{TAG[:-1]}", True),
        ("nothing", True),
    ],
)
def test_if_none_match_keeps_back_what_the_caller_has(header, passes):
    headers = {} if header is None else {"If-None-Match": header}
    assert if_none_match_passes(request(**headers), TAG) is passes


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        ("*", None),
        (" * ", None),
        (TAG, {3}),
        (f" W/{TAG} ", {3}),
        ('"3-9f2c","4-" , W/"12-0a"', {3, 4, 12}),
        ('"3-9f2c","another"', {3}),
        ('"3"', {3}),
        ('W/"3", "4-9f2c"', {3, 4}),
        ('"3-xyz"', set()),
        ('"3 "', set()),
        ('""', set()),
        ('"1234567890123456789"', set()),
        ('"1234567890123456789-a"', set()),
        ('"123456789012345678-a"', {123456789012345678}),
    ],
)
def test_if_match_names_the_versions_that_may_be_overwritten(header, versions):
    assert expected_versions(request("PUT", **{"If-Match": header})) == versions


@pytest.mark.parametrize("header", ["3", "3-9f2c", '"3-9f2c', "W/3", '"a" "b"', '"a",', ",", '"a","b', "**", "*,*"])
def test_an_if_match_that_is_no_list_of_tags_is_refused(header):
    with pytest.raises(InvalidInput) as refused:
        expected_versions(request("PUT", **{"If-Match": header}))
    assert (
        refused.value.detail
        == 'If-Match must be the ETag of the last answer, such as "3-9f2c", the version, "3", or *.'
    )


MULTIPART = '--x\r\nContent-Disposition: form-data; name="version"\r\n\r\n4\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("body", "kind", "version"),
    [
        ("version=3", FORM, 3),
        ("version=3", f"{FORM}; charset=utf-8", 3),
        ("version=0", FORM, 0),
        ("version=" + "9" * 18, FORM, int("9" * 18)),
        (MULTIPART, "multipart/form-data; boundary=x", 4),
        ("version=" + "9" * 19, FORM, None),
        ("version=-3", FORM, None),
        ("version=+3", FORM, None),
        ("version=3.0", FORM, None),
        ("version=%D9%A1", FORM, None),
        ("version=", FORM, None),
        ("text=3", FORM, None),
        ('{"version": "3"}', "application/json", None),
        ('["version"]', "application/json", None),
    ],
)
def test_the_version_of_a_form_counts_where_there_is_no_if_match(body, kind, version):
    sent = request("POST", body, kind)
    assert is_form(sent) is not kind.startswith("application/json")
    assert form_version(sent) == version
    if version is not None:
        assert expected_versions(request("POST", body, kind)) == {version}
        assert expected_versions(request("POST", body, kind, **{"If-Match": TAG.replace("3", "8", 1)})) == {8}
        return
    with pytest.raises(PreconditionRequired) as refused:
        expected_versions(sent)
    assert refused.value.detail == (
        "Send If-Match with the ETag of your last GET, so that you do not overwrite a change that you have not seen."
    )


@pytest.mark.parametrize(
    ("method", "user", "status", "rule"),
    [
        ("GET", AnonymousUser(), 200, "public, max-age=60, s-maxage=5, stale-while-revalidate=4"),
        ("GET", User(), 200, None),
        ("GET", AnonymousUser(), 201, None),
        *(("GET", AnonymousUser(), status, "public, max-age=5") for status in (301, 404, 410)),
        *(("GET", User(), status, None) for status in (301, 404, 410)),
        *(("GET", AnonymousUser(), status, None) for status in (302, 304, 400, 401, 403, 406, 429, 500, 503)),
        ("POST", AnonymousUser(), 200, None),
        ("POST", AnonymousUser(), 404, None),
        ("HEAD", AnonymousUser(), 200, None),
    ],
)
def test_any_cache_may_keep_what_an_anonymous_caller_reads(method, user, status, rule):
    asked, response = request(method), Response(status=status)
    asked.user = user
    add_cache_headers(asked, response, article=7)
    kept = {name: response.get(name) for name in ("Cache-Control", "Surrogate-Key")}
    assert kept == {"Cache-Control": rule or "private, no-cache", "Surrogate-Key": "article-7 all" if rule else None}


def answer(asked, **headers):
    response = Response(
        {"version": 3}, headers={"Vary": "Accept", "Link": "<x>", "Cache-Control": "private", **headers}
    )
    response.content = BODY  # as rendered
    add_entity_tag(asked, response)
    return response.status_code, response.content, dict(response.headers)


WHOLE = {"Content-Type": "text/html; charset=utf-8", "Vary": "Accept", "Link": "<x>", "Cache-Control": "private"}
SHORT = {"Vary": "Accept", "Link": "<x>", "Cache-Control": "private"}


@pytest.mark.parametrize(
    ("method", "known", "tag"),
    [
        ("GET", TAG, TAG),
        ("GET", f'"1-a", W/{TAG}', f"W/{TAG}"),
        ("GET", "*", TAG),
        ("GET", f"W/{TAG}, {TAG}", f"W/{TAG}"),
    ],
)
def test_what_the_caller_has_is_not_sent_again(method, known, tag):
    assert answer(request(method, **{"If-None-Match": known})) == (304, b"", SHORT | {"ETag": tag})


@pytest.mark.parametrize(
    ("method", "known"), [("GET", {}), ("GET", {"If-None-Match": '"3-0"'}), ("PUT", {"If-None-Match": TAG})]
)
def test_anything_else_is_sent_with_its_tag(method, known):
    assert answer(request(method, **known)) == (200, BODY, WHOLE | {"ETag": TAG})


def test_a_tag_that_the_answer_has_is_kept():
    assert answer(request(), ETag='"own"') == (200, BODY, WHOLE | {"ETag": '"own"'})
    assert answer(request(**{"If-None-Match": '"own"'}), ETag='"own"') == (304, b"", SHORT | {"ETag": '"own"'})
