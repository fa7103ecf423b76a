"""The check of a request's permission, for each role, method and kind of action."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser, User

from claims.roles import REQUIRED_ROLE, permissions
from factcheck.api.roles import Role, RolePermission, is_anonymous, remember_role, role_of
from tests.newsroom import user_with_role


class Permission(RolePermission):
    required_roles = {"list": Role.VIEWER, "create": Role.REPORTER, "tag": Role.EDITOR}
    public_actions = frozenset({"list", "create"})


def user_of(*groups, **fields):
    user = User(username="somebody", **fields)
    remember_role(user, groups)
    return user


def view_of(action, **fields):
    return SimpleNamespace(
        **{
            "action": action,
            "required_role": None,
            "has_public_reads": True,
            "allowed_methods": ["GET", "POST"],
            "only_reads": False,
        }
        | fields
    )


def asked(user, method, view, *, read_only=False):
    """Whether it may be done, and what a refusal says."""
    permission = Permission()
    request = SimpleNamespace(user=user, method=method, auth=SimpleNamespace(read_only=read_only))
    return permission.has_permission(request, view), permission.message


OTHERWISE = "Your role does not allow this."


@pytest.mark.parametrize(
    ("groups", "method", "view", "answer"),
    [
        (["viewer"], "GET", view_of("list"), (True, OTHERWISE)),
        (["editor"], "GET", view_of("list"), (True, OTHERWISE)),
        ([], "GET", view_of("list"), (False, "This needs the role viewer; you have no role.")),
        (["unknown"], "GET", view_of("list"), (False, "This needs the role viewer; you have no role.")),
        (["viewer"], "POST", view_of("create"), (False, "This needs the role reporter; you are viewer.")),
        (["reporter"], "POST", view_of("create"), (True, OTHERWISE)),
        (["reporter"], "POST", view_of("tag"), (False, "This needs the role editor; you are reporter.")),
        (["viewer", "editor", "reporter"], "POST", view_of("tag"), (True, OTHERWISE)),
        (["editor"], "POST", view_of("tag", required_role=Role.ADMIN),
         (False, "This needs the role admin; you are editor.")),
        (["admin"], "POST", view_of("tag", required_role=Role.ADMIN), (True, OTHERWISE)),
        (["viewer"], "POST", view_of("other", required_role=Role.VIEWER), (True, OTHERWISE)),
        (["admin"], "POST", view_of("other"), (False, "Nobody may do this.")),
        (["viewer"], "PUT", view_of(None), (True, OTHERWISE)),
        ([], "PUT", view_of(None), (True, OTHERWISE)),
        (["viewer"], "POST", view_of(None), (True, OTHERWISE)),
        ([], "POST", view_of(None), (False, OTHERWISE)),
    ],
)  # fmt: skip
def test_a_user_may_do_what_the_role_allows_and_a_refusal_names_both_roles(groups, method, view, answer):
    assert asked(user_of(*groups), method, view) == answer


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("GET", (True, OTHERWISE)),
        ("HEAD", (True, OTHERWISE)),
        ("OPTIONS", (True, OTHERWISE)),
        ("POST", (False, "This token is read-only.")),
        ("DELETE", (False, "This token is read-only.")),
    ],
)
def test_a_token_that_only_reads_writes_nothing(method, answer):
    assert asked(user_of("admin"), method, view_of("list"), read_only=True) == answer
    assert asked(user_of("admin"), method, view_of("list")) == (True, OTHERWISE)


@pytest.mark.parametrize(
    ("public_read", "method", "view", "may"),
    [
        (True, "GET", view_of("list"), True),
        (False, "GET", view_of("list"), False),
        (True, "POST", view_of("create"), False),
        (True, "HEAD", view_of("list"), False),
        (True, "POST", view_of("list", only_reads=True), True),
        (False, "POST", view_of("list", only_reads=True), False),
        (True, "GET", view_of("tag"), False),
        (True, "GET", view_of("list", has_public_reads=False), False),
    ],
)
def test_an_anonymous_caller_may_only_read_what_is_public_where_the_service_has_public_reads(
    settings, public_read, method, view, may
):
    settings.PUBLIC_READ = public_read
    for user in (AnonymousUser(), None):
        assert asked(user, method, view) == (may, OTHERWISE)


def test_without_a_token_a_session_writes_too():
    request = SimpleNamespace(user=user_of("editor"), method="POST", auth=None)
    assert Permission().has_permission(request, view_of("tag")) is True


def test_who_is_not_logged_in_is_anonymous_and_has_no_role():
    assert [is_anonymous(SimpleNamespace(user=user)) for user in (None, AnonymousUser(), User())] == [True, True, False]
    assert role_of(AnonymousUser()) == Role.NONE


def test_the_highest_role_counts_and_a_superuser_is_an_admin():
    assert role_of(user_of()) == Role.NONE
    assert role_of(user_of("reporter", "viewer", "Editor")) == Role.REPORTER
    assert role_of(user_of("viewer", is_superuser=True)) == Role.ADMIN


@pytest.mark.django_db
def test_the_role_is_read_once_for_each_user_object(django_assert_num_queries):
    user = user_with_role("somebody", "reporter")
    user.groups.create(name="a group that is no role")
    with django_assert_num_queries(1):
        assert [role_of(user), role_of(user)] == [Role.REPORTER, Role.REPORTER]


def test_a_page_offers_what_the_role_allows():
    offered = permissions(user_of("reporter"))
    assert offered.keys() == REQUIRED_ROLE.keys()
    assert [offered[action] for action in ("list", "create", "bulk", "tag", "destroy")] == [
        True,
        True,
        True,
        False,
        False,
    ]
