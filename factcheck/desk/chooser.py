"""A field for references to rows, as a page shows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from claims.models import Statement
from factcheck.api.named_references import (
    MAX_NAMES,
    Choice,
    exact_matches,
    is_number,
    similar_rows,
)
from sources.models import Source


@dataclass
class Unresolved:
    """A text that is neither a row's number nor the name of exactly one row."""

    text: str
    candidates: list[Choice]


@dataclass
class Chooser:
    items: list[Choice | Unresolved]

    @property
    def chosen(self) -> list[Choice]:
        return [item for item in self.items if isinstance(item, Choice)]

    @property
    def unresolved(self) -> list[Unresolved]:
        return [item for item in self.items if isinstance(item, Unresolved)]

    @property
    def value(self) -> str:
        """The value of the text field, for browsers without JavaScript."""
        return ", ".join(item.text if isinstance(item, Unresolved) else str(item.id) for item in self.items)

    @property
    def unresolved_text(self) -> str:
        return ", ".join(item.text for item in self.unresolved)


def chooser_of(queryset: Any, texts: Iterable[Any], article: int | None = None) -> Chooser:
    """The rows that the texts name or number. A number that no row has stays, without a label.

    Of similar names those of sources in the article come first.
    """
    texts = [str(text).strip() for text in texts if text is not None and str(text).strip()][: MAX_NAMES + 1]
    known = queryset.in_bulk([int(text) for text in texts if is_number(text)])
    return Chooser([_item(queryset, text, known, article) for text in texts])


def _item(queryset: Any, text: str, known: dict[int, Any], article: int | None) -> Choice | Unresolved:
    if is_number(text):
        return Choice(text, str(known.get(int(text)) or ""))
    rows = exact_matches(queryset, text)
    if len(rows) == 1:
        return Choice(rows[0].pk, str(rows[0]))
    first = Statement.objects.filter(article=article).source_ids() if article and queryset.model is Source else ()
    return Unresolved(text, similar_rows(queryset, text, first))
