"""A body in which an object has two members of one name is refused: each reader takes another one for meant."""

import pytest
from django.test import RequestFactory

from factcheck.api.handler import Handler
from factcheck.api.strict_json import loads
from factcheck.encodings import NotText, decode
from factcheck.errors import InvalidInput
from factcheck.journal.models import Entry

DETAIL = "This is given twice in the same object. Send it once."


def pointers(text):
    with pytest.raises(InvalidInput) as refused:
        loads(text)
    return [error.pointer for error in refused.value.errors]


def test_a_name_that_is_there_twice_is_refused_by_its_pointer(api):
    body = '{"title": "A report", "text": "Yes.", "title": "Another report"}'
    answer = api.post("/api/v1/articles/", body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json() == {
        "type": "urn:factcheck:problem:invalid-input",
        "title": "The input is not valid",
        "status": 400,
        "detail": f"title: {DETAIL}",
        "errors": [{"pointer": "#/title", "code": "duplicate", "detail": DETAIL}],
    }
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"a": 1}, {"a": {"b": 1, "c": 2, "b": 3}}]', ["#/1/a/b"]),
        ('{"a": 1, "a": 2, "a": 3, "b": [], "b": []}', ["#/a", "#/b"]),
        (r'{"via": 1, "v\u0069a": 2}', ["#/via"]),
        ('{"a/b~": 1, "a/b~": 2}', ["#/a~1b~0"]),
        ('{"": 1, "": 2}', ["#/"]),
        ('{"a": {"x": 1, "x": 2}, "a": 3}', ["#/a"]),
        ('{"a": ' * 900 + '{"b": 1, "b": 2}' + "}" * 900, ["#" + "/a" * 249 + "…"]),
        ('{"' + "x" * 1000 + '": 1, "' + "x" * 1000 + '": 2}', ["#/" + "x" * 497 + "…"]),
        ("[" + '{"a": 1, "a": 2},' * 1000 + "0]", [f"#/{n}/a" for n in range(100)]),
    ],
)
def test_wherever_it_is_the_pointer_leads_there(text, expected):
    assert pointers(text) == expected


def test_one_name_in_two_objects_and_names_that_differ_in_case_are_no_doubles():
    assert loads('{"a": {"a": [{"a": 1}, {"a": 1}]}, "A": 2}') == {"a": {"a": [{"a": 1}, {"a": 1}]}, "A": 2}


def test_a_body_in_another_charset_is_read_by_it(api):
    body = '{"title": "Café", "text": "Yes."}'.encode("latin-1")
    answer = api.generic("post", "/api/v1/articles/", body, "application/json; charset=latin-1")
    assert (answer.status_code, answer.json()["title"]) == (201, "Café")


@pytest.mark.parametrize("charset", ["undefined", "punycode", "idna", "unicode_escape", "rot13", "zlib", "no-such"])
def test_a_charset_that_no_text_is_in_counts_as_none(charset):
    environ = RequestFactory()._base_environ(QUERY_STRING="q=%C3%A9", CONTENT_TYPE=f"text/plain; charset={charset}")
    request = Handler.request_class(environ)
    assert (request.encoding, request.GET["q"]) == (None, "é")
    with pytest.raises(NotText):
        decode(b"{}", charset)


def test_a_charset_of_text_is_kept():
    environ = RequestFactory()._base_environ(QUERY_STRING="q=%E9", CONTENT_TYPE="text/plain; charset=latin-1")
    request = Handler.request_class(environ)
    assert (request.encoding, request.GET["q"]) == ("latin-1", "é")


def test_a_whole_number_with_a_fraction_of_zero_is_an_id(api, article, minister):
    row = {
        "article": float(article.pk),
        "start": 2,
        "end": 23,
        "source": float(minister.pk),
        "via": [float(minister.pk)],
    }
    made = [api.post("/api/v1/statements/", row).json(), *api.post("/api/v1/statements/bulk/", [row]).json()]
    assert [(one["article"], one["source"]["id"], one["via"][0]["id"]) for one in made] == [
        (article.pk, minister.pk, minister.pk)
    ] * 2
