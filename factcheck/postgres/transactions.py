"""Snapshots, retries after a deadlock, and whether the request has written anything."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import Error, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, IdleInTransactionSessionTimeout

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_maybe_written: ContextVar[bool] = ContextVar("maybe_written", default=False)


def begin_request() -> None:
    _maybe_written.set(False)


def maybe_written() -> bool:
    """Whether something was committed since the request began, or may have been."""
    return _maybe_written.get()


@contextmanager
def committing() -> Iterator[None]:
    """Around what commits: if the answer is lost, nobody can tell whether PostgreSQL committed."""
    before = maybe_written()
    _maybe_written.set(before or not connection.in_atomic_block)
    try:
        yield
    except Exception as error:
        if not isinstance(error, Error) or _is_rolled_back(error):
            _maybe_written.set(before)
        raise


def _is_rolled_back(error: Error) -> bool:
    """Whether PostgreSQL itself says so. After a commit it can still end the connection (FATAL), but no ERROR comes."""
    severity = getattr(getattr(error.__cause__, "diag", None), "severity_nonlocalized", None)
    return severity == "ERROR" or isinstance(error.__cause__, IdleInTransactionSessionTimeout)


@contextmanager
def snapshot() -> Iterator[None]:
    """All reads within see the database as of one moment. Within a transaction they see what it sees."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def atomic_with_retry(work: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """One transaction, run once more if PostgreSQL ends it to end a deadlock.

    Within another transaction it is not run again: only the outermost can be, since all that it wrote is lost.
    """

    @wraps(work)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            with transaction.atomic():
                return work(*args, **kwargs)
        except OperationalError as error:
            if connection.in_atomic_block or not isinstance(error.__cause__, DeadlockDetected):
                raise
        with transaction.atomic():
            return work(*args, **kwargs)

    return run
