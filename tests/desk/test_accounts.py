"""Accounts: the own password, sessions and tokens; and for admins users, roles and the way back in."""

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from factcheck.api.models import Session, Token
from factcheck.journal.models import Entry
from tests.claims.test_crossing_writes import cross
from tests.newsroom import browser_of, client_of, page_of, user_with_role

PASSWORD, NEW = "long-and-odd-7", "another-and-odd-8"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1"


@pytest.fixture
def bob(db):
    user = user_with_role("bob", "editor")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def root(db):
    return user_with_role("root", "admin")


@pytest.fixture
def admin(root):
    return browser_of(root)


def logged_in(name, agent=FIREFOX, password=PASSWORD):
    client = Client(headers={"Accept": "text/html", "User-Agent": agent})
    assert client.post("/login/", {"username": name, "password": password}).status_code == 302
    return client


def is_in(client):
    return client.get("/account/").status_code == 200


def test_a_changed_password_ends_all_other_sessions_and_keeps_this_one(bob):
    here, there = logged_in("bob"), logged_in("bob", PHONE)
    sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    answer = here.post("/account/password/", sent, follow=True)
    assert "Your password is changed." in answer.content.decode()
    assert Session.objects.filter(user=bob).count() == 1  # before the other one is used, which would end it too
    assert (is_in(here), is_in(there)) == (True, False)
    assert is_in(logged_in("bob", password=NEW))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"old_password": "wrong"}, "Your old password was entered incorrectly."),
        ({"new_password2": "other-and-odd-9"}, "The two password fields didn’t match."),
        ({"new_password1": "short", "new_password2": "short"}, "This password is too short."),
        ({"new_password1": "bob-bob-bob", "new_password2": "bob-bob-bob"}, "too similar"),
    ],
)
def test_a_password_that_is_refused_says_why_at_its_field(bob, sent, said):
    here = logged_in("bob")
    good = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    if "bob-bob" in str(sent):
        User.objects.filter(pk=bob.pk).update(username="bob-bob-bob")
    page = here.post("/account/password/", good | sent).content.decode()
    assert said in page.replace("&#x27;", "'") or said in page
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_a_user_sees_where_somebody_is_logged_in_and_ends_it(bob):
    here, there, elsewhere = logged_in("bob"), logged_in("bob", PHONE), logged_in("bob", PHONE)
    logged_in("bob")
    page = page_of(here, "/account/")
    assert page.count("Firefox on Linux</b>") == 2
    assert page.count("Safari on an iPhone</b>") == 2
    for key in Session.objects.values_list("session_key", flat=True):
        assert key not in page
    phone = Session.objects.get(session_key=there.session.session_key)
    assert here.post("/account/", {"session": phone.reference}).status_code == 303
    assert (is_in(here), is_in(there), is_in(elsewhere)) == (True, False, True)
    here.post("/account/", {"session": "others"})
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    assert "End all others" not in page_of(here, "/account/")


def test_nobody_ends_the_session_of_somebody_else(bob, alice):
    here, other = logged_in("bob"), browser_of(alice)
    mine = Session.objects.get(user=bob)
    assert other.post("/account/", {"session": mine.reference}).status_code == 404
    other.post("/account/", {"session": "others"})
    assert is_in(here)


def test_a_token_is_revoked_after_it_was_asked_and_a_new_one_stands_above_the_others(alice):
    desk = browser_of(alice)
    Token.issue(alice, name="old")
    made = desk.post("/api/v1/tokens/", {"name": "new", "days": "30"}).content.decode()
    assert "Copy the key now" in made
    assert re.findall(r"<b>(new|old)</b> <code>", made) == ["new", "old"]
    refused = desk.post("/api/v1/tokens/", {"name": "", "days": "0"}).content.decode()
    assert re.findall(r"<b>(new|old)</b> <code>", refused) == ["new", "old"]
    assert re.search(r"<details><summary>Revoke.*?<form method=\"post\" action=\"/api/v1/tokens/", made, re.S)


def test_who_has_no_role_yet_has_an_account_and_reads_what_the_roles_are(db):
    nobody = User.objects.create_user("nobody")
    desk = browser_of(nobody)
    assert "<b>no role</b>" in page_of(desk, "/account/")
    assert "Tag statements, resolve and reopen disputes" in page_of(desk, "/accounts/roles/")


