"""A new text is compared with the old one while no row is locked, and what others write meanwhile counts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from claims import services
from claims.anchoring.anchors import Reanchored, reanchor
from claims.annotations import import_document, replace_document
from claims.annotations.export import annotation_document
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.models import Article, Statement
from claims.services import reanchoring
from factcheck.errors import Conflict, StaleVersion
from tests.newsroom import TEXT

pytestmark = pytest.mark.django_db(transaction=True)

EDITED = "Update. " + TEXT
Searches = list[int]


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> Searches:
    """For each search, how many passages were sought. None is made within a transaction."""
    return watch(monkeypatch, lambda: None)


def watch(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], Any]) -> Searches:
    """Does something during each search."""
    counts: Searches = []

    def search(old: str, new: str, selectors: Any) -> list[Reanchored]:
        assert not connection.in_atomic_block
        counts.append(len(selectors))
        meanwhile()
        return reanchor(old, new, selectors)

    monkeypatch.setattr(reanchoring, "reanchor", search)
    return counts


def places(article: Article) -> list[tuple[int, str]]:
    return list(Statement.objects.filter(article=article, revision=2).order_by("start").values_list("start", "anchor"))


def edit(article: Article, actor: Any, **changes: Any) -> Article:
    return services.update_article(article_id=article.pk, versions=frozenset({1}), actor=actor, **changes)


def test_a_new_text_is_searched_while_no_transaction_is_open(api: APIClient, article, statement, searches) -> None:
    answer = api.patch(f"/api/v1/articles/{article.pk}/", {"text": EDITED}, format="json", headers={"If-Match": "*"})
    assert [(each["start"], each["anchor"]) for each in answer.json()["anchors"]] == [(10, "moved")]
    assert searches == [1]


def test_an_imported_text_is_searched_while_no_transaction_is_open(alice, article, statement, searches) -> None:
    serializer = AnnotationDocumentSerializer(data=annotation_document(article))
    serializer.is_valid(raise_exception=True)
    document = serializer.validated_data
    document["article"]["text"] = EDITED
    replace_document(article_id=article.pk, versions=None, document=document, actor=alice)
    document["article"]["text"] = TEXT
    import_document(document=document, actor=alice)
    assert searches == [1, 1]


@pytest.mark.parametrize("changes", [{"title": "Another title"}, {"text": TEXT}, {"title": "Other", "text": TEXT}])
def test_without_a_new_text_nothing_is_searched(alice, article, statement, searches, changes) -> None:
    edit(article, alice, **changes)
    assert searches == []


def test_a_statement_added_meanwhile_is_found_again_too(alice, article, minister, statement, monkeypatch) -> None:
    def add() -> None:
        if Statement.objects.count() == 1:
            services.create_statement(article=article, actor=alice, source=minister, start=24, end=45)

    searches = watch(monkeypatch, add)
    edit(article, alice, text=EDITED)
    assert places(article) == [(10, "moved"), (32, "moved")]
    assert searches == [1, 1]


def test_a_statement_moved_meanwhile_is_found_where_it_is_now(alice, article, statement, monkeypatch) -> None:
    moved = {"statement_id": statement.pk, "versions": None, "actor": alice, "start": 24, "end": 45}
    searches = watch(monkeypatch, lambda: services.update_statement(**moved))
    edit(article, alice, text=EDITED)
    assert places(article) == [(32, "moved")]
    assert searches == [1, 1]


def test_a_tag_or_a_deletion_meanwhile_needs_no_other_search(alice, article, minister, statement, monkeypatch) -> None:
    gone = services.create_statement(article=article, actor=alice, source=minister, start=24, end=45)

    def write() -> None:
        tag = {"tag": "denied", "reason": "So they say.", "actor": alice, "versions": None}
        services.tag_statement(statement_id=statement.pk, **tag)
        services.delete_statement(statement_id=gone.pk, versions=None, actor=alice)

    searches = watch(monkeypatch, write)
    edit(article, alice, text=EDITED)
    statement.refresh_from_db()
    assert (statement.start, statement.anchor, statement.tag, statement.version) == (10, "moved", "denied", 3)
    assert searches == [2]


def test_who_adds_statements_during_every_search_makes_the_edit_a_conflict(
    alice, article, minister, statement, monkeypatch
) -> None:
    ends = iter(range(30, 60))
    add = {"article": article, "actor": alice, "source": minister, "start": 24}
    searches = watch(monkeypatch, lambda: services.create_statement(**add, end=next(ends)))
    with pytest.raises(Conflict, match="Send the new text again in a moment"):
        edit(article, alice, text=EDITED)
    assert searches == [1, 1, 1, 1, 1]
    article.refresh_from_db()
    assert (article.text, article.version, article.revisions.count()) == (TEXT, 1, 1)


def test_an_article_changed_meanwhile_is_stale(alice, article, statement, monkeypatch) -> None:
    rename = {"article_id": article.pk, "versions": None, "actor": alice, "title": "Another title"}
    watch(monkeypatch, lambda: services.update_article(**rename))
    with pytest.raises(StaleVersion):
        edit(article, alice, text=EDITED)
    article.refresh_from_db()
    assert (article.text, article.version, article.revisions.count()) == (TEXT, 2, 1)


def test_an_edit_of_a_stale_version_is_refused_before_anything_is_searched(alice, article, statement, searches) -> None:
    services.update_article(article_id=article.pk, versions=None, actor=alice, title="Another title")
    with pytest.raises(StaleVersion):
        edit(article, alice, text=EDITED)
    assert searches == []


def test_a_text_edited_meanwhile_is_the_one_that_statements_are_found_from(
    alice, article, statement, monkeypatch
) -> None:
    def publish_first() -> None:
        monkeypatch.undo()
        services.update_article(article_id=article.pk, versions=None, actor=alice, text="Correction. " + TEXT)

    watch(monkeypatch, publish_first)
    services.update_article(article_id=article.pk, versions=None, actor=alice, text=EDITED)
    statement.refresh_from_db()
    assert (statement.start, statement.anchor, statement.revision, statement.version) == (10, "moved", 3, 3)


def test_a_statement_is_found_from_the_revision_that_it_is_pinned_to(alice, minister) -> None:
    """Of 400 equal sentences only the text around it tells which one is meant."""
    text = "He said no.\n\n" * 400
    article = services.create_article(actor=alice, title="A report", text=text)
    services.create_statement(article=article, actor=alice, source=minister, start=2600, end=2611)
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Update.\n\n" + text)
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Update.\n\n" + text + "End.")
    rows = Statement.objects.values_list("start", "anchor", "revision")
    assert list(rows) == [(2609, "anchored", 3)]
