"""The annotation document: its JSON Schema, and what goes through it unharmed."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from jsonschema import Draft202012Validator

from claims import services
from claims.models import Article, Dispute
from factcheck.journal.models import Entry

ROOT = Path(__file__).parent.parent
SEEDS = sorted((ROOT / "seeds").glob("*.json"))


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    written = json.loads((ROOT / "docs" / "annotation-document.schema.json").read_text())
    Draft202012Validator.check_schema(written)
    return Draft202012Validator(written)


def faults(schema: Draft202012Validator, document: object) -> list[str]:
    return [f"{fault.json_path}: {fault.message}" for fault in schema.iter_errors(document)]


def test_the_schema_in_docs_is_the_one_that_judges_an_import():
    out = StringIO()
    call_command("annotation_schema", stdout=out)
    assert json.loads(out.getvalue()) == json.loads((ROOT / "docs" / "annotation-document.schema.json").read_text())


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
def test_a_seed_is_valid_and_with_a_wrong_tag_it_is_not(schema, seed):
    document = json.loads(seed.read_text())
    assert faults(schema, document) == []
    document["statements"][0]["tag"] = "true"
    assert faults(schema, document) == [
        "$.statements[0].tag: 'true' is not one of ['asserted', 'denied', 'unverified']"
    ]
    document["statements"][0].update(tag="denied", rating=1)
    assert len(faults(schema, document)) == 1


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
def test_an_export_is_valid_and_putting_it_back_changes_nothing(schema, api, seed):
    call_command("import_annotations", str(seed))
    path = f"/api/v1/articles/{Article.objects.get().pk}/annotations/"
    exported = api.get(path)
    assert faults(schema, exported.json()) == []
    written = Entry.objects.count()
    back = api.put(path, exported.json(), headers={"if-match": exported["ETag"]})
    assert (back.status_code, back.json(), Entry.objects.count()) == (200, exported.json(), written)


@pytest.fixture
def rebuttal(alice, minister):
    """A statement of another article, in which the minister's statement is contradicted."""
    article = services.create_article(actor=alice, title="A rebuttal", text="That never happened.")
    return services.create_statement(article=article, actor=alice, source=minister, start=0, end=20)


def test_a_dispute_raised_in_another_article_keeps_that_link(api, alice, statement, minister, rebuttal):
    services.open_dispute(
        actor=alice, statement=statement, raised_by=minister, counter_statement=rebuttal, kind="denial"
    )
    path = f"/api/v1/articles/{statement.article_id}/annotations/"
    exported = api.get(path)
    assert exported.json()["disputes"][0]["counter_statement"] == rebuttal.key
    assert exported.json()["disputes"][0]["counter_article"] is None  # it was published nowhere: the key has to do
    api.patch(f"/api/v1/articles/{rebuttal.article_id}/", {"url": "https://b.example/1"}, headers={"if-match": "*"})
    exported = api.get(path)
    assert exported.json()["disputes"][0]["counter_article"] == "https://b.example/1"
    written = Entry.objects.count()
    assert api.put(path, exported.json(), headers={"if-match": exported["ETag"]}).status_code == 200
    assert Entry.objects.count() == written
    assert Dispute.objects.get().counter_statement_id == rebuttal.pk


def test_a_counter_statement_that_is_nowhere_is_named_by_its_pointer(api, alice, statement, minister, rebuttal):
    services.open_dispute(
        actor=alice, statement=statement, raised_by=minister, counter_statement=rebuttal, kind="denial"
    )
    path = f"/api/v1/articles/{statement.article_id}/annotations/"
    document = api.get(path).json()
    document["disputes"][0]["counter_article"] = "https://elsewhere.example/"
    answer = api.put(path, document, headers={"if-match": "*"})
    assert answer.status_code == 400
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [
        ("#/disputes/0/counter_statement", "unknown_key")
    ]


@pytest.mark.django_db
def test_a_command_without_a_user_writes_in_the_name_of_the_command_line(tmp_path):
    file = tmp_path / "report.txt"
    file.write_bytes("One.\r\nTwo: \U0001f600 caf\u00e9.\r\n".encode())
    out = StringIO()
    call_command("import_article", str(file), "--title", "A report", stdout=out)
    article = Article.objects.get()
    assert out.getvalue() == f"/api/v1/articles/{article.pk}/\n"
    assert article.text == "One.\r\nTwo: \U0001f600 caf\u00e9.\r\n"
    actor = Entry.objects.get().actor
    assert (actor.username, actor.is_active, actor.has_usable_password()) == ("command-line", False, False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (b"\xff\xfe", ["--title", "x"], "utf-8"),
        (b"a\x00b", ["--title", "x"], "text: Null characters are not allowed."),
        (b"a", ["--title", "x" * 501], "title: Ensure this field has no more than 500 characters."),
        (b"a", ["--title", "x", "--url", "ftp://b.example/"], "url: Give an address that begins with http"),
        (b"a" * 500_001, ["--title", "x"], "text: Ensure this field has no more than 500000 characters."),
        (b"a", ["--title", "x", "--user", "nobody"], "There is no user 'nobody'."),
    ],
)
def test_import_article_refuses_in_one_line_what_is_no_article(tmp_path, content, options, said):
    file = tmp_path / "report.txt"
    file.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        call_command("import_article", str(file), *options)
    assert said in str(refused.value)
    assert not Article.objects.exists()
