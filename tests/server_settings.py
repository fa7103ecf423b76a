"""A server's settings over the embedded PostgreSQL, which a server's own settings refuse, and over static files that
are not collected."""

from django.conf import global_settings

from factcheck.postgres import embedded
from factcheck.settings import *  # noqa: F403
from factcheck.settings import DATA_DIR, DATABASES

DATABASES["default"] |= embedded.connection_settings(DATA_DIR)
STORAGES = global_settings.STORAGES
WHITENOISE_USE_FINDERS = True
