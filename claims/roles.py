"""Who may do what. docs/roles.md shows the same table, and tests/api/test_permissions.py tries every row of it."""

from typing import Any

from factcheck.api.roles import Role, RolePermission, role_of

# By the name of the view's action. Nobody may do what is not named here.
REQUIRED_ROLE = {
    "list": Role.VIEWER,
    "retrieve": Role.VIEWER,
    "history": Role.VIEWER,
    "annotations": Role.VIEWER,
    "revisions": Role.VIEWER,
    "revision": Role.VIEWER,
    "checks": Role.VIEWER,
    "suggestions": Role.VIEWER,
    "positions": Role.VIEWER,
    "webannotation": Role.VIEWER,
    "webannotations": Role.VIEWER,
    "claimreview": Role.VIEWER,
    "claimreviews": Role.VIEWER,
    "changes": Role.VIEWER,
    "article_changes": Role.VIEWER,
    "stream": Role.VIEWER,
    "export": Role.VIEWER,
    "matches": Role.VIEWER,
    "match_text": Role.VIEWER,
    "checkpoints": Role.VIEWER,
    "latest": Role.VIEWER,
    "proof": Role.VIEWER,
    "consistency": Role.VIEWER,
    "key": Role.VIEWER,
    "create": Role.REPORTER,
    "update": Role.REPORTER,
    "partial_update": Role.REPORTER,
    "bulk": Role.REPORTER,
    "reanchor": Role.REPORTER,
    "accept_suggestions": Role.REPORTER,
    "dismiss_suggestions": Role.REPORTER,
    "propose": Role.REPORTER,
    "destroy": Role.EDITOR,
    "merge": Role.EDITOR,
    "tag": Role.EDITOR,
    "bulk_tag": Role.EDITOR,
    "take": Role.EDITOR,
    "resolve": Role.EDITOR,
    "reopen": Role.EDITOR,
    "publish": Role.EDITOR,
    "withdraw": Role.EDITOR,
    "import_annotations": Role.EDITOR,
    "fetch": Role.EDITOR,
}

# Notes are the newsroom's talk: whoever may write them may settle them, and takes back an own one.
ROLE_FOR_NOTES = {"resolve": Role.REPORTER, "reopen": Role.REPORTER, "destroy": Role.REPORTER}

# What anonymous callers may do too, where the service has public reads.
PUBLIC_ACTIONS = frozenset(
    {
        "list",
        "retrieve",
        "webannotation",
        "webannotations",
        "claimreview",
        "claimreviews",
        "changes",
        "article_changes",
        "stream",
        "export",
        "matches",
        "match_text",
        "checkpoints",
        "latest",
        "proof",
        "consistency",
        "key",
    }
)


class NewsroomPermission(RolePermission):
    required_roles = REQUIRED_ROLE
    public_actions = PUBLIC_ACTIONS


def permissions(user: Any) -> dict[str, bool]:
    """By action. A page does not offer what the user's role may not do."""
    held = role_of(user)
    return {action: held >= required for action, required in REQUIRED_ROLE.items()}
