"""Log-in by a real OpenID provider: `oidc-provider` from npm, as a process of its own. docs/identity.md promises it."""

import base64
import json
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.auth.models import User
from django.db import close_old_connections, connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from factcheck.api.callers import Caller, present_roles
from factcheck.api.models import Identity, Session, Token
from factcheck.api.provider import Person
from factcheck.api.roles import Role
from factcheck.journal import standing
from factcheck.journal.models import Entry
from factcheck.journal.people import record_person
from tests.e2e.judging import faults_of
from tests.newsroom import client_of, user_with_role
from tests.service import free_port

HERE = Path(__file__).parent
ADA = {
    "name": "Ada Lovelace",
    "given_name": "Ada",
    "family_name": "Lovelace",
    "roles": ["newsroom-editors", "all-staff"],
}
PAGE = {"accept": "text/html"}


class OpenIDProvider:
    """Its people, by subject, and who sits at the browser."""

    def __init__(self, port: int):
        self.issuer = f"http://127.0.0.1:{port}"

    def tell(self, path: str, body: Any) -> None:
        assert requests.put(f"{self.issuer}/{path}", json=body, timeout=10).status_code == 204

    def knows(self, **people: dict[str, Any]) -> None:
        self.tell("people", people)

    def asked(self) -> int:
        """How often it was asked for tokens."""
        return requests.get(f"{self.issuer}/asked", timeout=10).json()["tokens"]

    def travel(self, address: str, who: str) -> str:
        """Where the provider sends a new browser back to, in which `who` logs in."""
        self.tell("browser", who)
        with requests.Session() as browser:
            while urlsplit(address).path != "/oidc/callback/":
                answer = browser.get(address, allow_redirects=False, timeout=10)
                assert answer.is_redirect, answer.text
                address = requests.compat.urljoin(address, answer.headers["Location"])
        return address


