"""Django's PostgreSQL backend, which starts the embedded server when the first connection is made."""

from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base

from factcheck import embedded_postgres


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        """Django asks for these before every connection it opens, and once when it makes a pool."""
        try:
            embedded_postgres.ensure_running(self.settings_dict["DATA_DIR"])
        except embedded_postgres.EmbeddedPostgresError as error:
            raise OperationalError(str(error)) from error
        return super().get_connection_params()
