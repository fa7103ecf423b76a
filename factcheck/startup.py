"""The start of manage.py and of the server: what prevents it is told in one line, not in a traceback."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError
from psycopg_pool import PoolTimeout

from factcheck.checks import static_files_are_collected
from factcheck.postgres.embedded import EmbeddedPostgresError
from factcheck.reporting import start_reporting

DEVELOPMENT_SETTINGS = Path(__file__).resolve().parent.parent / ".development.env"
EXPLICIT = ("DEBUG", "SECRET_KEY", "SECRET_KEY_FILE", "DATABASE_URL", "DATABASE_URL_FILE")
TIME_LIMITS = ("DATABASE_STATEMENT_TIMEOUT", "DATABASE_LOCK_TIMEOUT", "DATABASE_IDLE_TIMEOUT")


def lift_time_limits() -> None:
    """A command takes the time it needs; the limits are for requests. Call before the settings are read."""
    os.environ.update(dict.fromkeys(TIME_LIMITS, "0"))


def read_development_settings() -> None:
    """Take the settings that `make run` was last started with in this checkout, unless the environment has its own.

    Only manage.py does this. A server reads no file, so its settings are always explicit.
    """
    if any(os.environ.get(name) for name in EXPLICIT):
        return
    with suppress(OSError):
        for line in DEVELOPMENT_SETTINGS.read_text().splitlines():
            name, _, value = line.partition("=")
            os.environ[name] = os.environ.get(name) or value
        sys.stderr.write("Using the settings of `make run`.\n")


def load_settings() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factcheck.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018  settings are read at the first use
        start_reporting()
    except ImproperlyConfigured as error:
        sys.exit(f"Factcheck does not start: {error}")


def run_command(arguments: list[str]) -> None:
    lift_time_limits()
    read_development_settings()
    load_settings()
    try:
        execute_from_command_line(arguments)
    except OperationalError as error:
        if isinstance(error.__cause__, PoolTimeout):
            sys.exit("The database cannot be reached: see the message above, and check DATABASE_URL.")
        if isinstance(error.__cause__, EmbeddedPostgresError):
            sys.exit(str(error))
        raise


def check_static_files() -> None:
    """Exit where every page would fail."""
    for error in static_files_are_collected():
        sys.exit(f"Factcheck does not start: {error.msg}")
