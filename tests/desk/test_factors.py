"""The second step of a log-in: an authenticator app, recovery codes, and who must have one."""

import base64
import re
import time

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from factcheck.api.callers import caller_of, present_roles
from factcheck.api.factors import RECOVERY_CODES, digest_of, new_secret, seal, step_of, unseal
from factcheck.api.models import AuthenticatorApp, Identity, LoginAttempt, Passkey, RecoveryCode, Session, Token
from factcheck.api.roles import Role
from factcheck.errors import Conflict
from factcheck.journal.factors import add_factor
from factcheck.journal.models import Entry
from tests.claims.test_crossing_writes import cross
from tests.newsroom import browser_of, client_of, page_of, user_with_role

PASSWORD, NEW = "long-and-odd-7", "another-and-odd-8"
PAGE = "/account/second-step/"


def person(name, role):
    user = user_with_role(name, role)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def bob(db):
    return person("bob", "editor")


@pytest.fixture
def root(db):
    return person("root", "admin")


def code_of(user, later=0):
    """What the user's app shows, or will show some half minutes later."""
    secret = unseal(AuthenticatorApp.objects.get(user=user).secret)
    return code_for(secret, later)


def code_for(secret, later=0):
    return HOTP(secret, 6, SHA1()).generate(int(time.time() // 30) + later).decode()


def give_app(user):
    secret = new_secret()
    AuthenticatorApp.objects.create(user=user, secret=seal(secret), last_step=0)
    return secret


def with_password(name, password=PASSWORD, address="/login/"):
    client = Client(headers={"Accept": "text/html"})
    client.answer = client.post(address, {"username": name, "password": password})
    LoginAttempt.objects.all().delete()
    return client


def step(client, code):
    answer = client.post("/login/second/", {"code": code})
    LoginAttempt.objects.all().delete()
    return answer


def is_in(client):
    return client.get("/account/").status_code == 200


def secret_on(page):
    return base64.b32decode(re.search(r"Key: <code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", ""))


def codes_on(page):
    return re.findall(r"^(?:\s*<pre[^>]*>)?([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})$", page, re.M)


def add_app(client):
    """Adds an app on the page, and gives its secret and the recovery codes."""
    page = page_of(client, PAGE + "?add=app")
    secret = secret_on(page)
    answer = client.post(PAGE, {"act": "app", "code": code_for(secret)})
    assert answer.status_code == 200, answer.content.decode()
    return secret, codes_on(answer.content.decode())


def test_an_app_is_added_by_its_first_code_and_then_a_password_is_not_enough(bob):
    here = with_password("bob")
    page = page_of(here, PAGE + "?add=app")
    assert re.search(r'<svg viewBox="0 0 \d+ \d+"', page)
    assert " style=" not in page
    assert "otpauth://totp/Factcheck:bob?" in page
    refused = here.post(PAGE, {"act": "app", "code": "000000"})
    assert refused.status_code == 400
    assert "This is not the code that the app shows now." in refused.content.decode()
    assert secret_on(refused.content.decode()) == secret_on(page)
    secret, codes = add_app(here)
    assert len(set(codes)) == RECOVERY_CODES == 10
    assert is_in(here)
    assert codes[0] not in page_of(here, PAGE)
    there = with_password("bob")
    assert (there.answer.status_code, there.answer["Location"]) == (302, "/login/second/")
    assert not is_in(there)
    done = step(there, code_for(secret, 1))
    assert (done.status_code, done["Location"]) == (302, "/")
    assert is_in(there)


def test_a_log_in_leads_where_it_was_meant_to_and_nowhere_else(bob):
    secret = give_app(bob)
    there = with_password("bob", address="/login/?next=/search/")
    assert step(there, code_for(secret, -1))["Location"] == "/search/"
    elsewhere = with_password("bob", address="/login/?next=https://evil.example/")
    assert step(elsewhere, code_for(secret))["Location"] == "/"


@pytest.mark.parametrize(
    "code", ["", "000000", "12345", "x" * 50_000, "\u0663" * 6, "\x00", "😀", "AAAA-AAAA-AAAA-AAAA"]
)
def test_a_wrong_code_is_refused(bob, code):
    give_app(bob)
    there = with_password("bob")
    answer = step(there, code)
    assert answer.status_code == 400
    assert "This code is wrong, too old, or was used before." in answer.content.decode()
    assert not is_in(there)


def test_a_code_works_once_also_where_another_follows_within_the_same_window(bob):
    secret = give_app(bob)
    code = code_for(secret)
    assert step(with_password("bob"), code).status_code == 302
    assert step(with_password("bob"), code).status_code == 400
    assert step(with_password("bob"), code_for(secret, -1)).status_code == 400  # older than the last one
    assert step(with_password("bob"), code_for(secret, 1)).status_code == 302


def test_a_clock_may_be_half_a_minute_off_and_no_more(bob):
    secret = give_app(bob)
    assert step_of(secret, code_for(secret, 2)) is None
    assert step_of(secret, code_for(secret, -2)) is None
    assert [step_of(secret, code_for(secret, by)) is not None for by in (-1, 0, 1)] == [True] * 3


def test_the_code_of_another_user_is_refused(bob, root):
    give_app(bob)
    theirs = give_app(root)
    assert step(with_password("bob"), code_for(theirs)).status_code == 400
    assert AuthenticatorApp.objects.get(user=root).last_step == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_one_code_at_once_one_is_logged_in():
    bob = person("bob", "editor")
    code = code_for(give_app(bob))
    both = [with_password("bob") for _ in range(2)]

    def use(client):
        return lambda: client.post("/login/second/", {"code": code}).status_code

    assert sorted(cross(*((use(client), "api_authenticatorapp") for client in both))) == [302, 400]


def test_a_recovery_code_works_once_with_the_password_however_it_is_typed(bob):
    here = with_password("bob")
    _, codes = add_app(here)
    typed = f" {codes[0].lower().replace('-', ' ')} "
    there = with_password("bob")
    assert step(there, typed).status_code == 302
    assert "9 codes are left" in page_of(there, PAGE)
    assert step(with_password("bob"), codes[0]).status_code == 400
    assert not RecoveryCode.objects.filter(digest__contains=codes[1]).exists()
    renewed = codes_on(there.post(PAGE, {"act": "codes"}).content.decode())
    assert step(with_password("bob"), codes[1]).status_code == 400
    assert step(with_password("bob"), renewed[1]).status_code == 302


def test_after_some_wrong_codes_even_the_right_one_has_to_wait_from_whatever_address(bob):
    secret = give_app(bob)
    there = with_password("bob")
    assert [step(there, "000000").status_code for _ in range(5)] == [400] * 5
    answer = step(there, code_for(secret))
    assert answer.status_code == 429
    assert 28 <= int(answer["Retry-After"]) <= 33
    assert "There were too many attempts. Wait 3" in answer.content.decode()
    AuthenticatorApp.objects.update(failed_at=timezone.now() - timezone.timedelta(seconds=40))
    assert step(there, code_for(secret)).status_code == 302
    assert AuthenticatorApp.objects.get().failures == 0


def test_the_second_step_is_throttled_as_log_ins_are(bob):
    give_app(bob)
    there = with_password("bob")
    statuses = [there.post("/login/second/", {"code": "x"}).status_code for _ in range(11)]
    assert statuses == [400] * 10 + [429]


def test_a_half_log_in_ends_by_itself_and_with_the_password(bob):
    secret = give_app(bob)
    late, other = with_password("bob"), with_password("bob")
    assert 590 < (Session.objects.get(pk=late.session.session_key).expire_date - timezone.now()).total_seconds() <= 600
    Session.objects.filter(pk=late.session.session_key).update(expire_date=timezone.now())
    assert step(late, code_for(secret))["Location"] == "/login/"
    bob.set_password(NEW)
    bob.save()
    assert step(other, code_for(secret))["Location"] == "/login/"
    inactive = with_password("bob", NEW)
    bob.is_active = False
    bob.save()
    assert step(inactive, code_for(secret))["Location"] == "/login/"


ROUTES = [str(route) for route in dict.fromkeys(
    str(outer.pattern) + str(inner.pattern)
    for outer in get_resolver().url_patterns
    for inner in (outer.url_patterns if hasattr(outer, "url_patterns") else [type("", (), {"pattern": ""})])
)]  # fmt: skip


def filled(route):
    for place, value in {"<int:": "1", "<uuid:": "0" * 8 + "-0000-4000-8000-" + "0" * 12}.items():
        route = re.sub(re.escape(place) + r"\w+>", value, route)
    return "/" + re.sub(r"<[^>]+>", "x", route).replace("^", "").replace("$", "").replace(r"\.", ".")


def test_a_half_log_in_is_answered_as_an_anonymous_caller_is_at_every_address(bob, settings, article, statement):
    """All routes but those of the second step, read and written: with a factor as JSON, without one as pages."""
    settings.REQUIRE_MFA = "editor"
    without, with_one = with_password("bob"), with_password("bob")
    give_app(bob)
    compared = 0
    for address in map(filled, ROUTES):
        if address.startswith(("/login/", PAGE, "/oidc/", "/logout/")) or "stream" in address:
            continue
        for half, accept in ((without, "text/html"), (with_one, "application/json")):
            for ask in ("get", "post"):
                own, nobodys = (
                    getattr(client, ask)(address, headers={"Accept": accept}) for client in (half, Client())
                )
                told = (address, accept, ask)
                assert own.status_code == nobodys.status_code, told
                assert own.headers.get("Location") == nobodys.headers.get("Location"), told
                assert b"data-user" not in getattr(own, "content", b""), told
                compared += 1
    assert compared > 400


def test_who_must_have_a_second_step_adds_one_after_the_password_and_can_do_nothing_before(root, settings):
    settings.REQUIRE_MFA = "admin"
    there = with_password("root", address="/login/?next=/accounts/")
    assert there.answer["Location"] == "/login/second/"
    assert there.get("/login/second/")["Location"] == PAGE
    page = there.get(PAGE)
    assert "your role needs a second step besides the password" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert "public" not in page["Cache-Control"]
    assert "data-user" not in page.content.decode()
    assert not is_in(there)
    assert there.get("/accounts/")["Location"] == "/login/?next=/accounts/"
    assert there.get("/api/v1/articles/", headers={"Accept": "application/json"}).status_code == 401
    secret = secret_on(page_of(there, PAGE + "?add=app"))
    added = there.post(PAGE, {"act": "app", "code": code_for(secret)}).content.decode()
    assert len(codes_on(added)) == 10
    assert '<a class="button" href="/accounts/">I have kept them</a>' in added
    assert "root" in page_of(there, "/accounts/")
    assert there.get("/api/v1/journal/", headers={"Accept": "application/json"}).status_code == 200


def test_who_knows_only_the_password_adds_no_second_step_beside_one_that_is_there(root, settings):
    settings.REQUIRE_MFA = "admin"
    there = with_password("root")
    secret = secret_on(page_of(there, PAGE + "?add=app"))
    give_app(root)
    assert there.get(PAGE)["Location"].startswith("/login/")
    assert there.post(PAGE, {"act": "app", "code": code_for(secret)}).status_code in (302, 401)
    assert AuthenticatorApp.objects.count() == 1
    assert not is_in(there)
    with pytest.raises(Conflict):  # also where both were asked for at once
        add_factor(user=root, factor=Passkey(name="x", credential_id=b"1", sign_count=0), is_first=True)


@pytest.mark.parametrize(("required", "needs"), [("", False), ("admin", False), ("editor", True), ("viewer", True)])
def test_the_setting_means_a_role_and_those_above_it(bob, settings, required, needs):
    settings.REQUIRE_MFA = required
    assert with_password("bob").answer["Location"] == ("/login/second/" if needs else "/")


def test_a_session_without_the_step_ends_when_its_user_becomes_an_admin(bob, settings):
    settings.REQUIRE_MFA = "admin"
    here = with_password("bob")
    assert is_in(here)
    bob.groups.set([user_with_role("other", "admin").groups.get()])
    assert here.get("/accounts/")["Location"] == "/login/?next=/accounts/"
    assert here.get("/api/v1/me/", headers={"Accept": "application/json"}).status_code == 401
    assert here.post("/api/v1/tokens/", {"name": "x"}, headers={"Accept": "application/json"}).status_code == 401
    assert not Token.objects.exists()


def test_a_token_of_who_must_have_a_second_step_is_refused_until_there_is_one(root, bob, settings):
    program, editors = client_of(root), client_of(bob)
    settings.REQUIRE_MFA = "admin"
    answer = program.get("/api/v1/articles/")
    assert answer.status_code == 401
    assert "Add one at /account/second-step/" in answer.json()["detail"]
    assert editors.get("/api/v1/articles/").status_code == 200
    give_app(root)
    assert program.get("/api/v1/articles/").status_code == 200


def test_a_user_for_programs_has_no_password_and_needs_no_second_step(db, settings):
    settings.REQUIRE_MFA = "viewer"
    assert client_of(user_with_role("robot", "editor")).get("/api/v1/articles/").status_code == 200


def test_an_open_stream_ends_for_who_lacks_the_second_step(root, settings, rf):
    here = with_password("root")
    request = rf.get("/")
    request.user, request.auth, request.session = root, None, here.session
    caller = caller_of(request)
    assert present_roles([caller]) == {caller: Role.ADMIN}
    settings.REQUIRE_MFA = "admin"
    assert present_roles([caller]) == {caller: None}
    token = caller_of(type("", (), {"user": root, "auth": Token.issue(root, name="x")}))
    assert present_roles([token]) == {token: None}
    give_app(root)
    assert present_roles([token]) == {token: Role.ADMIN}


def test_a_change_needs_the_password_again_after_a_while(bob):
    here = browser_of(bob)
    page = page_of(here, PAGE)
    assert "Your password, to change anything here" in page
    assert "Add an app" not in page
    assert here.post(PAGE, {"act": "codes"}).status_code == 403
    wrong = here.post(PAGE, {"act": "confirm", "password": "wrong"})
    assert wrong.status_code == 400
    assert "This is not your password." in wrong.content.decode()
    assert here.post(PAGE, {"act": "confirm", "password": PASSWORD}).status_code == 303
    assert "Add an app" in page_of(here, PAGE)


def test_to_add_and_to_remove_a_factor_ends_all_other_sessions(bob):
    here, there = with_password("bob"), with_password("bob")
    secret, _ = add_app(here)
    assert (is_in(here), is_in(there)) == (True, False)
    there = with_password("bob")
    step(there, code_for(secret, 1))
    assert is_in(there)
    assert here.post(PAGE, {"act": "remove", "factor": "app"}).status_code == 303
    assert (is_in(here), is_in(there)) == (True, False)
    assert not RecoveryCode.objects.exists()
    assert is_in(with_password("bob"))


def test_who_must_have_a_factor_does_not_remove_the_last_one(root, settings):
    settings.REQUIRE_MFA = "admin"
    here = with_password("root")
    add_app(here)
    answer = here.post(PAGE, {"act": "remove", "factor": "app"})
    assert answer.status_code == 409
    assert "Your role needs a second step. Add another one first." in answer.content.decode()
    assert AuthenticatorApp.objects.exists()


@pytest.mark.parametrize("factor", ["", "1", "999999", "x", "-1", "9" * 40, "²"])
def test_nobody_removes_a_factor_of_another_user(bob, root, factor):
    give_app(root)
    assert with_password("bob").post(PAGE, {"act": "remove", "factor": factor}).status_code == 404
    assert with_password("bob").post(PAGE, {"act": "remove", "factor": "app"}).status_code == 404
    assert with_password("bob").post(PAGE, {"act": "nothing"}).status_code == 404


def test_a_new_password_by_a_link_keeps_the_second_step(bob, root):
    secret = give_app(bob)
    made = browser_of(root).post(f"/accounts/{bob.pk}/", {"act": "link"}).content.decode()
    guest = Client(headers={"Accept": "text/html"})
    form = guest.get(re.search(r"http://testserver(/reset/[^<]*)</pre>", made)[1], follow=True)
    guest.post(form.redirect_chain[-1][0], {"new_password1": NEW, "new_password2": NEW})
    there = with_password("bob", NEW)
    assert there.answer["Location"] == "/login/second/"
    assert step(there, code_for(secret)).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_each_change_is_in_the_journal_and_no_secret_is():
    bob, root = person("bob", "editor"), person("root", "admin")
    here = with_password("bob")
    secret, codes = add_app(here)
    here.post(PAGE, {"act": "remove", "factor": "app"})
    add_app(here)
    admin = browser_of(root)
    page = page_of(admin, f"/accounts/{bob.pk}/")
    assert "Two-step log-in: authenticator app" in page
    assert admin.post(f"/accounts/{bob.pk}/", {"act": "remove_factors"}).status_code == 303
    assert not is_in(here)
    assert is_in(with_password("bob"))
    entries = list(Entry.objects.of("user", bob.pk).order_by("version"))
    told = [(entry.action, entry.actor_id, entry.data.get("factors")) for entry in entries[-4:]]
    assert told == [
        ("user.updated", bob.pk, ["app"]),
        ("user.updated", bob.pk, None),
        ("user.updated", bob.pk, ["app"]),
        ("user.updated", root.pk, None),
    ]
    kept = str([entry.data for entry in entries])
    assert seal(secret)[:6] not in kept
    assert codes[0] not in kept
    shown = page_of(admin, f"/accounts/{bob.pk}/")
    assert re.search(r"two-step log-in.*?authenticator app", shown, re.S)


def test_an_admin_removes_no_own_factor_here_and_an_editor_none_of_others(root, bob):
    give_app(root)
    assert browser_of(root).post(f"/accounts/{root.pk}/", {"act": "remove_factors"}).status_code == 404
    assert browser_of(bob).post(f"/accounts/{root.pk}/", {"act": "remove_factors"}).status_code == 404
    owner = person("owner", "admin")
    owner.is_superuser = True
    owner.save()
    give_app(owner)
    assert browser_of(root).post(f"/accounts/{owner.pk}/", {"act": "remove_factors"}).status_code == 403
    assert AuthenticatorApp.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_command_removes_the_factors_of_the_last_admin_who_has_lost_them(capsys, settings):
    root = person("root", "admin")
    give_app(root)
    call_command("remove_second_step", "root")
    assert "root logs in with the password alone." in capsys.readouterr().out
    settings.REQUIRE_MFA = "admin"
    call_command("remove_second_step", "root")
    assert "with the password alone, and is then led to add a new second step." in capsys.readouterr().out
    assert not AuthenticatorApp.objects.exists()
    last = Entry.objects.of("user", root.pk).order_by("-version")[0]
    assert (last.actor_name, "factors" in last.data) == ("command-line", False)
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call_command("remove_second_step", "nobody")


def test_a_secret_is_encrypted_and_is_read_with_a_former_key_and_written_with_the_present_one(bob, settings, caplog):
    secret = give_app(bob)
    stored = AuthenticatorApp.objects.get().secret
    assert secret.hex() not in stored
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 10
    RecoveryCode.objects.create(user=bob, digest=digest_of("AAAA-BBBB-CCCC-DDDD"))
    refused = step(with_password("bob"), code_for(secret))
    assert refused.status_code == 400
    assert "The service cannot check codes of your app at the moment" in refused.content.decode()
    assert "This code is wrong" not in refused.content.decode()
    errors = [line.getMessage() for line in caplog.records if line.levelname == "ERROR"]
    assert ["SECRET_KEY_FALLBACKS" in error for error in errors] == [True]
    assert AuthenticatorApp.objects.get().failures == 0
    assert step(with_password("bob"), "aaaa bbbb cccc dddd").status_code == 302
    settings.SECRET_KEY_FALLBACKS = [old]
    assert step(with_password("bob"), code_for(secret)).status_code == 302
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(AuthenticatorApp.objects.get().secret) == secret


@pytest.fixture
def dora(settings, db):
    """An admin who comes by a provider."""
    settings.OIDC_NAME, settings.OIDC_ISSUER, settings.REQUIRE_MFA = "News ID", "https://id.example", "admin"
    dora, now = user_with_role("dora", "admin"), timezone.now()
    Identity.objects.create(
        user=dora, issuer="https://id.example", subject="1", tokens={}, confirmed_at=now,
        check_at=now + timezone.timedelta(minutes=5),
    )  # fmt: skip
    return dora


def test_who_comes_by_a_provider_is_told_that_the_step_is_its_matter(dora):
    here = browser_of(dora)
    page = page_of(here, PAGE)
    assert "You log in with News ID. Whether it asks for a second step is set there." in page
    assert here.post(PAGE, {"act": "app", "code": "1"}).status_code == 404


def test_the_break_glass_admin_needs_the_step_and_becomes_an_admin_with_it_only(db, settings):
    settings.OIDC_ISSUER, settings.LOCAL_PASSWORDS, settings.BREAK_GLASS_ADMIN = "https://id.example", False, "glass"
    settings.REQUIRE_MFA = "admin"
    glass = person("glass", "viewer")
    glass.groups.clear()
    secret = give_app(glass)
    there = with_password("glass")
    assert not glass.groups.exists()
    assert step(there, code_for(secret)).status_code == 302
    assert glass.groups.get().name == "admin"
    assert is_in(there)
    ends = Session.objects.get(pk=there.session.session_key).expire_date
    assert (ends - timezone.now()).total_seconds() <= 3600


def test_a_password_of_who_comes_by_a_provider_counts_nowhere(dora, settings, mailoutbox):
    """Such as one that an admin gave them at the admin site."""
    dora.set_password(PASSWORD)
    dora.email = "dora@a.example"
    dora.save()
    assert is_in(browser_of(dora))
    assert with_password("dora").answer.status_code == 200
    assert "You log in with News ID." in page_of(browser_of(dora), PAGE)
    settings.HAS_MAIL = True
    assert Client().post("/reset/", {"email": "dora@a.example"}).status_code == 302
    assert not mailoutbox


@pytest.mark.parametrize("address", ["/logout/", "/admin/logout/"])
def test_each_way_to_log_out_takes_the_role_of_who_broke_the_glass(db, settings, address):
    settings.OIDC_ISSUER, settings.LOCAL_PASSWORDS, settings.BREAK_GLASS_ADMIN = "https://id.example", False, "glass"
    glass = person("glass", "viewer")
    there = with_password("glass")
    assert glass.groups.get().name == "admin"
    assert there.post(address)["Location"] == "/login/"
    assert not glass.groups.exists()
    assert not is_in(there)


def test_an_admin_sees_who_logs_in_by_a_password_alone(bob, root, dora, django_assert_max_num_queries):
    for name in ("carol", "gone", "with-passkey"):
        person(name, "reporter")
    User.objects.filter(username="gone").update(is_active=False)
    user_with_role("for-programs", "reporter")  # has no password
    give_app(User.objects.get(username="carol"))
    Passkey.objects.create(
        user=User.objects.get(username="with-passkey"), credential_id=b"1", credential=b"2", sign_count=0
    )
    admin = browser_of(dora)

    def shown():
        rows = re.findall(r'<p class="item-head"><a[^>]*>([^<]+)</a>(.*?)</p>', page_of(admin, "/accounts/"))
        assert len(rows) == 7
        return [name for name, more in rows if "no second step" in more]

    assert shown() == ["bob", "root"]
    give_app(root)
    with django_assert_max_num_queries(12):
        assert shown() == ["bob"]


def test_an_anonymous_caller_has_no_second_step(client, db):
    assert client.get("/login/second/")["Location"] == "/login/"
    assert client.post("/login/second/", {"code": "1"})["Location"] == "/login/"
    assert client.get(PAGE)["Location"] == f"/login/?next={PAGE}"
    assert APIClient().post("/login/passkey/", {}).status_code == 403
