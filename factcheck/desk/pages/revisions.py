"""The revisions of an article: who made each, when and why, and which words changed."""

from collections.abc import Iterable
from typing import Any

from django.db.models.functions import Length

from claims.models import ArticleRevision
from factcheck.desk.marks import Passage, marked
from factcheck.desk.page import ListPage, Page
from factcheck.desk.word_diff import WordDiff, word_diff
from factcheck.journal.models import Entry

# Code points of the texts that one page of the list compares; its further revisions are compared on their own pages.
MAX_COMPARED = 1_000_000
LIST_LIMIT = 600  # words of each difference in the list


def entries_by_revision(article_id: int, numbers: Iterable[int]) -> dict[int, Any]:
    """The entry that made each revision."""
    entries = Entry.objects.of("article", article_id).filter(data__revision__in=list(numbers)).order_by("-version")
    return {entry.data["revision"]: entry for entry in entries}


class RevisionList(ListPage):
    def context(self) -> dict[str, Any]:
        article_id, numbers = self.view.kwargs["pk"], [row.number for row in self.rows]
        return {
            "entries": entries_by_revision(article_id, numbers),
            "differences": dict(self._differences(article_id, numbers)),
        }

    @staticmethod
    def _differences(article_id: int, numbers: list[int]) -> Iterable[tuple[int, WordDiff]]:
        """Newest first, each text read once."""
        revisions = ArticleRevision.objects.filter(article=article_id)
        lengths = dict(revisions.annotate(length=Length("text")).values_list("number", "length"))
        texts = revisions.values_list("text", flat=True)
        compared, text = 0, None
        for number in numbers:
            compared += lengths[number] + lengths.get(number - 1, 0)
            if number == 1 or compared > MAX_COMPARED:
                return
            text, after = texts.get(number=number - 1), text or texts.get(number=number)
            yield number, word_diff(text, after, LIST_LIMIT)


class RevisionPage(Page):
    def context(self) -> dict[str, Any]:
        article_id, number = self.view.kwargs["pk"], self.data["number"]
        passages = [
            Passage(s["id"], s["start"], s["end"], s["tag"], place, f"/api/v1/statements/{s['id']}/")
            for place, s in enumerate(self.data["statements"], 1)
        ]
        revisions = ArticleRevision.objects.filter(article=article_id)
        before = revisions.filter(number=number - 1).first()
        return {
            "newest": revisions.order_by("-number").values_list("number", flat=True).first(),
            "entry": entries_by_revision(article_id, [number]).get(number),
            "before": before,
            "difference": word_diff(before.text, self.data["text"]) if before else None,
            "marked_text": marked(self.data["text"], passages),
        }
