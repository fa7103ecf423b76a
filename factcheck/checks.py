"""System checks, for `manage.py check --deploy` and for the start of the server."""

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import Error, Warning
from django.db import connections

from factcheck.journal.seal.notes import NoteError, read_signing_key


def static_files_are_collected(*args: Any, **kwargs: Any) -> list[Error]:
    """A page links to static files by the names in the manifest; where a name is missing, the page is a 500."""
    manifest = getattr(staticfiles_storage, "hashed_files", None)
    if manifest is None:  # the storage of DEBUG needs none
        return []
    wanted = (path for finder in get_finders() for path, _ in finder.list(StaticFilesConfig.ignore_patterns))
    missing = [path for path in wanted if path not in manifest]
    if not missing:
        return []
    advice = "Run `manage.py collectstatic --noinput` with the settings of the server."
    return [Error(f"Static files are not collected, such as {missing[0]}. {advice}", id="factcheck.E001")]


def signing_key_is_whole(*args: Any, **kwargs: Any) -> list[Error]:
    """Where one is set: only the process that seals needs it."""
    try:
        if settings.JOURNAL_SIGNING_KEY:
            read_signing_key(settings.JOURNAL_SIGNING_KEY)
    except NoteError as error:
        return [Error(f"JOURNAL_SIGNING_KEY: {error}", id="factcheck.E002")]
    return []


OWNED_SQL = """
SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND pg_has_role(c.relowner, 'USAGE')
"""


def role_owns_no_table(*args: Any, databases: Any = None, **kwargs: Any) -> list[Warning]:
    """Whose role owns the tables, or may do all that their owner may, can switch the journal's guards off."""
    found: list[Warning] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute(OWNED_SQL)
            if owned := cursor.fetchone()[0]:
                told = f"The database role has the rights of the owner of {owned} tables: it can bypass the journal."
                hint = "Let the service connect as factcheck_app: docs/security.md. Only `migrate` needs the owner."
                found.append(Warning(told, hint=hint, id="factcheck.W001"))
    return found