def test_an_admin_finds_users_and_roles_and_nobody_else_does(admin, alice, root, client):
    page = page_of(admin, "/accounts/")
    rows = re.findall(r'<a href="/accounts/\d+/">(\w+)</a> <span class="status">(\w+)</span>', page)
    assert rows == [("alice", "editor"), ("root", "admin")]
    assert '<a href="/accounts/">Users</a>' in page_of(admin, "/")
    editor = browser_of(alice)
    assert '<a href="/accounts/">' not in page_of(editor, "/")
    for address in ("/accounts/", "/accounts/new/", f"/accounts/{root.pk}/", f"/accounts/{alice.pk}/"):
        assert editor.get(address).status_code == 404
        assert editor.post(address, {}).status_code == 404
        assert client.get(address)["Location"].startswith("/login/?next=")
    assert admin.get("/accounts/999999/").status_code == 404


def link_in(page):
    return re.search(r"<pre[^>]*>http://testserver(/reset/[^<]*)</pre>", page)[1]


def test_who_is_invited_sets_a_password_by_a_link_that_works_once(admin, root):
    made = admin.post("/accounts/new/", {"username": "dora", "email": "", "role": "reporter"})
    link = link_in(made.content.decode())
    dora = User.objects.get(username="dora")
    assert [group.name for group in dora.groups.all()] == ["reporter"]
    assert not dora.has_usable_password()
    assert link not in page_of(admin, f"/accounts/{dora.pk}/")
    stranger = Client(headers={"Accept": "text/html"})
    form = stranger.get(link, follow=True)
    assert "For <b>dora</b>." in form.content.decode()
    sent = {"new_password1": NEW, "new_password2": NEW}
    done = stranger.post(form.redirect_chain[-1][0], sent, follow=True)
    assert "Your password is set." in done.content.decode()
    assert is_in(logged_in("dora", password=NEW))
    again = Client(headers={"Accept": "text/html"}).get(link, follow=True).content.decode()
    assert "This link is used up" in again


@pytest.mark.django_db(transaction=True)
def test_what_an_admin_does_to_a_user_is_in_the_journal_with_the_admins_name():
    root = user_with_role("root", "admin")
    admin = browser_of(root)
    admin.post("/accounts/new/", {"username": "dora", "role": "reporter"})
    dora = User.objects.get(username="dora")
    changed = {"username": "dora", "first_name": "Dora", "last_name": "", "email": "", "role": "editor"}
    assert admin.post(f"/accounts/{dora.pk}/", changed | {"is_active": "on"}).status_code == 303
    assert admin.post(f"/accounts/{dora.pk}/", changed).status_code == 303
    entries = Entry.objects.of("user", dora.pk).order_by("version")
    told = [(e.action, e.actor_id, e.data["roles"], e.data["is_active"]) for e in entries]
    assert told == [
        ("user.created", root.pk, ["reporter"], True),
        ("user.updated", root.pk, ["editor"], True),
        ("user.updated", root.pk, ["editor"], False),
    ]
    assert "first name" in page_of(admin, f"/accounts/{dora.pk}/")


def test_who_is_deactivated_is_out_everywhere_and_no_link_brings_them_in(admin, bob):
    here, program = logged_in("bob"), client_of(bob)
    link = link_in(admin.post(f"/accounts/{bob.pk}/", {"act": "link"}).content.decode())
    admin.post(f"/accounts/{bob.pk}/", {"username": "bob", "role": "editor"})
    assert not is_in(here)
    assert program.get("/api/v1/articles/").status_code == 401
    assert not Session.objects.filter(user=bob).exists()
    assert "This link is used up" in Client().get(link, follow=True).content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_link_at_once_one_sets_the_password():
    admin, bob = browser_of(user_with_role("root", "admin")), user_with_role("bob", "editor")
    link = link_in(admin.post(f"/accounts/{bob.pk}/", {"act": "link"}).content.decode())
    both = [Client(headers={"Accept": "text/html"}) for _ in range(2)]
    (address,) = {client.get(link, follow=True).redirect_chain[-1][0] for client in both}

    def use(client):
        return lambda: client.post(address, {"new_password1": NEW, "new_password2": NEW}).status_code

    assert sorted(cross(*((use(client), "auth_user") for client in both))) == [200, 302]


