"""The start of a process: what keeps it from starting is said in one line, not in a traceback."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError
from psycopg_pool import PoolTimeout

from factcheck.postgres.embedded import EmbeddedPostgresError


def read_settings() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factcheck.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018  they are read at the first use
    except ImproperlyConfigured as error:
        sys.exit(f"Factcheck does not start: {error}")


def run_command(arguments: list[str]) -> None:
    read_settings()
    try:
        execute_from_command_line(arguments)
    except OperationalError as error:
        if isinstance(error.__cause__, PoolTimeout):
            sys.exit("The database cannot be reached: see what it said above, and check DATABASE_URL.")
        if isinstance(error.__cause__, EmbeddedPostgresError):
            sys.exit(str(error))
        raise


if __name__ == "__main__":
    read_settings()
