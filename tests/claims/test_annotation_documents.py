"""The annotation document: its JSON Schema, and what goes through it unharmed."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from jsonschema import Draft202012Validator

from claims import services
from claims.models import Article, Dispute
from claims.services import merge_source
from factcheck.journal.models import Entry
from sources.services import create_source

ROOT = Path(__file__).parents[2]
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


def test_a_counter_statement_without_an_address_is_the_only_one_of_another_article_with_its_key(
    api, alice, statement, minister, rebuttal
):
    dispute = services.open_dispute(
        actor=alice, statement=statement, raised_by=minister, counter_statement=rebuttal, kind="denial"
    )
    path = f"/api/v1/articles/{statement.article_id}/annotations/"
    document = api.get(path).json()
    services.delete_dispute(dispute_id=dispute.pk, versions=None, actor=alice, reason="Over.")
    del document["version"]
    assert api.put(path, document, headers={"if-match": "*"}).status_code == 200
    again = Dispute.objects.get()
    assert again.counter_statement_id == rebuttal.pk
    services.delete_dispute(dispute_id=again.pk, versions=None, actor=alice, reason="Over.")
    other = services.create_article(actor=alice, title="Another", text="Never.")
    services.create_statement(article=other, actor=alice, source=minister, start=0, end=6, key=rebuttal.key)
    answer = api.put(path, document, headers={"if-match": "*"})
    assert (answer.status_code, Dispute.objects.count()) == (400, 0)
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
    "content",
    [
        "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Jane Doe>The bridge\nwill open.\n\n"
        "00:04.500 --> 00:06.000\n<v John Roe>No.\n",
        "1\r\n00:00:01,000 --> 00:00:04,000\r\nJane Doe: The bridge will open.\r\n\r\n"
        "2\r\n00:00:08,000 --> 00:00:09,000\r\nJohn Roe: No.\r\n",
    ],
    ids=["vtt", "srt"],
)  # fmt: skip
def test_import_article_takes_the_words_of_a_transcript_a_paragraph_for_each_turn(tmp_path, content):
    file = tmp_path / "talk.txt"
    file.write_bytes(content.encode())
    call_command("import_article", str(file), "--title", "A talk", stdout=StringIO())
    assert Article.objects.get().text == "Jane Doe: The bridge will open.\n\nJohn Roe: No."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (b"WEBVTT\n\nNOTE nothing\n", ["--title", "x"], "There is no cue: a line such as"),
        (
            b"\x81",
            ["--title", "x"],
            "Line 1 is not UTF-8: byte 0 is 0x81. Save the file as UTF-8, or add",
        ),
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


def annotations(api, article_id):
    answer = api.get(f"/api/v1/articles/{article_id}/annotations/")
    return answer.json(), answer["ETag"]


def put(api, article_id, document, etag="*"):
    return api.put(f"/api/v1/articles/{article_id}/annotations/", document, headers={"if-match": etag})


def test_an_edited_dispute_is_changed_and_resolved_again(api, alice, statement, minister):
    dispute = services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial", note="Old")
    act = {"versions": None, "actor": alice, "reason": "The minutes say so."}
    services.resolve_dispute(dispute_id=dispute.pk, state="upheld", **act)
    document, etag = annotations(api, statement.article_id)
    document["disputes"][0] |= {"note": "New", "kind": "correction"}
    answer = put(api, statement.article_id, document, etag)
    assert answer.status_code == 200, answer.content
    changed = answer.json()["disputes"][0]
    assert (changed["note"], changed["kind"], changed["state"]) == ("New", "correction", "upheld")
    actions = Entry.objects.filter(resource="dispute").order_by("id").values_list("action", flat=True)
    assert list(actions)[2:] == ["dispute.reopened", "dispute.updated", "dispute.resolved"]


def test_a_source_changed_since_the_export_makes_the_document_stale(api, statement, minister):
    document, etag = annotations(api, statement.article_id)
    api.patch(f"/api/v1/sources/{minister.pk}/", {"description": "In office since May."}, headers={"if-match": "*"})
    stale = put(api, statement.article_id, document, etag)
    assert (stale.status_code, stale.json()["detail"]) == (
        412,
        "The article or something in it was changed in the meantime. Export it again.",
    )


def test_a_document_from_before_a_merge_is_refused_and_one_with_an_alias_keeps_the_name(api, alice, article):
    horne = create_source(actor=alice, name="Emily Horne", kind="person", aliases=["E."], description="Spokeswoman")
    twin = create_source(actor=alice, name="Emily J. Horne", kind="person")
    for source, end in ((horne, 6), (twin, 9)):
        services.create_statement(article=article, actor=alice, source=source, start=2, end=end)
    document, _ = annotations(api, article.pk)
    merge_source(source_id=twin.pk, versions=None, actor=alice, into=horne, reason="The same.")
    refused = put(api, article.pk, document)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "ambiguous")
    for item in document["statements"]:
        item["source"] = document["sources"][1]["key"]
    document["sources"] = document["sources"][1:]
    assert put(api, article.pk, document).status_code == 200
    horne.refresh_from_db()
    assert (horne.name, horne.aliases) == ("Emily Horne", ["E.", "Emily J. Horne"])


def test_what_is_orphaned_moved_or_one_of_many_alike_is_put_back_as_it_was(api, alice, minister):
    text = "He said no.\n" * 6 + "She said yes."
    article = services.create_article(actor=alice, title="A report", text=text)
    for start, end in ((24, 35), (72, 85)):
        services.create_statement(article=article, actor=alice, source=minister, start=start, end=end)
    services.update_article(
        article_id=article.pk, versions=None, actor=alice, text=text.replace("She said yes.", "Nobody.")
    )
    document, etag = annotations(api, article.pk)
    written = Entry.objects.count()
    assert put(api, article.pk, document, etag).status_code == 200
    assert Entry.objects.count() == written
    services.delete_statement(statement_id=article.statements.get(anchor="orphaned").pk, versions=None, actor=alice)
    document, etag = annotations(api, article.pk)
    document["statements"][0]["key"] = "another-key"
    assert put(api, article.pk, document, etag).status_code == 200
    assert article.statements.get().start == 24


def test_a_tag_taken_back_by_a_document_needs_its_reason(api, alice, statement):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="asserted", reason="She says so.")
    document, etag = annotations(api, statement.article_id)
    document["statements"][0] |= {"tag": "unverified", "tag_reason": ""}
    answer = put(api, statement.article_id, document, etag)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/statements/0/tag_reason")


@pytest.mark.parametrize("kind", ["disputes", "evidence"])
def test_a_dispute_and_evidence_stay_with_their_statement(api, alice, article, statement, minister, kind):
    other = services.create_statement(article=article, actor=alice, source=minister, start=2, end=9)
    made = (
        services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")
        if kind == "disputes"
        else services.create_evidence(actor=alice, statement=statement, stance="context", url="https://b.example/")
    )
    answer = api.patch(f"/api/v1/{kind}/{made.pk}/", {"statement": other.pk}, headers={"if-match": "*"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "immutable")


def test_a_link_to_an_article_without_an_address_is_not_moved_to_a_local_statement_of_the_same_key(
    api, alice, article, statement, minister, rebuttal
):
    services.create_statement(article=article, actor=alice, source=minister, start=2, end=9, key=rebuttal.key)
    dispute = services.open_dispute(
        actor=alice, statement=statement, raised_by=minister, counter_statement=rebuttal, kind="denial"
    )
    document, etag = annotations(api, article.pk)
    assert put(api, article.pk, document, etag).status_code == 200
    dispute.refresh_from_db()
    assert dispute.counter_statement_id == rebuttal.pk


def test_a_statement_stays_in_its_article_and_naming_that_one_again_is_no_fault(api, alice, article, statement):
    other = services.create_article(actor=alice, title="Another", text=article.text)
    path, present = f"/api/v1/statements/{statement.pk}/", {"if-match": "*"}
    moved = api.patch(path, {"article": other.pk}, headers=present)
    assert (moved.status_code, moved.json()["errors"][0]["pointer"]) == (400, "#/article")
    assert api.patch(path, {"article": article.pk}, headers=present).json()["version"] == 1


@pytest.mark.parametrize("namesakes", [2, 3])
def test_of_several_namesakes_a_new_document_is_given_none(api, alice, namesakes):
    for _ in range(namesakes):
        create_source(actor=alice, name="A senior official", kind="person", anonymous=True)
    article = services.create_article(actor=alice, title="A report", text="The talks failed, an official said.")
    document, etag = annotations(api, article.pk)
    document["sources"] = [{"key": "official", "name": "A senior official", "kind": "person", "anonymous": True}]
    written = Entry.objects.count()
    answer = put(api, article.pk, document, etag)
    assert (answer.status_code, Entry.objects.count()) == (400, written)
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("#/sources/0", "ambiguous")]