def test_who_is_logged_in_and_uses_a_link_is_logged_out_and_has_the_new_password(admin, bob):
    here = logged_in("bob")
    link = link_in(admin.post(f"/accounts/{bob.pk}/", {"act": "link"}).content.decode())
    address = here.get(link, follow=True).redirect_chain[-1][0]
    done = here.post(address, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "Your password is set." in done.content.decode()
    assert not is_in(here)
    assert is_in(logged_in("bob", password=NEW))


def test_who_opens_anothers_link_stays_logged_in(admin, bob):
    link = link_in(admin.post(f"/accounts/{bob.pk}/", {"act": "link"}).content.decode())
    address = admin.get(link, follow=True).redirect_chain[-1][0]
    assert admin.post(address, {"new_password1": NEW, "new_password2": NEW}).status_code == 302
    assert is_in(admin)


def test_an_admin_ends_anothers_sessions_but_does_not_see_their_keys(admin, bob):
    here = logged_in("bob")
    page = page_of(admin, f"/accounts/{bob.pk}/")
    assert "1 session ·" in page
    assert here.session.session_key not in page
    admin.post(f"/accounts/{bob.pk}/", {"act": "end_sessions"})
    assert not is_in(here)


def test_an_admin_changes_neither_the_own_role_nor_a_superuser(admin, root):
    own = page_of(admin, f"/accounts/{root.pk}/")
    assert 'name="role"' not in own
    admin.post(f"/accounts/{root.pk}/", {"username": "root", "role": "viewer"})
    assert [group.name for group in root.groups.all()] == ["admin"]
    root.refresh_from_db()
    assert root.is_active
    owner = User.objects.create_superuser("owner")
    assert "Only a superuser changes a superuser." in page_of(admin, f"/accounts/{owner.pk}/")
    for sent in ({"username": "mine"}, {"act": "link"}, {"act": "end_sessions"}):
        assert admin.post(f"/accounts/{owner.pk}/", sent).status_code == 403


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"username": "alice"}, "already exists"),
        ({"username": "ALICE"}, "in other letters"),
        ({"username": ""}, "required"),
    ],
)
def test_a_user_that_cannot_be_made_comes_back_with_what_was_typed(admin, alice, sent, said):
    refused = admin.post("/accounts/new/", {"first_name": "Dora", "role": "editor"} | sent)
    assert refused.status_code == 400
    page = refused.content.decode()
    assert said in page
    assert 'value="Dora"' in page
    assert User.objects.count() == 2


def test_without_mail_the_page_says_who_helps(client, db):
    page = page_of(client, "/reset/")
    assert "private" in client.get("/reset/")["Cache-Control"]  # it has the token of a form
    assert "Ask an admin of this service for a link." in page
    assert client.post("/reset/", {"email": "bob@a.example"}).status_code == 404


def test_by_mail_a_link_comes_to_who_has_the_address_and_nobody_learns_who_does(settings, bob, client):
    settings.HAS_MAIL, settings.DEFAULT_FROM_EMAIL = True, "desk@a.example"
    User.objects.filter(pk=bob.pk).update(email="bob@a.example")
    User.objects.create_user("left", "left@a.example", is_active=False)
    addresses = ("bob@a.example", "x@a.example", "left@a.example")
    answers = [client.post("/reset/", {"email": address}, follow=True) for address in addresses]
    assert len({re.sub(r"csrf.*", "", answer.content.decode()) for answer in answers}) == 1
    (message,) = mail.outbox
    assert (message.to, message.from_email) == (["bob@a.example"], "desk@a.example")
    link = re.search(r"http://testserver(/reset/\S+)", message.body)[1]
    assert "For <b>bob</b>." in client.get(link, follow=True).content.decode()


def test_where_mail_is_set_an_invitation_is_mailed_and_not_shown(settings, admin):
    settings.HAS_MAIL, settings.DEFAULT_FROM_EMAIL = True, "desk@a.example"
    made = admin.post("/accounts/new/", {"username": "dora", "email": "dora@a.example", "role": "viewer"})
    (message,) = mail.outbox
    assert message.to == ["dora@a.example"]
    page = made.content.decode()
    assert "was mailed to <b>dora@a.example</b>" in page
    assert re.search(r"/reset/\S+", message.body)[0] not in page


def test_an_invitation_that_cannot_be_mailed_is_shown(settings, admin):
    settings.HAS_MAIL, settings.DEFAULT_FROM_EMAIL = True, "desk@a.example"
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1  # nobody is there
    settings.EMAIL_HOST = "127.0.0.1"
    made = admin.post("/accounts/new/", {"username": "dora", "email": "dora@a.example", "role": "viewer"})
    assert made.status_code == 200
    assert "The mail to dora@a.example could not be sent." in made.content.decode()
    assert "For <b>dora</b>." in Client().get(link_in(made.content.decode()), follow=True).content.decode()


def test_links_by_mail_are_throttled_as_logging_in_is(settings, client, db, monkeypatch):
    settings.HAS_MAIL = True
    monkeypatch.setattr("factcheck.api.throttles.LoginThrottle.allow_request", lambda *_: False)
    monkeypatch.setattr("factcheck.api.throttles.LoginThrottle.wait", lambda _: 7)
    refused = client.post("/reset/", {"email": "bob@a.example"})
    assert (refused.status_code, refused["Retry-After"]) == (429, "7")
