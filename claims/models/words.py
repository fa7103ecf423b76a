"""What `?q=` searches: the words of each statement and article, in tables of their own.

The database writes them in the transaction of the row (`claims/search_triggers.py`). They are no part of the
record, and the journal does not hold them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from factcheck.postgres.bounded_page import filtered_per_row
from factcheck.postgres.search import Expression, Term, either, in_words, query_of, rarest, refers_to, terms_of
from sources.models import Source

MAX_NEAREST = 5  # words of a query, the rarest, of which a row has to have some to be among the nearest


@dataclass(frozen=True)
class Search:
    """What somebody typed, with what the database knew of it when it was read: queries can be kept under it."""

    alternatives: tuple[tuple[Term, ...], ...]
    languages: tuple[str, ...]
    named: tuple[tuple[Term, tuple[int, ...]], ...]  # ids of the sources that a term names

    @classmethod
    def read(cls, alternatives: Iterable[Iterable[Term]], *, public: bool, nearly: bool = False) -> "Search":
        """`public`: sources are named by what anonymous readers may see. `nearly`: also by near spellings."""
        found = tuple(tuple(terms) for terms in alternatives)
        terms = list(dict.fromkeys(term for terms in found for term in terms))
        ids = Source.objects.named_by([term.text for term in terms], public=public, nearly=nearly) if terms else []
        named = tuple((term, tuple(sorted(own))) for term, own in zip(terms, ids, strict=True) if own)
        in_stems = not all(term.is_exact for term in terms)
        languages = SearchLanguage.objects.order_by("code").values_list("code", flat=True) if in_stems else ()
        return cls(found, tuple(languages), named)

    @property
    def query(self) -> Expression:
        named = dict(self.named)

        def query(term: Term) -> Expression:
            own = term.query(self.languages)
            return either(own, refers_to(named[term])) if term in named else own

        return query_of(self.alternatives, query)


class SearchedQuerySet(models.QuerySet[Any]):
    words: ClassVar[type[models.Model]]

    def search(self, words: str, *, public: bool = False) -> Any:
        """Rows with all of the words, in fields of their own or in the names of the sources that they refer to.

        `public`: by those names only that anonymous readers may see.
        """
        return self.found_by(Search.read(terms_of(words), public=public))

    def found_by(self, search: Search) -> Any:
        return self.found(search.query)

    def found(self, query: Expression) -> Any:
        return self.filter(in_words(self.words, query))

    def with_found(self, query: Expression) -> Any:
        """Annotates each row with `is_found`: whether found() would find it."""
        return filtered_per_row(self.annotate(is_found=in_words(self.words, query)))

    def nearest_to(self, words: str, *, public: bool = False) -> Iterator[Search]:
        """For words that no row has all of, from the nearest on: searches for all of them where names may be spelled a
        little otherwise, then for all but one, all but two, down to any one of them."""
        terms = list(dict.fromkeys(term for terms in terms_of(words) for term in terms))
        wanted = rarest(self.words, [term for term in terms if not term.is_excluded], MAX_NEAREST)
        excluded = [term for term in terms if term.is_excluded]
        search = Search.read([[*wanted, *excluded]], public=public, nearly=True)
        for count in range(len(wanted), 0, -1):
            some = tuple((*few, *excluded) for few in combinations(wanted, count))
            yield replace(search, alternatives=some)


class SearchLanguage(models.Model):
    """A language that articles are in and that PostgreSQL has stems of, as the first part of a BCP 47 tag."""

    code = models.CharField(max_length=8, primary_key=True)

    def __str__(self) -> str:
        return self.code


class StatementWords(models.Model):
    """Of its own fields, its evidence, and `source_7` for the source 7 that it is by or relayed by.

    New words wait in up to 64 kB until they are sorted into the index. Each search reads all that waits: 4 MB, as
    PostgreSQL has it, took ten times as long as the index. With nothing waiting, a write takes a third longer.
    """

    statement = models.OneToOneField(
        "claims.Statement", models.DO_NOTHING, primary_key=True, related_name="+", db_column="statement",
        db_constraint=False,
    )  # fmt: skip
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="statement_all_words", gin_pending_list_limit=64)]

    def __str__(self) -> str:
        return f"words of statement {self.pk}"


class ArticleWords(models.Model):
    """Of its title, byline, address and text, and `source_7` for its publisher 7."""

    article = models.OneToOneField(
        "claims.Article", models.DO_NOTHING, primary_key=True, related_name="+", db_column="article",
        db_constraint=False,
    )  # fmt: skip
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="article_all_words", gin_pending_list_limit=64)]

    def __str__(self) -> str:
        return f"words of article {self.pk}"
