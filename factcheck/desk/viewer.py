"""Who looks at a page: somebody of the newsroom, or a stranger, who is shown no more than the public JSON has."""

from typing import Any

from factcheck.api.roles import is_public_read


class Reader:
    def __init__(self, request: Any):
        self.is_stranger = is_public_read(request)

    def may_see(self, rows: Any) -> Any:
        return rows.public() if self.is_stranger else rows

    def read(self, rows: Any, limit: int | None = None) -> list[Any]:
        """Those of the rows that the reader may see, as the reader may see them."""
        return [self.shown(row) for row in self.may_see(rows)[:limit]]

    def shown(self, row: Any) -> Any:
        if self.is_stranger and row is not None:
            row.withhold_private()
        return row
