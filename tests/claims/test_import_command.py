"""manage.py import_annotations: every fault by its pointer, whole or not at all, and a run that writes nothing."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from claims.models import Article, Statement
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source

pytestmark = pytest.mark.django_db
SEED = sorted((Path(__file__).parents[2] / "seeds").glob("*.json"))[0]
SOURCE = {"key": "minister", "name": "The minister", "kind": "person"}


def document(**parts):
    return {
        "format": "factcheck-annotations/1",
        "article": {"title": "A report", "url": "https://news.example/1", "text": "The minister said no. Nobody else."},
        "sources": [SOURCE],
        "statements": [
            {
                "key": "no",
                "text": "The minister said no.",
                "source": "minister",
                "evidence": [{"key": "memo", "stance": "context", "url": "https://b.example/"}],
            },
            {"key": "nobody", "text": "Nobody else.", "source": "minister", "via": ["minister"]},
        ],
        "disputes": [{"key": "d", "statement": "no", "raised_by": "minister", "kind": "denial"}],
        **parts,
    }


@pytest.fixture
def run(tmp_path):
    def run(*documents, options=()):
        files = []
        for number, each in enumerate(documents, 1):
            files.append(tmp_path / f"{number}.json")
            files[-1].write_text(each if isinstance(each, str) else json.dumps(each))
        out, err = StringIO(), StringIO()
        call_command("import_annotations", *map(str, files), *options, stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    return run


def faults(run, *documents, options=()):
    with pytest.raises(CommandError) as refused:
        run(*documents, options=options)
    return [line for line in str(refused.value).splitlines() if not line.endswith(".json:")]


def test_a_dry_run_prints_what_would_change_and_writes_nothing(run):
    out, _ = run(document(), options=["--dry-run"])
    assert out.splitlines() == [
        "  6 created, 0 changed, 0 deleted",
        "  created source The minister",
        "  created article A report",
        "  created statement no",
        "  created statement nobody",
        "  created evidence memo",
        "  created dispute d",
    ]
    assert (Article.objects.count(), Source.objects.count(), Entry.objects.count()) == (0, 0, 0)


def test_a_dry_run_of_an_edited_document_names_just_what_differs(run):
    run(document())
    edited = document(disputes=[])
    edited["statements"][0]["paraphrase"] = "She refused."
    assert run(edited, options=["--dry-run"])[0].splitlines() == [
        "  0 created, 1 changed, 0 deleted",
        "  changed statement no",
    ]
    del edited["statements"][1]
    out, _ = run(edited, options=["--dry-run", "--replace"])
    assert out.splitlines() == [
        "  0 created, 1 changed, 2 deleted",
        "  changed statement no",
        "  deleted dispute d",
        "  deleted statement nobody",
    ]
    assert Statement.objects.get(key="no").paraphrase == ""
    run(edited, options=["--replace"])
    assert list(Statement.objects.values_list("key", "paraphrase")) == [("no", "She refused.")]


def test_a_dry_run_tells_what_the_run_then_does(run):
    seed = json.loads(SEED.read_text())
    said = run(seed, options=["--dry-run"])[0].splitlines()[0]
    assert not Entry.objects.exists()
    assert said in run(seed)[1].splitlines()
    assert run(seed)[1].splitlines()[-1] == "  0 created, 0 changed, 0 deleted"


def test_documents_that_refer_to_each_other_are_tried_together(run):
    second = document(
        article={"title": "A rebuttal", "url": "https://news.example/2", "text": "That never happened."},
        statements=[{"key": "never", "text": "That never happened.", "source": "minister"}],
        disputes=[
            {
                "key": "x",
                "statement": "never",
                "raised_by": "minister",
                "counter_statement": "no",
                "counter_article": "https://news.example/1",
                "kind": "denial",
            }
        ],
    )
    out, err = run(document(), second, options=["--dry-run"])
    assert "  created dispute x" in out.splitlines()
    assert [line for line in err.splitlines() if "[2/2]" in line]
    assert not Article.objects.exists()


def test_every_fault_of_a_document_is_named_by_its_pointer_and_nothing_of_it_is_kept(run, alice):
    for _ in range(2):
        create_source(actor=alice, name="The twin", kind="person")
    written = Entry.objects.count()
    wrong = document(sources=[{**SOURCE, "part_of": "ministry"}, {"key": "t", "name": "The twin", "kind": "person"}])
    wrong["article"]["publisher"] = "courier"
    wrong["statements"][0].update(source="ghost", text="She never said it.")
    wrong["statements"][1]["via"] = ["minister", "ghost"]
    wrong["statements"].append({"key": "third", "text": "no"})
    wrong["disputes"] += [{"key": "e", "statement": "nowhere", "raised_by": "minister", "kind": "denial"}]
    wrong["disputes"] += [
        {"key": "f", "statement": "nobody", "raised_by": "t", "counter_statement": "nobody", "kind": "denial"}
    ]
    lines = faults(run, wrong)
    assert [line.split(": ")[0] for line in lines if not line.startswith("  ")] == [
        "#/article/publisher",
        "#/sources/0/part_of",
        "#/statements/0/source",
        "#/statements/1/via/1",
        "#/disputes/1/statement",
        "#/sources/1",
        "#/statements/0/text",
        "#/statements/2/source",
        "#/disputes/2/counter_statement",
    ]
    assert Entry.objects.count() == written
    assert not Article.objects.exists()


def test_faults_of_form_are_all_named_too(run):
    wrong = document()
    wrong["statements"][0]["tag"] = "true"
    wrong["statements"][1]["rating"] = 5
    wrong["disputes"][0]["kind"] = "doubt"
    assert [line.split(": ")[0] for line in faults(run, wrong)] == [
        "#/statements/0/tag",
        "#/statements/1/rating",
        "#/disputes/0/kind",
    ]


def test_a_name_that_is_there_twice_is_named_by_its_pointer(run):
    twice = json.dumps(document()).replace('"title": "A report"', '"title": "A report", "title": "Another"')
    assert faults(run, twice) == ["#/article/title: This is given twice in the same object. Send it once."]
    assert not Article.objects.exists()


def test_one_bad_document_does_not_stop_the_others_and_is_told_at_the_end(run):
    bad = document(statements=[{"key": "no", "text": "Nowhere to be found.", "source": "minister"}], disputes=[])
    bad["article"]["url"] = "https://news.example/2"
    lines = faults(run, bad, "{nonsense", document())
    assert lines[0] == "#/statements/0/text: The article does not hold this passage word for word."
    assert lines[1].startswith("Expecting property name")
    assert [article.url for article in Article.objects.all()] == ["https://news.example/1"]


def test_a_rule_that_the_database_judges_is_told_in_words(run):
    twice = document()
    twice["disputes"].append({**twice["disputes"][0], "key": "again"})
    assert faults(run, twice) == ["This source's dispute of this statement is open already. Resolve that one."]
    assert not Entry.objects.exists()


def test_only_new_leaves_alone_what_was_imported_before(run):
    run(document())
    edited = document()
    edited["statements"][0]["paraphrase"] = "She refused."
    run(edited, options=["--only-new"])
    assert Statement.objects.get(key="no").paraphrase == ""
