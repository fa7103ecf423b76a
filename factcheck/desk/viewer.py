"""Who looks at a page: somebody of the newsroom, or a stranger, who is shown no more than the public JSON has."""

from typing import Any

from factcheck.api.roles import is_public_read


class Viewer:
    def __init__(self, request: Any):
        self.is_anonymous = is_public_read(request)

    def visible(self, rows: Any) -> Any:
        return rows.public() if self.is_anonymous else rows

    def fetch(self, rows: Any, limit: int | None = None) -> list[Any]:
        """Those of the rows that the reader may see, as the reader may see them."""
        return [self.redact(row) for row in self.visible(rows)[:limit]]

    def redact(self, row: Any) -> Any:
        if self.is_anonymous and row is not None:
            row.withhold_private()
        return row
