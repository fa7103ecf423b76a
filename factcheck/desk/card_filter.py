"""Which cards an article's page shows. The marks in its text stay all."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext, pgettext

from claims.desk_checks import Code
from claims.models import Statement
from factcheck.api.references import valid_ids
from factcheck.desk.cards import ChecksByStatement
from factcheck.desk.filter_form import FilterField
from factcheck.desk.viewer import Viewer
from factcheck.desk.words import word
from factcheck.postgres.prepared import any_of, prepared
from sources.models import Source

MAX_SOURCES = 200  # to choose from
ANY_CHECK = "any"


@dataclass(frozen=True)
class CardFilter:
    """What the page's address says, as text. An unknown value filters nothing, since a page refuses nothing."""

    tag: str = ""
    source: str = ""  # the id of one who said or relayed it
    disputed: str = ""
    check: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str], viewer: Viewer) -> "CardFilter":
        known = {
            "tag": Statement.Tag.values,
            "source": map(str, valid_ids([query.get("source", "")])),
            "disputed": ["true", "false"],
            "check": [] if viewer.is_anonymous else [ANY_CHECK, *Code],
        }
        return cls(**{name: text for name, texts in known.items() if (text := query.get(name, "")) in texts})

    @property
    def query(self) -> str:
        """As the end of an address; empty if nothing is filtered."""
        chosen = {name: text for name, text in asdict(self).items() if text}
        return f"&{urlencode(chosen)}" if chosen else ""

    def of(self, statements: Any, checks: ChecksByStatement) -> Any:
        """Those of the statements, a queryset, that it lets through. `checks` are those of their article."""
        if self.tag:
            statements = statements.filter(tag=self.tag)
        if self.source:
            statements = statements.involving(int(self.source))
        if self.disputed:
            statements = statements.disputed(self.disputed == "true")
        if self.check:
            statements = statements.filter(pk__in=self._found(checks))
        return statements

    def _found(self, checks: ChecksByStatement) -> list[int]:
        codes = set(Code) if self.check == ANY_CHECK else {self.check}
        return [pk for pk, findings in checks.items() if pk and any(finding.code in codes for finding in findings)]

    def fields(self, viewer: Viewer, article_id: int, checks: ChecksByStatement) -> list[FilterField]:
        """Of the form that sets it. Of the article's sources one can be chosen."""
        named = _sources_of(viewer, article_id)
        choices = {
            "tag": (pgettext("of a statement", "Tag"), [(tag, word(tag)) for tag in Statement.Tag.values]),
            "source": (gettext("Said or relayed by"), [(str(pk), name) for pk, name in named]),
            "disputed": (gettext("Open dispute"), [("true", gettext("yes")), ("false", gettext("no"))]),
            **({} if viewer.is_anonymous else {"check": (gettext("Desk check"), self._check_choices(checks))}),
        }
        return [
            FilterField(name, label, getattr(self, name), "select", rows) for name, (label, rows) in choices.items()
        ]

    def _check_choices(self, checks: ChecksByStatement) -> list[tuple[str, str]]:
        found = {finding.code for pk, findings in checks.items() if pk for finding in findings}
        codes = [code for code in Code if code in found or code == self.check]
        return [(ANY_CHECK, gettext("any check")), *((code.value, word(code.value)) for code in codes)]


def _sources_of(viewer: Viewer, article_id: int) -> list[tuple[int, str]]:
    """Id and name of those who said or relayed one of its statements."""

    def in_article(article_id: int) -> Any:
        return viewer.visible(Statement.objects.filter(article=article_id)).who_said_or_relayed()

    def named(ids: list[int]) -> Any:
        sources = viewer.visible(Source.objects.filter(any_of("pk", ids)))
        return sources.order_by("name", "id").values_list("pk", "name")[:MAX_SOURCES]

    ids = prepared((_sources_of, "ids", viewer.is_anonymous), in_article, int).rows(article_id)
    return prepared((_sources_of, "names", viewer.is_anonymous), named, list).rows([row_id for (row_id,) in ids])