@pytest.fixture(scope="session")
def running_provider(live_server):
    node = shutil.which("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout if node else ""
    is_new = version.startswith("v") and int(version[1:].partition(".")[0]) >= 20
    if not is_new or not (HERE / "node_modules/oidc-provider").exists():
        pytest.skip("needs Node 20 or newer, and oidc-provider, which make e2e installs")
    port = free_port()
    back = f"http://testserver/oidc/callback/,{live_server.url}/oidc/callback/"
    command = [node, "identity_provider.mjs", str(port), back, f"{live_server.url}/oidc/backchannel-logout/"]
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        yield OpenIDProvider(port)
        process.kill()


@pytest.fixture
def provider(running_provider, settings, transactional_db):
    settings.OIDC_ISSUER, settings.OIDC_NAME = running_provider.issuer, "Newsroom ID"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "factcheck", "a-secret-of-the-tests"
    settings.OIDC_SCOPES = "openid profile staff"
    settings.OIDC_ROLES = {"newsroom-editors": "editor", "newsroom-viewers": "viewer", "chiefs": "admin"}
    running_provider.knows(ada=ADA)
    return running_provider


def log_in(provider: OpenIDProvider, client: Client, who: str = "ada", back_to: str = "") -> Any:
    begun = client.get("/oidc/login/", {"next": back_to})
    address = urlsplit(provider.travel(begun["Location"], who))
    return client.get(f"{address.path}?{address.query}", headers=PAGE)


def later(minutes: int) -> None:
    """So much time passes for what the service knows of people, in this process and in the database."""
    standing._remembered.clear()
    for identity in Identity.objects.all():
        identity.check_at -= timedelta(minutes=minutes)
        identity.confirmed_at = identity.confirmed_at and identity.confirmed_at - timedelta(minutes=minutes)
        identity.save()


def me(client: Client, **headers: str) -> Any:
    answer = client.get("/api/v1/me/", headers=headers)
    return (
        (answer.json()["user"]["username"], answer.json()["role"]) if answer.status_code == 200 else answer.status_code
    )


def entries_of(username: str) -> list[tuple[Any, ...]]:
    entries = Entry.objects.of("user", User.objects.get(username=username).pk).order_by("version")
    return list(entries.values_list("action", "actor_name", "data__username", "data__roles"))


def test_somebody_logs_in_with_code_pkce_state_and_nonce_and_is_recorded_by_a_readable_name(provider):
    client = Client()
    page = client.get("/login/?next=/api/v1/sources/").content.decode()
    assert '<a class="button" href="/oidc/login/?next=%2Fapi%2Fv1%2Fsources%2F">Log in with Newsroom ID</a>' in page
    asked = parse_qs(urlsplit(client.get("/oidc/login/")["Location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert len(asked["state"][0]) >= 20
    assert len(asked["nonce"][0]) >= 20
    before = client.cookies["sessionid"].value
    answer = log_in(provider, client, back_to="/api/v1/sources/")
    assert (answer.status_code, answer["Location"]) == (302, "/api/v1/sources/")
    assert client.cookies["sessionid"].value != before
    assert me(client) == ("Ada.Lovelace", "editor")
    assert entries_of("Ada.Lovelace") == [("user.created", "identity-provider", "Ada.Lovelace", ["editor"])]
    person = User.objects.get(username="Ada.Lovelace")
    assert (person.get_full_name(), person.email, person.has_usable_password()) == ("Ada Lovelace", "", False)
    (identity,) = Identity.objects.all()
    assert (identity.issuer, identity.subject, identity.user) == (provider.issuer, "ada", person)
    client.post("/api/v1/sources/", {"kind": "person", "name": "X"}, "application/json")
    assert Entry.objects.get(resource="source").actor_name == "Ada.Lovelace"
    again = Client()
    log_in(provider, again)
    assert User.objects.filter(first_name="Ada").count() == 1
    assert len(entries_of("Ada.Lovelace")) == 1
    assert Session.objects.get(session_key=again.cookies["sessionid"].value).expire_date > timezone.now() + timedelta(
        days=13
    )


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_it_leads_nowhere_else(provider, target):
    assert log_in(provider, Client(), back_to=target)["Location"] == "/"


def test_whatever_goes_wrong_is_told_on_a_page(provider, settings):
    def told(answer: Any) -> tuple[int, str]:
        assert "script-src 'self'" in answer["Content-Security-Policy"].split("; ")  # which come in any order
        assert "<b>wanted</b>" not in answer.content.decode()
        return answer.status_code, answer.content.decode().split("<h1>")[1].split("<p>")[1].split("</p>")[0]

    client, expired = Client(), "This log-in took too long, or was begun in another window. Begin it again."
    assert told(log_in(provider, client, "nobody")) == (
        403, "Newsroom ID did not let you in, or you did not want it to."
    )  # fmt: skip
    for query in ("", "?code=x", "?code=x&state=y", "?error=server_error"):
        answer = client.get(f"/oidc/callback/{query}", headers=PAGE)
        assert answer.status_code in (400, 503)
    assert told(client.get("/oidc/callback/?code=x&state=y", headers=PAGE)) == (400, expired)
    back = urlsplit(provider.travel(client.get("/oidc/login/")["Location"], "ada"))
    assert told(Client().get(f"{back.path}?{back.query}", headers=PAGE)) == (400, expired)  # in another browser
    assert client.get(f"{back.path}?{back.query}").status_code == 302
    assert told(client.get(f"{back.path}?{back.query}", headers=PAGE)) == (400, expired)  # once more
    client = Client()
    back = urlsplit(provider.travel(client.get("/oidc/login/")["Location"], "ada"))
    session = client.session
    (state,) = (key for key, _ in session.items() if key.startswith("_state_provider_"))
    session[state] = {**session[state], "data": {**session[state]["data"], "nonce": "another"}}
    session.save()
    assert told(client.get(f"{back.path}?{back.query}", headers=PAGE)) == (
        502, "What Newsroom ID answered could not be verified, so you are not logged in. Tell an admin of this service."
    )  # fmt: skip
    assert me(client) == 401
    settings.OIDC_ISSUER = f"http://127.0.0.1:{free_port()}"
    answer = Client().get("/oidc/login/", headers={**PAGE, "accept-language": "en"})
    assert told(answer) == (
        503, "Newsroom ID does not answer. Nothing is wrong with your account: try again later."
    )  # fmt: skip
    answer = Client().get("/oidc/login/", headers={"accept": "application/json"})
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    settings.OIDC_ISSUER = ""
    assert Client().get("/oidc/login/", headers=PAGE).status_code == 404


def test_what_anybody_puts_into_the_address_is_plain_text_in_the_log(provider, caplog):
    query = {"error": "x", "error_description": "\x1b[2J\n\u202eok" + "y" * 2_000}
    assert Client().get("/oidc/callback/", query).status_code == 503
    line = caplog.messages[0]
    assert line.isprintable()
    assert "[2J ok" in line
    assert len(line) < 600


def test_a_secret_that_the_provider_refuses_is_no_crash(provider, settings):
    settings.OIDC_CLIENT_SECRET = "another"
    assert log_in(provider, Client()).status_code == 503


def test_who_comes_twice_at_once_is_one_user_and_two_of_one_name_are_two(provider):
    people = [Person(subject, {"name": "Ada", "roles": ["chiefs"]}, {}) for subject in ("a", "a", "a", "b", "b", "c")]
    with ThreadPoolExecutor(6, initializer=close_old_connections) as pool:
        made = list(pool.map(lambda person: (record_person(person=person), connection.close())[0].username, people))
    assert sorted(set(made)) == ["Ada", "Ada-2", "Ada-3"]
    assert made[0] == made[1] == made[2] != made[3] == made[4] != made[5]


def test_nobody_is_found_by_a_mail_address_or_a_name(provider):
    local = user_with_role("ada.lovelace", "admin")
    User.objects.filter(pk=local.pk).update(email="ada@news.example")
    provider.knows(ada={**ADA, "email": "ada@news.example", "email_verified": True})
    client = Client()
    log_in(provider, client)
    assert me(client) == ("Ada.Lovelace-2", "editor")
    provider.knows(two={**ADA, "name": "identity-provider"}, three={**ADA, "name": " \x00 "}, four={**ADA, "name": 7},
                   five={**ADA, "name": "ada.lovelace\u3164"}, six={**ADA, "name": "\u3164"})  # fmt: skip
    names = []
    for who in ("two", "three", "four", "five", "six"):
        client = Client()
        log_in(provider, client, who)
        names.append(me(client)[0])
    assert names == ["identity-provider-2", "person", "7", "ada.lovelace-3", "person-2"]


def test_a_new_name_at_the_provider_is_recorded_and_one_given_here_stays(provider):
    log_in(provider, Client())
    User.objects.filter(username="Ada.Lovelace").update(username="ada")
    log_in(provider, client := Client())
    assert me(client)[0] == "ada"
    provider.knows(ada={**ADA, "name": "Ada King", "family_name": "King"})
    log_in(provider, client := Client())
    assert me(client)[0] == "Ada.King"
    assert entries_of("Ada.King")[-1] == ("user.updated", "identity-provider", "Ada.King", ["editor"])


@pytest.mark.parametrize(
    ("claims", "path", "role"),
    [
        ({"roles": ["newsroom-viewers", "chiefs", "other"]}, "roles", "admin"),
        ({"roles": "newsroom-viewers"}, "roles", "viewer"),
        ({"realm_access": {"roles": ["newsroom-editors"]}}, "realm_access.roles", "editor"),
        ({"roles": ["editor", "admin", 7, None, {}]}, "roles", None),
        ({"roles": {"newsroom-editors": True}}, "roles", None),
        ({}, "realm_access.roles", None),
    ],
)
def test_the_role_is_in_a_claim_and_who_has_none_is_refused(provider, settings, claims, path, role):
    settings.OIDC_ROLE_CLAIM = path
    provider.knows(ada={**ADA, "roles": None, **claims})
    client = Client()
    answer = log_in(provider, client)
    if role:
        assert me(client) == ("Ada.Lovelace", role)
    else:
        assert answer.status_code == 403
        assert "Newsroom ID knows you, but has given you no role here." in answer.content.decode()
        assert me(client) == 401
        assert not User.objects.filter(first_name="Ada").exists()


def test_a_demotion_changes_the_running_session_and_the_tokens_within_minutes_and_is_recorded(provider):
    client = Client()
    log_in(provider, client)
    token = Token.issue(User.objects.get(username="Ada.Lovelace"), name="robot").key
    bearer = {"authorization": f"Bearer {token}"}
    provider.knows(ada={**ADA, "roles": ["newsroom-viewers"]})
    later(minutes=4)
    assert me(client) == ("Ada.Lovelace", "editor")  # it is not asked yet
    later(minutes=1)
    assert client.post("/api/v1/sources/", {"kind": "person", "name": "X"}, "application/json").status_code == 403
    assert me(client) == ("Ada.Lovelace", "viewer")
    assert me(Client(), **bearer) == ("Ada.Lovelace", "viewer")
    assert entries_of("Ada.Lovelace")[-1] == ("user.updated", "identity-provider", "Ada.Lovelace", ["viewer"])
    provider.knows(ada={**ADA, "name": "Ada King"})
    later(minutes=5)
    assert me(Client(), **bearer) == ("Ada.King", "editor")  # a token asks too
    provider.knows(ada={**ADA, "roles": []})
    later(minutes=5)
    assert me(Client(), **bearer) == 401
    assert me(client) == 401
    assert not Session.objects.filter(user__username="Ada.Lovelace").exists()
    assert entries_of("Ada.Lovelace")[-1] == ("user.updated", "identity-provider", "Ada.Lovelace", [])
    provider.knows(ada=ADA)
    log_in(provider, client)
    assert me(client) == me(Client(), **bearer) == ("Ada.Lovelace", "editor")


def test_who_is_gone_at_the_provider_is_out_within_minutes_by_session_and_by_token(provider):
    client = Client()
    log_in(provider, client)
    ada = User.objects.get(username="Ada.Lovelace")
    bearer = {"authorization": f"Bearer {Token.issue(ada, name='robot').key}"}
    key = client.cookies["sessionid"].value
    heard = Caller(ada.pk, session=key, session_hash=ada.get_session_auth_hash())
    assert present_roles([heard]) == {heard: Role.EDITOR}
    provider.knows()
    later(minutes=7)
    assert present_roles([heard]) == {
        heard: None
    }  # a stream ends, its client connects again, and the provider is asked
    assert client.get("/", headers=PAGE)["Location"] == "/login/?next=/"
    assert not Session.objects.filter(session_key=key).exists()
    answer = Client().get("/api/v1/me/", headers=bearer)
    assert answer.status_code == 401
    assert answer.json()["detail"] == (
        "Newsroom ID no longer vouches for the owner of this token, who has to log in again."
    )
    assert present_roles([Caller(ada.pk, token=Token.objects.get().pk)]) == {
        Caller(ada.pk, token=Token.objects.get().pk): None
    }


def test_who_is_deactivated_here_is_not_let_in_by_the_provider(provider):
    log_in(provider, Client())
    User.objects.filter(username="Ada.Lovelace").update(is_active=False)
    answer = log_in(provider, client := Client())
    assert answer.status_code == 403
    assert "Your account here is deactivated." in answer.content.decode()
    assert me(client) == 401


def test_a_request_of_somebody_who_stands_costs_no_query_more_than_without_a_provider(
    provider, settings, django_assert_num_queries
):
    log_in(provider, client := Client())
    bearer = {"authorization": f"Bearer {Token.issue(User.objects.get(username='Ada.Lovelace'), name='robot').key}"}
    for headers, queries in (({}, 2), (bearer, 1)):
        me(client, **headers)
        with django_assert_num_queries(queries):
            me(client, **headers)
        settings.OIDC_ISSUER = ""
        with django_assert_num_queries(queries):
            me(client, **headers)
        settings.OIDC_ISSUER = provider.issuer


def test_while_the_provider_is_down_people_go_on_working_for_an_hour(provider, settings):
    log_in(provider, client := Client())
    settings.OIDC_CLIENT_SECRET = "another"  # it answers, but cannot be asked
    later(minutes=50)
    assert me(client) == ("Ada.Lovelace", "editor")
    later(minutes=9)
    assert me(client) == ("Ada.Lovelace", "editor")
    later(minutes=2)
    assert me(client) == 401
    settings.OIDC_CLIENT_SECRET = "a-secret-of-the-tests"
    later(minutes=1)
    assert me(client) == ("Ada.Lovelace", "editor")  # nothing was ended


def test_of_many_requests_at_once_one_asks_the_provider_and_the_others_wait_for_it_after_a_long_pause(provider):
    log_in(provider, client := Client())
    cookie = client.cookies["sessionid"].value
    provider.knows(ada={**ADA, "roles": ["newsroom-viewers"]})
    before = provider.asked()
    later(minutes=600)

    def ask(_: int) -> Any:
        browser = Client()
        browser.cookies["sessionid"] = cookie
        try:
            return me(browser)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(ask, range(6))) == {("Ada.Lovelace", "viewer")}
    assert provider.asked() == before + 1


def test_people_of_another_issuer_are_not_those_of_this_one(provider):
    log_in(provider, client := Client())
    Identity.objects.update(issuer="https://former.example")
    standing._remembered.clear()
    assert me(client) == 401
    log_in(provider, client)
    assert me(client) == ("Ada.Lovelace-2", "editor")


def test_the_provider_ends_sessions_by_back_channel_and_nobody_else_does(provider):
    log_in(provider, client := Client())
    assert requests.post(f"{provider.issuer}/nowhere", timeout=10).status_code == 404
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    claims = {"iss": provider.issuer, "aud": "factcheck", "sub": "ada", "iat": int(time.time()), "jti": "x",
              "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}  # fmt: skip
    unsigned = f"{header}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}."
    for forged in ("", "x", unsigned):
        assert Client().post("/oidc/backchannel-logout/", {"logout_token": forged}).status_code == 400
    assert me(client) == ("Ada.Lovelace", "editor")
    provider.tell("logout-of-all", {"sub": "ada"})
    assert me(client) == 401


def test_an_id_token_is_no_logout_token(provider):
    client = Client()
    begun = client.get("/oidc/login/")
    back = parse_qs(urlsplit(provider.travel(begun["Location"], "ada")).query)
    (kept,) = (value["data"] for key, value in client.session.items() if key.startswith("_state_"))
    body = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": kept["redirect_uri"],
            "code_verifier": kept["code_verifier"]}  # fmt: skip
    token = requests.post(f"{provider.issuer}/token", body, auth=("factcheck", "a-secret-of-the-tests"), timeout=10)
    body = {"grant_type": "refresh_token", "refresh_token": token.json()["refresh_token"]}
    fresh = requests.post(f"{provider.issuer}/token", body, auth=("factcheck", "a-secret-of-the-tests"), timeout=10)
    for answered in (token, fresh):
        answer = Client().post("/oidc/backchannel-logout/", {"logout_token": answered.json()["id_token"]})
        assert answer.status_code == 400


def test_without_local_passwords_one_admin_alone_has_one_and_each_use_is_recorded(provider, settings):
    people = {name: user_with_role(name, role) for name, role in (("bob", "editor"), ("root", "admin"))}
    for user in people.values():
        user.set_password("correct horse battery")
        user.save()
    typed = {"username": "bob", "password": "correct horse battery"}
    assert Client().post("/login/", typed).status_code == 302
    old = Client()
    old.force_login(people["bob"])
    settings.LOCAL_PASSWORDS, settings.BREAK_GLASS_ADMIN = False, "root"
    standing._remembered.clear()
    assert me(old) == 401
    assert client_of(people["bob"]).get("/api/v1/me/").status_code == 200  # by token: programs go on
    answer = Client().post("/login/", typed)
    assert "No user has this name and this password." in answer.content.decode()
    for address in ("/reset/", "/reset/MQ/x-y/", "/account/password/"):
        assert Client().get(address, headers=PAGE).status_code == 404
    client = Client()
    for used in (1, 2, 3):
        assert client.post("/login/", {**typed, "username": "root"}).status_code == 302
        assert me(client) == ("root", "admin")
        assert client_of(people["root"]).get("/api/v1/me/").status_code == 401  # it would outlast the session
        end = Session.objects.get(session_key=client.cookies["sessionid"].value).expire_date
        assert end < timezone.now() + timedelta(minutes=61)
        assert entries_of("root")[-1] == ("user.updated", "root", "root", ["admin"])
        assert [roles for *_, roles in entries_of("root")].count(["admin"]) == used + 1
        if used < 3:
            client.post("/logout/") if used == 1 else client.cookies.clear()
    client.post("/logout/")
    assert entries_of("root")[-1] == ("user.updated", "root", "root", [])


def test_whom_the_provider_vouches_for_has_no_password_here_and_no_role_by_an_admin(provider):
    log_in(provider, Client())
    ada = User.objects.get(username="Ada.Lovelace")
    ada.set_password("correct horse battery")
    ada.save()
    answer = Client().post("/login/", {"username": "Ada.Lovelace", "password": "correct horse battery"})
    assert answer.status_code == 200
    admin = Client()
    admin.force_login(user_with_role("root", "admin"))
    page = admin.get(f"/accounts/{ada.pk}/").content.decode()
    assert "The role comes from Newsroom ID, by which this user logs in." in page
    assert 'name="role"' not in page
    assert "Make a link to set a password" not in page
    assert admin.post(f"/accounts/{ada.pk}/", {"act": "link"}).status_code == 404
    changed = {"username": "Ada.Lovelace", "role": "admin", "first_name": "A", "is_active": "on"}
    assert admin.post(f"/accounts/{ada.pk}/", changed).status_code == 303
    assert entries_of("Ada.Lovelace")[-1] == ("user.updated", "root", "Ada.Lovelace", ["editor"])


def test_in_a_browser_a_button_leads_there_and_back_also_when_a_session_ends_under_a_form(provider, open_desk, axe):
    provider.tell("browser", "ada")
    desk = open_desk()
    desk.open("/login/?next=/api/v1/sources/%3Fform%3Dnew")
    assert faults_of(desk, axe, "the page to log in") == []
    desk.page.get_by_role("link", name="Log in with Newsroom ID").click()
    desk.page.wait_for_url("**/api/v1/sources/?form=new")
    expect(desk.page.get_by_role("link", name="Ada.Lovelace")).to_be_visible()
    Session.objects.all().delete()
    desk.page.get_by_label("Name", exact=True).fill("The ministry")
    desk.page.get_by_label("Kind").select_option("organization")
    desk.page.get_by_role("button", name="Create").click()
    dialog = desk.page.get_by_role("dialog", name="Log in again")
    dialog.get_by_role("button", name="Log in and send").click()
    expect(dialog.get_by_text("You are not logged in yet.")).to_be_visible()
    with desk.page.expect_popup() as window:
        dialog.get_by_role("link", name="Log in with Newsroom ID").click()
    window.value.wait_for_url("**/account/")
    assert faults_of(desk, axe, "the dialog") == []
    dialog.get_by_role("button", name="Log in and send").click()
    expect(desk.page.get_by_role("heading", name="The ministry")).to_be_visible()
