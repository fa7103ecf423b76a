"""Who may do what is recorded too: the database makes the entries of users."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.test import Client

from factcheck.journal.models import Entry
from tests.journal.world import World, committing, refused, sql
from tests.newsroom import browser_of, client_of, page_of, user_with_role

pytestmark = pytest.mark.django_db


def entries_of(user: int) -> list[tuple[Any, ...]]:
    entries = Entry.objects.of("user", user).order_by("version")
    return list(entries.values_list("version", "action", "actor_name", "data__username", "data__roles"))


@pytest.fixture
def root() -> User:
    with committing():
        return user_with_role("root", "admin")


@pytest.fixture
def bob() -> User:
    with committing():
        return user_with_role("bob", "reporter")


def test_a_new_user_has_one_entry_with_all_that_is_recorded(bob: User) -> None:
    [entry] = Entry.objects.of("user", bob.pk)
    assert (entry.version, entry.action, entry.actor, entry.actor_name, entry.article) == (
        1, "user.created", None, "database role factcheck", None
    )  # fmt: skip
    assert entry.data == {
        "id": bob.pk, "username": "bob", "first_name": "", "last_name": "", "is_active": True, "is_staff": False,
        "is_superuser": False, "roles": ["reporter"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE auth_user SET username = 'rob' WHERE id = {user}",
        "UPDATE auth_user SET last_name = 'Ross' WHERE id = {user}",
        "UPDATE auth_user SET is_active = false WHERE id = {user}",
        "UPDATE auth_user SET is_superuser = true WHERE id = {user}",
        "DELETE FROM auth_user_groups WHERE user_id = {user}",
        "UPDATE auth_user_groups SET group_id = (SELECT id FROM auth_group WHERE name = 'admin') "
        "WHERE user_id = {user}",
        "UPDATE auth_group SET name = 'reporters' WHERE name = 'reporter'",
    ],
)
def test_each_change_of_who_somebody_is_or_may_do_has_its_entry(root: User, bob: User, change: str) -> None:
    with committing():
        sql(change.format(user=bob.pk))
    first, second = Entry.objects.of("user", bob.pk).order_by("version")
    changed = [name for name, value in second.data.items() if first.data[name] != value]
    assert (second.version, second.action, len(changed)) == (2, "user.updated", 1)


@pytest.mark.parametrize(
    "swap",
    [
        "DELETE FROM auth_group WHERE name IN ('reporter', 'admin'); "
        "INSERT INTO auth_group (id, name) VALUES ({reporter}, 'admin'), ({admin}, 'reporter')",
        "UPDATE auth_group SET name = '-' WHERE id = {reporter}; "
        "UPDATE auth_group SET name = 'reporter' WHERE id = {admin}; "
        "UPDATE auth_group SET name = 'admin' WHERE id = {reporter}",
    ],
)
def test_roles_that_are_exchanged_are_recorded_of_each_member(root: User, bob: User, swap: str) -> None:
    ids = dict(Group.objects.values_list("name", "id"))
    with committing():
        sql(swap.format(**ids))
    assert entries_of(bob.pk)[1:] == [(2, "user.updated", "database role factcheck", "bob", ["admin"])]
    assert entries_of(root.pk)[1:] == [(2, "user.updated", "database role factcheck", "root", ["reporter"])]


@pytest.mark.parametrize("table", ["auth_user", "auth_group"])
def test_the_id_of_a_user_or_a_role_stays(bob: User, table: str) -> None:
    with refused("id_stays"):
        sql(f"UPDATE {table} SET id = id + 1000")


def test_a_name_that_is_lent_for_a_write_is_recorded(world: World) -> None:
    with committing():
        sql("UPDATE auth_user SET username = 'Pope Francis' WHERE id = %s", world.actor.pk)
        world.write("UPDATE {table} SET version = version + 1 WHERE id = %s", "source")
        world.enter("source", "source.updated", 0)
        sql("UPDATE auth_user SET username = %s WHERE id = %s", world.actor.username, world.actor.pk)
    names = [name for _, _, _, name, _ in entries_of(world.actor.pk)]
    assert names == [world.actor.username, "Pope Francis", world.actor.username]


def test_nobody_writes_who_is_not_there_yet(world: World) -> None:
    with refused("journal_entry_has_its_actor"):
        sql("UPDATE sources_source SET version = version + 1 WHERE id = %s", world.ids["source"])
        sql(
            "INSERT INTO journal_entry (actor, action, resource, resource_id, version, reason, data) "
            "SELECT 900000001, 'source.updated', 'source', r.id, r.version, '', to_jsonb(r) "
            "FROM sources_source r WHERE r.id = %s",
            world.ids["source"],
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize(
    "write",
    [
        "UPDATE auth_group SET name = 'r' WHERE name = 'reporter'",
        "UPDATE sources_source SET version = version + 1 WHERE id = {source}; "
        "INSERT INTO journal_entry (actor, action, resource, resource_id, version, reason, data) "
        "SELECT NULL, 'source.updated', 'source', r.id, r.version, '', to_jsonb(r) "
        "FROM sources_source r WHERE r.id = {source}",
    ],
    ids=["a role", "a source"],
)
def test_nothing_is_recorded_from_a_snapshot_of_before(world: World, bob: User, level: str, write: str) -> None:
    """What others committed since would be overlooked: a new member of the group, or the other half of a cycle."""
    with pytest.raises(IntegrityError, match="READ COMMITTED"), transaction.atomic():
        sql(f"SET TRANSACTION ISOLATION LEVEL {level}; {write.format(source=world.ids['source'])}")


def test_a_log_in_and_a_password_are_not_recorded(bob: User) -> None:
    with committing():
        bob.set_password("long-and-odd-7")
        bob.save()
        sql("UPDATE auth_user SET last_login = now()")
    assert len(entries_of(bob.pk)) == 1


def test_a_deleted_user_keeps_the_record(bob: User) -> None:
    bob_id = bob.pk
    with committing():
        bob.delete()
    assert entries_of(bob_id) == [
        (1, "user.created", "database role factcheck", "bob", ["reporter"]),
        (2, "user.deleted", "database role factcheck", "bob", ["reporter"]),
    ]


@pytest.mark.django_db(transaction=True)
def test_the_admin_site_names_the_admin(root: User, bob: User) -> None:
    browser = browser_of(root)
    roles = [Group.objects.get_or_create(name="editor")[0].pk]
    form = {"username": "robert", "groups": roles, "is_active": "on", "first_name": "Robert"}
    answer = browser.post(f"/admin/auth/user/{bob.pk}/change/", form)
    assert answer.status_code == 302, answer.content
    assert entries_of(bob.pk)[1:] == [
        (2, "user.updated", "root", "robert", ["reporter"]),
        (3, "user.updated", "root", "robert", ["editor"]),
    ]
    sql("UPDATE auth_user SET first_name = 'R' WHERE id = %s", bob.pk)  # the admin's name ended with the transaction
    assert entries_of(bob.pk)[3:] == [(4, "user.updated", "database role factcheck", "robert", ["editor"])]


@pytest.mark.parametrize(
    ("version", "action", "data"),
    [
        (1, "user.created", "journal_user_data({user})"),
        (2, "user.updated", "journal_user_data({user})"),
        (2, "user.updated", 'journal_user_data({user}) || \'{{"roles": ["admin"]}}\''),
        (2, "user.deleted", "journal_user_data({user})"),
        (3, "user.updated", "journal_user_data({user})"),
    ],
    ids=["again", "no change", "another role", "not deleted", "a version left out"],
)
def test_an_entry_of_a_user_that_is_not_true_is_refused(bob: User, version: int, action: str, data: str) -> None:
    constraints = {1: "one_entry_for_each_version", 2: "journal_entry_is_true", 3: "journal_entry_has_its_write"}
    with refused(constraints[version]):
        sql(
            "INSERT INTO journal_entry (actor, action, resource, resource_id, version, reason, data) "
            f"VALUES (NULL, %s, 'user', %s, %s, '', {data.format(user=bob.pk)})",
            action, bob.pk, version,
        )  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ["viewer", "reporter", "editor", "admin"])
def test_only_admins_read_the_entries_of_users(world: World, bob: User, role: str) -> None:
    with committing():
        reader = user_with_role("reader", role)
    feed = "/api/v1/journal/?page_size=200"
    api, browser = client_of(reader), browser_of(reader)
    kinds = {entry["resource"] for entry in api.get(feed).json()["results"]}
    users = api.get(feed + "&resource=user").json()["results"]
    pages = page_of(browser, "/api/v1/journal/") + page_of(browser, "/")
    is_admin = role == "admin"
    assert ("user" in kinds, bool(users), "user.created" in str(users)) == (is_admin, is_admin, is_admin)
    assert (f'href="/accounts/{bob.pk}/">user {bob.pk}</a>' in pages) == is_admin
    assert "actor=None" not in pages


def test_nobody_else_reads_them(bob: User, client: Client) -> None:
    assert client.get("/api/v1/journal/?resource=user").status_code == 401
