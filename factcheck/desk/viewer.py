"""Who looks at a page: somebody of the newsroom, or an anonymous reader, who sees what the public JSON has."""

from typing import Any

from factcheck.api.roles import is_anonymous


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
