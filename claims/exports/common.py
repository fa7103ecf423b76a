from dataclasses import dataclass
from datetime import datetime

from claims.models import Article, Statement
from factcheck.public_addresses import article_address, statement_address


def timestamp(moment: datetime) -> str:
    """A UTC time as RFC 3339, with the Z that readers of xsd:dateTime and Atom expect."""
    return moment.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class Base:
    """What addresses begin with. A page for people is the public one, or else the one at the API's address."""

    api: str  # such as https://factcheck.example/api/v1/
    origin: str | None  # of the public pages; None where there are none

    @property
    def service(self) -> str:
        return f"{self.origin}/" if self.origin else self.api

    @property
    def articles_page(self) -> str:
        return f"{self.origin}/articles/" if self.origin else f"{self.api}articles/?status=published"

    def article_page(self, article: Article) -> str:
        if self.origin:
            return article_address(self.origin, article.pk, article.title)
        return f"{self.api}articles/{article.pk}/"

    def statement_page(self, statement: Statement) -> str:
        if self.origin:
            return statement_address(self.origin, statement.pk, statement.text)
        return f"{self.api}statements/{statement.pk}/"
