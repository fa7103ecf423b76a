"""The import page: a document is imported, or its errors are shown at their lines."""

import json
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from claims.models import Article, Statement
from tests.newsroom import browser_of, page_of, user_with_role

SEED = (Path(__file__).parents[2] / "seeds" / "biden-zelensky-call-2022.json").read_text()


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def test_a_document_is_imported_and_its_article_shown(desk):
    answer = desk.post("/import/", {"document": SEED})
    assert answer.status_code == 303
    assert answer["Location"] == f"/api/v1/articles/{Article.objects.get().pk}/"
    assert Statement.objects.count() == len(json.loads(SEED)["statements"])


def test_a_document_comes_as_a_file_too(desk):
    file = SimpleUploadedFile("seed.json", b"\xef\xbb\xbf" + SEED.encode())
    assert desk.post("/import/", {"file": file}).status_code == 303


def test_faults_stand_at_their_lines_and_what_was_pasted_is_kept(desk):
    lines = SEED.split("\n")
    at = next(number for number, line in enumerate(lines) if '"tag": "denied"' in line)
    lines[at] = lines[at].replace("denied", "refuted")
    answer = desk.post("/import/", {"document": "\n".join(lines)})
    html = answer.content.decode()
    assert answer.status_code == 400
    assert f"<b>Line {at + 1}:</b>" in html
    assert "refuted" in html
    assert "Nothing was imported." in html
    assert not Article.objects.exists()


def test_a_name_that_is_there_twice_is_shown_at_its_line(desk):
    document = '{"format": "factcheck-annotations/1",\n"article": {"title": "A",\n"text": "Yes.",\n"title": "B"}}'
    answer = desk.post("/import/", {"document": document})
    assert answer.status_code == 400
    assert "<b>Line 4:</b> This is given twice in the same object. Send it once." in answer.content.decode()
    assert not Article.objects.exists()


def test_a_passage_that_the_text_does_not_hold_is_named_and_nothing_is_written(desk):
    document = json.loads(SEED)
    document["statements"][0]["text"] = "Nobody ever wrote this."
    answer = desk.post("/import/", {"document": json.dumps(document, indent=2)})
    assert answer.status_code == 400
    assert "The article does not hold this passage word for word." in answer.content.decode()
    assert not Article.objects.exists()


@pytest.mark.parametrize(("document", "words"), [
    ("", "There is no document. Paste one, or choose a file."),
    ('{"a": 1', "This is not valid JSON at line 1, column 8: Expecting"),
    ('{"a": "b', "This is not valid JSON at line 1, column 7: Unterminated string starting."),
    ('{"a": "b\nc"}', "This is not valid JSON at line 1, column 9: Invalid control character."),
    ('{"a" 1}', "This is not valid JSON at line 1, column 6: Expecting"),
    ('{"a": "say "no""}', "This is not valid JSON at line 1, column 13: Expecting"),
    ('{"a": True}', "This is not valid JSON at line 1, column 7: Expecting value."),
    ('{"a": }', "This is not valid JSON at line 1, column 7: Expecting value."),
    ('{"a": denied}', "This is not valid JSON at line 1, column 7: Expecting value."),
    ("{'a': 1}", "This is not valid JSON at line 1, column 2: Expecting property name enclosed in double quotes."),
    ('{“a”: 1}', "This is not valid JSON at line 1, column 2: Expecting property name enclosed in double quotes."),
    ('{"a": 1} x', "This is not valid JSON at line 1, column 10: Extra data."),
    (r'{"a": "C:\q"}', "This is not valid JSON at line 1, column 10: Invalid \\escape"),
    ("1" * 5000, "a number that is too long"),
    ("[" * 100_000, "This JSON cannot be read: it is nested too deeply."),
    ("{}", "Fill this in."),
    ("[]", "Nothing was imported."),
    ("NaN", "Nothing was imported."),
])  # fmt: skip
def test_what_is_no_document_is_refused_in_words(desk, document, words):
    answer = desk.post("/import/", {"document": document})
    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_what_is_no_json_is_shown_at_its_line_and_column(desk):
    html = desk.post("/import/", {"document": '{\r\n  "title": "A",\r\n  "text": “B”\r\n}'}).content.decode()
    assert "This is not valid JSON at line 3, column 11: Expecting value." in html
    assert '<pre tabindex="0">&quot;text&quot;: <strong class="here">“</strong>B”</pre>' in html


def test_a_comma_too_many_is_named(desk):
    html = desk.post("/import/", {"document": '{\n"a": 1,\n}'}).content.decode()
    # Which message and which line depends on the version of Python.
    assert re.search(
        r"This is not valid JSON at line [23], column \d+: (Expecting property name|Illegal trailing)", html
    )


def test_a_fault_of_the_document_has_its_line_and_its_pointer(desk):
    document = json.loads(SEED)
    document["statements"][2]["tag"] = "refuted"
    text = json.dumps(document, indent=1)
    line = next(n for n, one in enumerate(text.split("\n"), 1) if '"refuted"' in one)
    html = desk.post("/import/", {"document": text}).content.decode()
    assert f"<b>Line {line}:</b> “refuted” is not one of asserted, denied, unverified." in html
    assert "<code>#/statements/2/tag</code>" in html
    assert '<pre tabindex="0">&quot;tag&quot;: &quot;refuted&quot;,</pre>' in html


def test_a_file_that_is_no_text_is_refused(desk):
    answer = desk.post("/import/", {"file": SimpleUploadedFile("x.docx", b"PK\x03\x04\xff")})
    assert answer.status_code == 400
    assert "This is a ZIP archive, as .docx and .xlsx files are, not text." in answer.content.decode()


def test_only_an_editor_imports(db):
    client = browser_of(user_with_role("bob", "reporter"))
    assert "Annotation document" not in page_of(client, "/import/")
    assert client.post("/import/", {"document": SEED}).status_code == 403


def test_a_reporter_brings_in_a_text_with_what_is_known_of_it(db):
    client = browser_of(user_with_role("bob", "reporter"))
    assert 'action="/import/text/"' in page_of(client, "/import/")
    typed = {
        "title": "A talk",
        "text": "One.",
        "byline": "Jane Doe",
        "language": "",
        "published_at": "2021-03-05T14:30",
    }
    assert client.post("/import/text/", typed).status_code == 303
    article = Article.objects.get()
    assert (article.byline, article.language, article.text) == ("Jane Doe", "en", "One.")


def test_the_lists_have_one_way_to_bring_in_an_article(db):
    client = browser_of(user_with_role("bob", "reporter"))
    for address in ("/", "/api/v1/articles/"):
        page = page_of(client, address)
        assert '<a class="button" href="/import/">Bring in an article</a>' in page
        assert "?form=new" not in page


def test_who_may_not_import_is_told_who_may(alice):
    user_with_role("vera", "viewer")
    client = browser_of(user_with_role("bob", "reporter"))
    html = client.post("/import/", {"document": SEED}).content.decode()
    assert "This page needs the role editor; you are reporter. Ask one of those who have it: alice." in html


def test_a_document_nested_deeply_is_refused_on_the_import_page(client, alice):
    client.force_login(alice)
    nested = '{"format":' + "[" * 600 + "]" * 600 + "}"
    assert client.post("/import/", {"document": nested}, headers={"accept": "text/html"}).status_code == 400
