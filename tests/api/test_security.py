"""Security headers, cookies, sessions, tokens and throttles, with DEBUG off."""

import hashlib
import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from factcheck.api.models import LoginAttempt, Token
from factcheck.api.throttles import AddressThrottle, LoginThrottle, WindowCounter
from tests.newsroom import client_of, user_with_role

ROOT = Path(__file__).parents[2]
PASSWORD = "long-and-odd-7"
SERVER = {
    "DEBUG": "0",
    "SECRET_KEY": "".join(chr(33 + (7 * n) % 90) for n in range(60)),
    "ALLOWED_HOSTS": "factcheck.example",
    "DATABASE_URL": "postgres://nobody@/nothing?host=/nowhere",
}
# The settings as a server has them. Nothing here needs the database, which does not exist.
ASK = """
import json, sys, django
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
settings.MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")
settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 1
django.setup()
from django.test import Client
found = {}
for name, request in json.loads(sys.argv[1]).items():
    answer = Client(enforce_csrf_checks=True, raise_request_exception=False).generic(**request)
    cookies = {key: dict(morsel) for key, morsel in answer.cookies.items()}
    headers = {key.lower(): value for key, value in answer.headers.items()}
    found[name] = {"status": answer.status_code, "headers": headers, "cookies": cookies}
json.dump(found, sys.stdout)
"""
HTTPS = {"host": "factcheck.example", "x-forwarded-proto": "https"}
REQUESTS = {
    "start": {"path": "/"},
    "log-in page": {"path": "/login/"},
    "log-in without CSRF": {"path": "/login/", "method": "POST"},
    "API, not signed in": {"path": "/api/v1/articles/"},
    "documentation": {"path": "/api/v1/docs/"},
    "admin": {"path": "/admin/"},
    "nothing there": {"path": "/nothing/"},
    "nothing there, as a page": {"path": "/nothing/", "headers": {**HTTPS, "accept": "text/html"}},
    "nothing in the API": {"path": "/api/v1/nothing/"},
    "too large": {"path": "/api/v1/articles/", "method": "POST", "data": "x" * 2_700_000},
    "database down": {"path": "/healthz/"},
    "database gone": {"path": "/api/v1/articles/", "headers": {**HTTPS, "authorization": "Token abc"}},
    "foreign host": {"path": "/", "headers": {**HTTPS, "host": "evil.example"}},
    "foreign host by HTTP": {"path": "/", "headers": {"host": "evil.example"}},
    "HTTP": {"path": "/login/", "headers": {"host": "factcheck.example"}},
}


@pytest.fixture(scope="module")
def answers():
    asked = {name: {"method": "GET", "headers": HTTPS, **request} for name, request in REQUESTS.items()}
    environment = {**os.environ, **SERVER, "DJANGO_SETTINGS_MODULE": "factcheck.settings"}
    command = [sys.executable, "-c", ASK, json.dumps({name: r for name, r in asked.items() if name != "too large"})]
    found = json.loads(subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=True).stdout)
    large = ASK.replace("sys.argv[1]", "sys.stdin.read()")
    done = subprocess.run(
        [sys.executable, "-c", large],
        input=json.dumps({"too large": asked["too large"]}).encode(),
        env=environment, cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    return {**found, **json.loads(done.stdout)}


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("start", 302), ("log-in page", 200), ("log-in without CSRF", 403), ("API, not signed in", 401),
        ("documentation", 200), ("admin", 302), ("nothing there", 404), ("nothing there, as a page", 404),
        ("nothing in the API", 404), ("too large", 413), ("database down", 503), ("database gone", 503),
        ("foreign host", 400), ("foreign host by HTTP", 400), ("HTTP", 301),
    ],
)  # fmt: skip
def test_every_kind_of_answer_has_the_headers_that_guard_a_browser(answers, name, status):
    answer = answers[name]
    assert answer["status"] == status
    policy = dict(rule.split(" ", 1) for rule in answer["headers"]["content-security-policy"].split("; "))
    page = {
        "default-src": "'self'", "script-src": "'self'", "img-src": "'self' data:", "object-src": "'none'",
        "base-uri": "'none'", "form-action": "'self'", "frame-ancestors": "'none'",
    }  # fmt: skip
    is_page = answer["headers"]["content-type"].startswith("text/html")
    assert policy == (page if is_page else {"default-src": "'none'", "frame-ancestors": "'none'"})
    assert answer["headers"]["x-frame-options"] == "DENY"
    assert answer["headers"]["x-content-type-options"] == "nosniff"
    if name != "foreign host by HTTP":  # refused by the middleware that adds them
        assert answer["headers"]["referrer-policy"] == "same-origin"
        assert answer["headers"]["cross-origin-opener-policy"] == "same-origin"
    if "HTTP" not in name:
        assert answer["headers"]["strict-transport-security"] == "max-age=31536000; includeSubDomains; preload"


