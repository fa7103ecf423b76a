"""The roles in words. docs/roles.md has the whole table."""

from dataclasses import dataclass

from factcheck.api.roles import Role


@dataclass(frozen=True)
class RoleInWords:
    name: str
    may: str
    may_not: str


ROLES = {
    Role.NONE: RoleInWords("no role", "Change the own password.", "Read or change anything else."),
    Role.VIEWER: RoleInWords(
        "viewer",
        "Read everything: drafts, notes, the journal and the past. Make tokens for programs that read.",
        "Change anything.",
    ),
    Role.REPORTER: RoleInWords(
        "reporter",
        "What a viewer may. Bring in articles and correct them, mark statements, name sources, add evidence and notes, "
        "open disputes.",
        "Tag a statement, resolve a dispute, publish, withdraw, merge or delete.",
    ),
    Role.EDITOR: RoleInWords(
        "editor",
        "What a reporter may. Tag statements, resolve and reopen disputes, publish and withdraw articles, merge "
        "sources, delete.",
        "See or change who works here and in which role.",
    ),
    Role.ADMIN: RoleInWords(
        "admin",
        "What an editor may. Invite and deactivate users, give roles, make links to set a password, read the journal "
        "of users, revoke tokens.",
        "Change the record without an entry in the journal: nobody may.",
    ),
}
