"""Django's admin site: admins manage users and roles there; recorded rows are read-only."""

import pytest
from django.contrib.auth.models import Group, User

from factcheck.api.models import Token
from tests.newsroom import user_with_role

PAGES = [
    "", "auth/user/", "api/token/", "journal/entry/", "sources/source/", "claims/article/", "claims/statement/",
    "claims/evidence/", "claims/dispute/",
]  # fmt: skip


@pytest.fixture
def admin(client, db):
    client.force_login(user_with_role("root", "admin"))
    return client


@pytest.mark.parametrize("page", PAGES)
def test_an_admin_sees_every_page(admin, statement, page):
    assert admin.get(f"/admin/{page}").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_an_editor_does_not_enter_and_a_stranger_is_sent_to_log_in(client, alice, page):
    answer = client.get(f"/admin/{page}")
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/")
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/login/?next=%2Fadmin%2F"
    client.force_login(alice)
    refused = client.get(f"/admin/{page}", follow=True)
    assert refused.status_code == 403
    assert b"Only users with the role admin manage users and roles." in refused.content


@pytest.mark.parametrize("page", PAGES[3:])
def test_what_is_recorded_can_only_be_looked_at(admin, page):
    assert admin.get(f"/admin/{page}add/").status_code == 403


def test_a_statement_can_be_neither_changed_nor_deleted_there(admin, statement):
    path = f"/admin/claims/statement/{statement.pk}/"
    assert b'name="_save"' not in admin.get(path + "change/").content
    assert admin.post(path + "change/", {"tag": "denied"}).status_code == 403
    assert admin.post(path + "delete/", {"post": "yes"}).status_code == 403


def test_an_admin_makes_a_user_and_gives_the_role(admin):
    made = admin.post(
        "/admin/auth/user/add/",
        {"username": "dora", "usable_password": "true", "password1": "long-and-odd-7", "password2": "long-and-odd-7"},
    )
    assert made.status_code == 302, made.content
    dora = User.objects.get(username="dora")
    editors, _ = Group.objects.get_or_create(name="editor")
    changed = admin.post(
        f"/admin/auth/user/{dora.pk}/change/",
        {
            "username": "dora",
            "groups": [editors.pk],
            "is_active": "on",
            "is_superuser": "on",
        },
    )
    assert changed.status_code == 302, changed.content
    dora.refresh_from_db()
    assert ([group.name for group in dora.groups.all()], dora.is_superuser) == (["editor"], False)


def test_an_admin_who_is_no_superuser_cannot_change_one(admin):
    owner = User.objects.create_superuser("owner")
    assert admin.post(f"/admin/auth/user/{owner.pk}/change/", {"username": "mine"}).status_code == 403
    assert admin.post(f"/admin/auth/user/{owner.pk}/password/", {"password1": "x"}).status_code == 403


def test_an_admin_revokes_a_token(admin, alice):
    token = Token.issue(alice, name="lost")
    admin.post(f"/admin/api/token/{token.pk}/delete/", {"post": "yes"})
    assert not Token.objects.exists()
