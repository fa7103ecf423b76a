"""The service with answers kept in another way than it does, to measure against. For gunicorn alone, and no newsroom."""

from collections.abc import Hashable
from typing import Any

from factcheck.postgres import prepared
from factcheck.postgres.snapshot_cache import Rows, SnapshotCache


class Everlasting(SnapshotCache):
    """False answers, in the least time that could be reached by a cache that forgets only what a write has changed."""

    def read(self, snapshot: Any, key: Hashable) -> Rows | None:
        return super().read("any", key)

    def keep(self, snapshot: Any, key: Hashable, rows: Rows, *weight: int) -> None:
        super().keep("any", key, rows, *weight)


def nothing() -> Any:
    prepared.Prepared.cached = lambda read, *parameters, snapshot=None: (read.rows(*parameters), None)  # type: ignore[method-assign]
    return _application()


def everything() -> Any:
    prepared.kept_answers.default_factory = Everlasting
    return _application()


def _application() -> Any:
    """Imported last: the views hold what reads for them."""
    from factcheck.wsgi import application

    return application
