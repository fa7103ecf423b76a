"""A server's settings over static files that are not collected; and over the embedded PostgreSQL, which a server's own
settings refuse, where DATABASE_URL is the one that tests/service.py gives."""

from django.conf import global_settings

from factcheck.postgres import embedded
from factcheck.settings import *  # noqa: F403
from factcheck.settings import DATA_DIR, DATABASES

if DATABASES["default"]["HOST"] == "settings.invalid":
    DATABASES["default"] |= embedded.connection_settings(DATA_DIR)
STORAGES = global_settings.STORAGES
WHITENOISE_USE_FINDERS = True
