"""The import page: an annotation document in, or its faults at their lines."""

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from claims.models import Article, Statement
from tests.newsroom import user_with_role

SEED = (Path(__file__).parents[1] / "seeds" / "biden-zelensky-call-2022.json").read_text()


@pytest.fixture
def desk(alice):
    client = Client(headers={"Accept": "text/html"})
    client.force_login(alice)
    return client


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


def test_a_passage_that_the_text_does_not_hold_is_named_and_nothing_is_written(desk):
    document = json.loads(SEED)
    document["statements"][0]["text"] = "Nobody ever wrote this."
    answer = desk.post("/import/", {"document": json.dumps(document, indent=2)})
    assert answer.status_code == 400
    assert "The article does not hold this passage word for word." in answer.content.decode()
    assert not Article.objects.exists()


@pytest.mark.parametrize(("document", "words"), [
    ("", "Line 1:"),
    ('{\n"a": 1,\n}', "Line 3:"),
    ("[" * 100_000, "This is not JSON that can be read."),
    ("{}", "This field is required."),
    ("[]", "Nothing was imported."),
    ("NaN", "Nothing was imported."),
])  # fmt: skip
def test_what_is_no_document_is_refused_in_words(desk, document, words):
    answer = desk.post("/import/", {"document": document})
    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_a_file_that_is_no_text_is_refused(desk):
    answer = desk.post("/import/", {"file": SimpleUploadedFile("x.json", b"\xff\xfe\x00")})
    assert answer.status_code == 400
    assert "The file is not text in UTF-8." in answer.content.decode()


def test_only_an_editor_imports(db):
    client = Client(headers={"Accept": "text/html"})
    client.force_login(user_with_role("bob", "reporter"))
    assert client.get("/import/").status_code == 403
    assert client.post("/import/", {"document": SEED}).status_code == 403