def test_plain_http_is_redirected_and_gets_no_cookie(answers):
    assert answers["HTTP"]["headers"]["location"] == "https://factcheck.example/login/"
    assert answers["HTTP"]["cookies"] == {}


def test_the_csrf_cookie_is_for_https_and_for_this_site(answers):
    cookie = answers["log-in page"]["cookies"]["csrftoken"]
    assert (cookie["secure"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")


@pytest.fixture
def vera(db):
    vera = user_with_role("vera", "editor")
    vera.set_password(PASSWORD)
    vera.save()
    return vera


def log_in(client: Client, password: str = PASSWORD, **more: object):
    return client.post("/login/", {"username": "vera", "password": password}, secure=True, **more)


def test_the_session_cookie_is_for_https_for_this_site_and_hidden_from_scripts(vera, client, settings):
    settings.SESSION_COOKIE_SECURE = True  # as DEBUG off computes it: see test_settings.py
    cookie = log_in(client).cookies["sessionid"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    assert cookie["max-age"] == 14 * 24 * 3600


def test_a_session_cookie_with_a_nul_is_of_no_session(db, client):
    answer = client.get("/login/", headers={"Cookie": r'sessionid="\000aaaaaaaaaaaaaaa"'})
    assert answer.status_code == 200
    answer = client.get("/api/v1/me/", headers={"Cookie": r'sessionid="\000aaaaaaaaaaaaaaa"'})
    assert answer.status_code == 401


def test_a_session_begun_before_the_log_in_is_not_taken_over(vera, client):
    session = client.session
    session["planted"] = True
    session.save()
    log_in(client)
    assert client.cookies["sessionid"].value != session.session_key
    assert not client.session.exists(session.session_key)


@pytest.mark.parametrize("address", ["/login/", "/logout/", "/api/v1/sources/", "/api/v1/tokens/"])
def test_a_form_of_another_site_does_nothing(vera, address):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(vera)
    answer = browser.post(address, {"name": "A", "kind": "person"}, secure=True)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert browser.get("/api/v1/tokens/", secure=True).json()["results"] == []  # and still signed in


def test_the_same_form_with_the_csrf_token_of_its_page_works(vera):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(vera)
    browser.get("/login/", secure=True)
    browser.get("/api/v1/sources/", secure=True, headers={"accept": "text/html"})
    headers = {"x-csrftoken": browser.cookies["csrftoken"].value, "referer": "https://testserver/"}
    answer = browser.post("/api/v1/sources/", {"name": "A", "kind": "person"}, secure=True, headers=headers)
    assert answer.status_code == 201
    headers["referer"] = "https://evil.example/"
    answer = browser.post("/api/v1/sources/", {"name": "B", "kind": "person"}, secure=True, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "http://testserver/", "javascript:alert(1)"],
)
def test_a_log_in_leads_nowhere_else(vera, client, target):
    assert log_in(client, query_params={"next": target})["Location"] == "/"
    assert client.get("/login/", {"next": target}, secure=True)["Location"] == "/"


def test_a_log_in_leads_back_to_where_it_was_asked_for(vera, client):
    assert log_in(client, query_params={"next": "/api/v1/articles/"})["Location"] == "/api/v1/articles/"


def test_a_change_of_password_ends_every_session(vera, client):
    client.force_login(vera)
    assert client.get("/api/v1/articles/").status_code == 200
    vera.set_password("another-and-odd-7")
    vera.save()
    assert client.get("/api/v1/articles/").status_code == 401


def test_who_is_deactivated_is_out_at_once_by_session_and_by_token(vera, client):
    client.force_login(vera)
    program = client_of(vera)
    assert [one.get("/api/v1/articles/").status_code for one in (client, program)] == [200, 200]
    User.objects.filter(pk=vera.pk).update(is_active=False)
    assert [one.get("/api/v1/articles/").status_code for one in (client, program)] == [401, 401]


def test_who_loses_the_role_has_lost_it_by_the_next_request(vera):
    program = client_of(vera)
    vera.groups.clear()
    assert program.get("/api/v1/articles/").status_code == 403


def test_a_token_ends_when_it_expires_and_when_it_is_revoked(vera):
    program = client_of(vera)
    assert program.get("/api/v1/articles/").status_code == 200
    Token.objects.update(expiry=timezone.now() + timedelta(seconds=60))
    assert program.get("/api/v1/articles/").status_code == 200
    Token.objects.update(expiry=timezone.now())
    assert program.get("/api/v1/articles/").status_code == 401
    Token.objects.all().delete()
    answer = program.get("/api/v1/articles/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer, Token")


def test_a_new_token_expires_in_90_days_and_a_year_is_the_longest(vera):
    program = client_of(vera)
    made = program.post("/api/v1/tokens/", {"name": "a"}).json()
    lasts = Token.objects.get(id=made["id"]).expiry - timezone.now()
    assert timedelta(days=89, hours=23) < lasts <= timedelta(days=90)
    assert program.post("/api/v1/tokens/", {"name": "a", "days": 366}).status_code == 400


def test_the_database_holds_a_tokens_digest_and_nowhere_its_key(vera):
    program = client_of(vera)
    answer = program.post("/api/v1/tokens/", {"name": "a"}, headers={"Idempotency-Key": "one"})
    key = answer.json()["token"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{key}%"])
            assert cursor.fetchone() == (0,), table
    assert len(key) == 64
    assert Token.objects.filter(digest=hashlib.sha512(key.encode()).hexdigest()).count() == 1


def test_a_list_shows_the_first_characters_of_each_key(vera):
    program = client_of(vera)
    made = [program.post("/api/v1/tokens/", {"name": name}).json() for name in ("a", "b")]
    shown = {row["id"]: row["prefix"] for row in program.get("/api/v1/tokens/").json()["results"]}
    assert shown.items() >= {row["id"]: row["token"][:8] for row in made}.items()


@pytest.mark.parametrize("scheme", ["Token", "token", "Bearer", "BEARER"])
def test_token_and_bearer_mean_the_same(vera, scheme):
    key = Token.issue(vera, name="a").key
    answer = APIClient().get("/api/v1/articles/", headers={"authorization": f"{scheme} {key}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "sent",
    ["Basic dmVyYTp4", "Digest a", "Token", "Bearer", "Token a b", "Token wrong", "Bearer wrong", "Bearer \xe9", "a"],
)
def test_unknown_credentials_are_never_taken_for_an_anonymous_caller_or_for_the_session(vera, settings, sent):
    settings.PUBLIC_READ = True
    browser = APIClient()
    assert browser.get("/api/v1/articles/").status_code == 200
    for _ in range(2):
        answer = browser.get("/api/v1/articles/", headers={"authorization": sent})
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer, Token")
        assert answer.json()["type"] == "urn:factcheck:problem:authentication-failed"
        browser.force_login(vera)


def test_create_token_prints_only_a_key_that_works(vera, capsys):
    call_command("create_token", "vera")
    call_command("create_token", "vera", "--read-only")
    codes = []
    for key in capsys.readouterr().out.splitlines():
        program = APIClient()
        program.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        codes.append(program.post("/api/v1/sources/", {"name": key[:8], "kind": "person"}).status_code)
    assert codes == [201, 403]
    with pytest.raises(CommandError, match="There is no active user 'nobody'"):
        call_command("create_token", "nobody")


def throttled(answer) -> bool:
    if answer.status_code != 429:
        return False
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 429
    return True


@pytest.fixture
def two_attempts(monkeypatch):
    monkeypatch.setattr(LoginThrottle, "rate", "2/min", raising=False)


def test_the_eleventh_attempt_in_a_minute_waits_even_with_the_right_password(vera, client):
    tried = [log_in(client, "wrong").status_code for _ in range(10)]
    assert tried == [200] * 10  # the form again, with an error
    assert throttled(log_in(client))
    assert "sessionid" not in client.cookies


def test_attempts_count_for_all_worker_processes_together(vera, client, two_attempts):
    for _ in range(2):
        log_in(client, "wrong")
        WindowCounter.counts.clear()  # as in another process, whose memory has no counts
    assert throttled(log_in(client))


def test_an_attempt_counts_for_a_minute(vera, client, two_attempts):
    log_in(client, "wrong")
    log_in(client, "wrong")
    LoginAttempt.objects.update(at=timezone.now() - timedelta(seconds=61))
    assert log_in(client).status_code == 302
    assert LoginAttempt.objects.count() == 1  # the old ones were deleted


def test_a_made_up_x_forwarded_for_is_no_new_address(vera, client, two_attempts):
    answers = [log_in(client, "wrong", headers={"x-forwarded-for": f"192.0.2.{n}"}) for n in range(3)]
    assert throttled(answers[2])


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_wrote(vera, client, two_attempts, monkeypatch):
    monkeypatch.setattr("rest_framework.settings.api_settings.NUM_PROXIES", 1)
    for n in range(2):
        log_in(client, "wrong", headers={"x-forwarded-for": f"198.51.100.{n}, 192.0.2.1"})
    assert throttled(log_in(client, headers={"x-forwarded-for": "198.51.100.9, 192.0.2.1"}))
    assert log_in(client, headers={"x-forwarded-for": "192.0.2.1, 192.0.2.2"}).status_code == 302


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_an_ipv6_address_counts_with_its_whole_64(vera, client, monkeypatch, first, second, same):
    monkeypatch.setattr(LoginThrottle, "rate", "1/min", raising=False)
    log_in(client, "wrong", REMOTE_ADDR=first)
    assert throttled(log_in(client, REMOTE_ADDR=second)) is same


def test_the_admin_site_has_no_log_in_of_its_own(vera, client):
    answer = client.post("/admin/login/", {"username": "vera", "password": PASSWORD}, secure=True)
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=%2Fadmin%2F")
    assert "sessionid" not in client.cookies


def test_a_stranger_is_throttled_by_address_also_when_refused(db, monkeypatch):
    monkeypatch.setattr("factcheck.api.throttles.AddressThrottle.rate", "2/min", raising=False)
    anonymous = APIClient()
    assert [anonymous.get("/api/v1/articles/").status_code for _ in range(2)] == [401, 401]
    assert throttled(anonymous.get("/api/v1/articles/"))
    assert throttled(anonymous.get("/api/v1/sources/", headers={"authorization": "Token wrong"}))
    assert anonymous.get("/api/v1/articles/", REMOTE_ADDR="192.0.2.9").status_code == 401


def test_a_user_is_throttled_whatever_the_token_and_counts_once_for_each_request(vera, monkeypatch):
    monkeypatch.setattr("rest_framework.throttling.UserRateThrottle.rate", "2/min", raising=False)
    programs = [client_of(vera), client_of(vera)]
    assert [program.get("/api/v1/articles/").status_code for program in programs] == [200, 200]
    assert throttled(programs[0].get("/api/v1/articles/"))


def test_a_request_that_the_primary_answers_after_a_standby_counts_once(rf, monkeypatch):
    monkeypatch.setattr(AddressThrottle, "rate", "2/min", raising=False)
    for _ in range(2):
        request, throttle = rf.get("/"), AddressThrottle()
        assert throttle.allow_request(request, None)
        request.is_for_primary = True
        assert throttle.allow_request(request, None)
    assert throttle.headers()[1][1].startswith('"anon";r=0;')
    assert not AddressThrottle().allow_request(rf.get("/"), None)


def test_each_answer_says_how_many_requests_are_left(vera, monkeypatch):
    monkeypatch.setattr("rest_framework.throttling.UserRateThrottle.rate", "2/min", raising=False)
    program = client_of(vera)
    answers = [program.get(f"/api/v1/articles/{path}") for path in ("", "4711/", "")]
    assert [answer.status_code for answer in answers] == [200, 404, 429]
    assert [answer["RateLimit-Policy"] for answer in answers] == ['"user";q=2;w=60'] * 3
    left = [re.fullmatch('"user";r=([0-9]+);t=([0-9]+)', answer["RateLimit"]) for answer in answers]
    assert [int(found[1]) for found in left] == [1, 0, 0]
    assert all(1 <= int(found[2]) <= 60 for found in left)


def test_a_service_without_a_limit_tells_of_none(vera, monkeypatch):
    monkeypatch.setattr(WindowCounter, "THROTTLE_RATES", {"user": None})
    assert "RateLimit" not in client_of(vera).get("/api/v1/articles/")


@pytest.mark.parametrize("address", ["/api/v1/articles/", "/api/v1/docs/"])
@pytest.mark.parametrize("sent", ["Basic eDp5", "Bearer bad", "Token bad"])
def test_credentials_that_are_not_valid_are_named_on_a_page_and_lead_to_no_log_in(client, alice, address, sent):
    client.force_login(alice)
    answer = client.get(address, headers={"accept": "text/html", "authorization": sent})
    assert (answer.status_code, answer.headers.get("Location")) == (401, None)


def test_the_log_in_page_says_its_methods_to_who_is_logged_in(client, alice):
    client.force_login(alice)
    answer = client.options("/login/")
    assert (answer.status_code, answer["Allow"]) == (200, "GET, POST, PUT, HEAD, OPTIONS")
