"""The service's PostgreSQL backend, which starts the embedded server when the first connection is made."""

from functools import partial
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError

from factcheck.postgres import embedded
from factcheck.postgres.backend import base


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(settings_dict, alias)
        # A pool connects in threads of its own. While all requests wait for it, nobody else would start a server
        # that died in the meantime.
        if pool := settings_dict["OPTIONS"].get("pool"):
            pool["conninfo"] = partial(_no_more_parameters, settings_dict["DATA_DIR"])

    def get_connection_params(self) -> dict[str, Any]:
        """Django asks for these before every connection it opens or takes from a pool, which ensures it by itself."""
        if self.alias not in self._connection_pools:
            _ensure_running(self.settings_dict["DATA_DIR"])
        return super().get_connection_params()


def _ensure_running(data_dir: Path) -> None:
    try:
        embedded.ensure_running(data_dir)
    except embedded.EmbeddedPostgresError as error:
        raise OperationalError(str(error)) from error


def _no_more_parameters(data_dir: Path) -> str:
    """The pool asks for a connection string before every connection it opens; Django gave it the parameters."""
    _ensure_running(data_dir)
    return ""
