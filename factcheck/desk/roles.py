"""The roles in words. docs/roles.md has the whole table."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from factcheck.api.roles import Role


@dataclass(frozen=True)
class RoleInWords:
    name: Any
    may: Any
    may_not: Any


ROLES = {
    Role.NONE: RoleInWords(_("no role"), _("Change the own password."), _("Read or change anything else.")),
    Role.VIEWER: RoleInWords(
        _("viewer"),
        _("Read everything: drafts, notes, the journal and the past. Make tokens for programs that read."),
        _("Change anything."),
    ),
    Role.REPORTER: RoleInWords(
        _("reporter"),
        _(
            "What a viewer may. Bring in articles and correct them, mark statements, name sources, add evidence and "
            "notes, open disputes."
        ),
        _("Tag a statement, resolve a dispute, publish, withdraw, merge or delete."),
    ),
    Role.EDITOR: RoleInWords(
        _("editor"),
        _(
            "What a reporter may. Tag statements, resolve and reopen disputes, publish and withdraw articles, merge "
            "sources, delete."
        ),
        _("See or change who works here and in which role."),
    ),
    Role.ADMIN: RoleInWords(
        _("admin"),
        _(
            "What an editor may. Invite and deactivate users, give roles, make links to set a password, read the "
            "journal of users, revoke tokens."
        ),
        _("Change the record without an entry in the journal: nobody may."),
    ),
}
