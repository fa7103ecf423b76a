"""A passage that stands once is taken in whatever context it was sent, with a word about it."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from claims import services
from claims.models import Statement
from factcheck.journal.models import Entry
from tests.newsroom import browser_of

TEXT = "An official spoke. The bridge is closed. She said no. Others said no. Nobody asked why."
NOT_PREFIX = "The passage was taken where the text holds it, but not with this prefix."
NOT_SUFFIX = "The passage was taken where the text holds it, but not with this suffix."
NOT_BOTH = "The passage was taken where the text holds it, but not with this prefix and suffix."


@pytest.fixture
def text(alice):
    return services.create_article(actor=alice, title="The bridge", url="https://b.example/", text=TEXT)


@pytest.fixture
def body(text, minister):
    return {"article": text.pk, "source": minister.pk, "text": "The bridge is closed."}


@pytest.fixture
def document():
    claim = {"key": "closed", "text": "The bridge is closed.", "prefix": "He said: ", "source": "m"}
    return {
        "format": "factcheck-annotations/1",
        "article": {"title": "The bridge", "url": "https://b.example/", "text": TEXT},
        "sources": [{"key": "m", "name": "The minister", "kind": "person"}],
        "statements": [{"key": "why", "text": "Nobody asked why.", "source": "m"}, claim],
        "disputes": [],
    }


@pytest.mark.parametrize(
    ("context", "note"),
    [
        ({}, None),
        ({"prefix": "", "suffix": ""}, None),
        ({"prefix": "spoke. ", "suffix": " She"}, None),
        ({"prefix": "An official spoke. "}, None),
        ({"prefix": "  spoke. "}, NOT_PREFIX),
        ({"prefix": "spoke.  "}, NOT_PREFIX),
        ({"prefix": "The day before. An official spoke. "}, NOT_PREFIX),
        ({"suffix": " He"}, NOT_SUFFIX),
        ({"prefix": "x" * 500, "suffix": "y" * 500}, NOT_BOTH),
    ],
)
def test_it_is_taken_and_the_answer_says_so(api, body, context, note):
    answer = api.post("/api/v1/statements/", body | context)
    assert answer.status_code == 201
    assert answer.json()["prefix"] == "An official spoke. "
    assert answer.get("Passage-Note") == (note and f"#: {note}")


def test_context_longer_than_what_is_kept_is_compared_as_far_as_it_is_kept(api, body):
    context = {"prefix": "official spoke. The bridge is closed. She said no. ", "suffix": " Nobody asked why."}
    answer = api.post("/api/v1/statements/", body | context | {"text": "Others said no."})
    assert (answer.status_code, answer.get("Passage-Note")) == (201, None)


def test_changes_and_new_pins_say_so_too(api, body):
    path = f"/api/v1/statements/{api.post('/api/v1/statements/', body).json()['id']}/"
    passage = {"text": "Nobody asked why.", "prefix": "He said: "}
    for method, address in ((api.patch, path), (api.post, path + "reanchor/")):
        answer = method(address, passage, headers={"if-match": "*"})
        assert (answer.status_code, answer["Passage-Note"]) == (200, f"#: {NOT_PREFIX}")
    again = api.patch(path, {"paraphrase": "Nobody."}, headers={"if-match": "*"})
    assert "Passage-Note" not in again


def test_of_many_each_is_named_by_its_index(api, body):
    other = body | {"text": "Nobody asked why."}
    rows = [body | {"prefix": "x"}, other, other | {"suffix": "y"}]
    answer = api.post("/api/v1/statements/bulk/", rows)
    assert (answer.status_code, answer["Passage-Note"]) == (201, f"#/0: {NOT_PREFIX} #/2: {NOT_SUFFIX}")
    answer = api.post("/api/v1/statements/bulk/", [body | {"prefix": "x"}] * 23)
    assert answer["Passage-Note"].endswith(f"#/19: {NOT_PREFIX} and 3 more")


def test_a_passage_that_stands_twice_needs_its_context(api, body):
    answer = api.post("/api/v1/statements/", body | {"text": "said no.", "prefix": "He "})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["detail"] == (
        "The article holds this passage more than once, but nowhere between this prefix and suffix."
    )
    assert (problem["nearest"]["start"], "candidates" in problem) == (45, False)
    answer = api.post("/api/v1/statements/", body | {"text": "said no.", "suffix": "!"})
    problem = answer.json()
    assert problem["detail"].endswith(" These places fit equally well: 45, 61.")
    assert problem["nearest"] == problem["candidates"][0]
    assert [place["start"] for place in problem["candidates"]] == [45, 61]
    assert not Statement.objects.exists()


def test_places_that_are_equally_near_are_shown_on_the_page(alice, minister):
    article = services.create_article(actor=alice, title="Twice", text="The bridge is closed now. " * 2)
    sent = {"article": article.pk, "source": minister.pk, "text": "This bridge is closed now."}
    html = browser_of(alice).post("/api/v1/statements/", sent).content.decode()
    assert "These places fit equally well: 0, 26." in html
    assert "These places are equally close to it:" in html
    assert html.count("<b>The bridge is closed now.</b>") == 2


def test_a_document_is_imported_with_a_word_and_a_second_time_changes_nothing(api, text, document):
    path = f"/api/v1/articles/{text.pk}/annotations/"
    for _ in range(2):
        answer = api.put(path, document, headers={"if-match": "*"})
        assert (answer.status_code, answer["Passage-Note"]) == (200, f"#/statements/1: {NOT_PREFIX}")
        count = Entry.objects.count()
    assert api.put(path, answer.json(), headers={"if-match": "*"}).get("Passage-Note") is None
    assert Entry.objects.count() == count


@pytest.mark.django_db
def test_the_command_says_so(tmp_path, document):
    (tmp_path / "a.json").write_text(json.dumps(document))
    said = StringIO()
    call_command("import_annotations", str(tmp_path / "a.json"), stderr=said)
    assert said.getvalue().splitlines()[1:] == ["  4 created, 0 changed, 0 deleted", f"  #/statements/1: {NOT_PREFIX}"]


def test_the_import_page_says_so_at_the_line_and_leads_to_the_article(alice, document):
    written = json.dumps(document, indent=1)
    answer = browser_of(alice).post("/import/", {"document": written})
    html = answer.content.decode()
    line = written.split("\n").index('   "key": "closed",')
    assert answer.status_code == 200
    assert f"<b>Line {line}:</b> {NOT_PREFIX} <code>#/statements/1</code>" in html
    statement = Statement.objects.get(key="closed")
    assert f'<a href="/api/v1/articles/{statement.article_id}/">The bridge</a> was imported.' in html
