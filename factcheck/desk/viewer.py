"""Who looks at a page: somebody of the newsroom, or an anonymous reader, who sees what the public JSON has."""

from collections.abc import Callable
from typing import Any

from factcheck.api.roles import is_anonymous
from factcheck.postgres.prepared import prepared


class Viewer:
    def __init__(self, request: Any):
        self.is_anonymous = is_anonymous(request)

    def visible(self, rows: Any) -> Any:
        return rows.public() if self.is_anonymous else rows

    def redact(self, row: Any) -> Any:
        """The row, without its private fields for an anonymous reader."""
        if self.is_anonymous and row is not None:
            row.withhold_private()
        return row

    def fetch(self, rows: Any, limit: int | None = None) -> list[Any]:
        """The rows that the viewer may see, each redacted."""
        return [self.redact(row) for row in self.visible(rows)[:limit]]

    def read(self, build: Callable[..., Any], *parameters: Any) -> list[Any]:
        """As `fetch(build(*parameters))`, by a query that is kept under the function `build`."""

        def visible(*placeholders: Any) -> Any:
            return self.visible(build(*placeholders))

        kept = prepared((build, self.is_anonymous), visible, *map(type, parameters))
        return [self.redact(row) for row in kept.objects(*parameters)]


class Reader(Viewer):
    """Anybody: a public page shows the newsroom no more than others."""

    def __init__(self) -> None:
        self.is_anonymous = True
