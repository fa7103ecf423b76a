"""manage.py demo, which `make run` begins with: nothing that editors did to the demo may make it fail."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command

from claims.management.commands.demo import USERS
from claims.models import Article
from claims.services import update_article
from sources.services import create_source

SEED = sorted((Path(__file__).parents[2] / "seeds").glob("*.json"))[0]


@pytest.fixture(autouse=True)
def roles(db):
    """A migration made them, but an earlier test may have emptied every table."""
    for name in USERS.values():
        Group.objects.get_or_create(name=name)


def demo(*files: Path) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("demo", *files, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_it_makes_the_users_and_imports_the_article_once():
    for _ in range(2):
        said, complaint = demo(SEED)
        password = said.strip().rpartition("password: ")[2]
        assert User.objects.get(username="alice").check_password(password)
        assert complaint == ""
    assert Article.objects.count() == 1


def test_an_article_that_cannot_be_imported_again_is_reported_in_one_line():
    """The article has another address now, so the document counts as new, and a name in it fits two sources."""
    demo(SEED)
    alice = User.objects.get(username="alice")
    first = json.loads(SEED.read_text())["sources"][0]
    create_source(actor=alice, name=first["name"], kind=first["kind"])
    article = Article.objects.get()
    update_article(article_id=article.pk, versions=None, actor=alice, url="https://news.example/moved")

    said, complaint = demo(SEED)
    assert said.startswith("Log in as alice (editor)")
    assert complaint.count("\n") == 1
    assert complaint.startswith(f"The demo article was not imported. {SEED}: #/sources/0: More than one source is")
    assert Article.objects.count() == 1


@pytest.mark.parametrize("content", ["{nonsense", "[]", "{}", '{"article": {"url": 5}}'])
def test_a_file_that_is_no_annotation_document_is_reported_and_the_next_is_imported(tmp_path, content):
    wrong = tmp_path / "wrong.json"
    wrong.write_text(content)
    _, complaint = demo(wrong, tmp_path / "missing.json", SEED)
    assert [line.partition(". ")[0] for line in complaint.splitlines()] == ["The demo article was not imported"] * 2
    assert Article.objects.count() == 1
